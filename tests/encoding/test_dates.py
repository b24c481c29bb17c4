"""The encoder of dates and durations."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.encoding.dates import DateColumn, steps_of


def fitted(values):
    return DateColumn().fit(values, np.ones(len(values)))


@pytest.mark.parametrize(
    "values",
    [
        np.arange("2020-01-01", "2020-03-01", dtype="datetime64[D]"),
        np.arange("2020-01-01", "2020-01-03", dtype="datetime64[h]"),
        pd.date_range("1700-01-01", "2200-01-01", periods=9).to_numpy("datetime64[ns]"),
        np.array([1, 5, 60, 3600], dtype="timedelta64[s]"),
        np.array([-3, 2, 7, 12], dtype="timedelta64[D]"),
        np.array(["2020-01-01", "2020-01-01"], dtype="datetime64[ns]"),
    ],
)
def test_decoded_dates_equal_the_encoded_dates(values):
    column = fitted(values)
    decoded = column.decode(column.encode(values).astype(np.float32))
    assert decoded.dtype == values.dtype
    span = max(int(np.ptp(values.astype(np.float64))), 1)
    error = np.abs(decoded.astype(np.float64) - values.astype(np.float64))
    assert error.max() <= 1e-5 * span
    assert values.min() <= decoded.min() <= decoded.max() <= values.max()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_days_stay_days_in_every_resolution(unit):
    days = np.arange("2013-01-01", "2014-01-01", dtype="datetime64[D]")
    values = days.astype(f"datetime64[{unit}]")
    column = fitted(values)
    decoded = column.decode(np.linspace(-3, 3, 50)[:, None])
    np.testing.assert_array_equal(decoded, decoded.astype("datetime64[D]"))
    assert decoded.min() == values.min()
    assert decoded.max() == values.max()


def test_shifted_dates_have_the_same_encoding():
    values = np.array(["2020-01-01", "2020-01-05", "2020-02-01"], "datetime64[D]")
    shifted = (values + np.timedelta64(10_000, "D")).astype("datetime64[s]")
    np.testing.assert_array_equal(
        fitted(values).encode(values), fitted(shifted).encode(shifted)
    )


def test_dates_before_the_first_date_are_encoded_below_the_lower_bound():
    column = fitted(np.array(["2020-01-01", "2020-01-05"], "datetime64[D]"))
    early = column.encode(np.array(["2019-01-01"], "datetime64[s]"))
    assert early[0, 0] < column.bounds()[0][0]


def test_steps_of_returns_the_first_value_and_the_greatest_common_divisor():
    assert steps_of(np.array([90, 30, 75], dtype="timedelta64[m]")) == (30, 15)
