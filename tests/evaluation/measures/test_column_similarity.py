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
