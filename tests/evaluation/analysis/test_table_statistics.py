"""Tests of duplicate rows, kinds of columns and the intrinsic dimension."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_distill.encoding import make_encoder
from sklearn_distill.evaluation.analysis.table_statistics import (
    count_duplicates,
    count_kinds,
    intrinsic_dimension,
)


def test_duplicates_and_contradictions_are_counted(blobs):
    X, y = blobs
    rows = np.r_[np.arange(len(y)), np.arange(30)]
    labels = y[rows]
    labels[-10:] = (labels[-10:] + 1) % 3
    # Ten rows and their ten duplicates contradict each other.
    assert count_duplicates(X[rows], labels) == (30, 20)
    frame = pd.DataFrame(X[rows], index=np.arange(len(rows))[::-1])
    assert count_duplicates(frame, labels) == (30, 20)
    assert count_duplicates(X, y) == (0, 0)


def test_images_count_as_numbers():
    X = np.random.RandomState(0).rand(20, 1, 4, 4)
    encoder = make_encoder(X).fit(X, np.ones(20))
    assert count_kinds(encoder, X) == {
        "numbers": 16,
        "heavy-tailed numbers": 0,
        "constant": 0,
        "categories": 0,
    }


def test_dimension_of_a_subspace_is_its_dimension():
    rng = np.random.RandomState(0)
    factors, _ = np.linalg.qr(rng.normal(size=(300, 3)))
    loadings, _ = np.linalg.qr(rng.normal(size=(20, 3)))
    assert intrinsic_dimension(factors @ loadings.T) == 3
    assert intrinsic_dimension(np.ones((5, 4))) == 0
    assert intrinsic_dimension(np.outer(np.arange(9.0), [1.0, 2.0])) == 1
