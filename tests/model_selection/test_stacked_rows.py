"""Real rows and distilled rows in one container."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.svm import SVC

from sklearn_distill.model_selection.stacked_rows import stack_rows
from sklearn_distill.model_selection.training_rows import RowLabels, TrainingRows

SPLITS = [(np.array([0, 1]), np.array([2])), (np.array([1, 2]), np.array([0]))]


def folds_of(X, y=("b", "a"), weights=(None, None)):
    """Return two folds of one distilled row each."""
    return [
        TrainingRows(X[i : i + 1], np.array([y[i]]), RowLabels(weights[i]), RowLabels())
        for i in range(2)
    ]


def test_splits_refer_to_distilled_training_rows_and_real_validation_rows():
    X, y = np.arange(6.0).reshape(3, 2), np.array(["a", "b", "a"])
    stack = stack_rows(X, y, folds_of(X[:2] + 10), SPLITS, estimator=SVC())
    np.testing.assert_array_equal(stack.X[:3], X)
    assert stack.y.tolist() == ["a", "b", "a", "b", "a"]
    (first, of_first), (second, of_second) = stack.splits
    assert (first.tolist(), of_first.tolist()) == ([3], [2])
    assert (second.tolist(), of_second.tolist()) == ([4], [0])
    np.testing.assert_array_equal(stack.X[second], [[12, 13]])
    assert stack.rows.tolist() == [-1, -1, -1, 0, 1]
    assert stack.labels == stack.own_labels == (None, None)


def test_weights_and_soft_labels_of_all_folds():
    """A fold without them has weights of 1 and its hard labels."""
    X, y = np.eye(3), np.array(["a", "b", "a"])
    soft = RowLabels(np.array([2.0]), np.array([[0.3, 0.7]]))
    folds = folds_of(X)
    folds[0] = folds[0]._replace(labels=soft, classes=np.array(["a", "b"]))
    stack = stack_rows(X, y, folds, SPLITS, estimator=SVC())
    assert stack.labels.sample_weight.tolist() == [2, 1]
    assert stack.labels.soft_labels.tolist() == [[0.3, 0.7], [1.0, 0.0]]
    assert stack.own_labels.sample_weight is None
    assert stack.own_labels.soft_labels.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_dtypes_of_a_table_are_kept():
    X = pd.DataFrame(
        {
            "c": pd.Categorical(["u", "v", "u"], categories=["u", "v", "w"]),
            "i": np.array([1, 2, 3], dtype=np.int32),
            "s": ["x", "y", "z"],
        },
        index=[5, 5, 9],
    )
    narrow = X.iloc[:2].assign(c=X["c"].iloc[:2].cat.remove_unused_categories())
    folds = [
        TrainingRows(narrow.iloc[:1], np.array([1]), RowLabels(), RowLabels()),
        TrainingRows(X.iloc[1:2], np.array([0]), RowLabels(), RowLabels()),
    ]
    stack = stack_rows(X, [0, 1, 0], folds, SPLITS, estimator=SVC())
    assert stack.X.dtypes.equals(X.dtypes)
    assert stack.X["c"].tolist() == ["u", "v", "u", "u", "v"]
    assert stack.X.index.tolist() == [0, 1, 2, 3, 4]


def test_sparse_rows_stay_sparse():
    X = sparse.csr_array(np.eye(3))
    stack = stack_rows(X, [0, 1, 0], folds_of(X, y=(1, 0)), SPLITS, estimator=SVC())
    assert sparse.issparse(stack.X)
    assert stack.X.shape == (5, 3)


def test_precision_of_targets_is_kept():
    X, y = np.eye(3, dtype=np.float32), np.array([1, 2, 3], dtype=np.float32)
    folds = folds_of(X, y=(1.5, 2.5))
    stack = stack_rows(X, y, folds, SPLITS, estimator=SVC())
    assert stack.y.dtype == np.float32
    assert stack.X.dtype == np.float32


def test_missing_labels_raise():
    X = np.eye(3)
    with pytest.raises(ValueError, match="missing"):
        stack_rows(X, pd.Series(["a", None, "b"]), folds_of(X), SPLITS, estimator=SVC())
