"""Folds, and the distillation of their training rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from joblib import Memory
from sklearn.linear_model import Ridge
from sklearn.svm import SVC

from sklearn_distill import RandomSelection
from sklearn_distill.model_selection.folds import (
    distill_fold,
    distiller_for,
    rows_of_fold,
    splits_of,
)


def test_boolean_masks_become_positions():
    mask = np.array([True, False, True, False])
    splits = splits_of([(mask, ~mask)], SVC(), np.eye(4), [0, 1, 0, 1], {})
    assert [part.tolist() for part in splits[0]] == [[0, 2], [1, 3]]


def test_metadata_of_rows_are_sliced():
    params = {"w": np.arange(4.0), "tags": list("abcd"), "k": 3, "X_unlabeled": [1] * 4}
    sliced = rows_of_fold(params, 4, np.array([0, 2]))
    assert sliced["w"].tolist() == [0, 2]
    assert sliced["tags"] == ["a", "c"]
    assert sliced["k"] == 3
    assert sliced["X_unlabeled"] == [1] * 4


def test_task_of_the_distiller_is_that_of_the_estimator():
    given = RandomSelection()
    assert distiller_for(SVC(), given).task == "classification"
    assert distiller_for(Ridge(), given).task == "regression"
    assert given.task == "auto"


def test_classes_whose_rows_all_have_weight_zero_may_be_absent(rows):
    X, y = rows
    distilled = distill_fold(
        RandomSelection(budget=2, random_state=0),
        X,
        y,
        np.arange(100),
        {"sample_weight": (y != 2).astype(float)},
        memory=Memory(None),
    )
    assert set(distilled.y) == {0, 1}
