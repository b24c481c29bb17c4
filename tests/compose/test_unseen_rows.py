"""Training rows that were not distilled."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from sklearn_distill import HerdingSelection, KMeansSelection
from sklearn_distill.compose.unseen_rows import (
    MAX_CALIBRATION_ROWS,
    held_back_for_choice,
    rows_for_calibration,
)


@pytest.fixture(scope="module")
def numbered():
    """Return rows that hold their own position, and labels of three unequal classes."""
    n = 3_000
    X = np.column_stack([np.arange(n), np.random.RandomState(0).randn(n)])
    y = np.repeat(["a", "b", "c"], [2_700, 280, 20])
    return X, y


def fitted(X, y, budget=5, **weights):
    distiller = HerdingSelection(budget, task="classification", random_state=0)
    return distiller.fit(X, y, **weights)


def test_sample_is_stratified_and_leaves_distilled_rows_out(numbered):
    X, y = numbered
    distiller = fitted(X, y)
    unseen = rows_for_calibration(distiller, X, y, {})
    positions = unseen.X[:, 0].astype(int)
    np.testing.assert_array_equal(unseen.y, y[positions])
    assert len(positions) <= MAX_CALIBRATION_ROWS
    assert not set(positions) & set(distiller.sample_indices_)
    counts = dict(zip(*np.unique(unseen.y, return_counts=True), strict=True))
    assert counts["c"] == 15
    assert 200 < counts["b"] < 230
    assert counts["a"] > 600
    assert unseen.mass == {"a": 2_700, "b": 280, "c": 20}


def test_weights_are_those_of_the_rows(numbered):
    X, y = numbered
    weights = np.random.RandomState(0).randint(0, 3, len(y)).astype(float)
    distiller = fitted(X, y, sample_weight=weights)
    unseen = rows_for_calibration(distiller, X, y, {"sample_weight": weights})
    positions = unseen.X[:, 0].astype(int)
    np.testing.assert_array_equal(unseen.sample_weight, weights[positions])
    assert unseen.sample_weight.min() > 0
    assert unseen.mass["b"] == weights[y == "b"].sum()


@pytest.mark.parametrize("convert", [pd.DataFrame, csr_matrix, np.ndarray.tolist])
def test_rows_come_in_the_container_of_x(convert, numbered):
    X, y = numbered
    given = convert(X)
    distiller = fitted(X, y)
    unseen = rows_for_calibration(distiller, given, y.tolist(), {})
    assert type(unseen.X) is type(given)
    rows = unseen.X.toarray() if convert is csr_matrix else np.asarray(unseen.X)
    expected = rows_for_calibration(distiller, X, y, {}).X
    np.testing.assert_allclose(rows, expected)


def test_learned_rows_leave_all_rows_unless_they_are_as_many(numbered):
    X, y = numbered
    centroids = KMeansSelection(
        5, representative="centroid", task="classification", random_state=0
    ).fit(X, y)
    counts = np.unique(rows_for_calibration(centroids, X, y, {}).y, return_counts=True)
    assert counts[1][2] == 20
    assert rows_for_calibration(
        fitted(X[::100], y[::100], 2), X[::100], y[::100], {}
    ) is (None)


def test_held_back_rows_get_weight_zero(numbered):
    X, y = numbered
    distiller = KMeansSelection(5, task="classification", densify="auto")
    weights = np.ones(len(y))
    weights[:100] = 0.0
    params = {"sample_weight": weights}
    held_back = held_back_for_choice(distiller, X, y, params)
    positions = held_back.X[:, 0].astype(int)
    assert positions.min() >= 100
    np.testing.assert_array_equal(params["sample_weight"][positions], 0.0)
    assert params["sample_weight"].sum() == 2_900 - len(positions)
    assert weights.sum() == 2_900
    np.testing.assert_array_equal(held_back.sample_weight, 1.0)
    assert held_back_for_choice(fitted(X, y), X, y, {}) is None


def test_held_back_rows_of_regression_have_no_classes(numbered):
    X, _ = numbered
    distiller = KMeansSelection(50, task="regression", densify="auto")
    held_back = held_back_for_choice(distiller, csr_matrix(X), X[:, 1], {})
    assert held_back.mass == {}
    np.testing.assert_array_equal(held_back.y, held_back.X.toarray()[:, 1])
