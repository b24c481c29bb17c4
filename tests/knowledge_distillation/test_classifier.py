"""KnowledgeDistillationClassifier as a scikit-learn estimator."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import (
    ExtraTreesClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier


def test_methods_depend_on_the_student(forest, iris, kd, small_tree):
    X, y = iris
    model = kd(forest(), LinearSVC())
    assert not hasattr(model, "predict_proba")
    model.fit(X, y)
    assert not hasattr(model, "predict_proba")
    assert model.decision_function(X).shape == (150, 3)
    assert model.score(X, y) > 0.9
    assert not hasattr(kd(forest(), small_tree()), "decision_function")


def test_grid_search_and_pickle(forest, kd, small_tree):
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), kd(forest(), small_tree()))
    name = "knowledgedistillationclassifier"
    search = GridSearchCV(
        pipeline,
        {
            f"{name}__student__max_leaf_nodes": [2, 8],
            f"{name}__transfer": [None, "noise"],
            f"{name}__teacher__n_estimators": [5],
        },
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.85
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_unlabeled_rows_improve_a_small_tree(kd, overlapping):
    """The teacher is strong, and there are ten times as many unlabeled rows."""
    X, y = overlapping(6_000)
    gains = []
    for seed in range(5):
        rows = np.random.RandomState(seed).permutation(6_000)
        few, more, test = rows[:250], rows[250:2_750], rows[2_750:]
        student = DecisionTreeClassifier(max_leaf_nodes=32, random_state=seed)
        teacher = ExtraTreesClassifier(100, random_state=seed)
        alone = clone(student).fit(X[few], y[few]).score(X[test], y[test])
        model = kd(teacher, student).fit(X[few], y[few], X_unlabeled=X[more])
        gains.append(model.score(X[test], y[test]) - alone)
    assert np.mean(gains) > 0.02
