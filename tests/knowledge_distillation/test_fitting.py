"""The order of training: teacher, added rows, students and generations."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    RandomSelection,
)


def test_labeled_rows_keep_their_labels_if_rows_are_added(forest, iris, kd, recorder):
    X, y = iris
    model = kd(forest(max_depth=1), recorder()).fit(X[::2], y[::2], X_unlabeled=X[1::2])
    rows, labels, weights = model.student_.trained_on_
    np.testing.assert_array_equal(rows[:75], X[::2])
    np.testing.assert_array_equal(labels[:75], y[::2])
    np.testing.assert_array_equal(weights[:75], 1.0)
    assert weights[75:].sum() == pytest.approx(75)
    lighter = clone(model).set_params(transfer_weight=0.2)
    lighter.fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert lighter.student_.trained_on_[2][75:].sum() == pytest.approx(15)


def test_transfer_takes_a_distiller_or_a_callable(forest, iris, kd):
    X, y = iris

    def jitter(X, y, n_rows, random_state):
        rows = X[random_state.randint(len(X), size=n_rows)]
        return rows + 0.1 * random_state.standard_normal(rows.shape)

    model = kd(forest(), GaussianNB(), transfer=jitter, n_transfer=2.0).fit(X, y)
    assert model.transfer_set_.X.shape == (300, 4)
    model = kd(forest(), GaussianNB(), transfer=RandomSelection(6)).fit(X, y)
    assert len(model.transfer_set_) == 18
    both = model.fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert len(both.transfer_set_) == 75 + 18


def test_random_state_determines_the_transfer_set(forest, iris, kd, small_tree):
    X, y = iris
    model = kd(forest(), small_tree(), transfer="munge")
    first, second = (clone(model).fit(X, y).transfer_set_ for _ in range(2))
    np.testing.assert_array_equal(first.X, second.X)
    other = clone(model).set_params(random_state=1).fit(X, y).transfer_set_
    assert not np.array_equal(first.X, other.X)


def test_each_generation_is_the_teacher_of_the_next(iris, kd):
    X, y = iris
    model = kd("self", GaussianNB(), n_generations=3, alpha=0.7).fit(X, y)
    assert isinstance(model.teacher_, GaussianNB)
    assert len(model.generations_) == 3
    assert model.student_ is model.generations_[-1]
    first = kd(GaussianNB(), GaussianNB(), alpha=0.7).fit(X, y)
    np.testing.assert_allclose(
        model.generations_[0].predict_proba(X), first.predict_proba(X), atol=1e-9
    )
    second = kd(FrozenEstimator(first.student_), GaussianNB(), alpha=0.7).fit(X, y)
    np.testing.assert_allclose(
        model.generations_[1].predict_proba(X), second.predict_proba(X), atol=1e-9
    )


@pytest.mark.parametrize("random_state", [0, None])
def test_memory_trains_one_teacher_per_fold(
    tmp_path, recorder, random_state, iris, kd, small_tree
):
    X, y = iris
    model = kd(recorder(), small_tree(), memory=str(tmp_path))
    model.set_params(random_state=random_state)
    grid = {"student__max_leaf_nodes": [2, 3, 4], "alpha": [0.3, 0.6]}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y)
    assert recorder.n_fits == 4
    assert search.best_score_ > 0.85


def test_unlabeled_array_is_converted_to_the_training_dataframe():
    """scikit-learn's warning about feature names is kept."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = KnowledgeDistillationClassifier(
        GaussianNB(), DecisionTreeClassifier(random_state=0), check_teacher=False
    )
    with pytest.warns(UserWarning, match="valid feature names"):
        model.fit(X[::3], y[::3], X_unlabeled=X[1::3].to_numpy())
    assert model.score(X, y) > 0.9


def test_sample_weight_is_passed_to_teacher_and_student(iris, kd, recorder):
    X, y = iris
    weights = np.linspace(0.1, 2.0, 150)
    model = kd(recorder(), recorder()).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(model.teacher_.trained_on_[2], weights)
    assert model.student_.trained_on_[2].sum() == pytest.approx(weights.sum())
