"""Tests of the checks of the rows of a report."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from sklearn_distill import HerdingSelection
from sklearn_distill.evaluation.report.report_rows import make_report_rows

SETTINGS = {"learners": "panel", "max_full_rows": 100}


@pytest.fixture(scope="module")
def small(wine_frames):
    X, y, _, _ = wine_frames
    return HerdingSelection(budget=2).fit_distill(X, y)


def test_rows_are_dense_and_the_preprocessor_is_fitted_on_training_rows(
    small, wine_frames
):
    X, y, X_test, y_test = wine_frames
    rows = make_report_rows(
        csr_array(X_test), y_test, csr_array(X), y, distilled=small, **SETTINGS
    )
    assert rows.has_train
    assert rows.X_test.tolist() == X_test.to_numpy().tolist()
    assert rows.prepare[-1].mean_ == pytest.approx(X.to_numpy().mean(axis=0))
    assert rows.classes.tolist() == [0, 1, 2]


def test_preprocessor_is_fitted_on_test_rows_without_training_rows(small, wine_frames):
    _, _, X_test, y_test = wine_frames
    X_test = X_test.to_numpy()
    rows = make_report_rows(X_test, y_test, None, None, distilled=small, **SETTINGS)
    assert not rows.has_train
    assert rows.prepare[-1].mean_ == pytest.approx(X_test.mean(axis=0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_train": None}, "X_train and y_train must be passed together"),
        ({"X_test": np.zeros((3, 13))}, "must have the same length; got 3 and 89"),
        ({"y_train": np.zeros(3)}, "must have the same length; got 89 and 3"),
        ({"y_test": pd.Series([7] * 89)}, r"y_test contains classes .* \[7\]"),
        ({"y_train": pd.Series([7] * 89)}, r"y_train contains classes .* \[7\]"),
    ],
)
def test_invalid_rows_raise(small, wine_frames, change, message):
    names = ("X_train", "y_train", "X_test", "y_test")
    rows = dict(zip(names, wine_frames, strict=True)) | change
    with pytest.raises(ValueError, match=message):
        make_report_rows(**rows, distilled=small, **SETTINGS)


def test_distilled_set_without_labels_raises(wine_frames):
    X, y, X_test, y_test = wine_frames
    unlabeled = HerdingSelection(budget=5).fit_distill(X)
    with pytest.raises(ValueError, match="was distilled without y"):
        make_report_rows(X_test, y_test, X, y, distilled=unlabeled, **SETTINGS)
