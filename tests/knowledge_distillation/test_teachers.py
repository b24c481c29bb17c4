"""Teachers: several, frozen, uniform, out of fold, or replaced by predictions."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

NAMES = np.array(["setosa", "versicolor", "virginica"])


def test_label_smoothing_equals_a_uniform_teacher(forest, iris, kd, recorder):
    X, y = iris
    smoothed = kd(forest(), recorder(), loss="label_smoothing").fit(X, y)
    assert isinstance(smoothed.teacher_, DummyClassifier)
    by_hand = kd(DummyClassifier(strategy="uniform"), recorder(), alpha=0.1).fit(X, y)
    for found, expected in zip(
        smoothed.student_.trained_on_, by_hand.student_.trained_on_, strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    weights = smoothed.student_.trained_on_[2]
    np.testing.assert_allclose(np.unique(weights.round(6)), [0.033333, 0.933333])


def test_several_teachers_are_averaged_by_weight(forest, iris, kd):
    X, y = iris
    teachers = [GaussianNB(), forest(max_depth=2)]
    model = kd(teachers, Ridge(alpha=1e-9), teacher_weights=[3, 1], alpha=1.0)
    model.fit(X, y, X_unlabeled=X)
    predicted = [clone(t).fit(X, y).predict_proba(X) for t in teachers]
    expected = 0.75 * predicted[0] + 0.25 * predicted[1]
    np.testing.assert_allclose(model.transfer_set_.soft_labels, expected)
    assert isinstance(model.teacher_, list)
    assert not hasattr(teachers[0], "classes_")


def test_frozen_teacher_is_not_trained(recorder, iris, kd, small_tree):
    X, y = iris
    teacher = FrozenEstimator(recorder().fit(X[::2], y[::2]))
    model = kd(teacher, small_tree()).fit(X, y)
    assert recorder.n_fits == 1
    assert len(model.teacher_.trained_on_[0]) == 75
    GridSearchCV(model, {"student__max_leaf_nodes": [3, 4]}, cv=3).fit(X, y)
    assert recorder.n_fits == 1


def test_fitted_teacher_that_is_not_frozen_is_trained_in_each_fold(
    recorder, iris, kd, small_tree
):
    """A teacher that is fitted once would have been trained on the test folds."""
    X, y = iris
    fitted = recorder().fit(X, y)
    cross_val_score(kd(fitted, small_tree()), X, y, cv=3, error_score="raise")
    assert recorder.n_fits == 4


def test_probabilities_of_classes_missing_from_y_are_dropped(iris, kd):
    X, y = iris
    teacher = GaussianNB().fit(X, y)
    some = y != "versicolor"
    model = kd(FrozenEstimator(teacher), Ridge()).fit(X[some], y[some], X_unlabeled=X)
    predicted = model.transfer_set_.soft_labels
    both = teacher.predict_proba(X)[:, [0, 2]]
    np.testing.assert_allclose(predicted, both / both.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(model.classes_, ["setosa", "virginica"])


def test_given_predictions_replace_the_teacher(forest, iris, kd, small_tree):
    X, y = iris
    predicted = GaussianNB().fit(X, y).predict_proba(X)
    given = kd(None, small_tree()).fit(X, y, teacher_proba=predicted)
    fitted = kd(GaussianNB(), small_tree()).fit(X, y)
    np.testing.assert_allclose(given.predict_proba(X), fitted.predict_proba(X))
    assert given.teacher_ is None
    # The teacher is not trained if all its predictions are given.
    assert (
        kd(forest(), small_tree()).fit(X, y, teacher_proba=predicted).teacher_ is None
    )
    half = X[::2], y[::2]
    both = np.concatenate([predicted[::2], predicted[1::2]])
    given = kd(None, small_tree()).fit(*half, X_unlabeled=X[1::2], teacher_proba=both)
    np.testing.assert_array_equal(given.transfer_set_.soft_labels, predicted[1::2])


def test_out_of_fold_teachers_are_not_trained_if_labels_are_kept(
    recorder, iris, kd, small_tree
):
    """With added rows, labeled rows keep their labels."""
    X, y = iris
    model = kd(recorder(), small_tree(), teacher_labels="out_of_fold")
    model.set_params(check_teacher=False).fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert recorder.n_fits == 1


def test_out_of_fold_predictions_differ_from_in_sample_ones(iris, kd, recorder):
    """A fully grown tree predicts the labels that it was trained on."""
    X, y = iris
    y = y.copy()
    wrong = np.arange(0, 150, 15)
    y[wrong] = "virginica"
    params = {"alpha": 1.0}
    tree = DecisionTreeClassifier(random_state=0)
    seen = kd(tree, recorder(), **params).fit(X, y)
    unseen = kd(tree, recorder(), teacher_labels="out_of_fold", **params).fit(X, y)
    np.testing.assert_array_equal(seen.student_.trained_on_[1], y)
    assert (unseen.student_.trained_on_[1][wrong] != y[wrong]).mean() > 0.5


def test_frozen_teacher_must_know_all_classes(iris, kd, small_tree):
    X, y = iris
    some = y != "virginica"
    teacher = FrozenEstimator(GaussianNB().fit(X[some], y[some]))
    with pytest.raises(ValueError, match=r"y also holds \['virginica'\]"):
        kd(teacher, small_tree()).fit(X, y)
    codes = FrozenEstimator(GaussianNB().fit(X, np.searchsorted(NAMES, y)))
    with pytest.raises(ValueError, match=r"was trained on the classes \[0, 1, 2\]"):
        kd(codes, small_tree()).fit(X, y)


def test_frozen_teacher_cannot_predict_out_of_fold(forest, iris, kd, small_tree):
    X, y = iris
    taught = FrozenEstimator(forest().fit(X, y))
    behind = make_pipeline(StandardScaler(), taught)
    for teacher in (taught, [forest(), taught], behind):
        with pytest.raises(ValueError, match="is frozen"):
            kd(teacher, small_tree(), teacher_labels="out_of_fold").fit(X, y)
    # A frozen teacher is accepted if its predictions for labeled rows are not used.
    model = kd(taught, small_tree(), teacher_labels="out_of_fold", check_teacher=False)
    model.fit(X, y, teacher_proba=taught.predict_proba(X))
    model.fit(X[:100], y[:100], X_unlabeled=X[100:])
