"""Rows of arrays and DataFrames, taken and joined."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill._utils.containers import in_form_of, stacked


def table(n, grades, dtype=None):
    return pd.DataFrame(
        {"size": np.arange(n) / 2, "grade": pd.Categorical(grades, dtype=dtype)}
    )


def test_stacked_rows_keep_their_kinds():
    X = table(2, ["b", "a"])
    both = stacked(X, table(3, ["c", "a", "b"])[["grade", "size"]])
    assert list(both.columns) == ["size", "grade"]
    assert list(both.index) == [0, 1, 2, 3, 4]
    assert both["grade"].dtype == "category"
    assert list(both["grade"]) == ["b", "a", "c", "a", "b"]
    assert list(X["grade"].cat.categories) == ["a", "b"]
    # Whole numbers do not cut what comes after them.
    np.testing.assert_array_equal(stacked(np.array([[1]]), [[1.5]]), [[1.0], [1.5]])


@pytest.mark.parametrize(
    ("of", "more", "dtype"),
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
def test_numbers_keep_the_dtype_that_holds_them(of, more, dtype):
    assert stacked(of[:, None], more[:, None]).dtype == dtype
    frame = stacked(pd.DataFrame({"a": of}), pd.DataFrame({"a": more}))
    assert frame["a"].dtype == dtype
    assert list(frame["a"]) == [*of, *more]


def test_rows_take_the_form_of_a_table():
    X = table(2, ["b", "a"])
    made = in_form_of(X, np.array([[0.5, "a"]], dtype=object))
    assert list(made.columns) == ["size", "grade"]
    assert made["size"].dtype == np.float64
    array = np.ones((2, 2))
    assert in_form_of(array, array) is array
