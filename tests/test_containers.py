"""Rows of arrays and DataFrames, taken and joined."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd

from sklearn_distill.containers import in_form_of, stacked


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


def test_rows_take_the_form_of_a_table():
    X = table(2, ["b", "a"])
    made = in_form_of(X, np.array([[0.5, "a"]], dtype=object))
    assert list(made.columns) == ["size", "grade"]
    assert made["size"].dtype == np.float64
    array = np.ones((2, 2))
    assert in_form_of(array, array) is array
