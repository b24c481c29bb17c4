"""Tests of the class-weighted full data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill.evaluation import weighted_full_data


def test_classes_have_equal_total_weight():
    y = np.repeat(["a", "b"], [900, 100])
    X = np.arange(1_000.0).reshape(-1, 1)
    full = weighted_full_data(X, y, classes=np.array(["a", "b"]), max_rows=500)
    assert len(full) == 500
    assert full.sample_weight[full.y == "a"].sum() == pytest.approx(250)
    assert full.sample_weight[full.y == "b"].sum() == pytest.approx(250)


@pytest.mark.parametrize(("max_rows", "n_rows"), [(50, 50), (2, 4)])
def test_random_subset_keeps_class_shares_and_a_row_of_each_class(max_rows, n_rows):
    y = np.repeat(["a", "b", "c", "d"], [600, 300, 99, 1])
    X = np.arange(1_000.0).reshape(-1, 1)
    full = weighted_full_data(X, y, classes=np.unique(y), max_rows=max_rows)
    labels, counts = np.unique(full.y, return_counts=True)
    assert labels.tolist() == ["a", "b", "c", "d"]
    assert len(full) == n_rows
    assert counts == pytest.approx(np.array([0.6, 0.3, 0.1, 0.0]) * max_rows, abs=1)
    assert (y[full.X[:, 0].astype(int)] == full.y).all()


def test_continuous_targets_are_not_weighted():
    X = np.arange(100.0).reshape(-1, 1)
    full = weighted_full_data(X, X[:, 0], classes=None, max_rows=30)
    assert full.sample_weight is None
    assert len(np.unique(full.y)) == 30
    assert (full.X[:, 0] == full.y).all()


def test_all_rows_are_kept_in_order_without_max_rows():
    X = np.arange(10.0).reshape(-1, 1)
    full = weighted_full_data(X, X[:, 0], classes=None)
    assert full.y.tolist() == X[:, 0].tolist()
