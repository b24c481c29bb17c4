"""Rows are selected, converted and concatenated in arrays and DataFrames."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill._utils.containers import in_form_of, stacked, take_rows


def table(n, grades, dtype=None):
    return pd.DataFrame(
        {"size": np.arange(n) / 2, "grade": pd.Categorical(grades, dtype=dtype)}
    )


def test_take_rows_keeps_the_order_and_renumbers_the_index():
    indices = np.array([2, 0])
    X = table(3, ["b", "a", "c"]).set_axis([7, 8, 9])
    taken = take_rows(X, indices)
    assert list(taken.index) == [0, 1]
    assert taken["size"].tolist() == [1.0, 0.0]
    assert taken["grade"].tolist() == ["c", "b"]
    assert taken["grade"].dtype == X["grade"].dtype
    np.testing.assert_array_equal(take_rows(np.arange(3) * 10, indices), [20, 0])


def test_stacked_tables_keep_columns_and_extend_categories():
    X = table(2, ["b", "a"])
    both = stacked(X, table(3, ["c", "a", "b"])[["grade", "size"]])
    assert list(both.columns) == ["size", "grade"]
    assert list(both.index) == [0, 1, 2, 3, 4]
    assert both["size"].tolist() == [0.0, 0.5, 0.0, 0.5, 1.0]
    assert both["grade"].dtype == "category"
    assert list(both["grade"]) == ["b", "a", "c", "a", "b"]
    assert list(X["grade"].cat.categories) == ["a", "b"]


def test_stacked_does_not_truncate_numbers():
    np.testing.assert_array_equal(stacked(np.array([[1]]), [[1.5]]), [[1.0], [1.5]])


@pytest.mark.parametrize(
    ("values", "new", "dtype"),
    [
        (np.float32([1]), np.float64([2.5]), np.float32),
        (np.float32([1]), np.array([2]), np.float32),
        (np.int16([1]), np.array([2.0]), np.int16),
        (np.int16([1]), np.array([2.5]), np.float64),
        (np.array(["a"], object), np.array([2]), object),
        (np.float32([1]), np.array([1e300]), np.float64),
        (np.int64([1]), np.array([2**53 + 1], np.uint64), np.int64),
        (np.array([True]), np.array([1, 0]), np.bool_),
    ],
)
def test_stacked_keeps_the_dtype_if_it_holds_all_values(values, new, dtype):
    assert stacked(values[:, None], new[:, None]).dtype == dtype
    frame = stacked(pd.DataFrame({"a": values}), pd.DataFrame({"a": new}))
    assert frame["a"].dtype == dtype
    assert list(frame["a"]) == [*values, *new]


def test_in_form_of_a_table_names_the_columns_and_infers_dtypes():
    X = table(2, ["b", "a"])
    made = in_form_of(X, np.array([[0.5, "a"]], dtype=object))
    assert list(made.columns) == ["size", "grade"]
    assert made["size"].dtype == np.float64
    assert made["grade"].tolist() == ["a"]


def test_in_form_of_matches_unknown_column_names_by_position():
    X = table(2, ["b", "a"])
    renamed = in_form_of(X, table(1, ["a"]).set_axis([0, 1], axis="columns"))
    assert list(renamed.columns) == ["size", "grade"]


def test_in_form_of_returns_containers_of_the_same_form_unchanged():
    array = np.ones((2, 2))
    assert in_form_of(array, array) is array
    X = table(2, ["b", "a"])
    swapped = X[["grade", "size"]]
    assert in_form_of(X, swapped) is swapped
