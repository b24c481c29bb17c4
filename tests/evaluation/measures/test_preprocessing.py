"""Tests of the preprocessor of learners."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_distill import DistilledClassifier, DistilledSet, HerdingSelection
from sklearn_distill.evaluation import preprocessor
from sklearn_distill.evaluation.measures.preprocessing import (
    as_numbers,
    as_numeric_set,
    dense_rows,
)


def test_unknown_categories_are_encoded_as_zeros():
    X = pd.DataFrame({"n": [0.0, 2.0], "c": ["a", "b"]})
    prepared = preprocessor(X).transform(pd.DataFrame({"n": [4.0], "c": ["z"]}))
    assert prepared.tolist() == [[3.0, 0.0, 0.0]]


def test_integer_column_names_are_not_positions():
    X = pd.DataFrame({1: [0.0, 2.0], 0: ["a", "b"]})
    prepared = preprocessor(X).transform(X)
    assert prepared.tolist() == [[-1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


def test_object_array_is_preprocessed_like_a_dataframe():
    X = pd.DataFrame({"n": [0.0, 2.0], "c": ["a", "b"]})
    expected = as_numbers(preprocessor(X), X)
    rows = X.to_numpy(dtype=object)
    assert as_numbers(preprocessor(rows), rows).tolist() == expected.tolist()
    words = np.array([["a"], ["b"]])
    assert as_numbers(preprocessor(words), words).tolist() == [[1, 0], [0, 1]]


def test_images_are_flattened():
    X = np.arange(24.0).reshape(2, 3, 2, 2)
    assert as_numbers(preprocessor(X), X).tolist() == [[-1.0] * 12, [1.0] * 12]


def test_dense_rows_converts_sparse_matrices_and_keeps_dataframes():
    X = np.eye(3)
    assert dense_rows(csr_array(X)).tolist() == X.tolist()
    frame = pd.DataFrame(X)
    assert dense_rows(frame) is frame


def test_numeric_set_keeps_labels_and_weights():
    X = np.array([[0.0], [2.0]])
    given = DistilledSet(
        X, [0, 1], soft_labels=np.eye(2), sample_weight=[1.0, 3.0], classes=[0, 1]
    )
    numeric = as_numeric_set(preprocessor(X), given)
    assert numeric.X.tolist() == [[-1.0], [1.0]]
    assert numeric.y.tolist() == [0, 1]
    assert numeric.soft_labels.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert numeric.sample_weight.tolist() == [1.0, 3.0]
    assert numeric.classes.tolist() == [0, 1]


def test_missing_numbers_are_imputed_with_an_indicator():
    X = pd.DataFrame({"x": [1.0, None, 3.0], "c": ["a", None, "b"]})
    rows = as_numbers(preprocessor(X), X)
    assert rows.shape == (3, 5)
    assert rows[1, 0] == 0.0
    assert rows[1, 1] > 0 > rows[0, 1]
    complete = preprocessor(X.dropna())
    np.testing.assert_array_equal(as_numbers(complete, X)[1], [0.0, 0.0, 0.0])


def test_dates_are_standardized_as_numbers():
    X = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=3, tz="UTC")})
    rows = as_numbers(preprocessor(X), X)
    np.testing.assert_allclose(rows[:, 0], [-np.sqrt(1.5), 0.0, np.sqrt(1.5)])


def test_preprocessor_is_a_step_of_a_pipeline_on_distilled_rows():
    n = 60
    X = pd.DataFrame(
        {
            "day": pd.date_range("2026-01-01", periods=n).where(np.arange(n) % 7 > 0),
            "color": ["red", None, "blue"] * (n // 3),
            "size": np.where(np.arange(n) % 5, np.arange(n), np.nan),
        }
    )
    y = np.repeat(["old", "new"], n // 2)
    estimator = make_pipeline(preprocessor(X), SVC())
    model = DistilledClassifier(HerdingSelection(budget=8), estimator)
    assert model.fit(X, y).score(X, y) > 0.8
    assert clone(model).fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.8
