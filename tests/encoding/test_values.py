"""Columns of arrays and DataFrames as NumPy arrays."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.encoding.values import (
    column_name,
    columns_of,
    is_gap,
    is_missing,
    is_number,
    numbers_of,
    plain_numbers,
)


def test_columns_of_a_frame_are_numbers_or_objects():
    X = pd.DataFrame(
        {
            "nullable": pd.array([1, 2], dtype="Int16"),
            "objects": pd.Series([1, 2.5], dtype=object),
            "category": pd.Categorical([1, 2]),
            "text": ["a", "b"],
        }
    )
    columns = list(columns_of(X))
    assert [str(c.dtype) for c in columns] == ["int16", "float64", "object", "object"]
    assert [c.tolist() for c in columns] == [[1, 2], [1.0, 2.5], [1, 2], ["a", "b"]]


def test_column_name_is_a_name_or_a_position():
    X = pd.DataFrame({"a": [1], "b": [2]})
    assert column_name(X, 1) == "b"
    assert column_name(X.to_numpy(), 1) == 1


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, np.int8(2)], "int64"),
        ([1, 2.5], "float64"),
        ([1, 2**70], "float64"),
        ([1, True], "object"),
        ([1, "2"], "object"),
    ],
)
def test_plain_numbers_converts_columns_of_python_numbers(values, dtype):
    values = np.array(values, dtype=object)
    converted = plain_numbers(values)
    assert converted.dtype == dtype
    np.testing.assert_array_equal(converted, values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, True),
        (np.float32(1), True),
        (float("nan"), True),
        (True, False),
        (np.bool_(True), False),
        (np.timedelta64(1, "D"), False),
        ("1", False),
        (1j, False),
    ],
)
def test_is_number_excludes_booleans_and_times(value, expected):
    assert is_number(value) is expected


@pytest.mark.parametrize("value", [None, pd.NA, pd.NaT])
def test_none_na_and_nat_are_missing(value):
    assert is_missing(value)
    assert is_gap(value)


@pytest.mark.parametrize("value", [float("nan"), np.float32("nan")])
def test_nan_is_a_gap_among_numbers(value):
    assert is_gap(value)
    assert not is_missing(value)


@pytest.mark.parametrize("value", [0, "", "nan", False, np.inf])
def test_other_values_are_not_missing(value):
    assert not is_gap(value)


def test_columns_of_one_dtype_are_converted_at_once():
    values = np.array([[1.0, np.nan], [2.0, 4.0]], dtype=np.float32)
    X = pd.DataFrame(values, columns=["a", "b"])
    first, second = columns_of(X)
    assert (first.dtype, first.tolist()) == (np.float32, [1.0, 2.0])
    assert second.mask.tolist() == [True, False]
    np.testing.assert_array_equal(numbers_of(X), values)
    for other in (X.assign(c=1), X.astype("Float32"), X.astype(str), X[:0], X[[]]):
        assert numbers_of(other) is None
