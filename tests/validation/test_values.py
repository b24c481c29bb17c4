"""Checks of single values."""

import datetime

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.validation.values import (
    as_floats,
    check_magnitude,
    is_date,
    one_of_each_type,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime.date(2020, 1, 1), True),
        (datetime.time(12), True),
        (datetime.timedelta(1), True),
        (np.datetime64("2020"), True),
        (pd.Timestamp("2020"), True),
        (pd.Period("2020"), True),
        (2020, False),
        ("2020-01-01", False),
    ],
)
def test_is_date_recognizes_dates_times_and_periods(value, expected):
    assert is_date(value) is expected


def test_one_of_each_type_returns_one_value_per_type():
    assert {type(v) for v in one_of_each_type([1, 2, "a", 2.5, "b"])} == {
        int,
        str,
        float,
    }
    assert len(one_of_each_type([1, 2, "a", 2.5, "b"])) == 3


def test_as_floats_returns_infinity_for_numbers_beyond_floats():
    np.testing.assert_array_equal(as_floats([1, np.float32(0.5)]), [1.0, 0.5])
    assert np.isinf(as_floats([1, 10**400])).all()


def test_check_magnitude_raises_if_squares_overflow():
    check_magnitude("X", np.array([1e150, np.nan, -1e150]))
    check_magnitude("X", np.array([3e38], dtype=np.float32))
    check_magnitude("X", np.array([]))
    with pytest.raises(ValueError, match=r"X contains values of magnitude 2e\+150"):
        check_magnitude("X", np.array([1.0, np.nan, -2e150]))
