"""Tests of the mean over seeds and its confidence interval."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import t

from sklearn_distill.evaluation.report.confidence_interval import (
    clipped,
    mean_interval,
    recall_half_width,
)


def test_interval_by_hand():
    values = [1.0, 2.0, 4.0]
    found = mean_interval(values)
    low, high = t.interval(0.95, 2, found.mean, found.deviation / np.sqrt(3))
    assert found.mean == pytest.approx(7 / 3)
    assert found.deviation == pytest.approx(np.std(values, ddof=1))
    assert found.half_width == pytest.approx((high - low) / 2)


def test_level_changes_the_width():
    values = [1.0, 2.0, 4.0]
    assert mean_interval(values, 0.5).half_width == pytest.approx(
        t.ppf(0.75, 2) * np.std(values, ddof=1) / np.sqrt(3)
    )


def test_interval_of_few_values_is_nan():
    assert mean_interval([3.0])[0] == 3.0
    assert np.isnan(mean_interval([3.0])[1:]).all()
    assert np.isnan(mean_interval([])).all()
    assert np.isnan(mean_interval([np.nan])).all()
    found = mean_interval([1.0, 2.0])
    assert found.deviation == pytest.approx(np.sqrt(0.5))
    assert np.isnan(found.half_width)


def test_equal_values_have_no_interval():
    found = mean_interval([0.9] * 5)
    assert (found.mean, found.deviation) == (pytest.approx(0.9), pytest.approx(0.0))
    assert np.isnan(found.half_width)


def test_interval_over_test_rows_covers_the_balanced_accuracy():
    """On 45 test rows, about 93 of 100 nominal 95 % intervals contain the truth."""
    rng = np.random.RandomState(0)
    truth, n_rows = np.array([0.95, 0.8, 0.6]), np.array([15, 18, 12])
    covered = []
    for hits in rng.binomial(n_rows, truth, (2000, 3)):
        error = (hits / n_rows).mean() - truth.mean()
        covered.append(abs(error) <= recall_half_width(hits / n_rows, n_rows))
    assert 0.92 <= np.mean(covered) <= 0.97


def test_interval_over_test_rows_of_perfect_recalls_is_not_zero():
    assert 0.01 < recall_half_width([1.0, 1.0], [20, 20]) < 0.1
    assert recall_half_width([1.0], [400]) < recall_half_width([1.0], [40])


def test_intervals_end_at_the_bounds_of_the_score():
    assert clipped(0.05, 0.2, 0.0) == (0.0, 0.25)
    assert clipped(0.95, 0.2, 0.0) == (0.75, 1.0)
    assert clipped(-0.5, 0.2, -np.inf) == (-0.7, -0.3)


def test_values_that_are_not_finite_are_ignored():
    assert mean_interval([1.0, np.nan, 3.0, np.inf, 4.0]) == (
        mean_interval([1.0, 3.0, 4.0])
    )
