"""Tests of the similarity of columns, by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.evaluation.measures.column_similarity import (
    correlation_similarity,
    marginal_similarity,
)


def test_marginal_similarity_by_hand():
    """Kolmogorov-Smirnov is 0.75, and the total variation distance is 0.5."""
    real = pd.DataFrame({"n": [1, 2, 3, 4], "c": ["a", "a", "b", "c"]})
    distilled = pd.DataFrame({"n": [1, 1], "c": ["a", "d"]})
    assert marginal_similarity(real, distilled).tolist() == [0.25, 0.5]
    assert marginal_similarity(real, real).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("dtype", ["float64", "Float64", "double[pyarrow]"])
def test_marginal_similarity_compares_missing_and_present_numbers(dtype):
    """Kolmogorov-Smirnov of the values that are present is 0.5."""
    real = pd.DataFrame({"n": [1.0, 2.0, np.nan, np.nan]}).astype({"n": dtype})
    distilled = pd.DataFrame({"n": [1.0, 1.0, 1.0, np.nan]}).astype({"n": dtype})
    assert marginal_similarity(real, distilled).tolist() == [0.25 + 0.5 * 0.5]
    assert marginal_similarity(real, real).tolist() == [1.0]
    array = real["n"].to_numpy(dtype=float, na_value=np.nan)[:, None]
    assert marginal_similarity(array, array[:2]).tolist() == [0.0 + 0.5 * 1.0]
    assert marginal_similarity(array, array[2:]).tolist() == [0.5]


def test_marginal_similarity_counts_missing_values_as_a_category():
    real = pd.DataFrame({"c": ["a", "b", None, np.nan]})
    distilled = pd.DataFrame({"c": ["a", "a", "a", None]})
    assert marginal_similarity(real, distilled).tolist() == [0.25 + 0.25]
    assert marginal_similarity(real, real).tolist() == [1.0]
    as_category = [X.astype("category") for X in (real, distilled)]
    assert marginal_similarity(*as_category).tolist() == [0.5]


def test_marginal_similarity_compares_dates_as_numbers():
    real = pd.DataFrame({"d": pd.date_range("2026-01-01", periods=4)})
    between = pd.DataFrame({"d": pd.to_datetime(["2026-01-02 12:00", None])})
    assert marginal_similarity(real, between).tolist() == [0.5 * 0.5]


def test_correlation_similarity_by_hand(two_samples):
    x, y = two_samples
    x = x @ np.array([[1, 0.5, 0], [0, 1, -0.4], [0, 0, 1]])
    gaps = np.abs(np.corrcoef(x.T) - np.corrcoef(y.T))[np.triu_indices(3, 1)]
    assert correlation_similarity(x, y) == pytest.approx(1 - gaps.mean() / 2)


def test_correlation_similarity_weights_real_rows(two_samples):
    x, y = two_samples
    weight = np.r_[np.ones(20), np.zeros(20)]
    assert correlation_similarity(x, y, weight) == pytest.approx(
        correlation_similarity(x[:20], y)
    )


def test_correlation_similarity_is_nan_without_two_varying_columns(two_samples):
    x, y = two_samples
    constant = np.column_stack([np.ones(25), y[:, 0]])
    assert math.isnan(correlation_similarity(x[:, :2], constant))
    assert math.isnan(correlation_similarity(x, y[:2]))
