"""Decoded columns have the dtypes and the Python types of the data."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.encoding import TableEncoder
from sklearn_distill.encoding.restoring import object_form

DAYS = [datetime.date(2020, 1, day) for day in (1, 4, 9)]
NOONS = [datetime.datetime(2020, 1, day, 12) for day in (1, 4, 9)]


def restored(X):
    encoder = TableEncoder().fit(X, np.ones(len(X)))
    Z = encoder.encode(X)
    assert np.isfinite(Z).all()
    return encoder.decode(Z)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.5, None, 2.5], "float64"),
        ([1.5, None, 2.5], "float32"),
        ([1, None, 2**60], "Int64"),
        ([1.5, None, 2.5], "Float32"),
        ([True, None, False], "boolean"),
        (["a", None, "b"], "string"),
        (["a", None, "b"], "category"),
        ([1, None, 9], "category"),
        (["a", None, "b"], object),
        ([1, None, 3], object),
        ([True, None, False], object),
        ([1, None, 3], "int64[pyarrow]"),
        ([True, None, False], "bool[pyarrow]"),
        (["a", None, "b"], "string[pyarrow]"),
        (["2020-01-01", None, "2020-01-05"], "datetime64[ns]"),
        (["2020-01-01", "2020-01-02", "2020-01-05"], "datetime64[s]"),
        (["2020-07-01", None, "2020-01-05"], "datetime64[ns, Europe/Berlin]"),
        ([1, None, 3], "timedelta64[ns]"),
        (["2020-01", None, "2021-05"], "period[M]"),
        (DAYS, object),
        ([DAYS[0], None, DAYS[1]], object),
        ([*NOONS, None], object),
        ([datetime.timedelta(1), datetime.timedelta(3), None], object),
        ([Decimal("1.10"), Decimal("2.35"), None], object),
        (NOONS, "timestamp[us][pyarrow]"),
        ([*DAYS, None], "date32[pyarrow]"),
        ([None] * 3, object),
        ([None] * 3, "float64"),
        ([None] * 3, "Int64"),
        ([None] * 3, "datetime64[ns]"),
        ([None] * 3, "category"),
    ],
)
def test_decoded_column_equals_the_encoded_column(values, dtype):
    X = pd.DataFrame({"x": pd.Series(values, dtype=dtype)})
    made = restored(X)
    pd.testing.assert_frame_equal(made, X, rtol=1e-5)
    assert [type(v) for v in made["x"]] == [type(v) for v in X["x"]]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_objects_come_back_as_they_came(missing):
    X = pd.DataFrame({"x": pd.Series(["a", missing, "b"], dtype=object)})
    assert type(restored(X)["x"][1]) is type(missing)
    array = np.array([["a", 1.0], [missing, 2.0]], dtype=object)
    assert type(restored(array)[1, 0]) is type(missing)


def test_missing_values_of_float_and_date_arrays_come_back():
    X = np.array([[1.0, 2.0], [np.nan, 3.0]])
    np.testing.assert_array_equal(restored(X), X)
    dates = np.array([["2020"], ["NaT"], ["2021"]], dtype="datetime64[D]")
    np.testing.assert_array_equal(restored(dates), dates)


def test_decoded_prices_are_decimals_with_the_places_of_the_data():
    X = pd.DataFrame({"x": [Decimal(i) / 4 for i in range(9)]})
    encoder = TableEncoder().fit(X, np.ones(9))
    made = encoder.decode(np.linspace(-1, 1, 7, dtype=np.float32)[:, None])
    assert {value % Decimal("0.25") for value in made["x"]} == {Decimal("0.00")}
    assert object_form(X["x"].to_numpy()).places == 2


def test_categories_that_no_row_contains_are_kept_in_the_dtype():
    X = pd.DataFrame({"x": pd.Categorical(["a", "b"], categories=["a", "b", "c"])})
    assert restored(X)["x"].dtype == X["x"].dtype


def test_intervals_of_cut_come_back():
    X = pd.DataFrame({"x": pd.cut(pd.Series([1.0, 2.0, 9.0]), 3)})
    pd.testing.assert_frame_equal(restored(X), X)
