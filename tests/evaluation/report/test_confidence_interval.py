"""Tests of the mean over seeds and its confidence interval."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.stats import t

from sklearn_distill.evaluation.report.confidence_interval import mean_interval


def test_interval_by_hand():
    values = [1.0, 2.0, 4.0]
    found = mean_interval(values)
    low, high = t.interval(0.95, 2, found.mean, found.deviation / np.sqrt(3))
    assert found.mean == pytest.approx(7 / 3)
    assert found.deviation == pytest.approx(np.std(values, ddof=1))
    assert found.half_width == pytest.approx((high - low) / 2)


def test_level_changes_the_width():
    assert mean_interval([1.0, 2.0], 0.5).half_width == pytest.approx(
        t.ppf(0.75, 1) * np.std([1, 2], ddof=1) / np.sqrt(2)
    )


def test_interval_of_few_values_is_nan():
    assert mean_interval([3.0])[0] == 3.0
    assert np.isnan(mean_interval([3.0])[1:]).all()
    assert np.isnan(mean_interval([])).all()
    assert np.isnan(mean_interval([np.nan])).all()


def test_values_that_are_not_finite_are_ignored():
    assert mean_interval([1.0, np.nan, 3.0, np.inf]) == mean_interval([1.0, 3.0])
