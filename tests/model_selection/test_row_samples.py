"""Stratified samples of real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from sklearn_distill.model_selection.row_samples import class_codes, sampled_positions


def test_sample_has_the_class_shares_of_all_rows_and_every_class():
    codes = np.repeat([0, 1, 2], [700, 297, 3])
    positions = np.arange(0, 1000)
    kept = sampled_positions(positions, 100, codes, seed=0)
    assert np.bincount(codes[kept]).tolist() == [70, 29, 1]
    assert (np.diff(kept) > 0).all()
    assert (kept != sampled_positions(positions, 100, codes, seed=1)).any()


def test_sample_of_positions_that_are_not_all_rows():
    codes = np.arange(100) % 2
    positions = np.arange(50, 100)
    kept = sampled_positions(positions, 10, codes, seed=0)
    assert kept.min() >= 50
    assert np.bincount(codes[kept]).tolist() == [5, 5]


def test_small_sets_are_kept_completely():
    positions = np.array([3, 1, 2])
    assert sampled_positions(positions, 3, None, seed=0) is positions


def test_class_codes():
    y = pd.Series(["b", "a", "b"], dtype="category")
    assert class_codes(SVC(), y).tolist() == [1, 0, 1]
    assert class_codes(Ridge(), [0.1, 0.2]) is None
    assert class_codes(SVC(), None) is None
    assert class_codes(SVC(), np.zeros((3, 2))) is None
