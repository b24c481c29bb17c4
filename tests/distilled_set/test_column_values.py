"""Dates, decimals and missing values in files."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.distilled_set import DistilledSet

DAYS = [datetime.date(2020, 1, 1), datetime.date(2020, 2, 29)]
NOON = datetime.datetime(2020, 1, 1, 12, 0, 0, 5)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.5, None], "float32"),
        ([2**60 + 1, None], "Int64"),
        ([True, None], "boolean"),
        (["a", None], "string"),
        (["a", None], "category"),
        ([1, None], "int64[pyarrow]"),
        (["a", None], object),
        ([1, None], object),
        (["2020-01-01", None], "datetime64[ns]"),
        (["2020-10-25 12:30", None], "datetime64[s, Europe/Berlin]"),
        ([1, None], "timedelta64[ms]"),
        (["2020-01", None], "period[M]"),
        (DAYS, object),
        ([NOON, None], object),
        ([datetime.timedelta(1), None], object),
        ([Decimal("1.10"), None], object),
        ([NOON, None], "timestamp[us][pyarrow]"),
        ([*DAYS[:1], None], "date32[pyarrow]"),
    ],
)
def test_load_restores_dates_and_missing_values(values, dtype, suffix, tmp_path):
    X = pd.DataFrame({"x": pd.Series(values, dtype=dtype), "n": [1, 2]})
    path = tmp_path / f"set{suffix}"
    DistilledSet(X, np.array([0, 1])).save(path)
    loaded = DistilledSet.load(path).X
    pd.testing.assert_frame_equal(loaded, X)
    assert [type(v) for v in loaded["x"]] == [type(v) for v in X["x"]]


@pytest.mark.parametrize("value", [np.nan, "2020"])
def test_arrays_with_missing_values_and_dates_are_restored(value, tmp_path):
    dtype = "float64" if isinstance(value, float) else "datetime64[D]"
    X = np.array([[value], ["NaT" if dtype != "float64" else 1.0]], dtype=dtype)
    DistilledSet(X, np.array([0, 1])).save(tmp_path / "set.npz")
    np.testing.assert_array_equal(DistilledSet.load(tmp_path / "set.npz").X, X)


def test_csv_file_cannot_hold_missing_values(tmp_path):
    X = pd.DataFrame({"x": [1.0, None]})
    with pytest.raises(ValueError, match=r"cannot distinguish missing values.*npz"):
        DistilledSet(X, np.array([0, 1])).save(tmp_path / "set.csv")
