"""Students of every kind are trained on the targets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    GradientBoostingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_distill import (
    KnowledgeDistillationClassifier,
)
from sklearn_distill.soft_labels.expansion import prune_soft_labels

NAMES = np.array(["setosa", "versicolor", "virginica"])


def test_classifier_is_trained_on_weighted_hard_rows(iris, kd, recorder):
    """The copies of a row have the shares of the blended labels as weights."""
    X, y = iris
    model = kd(GaussianNB(), recorder()).fit(X, y)
    rows, labels, weights = model.student_.trained_on_
    predicted = GaussianNB().fit(X, y).predict_proba(X)
    expected = prune_soft_labels(0.5 * predicted + 0.5 * (y[:, None] == NAMES))
    found = np.zeros_like(expected)
    place = {tuple(row): i for i, row in enumerate(X)}
    copies = np.unique(X, axis=0, return_counts=True)
    singleton = {tuple(row) for row, n in zip(*copies, strict=True) if n == 1}
    for row, label, weight in zip(rows, labels, weights, strict=True):
        found[place[tuple(row)], list(NAMES).index(label)] += weight
    alone = [i for i, row in enumerate(X) if tuple(row) in singleton]
    np.testing.assert_allclose(found[alone], expected[alone])
    assert weights.sum() == pytest.approx(150)


def test_alpha_0_trains_the_student_on_the_labels(forest, iris, kd, recorder):
    X, y = iris
    model = kd(forest(), recorder(), alpha=0.0).fit(X, y)
    rows, labels, weights = model.student_.trained_on_
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_array_equal(labels, y)
    assert weights is None


def test_weighted_rows_minimize_the_cross_entropy_with_blended_labels(iris, kd):
    """Logistic regression agrees with L-BFGS in torch on the blended labels."""
    X, y = iris
    X = StandardScaler().fit_transform(X)
    student = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000)
    # All probabilities are large enough not to be pruned.
    predicted = 0.9 * np.eye(3)[np.searchsorted(NAMES, y)] + 0.1 / 3
    predicted = predicted[:, [1, 2, 0]]
    model = kd(None, student, alpha=0.4).fit(X, y, teacher_proba=predicted)
    labels = torch.tensor(0.4 * predicted + 0.6 * (y[:, None] == NAMES))
    coef = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    rows = torch.tensor(X)
    optimizer = torch.optim.LBFGS(
        [coef, bias], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        log_p = (rows @ coef + bias).log_softmax(dim=1)
        loss = -(labels * log_p).sum() + 0.5 * coef.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    expected = (rows @ coef + bias).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)


def test_tree_on_weighted_rows_equals_regression_tree_on_probabilities(
    iris, kd, small_tree
):
    """The Gini impurity is the squared error of the labels, summed over classes."""
    X, y = iris
    predicted = GaussianNB().fit(X, y).predict_proba(X)
    classifier = kd(None, small_tree()).fit(X, y, teacher_proba=predicted)
    regressor = kd(None, DecisionTreeRegressor(max_leaf_nodes=4, random_state=0))
    regressor.fit(X, y, teacher_proba=predicted)
    # Only the classifier prunes small probabilities.
    difference = classifier.predict_proba(X) - regressor.predict_proba(X)
    assert np.abs(difference).max() < 0.01


def test_student_reproduces_a_frozen_teacher_of_its_own_kind(iris, kd):
    X, y = iris
    student = LogisticRegression(C=1e4, tol=1e-10, max_iter=50_000)
    alone = clone(student).fit(X, y)
    taught = kd(FrozenEstimator(alone), student, alpha=1.0).fit(X, y)
    assert np.abs(taught.predict_proba(X) - alone.predict_proba(X)).max() < 0.01
    np.testing.assert_array_equal(taught.predict(X), alone.predict(X))


def test_student_without_sample_weight_gets_the_likeliest_class(iris, kd):
    X, y = iris
    predicted = np.eye(3)[np.searchsorted(NAMES, y)]
    predicted[0], predicted[50] = [0.0, 0.9, 0.1], [0.3, 0.5, 0.2]
    model = kd(None, KNeighborsClassifier(1), alpha=0.8)
    model.fit(X, y, teacher_proba=predicted)
    assert model.student_.predict(X[:1]) == "versicolor"
    assert model.student_.predict(X[50:51]) == "versicolor"


@pytest.mark.parametrize(
    "student",
    [Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0), SVR()],
    ids=lambda s: type(s).__name__,
)
def test_regressor_is_trained_on_probabilities(student, forest, iris, kd):
    """A regressor with a single output is trained on each class in turn."""
    X, y = iris
    model = kd(forest(), student).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert (proba >= 0).all()
    np.testing.assert_array_equal(model.predict(X), NAMES[proba.argmax(axis=1)])
    assert model.score(X, y) > 0.8
    assert model.predict(X).dtype == y.dtype


def test_last_step_of_a_pipeline_gets_the_weights(forest, iris, kd, recorder):
    X, y = iris
    model = kd(forest(), make_pipeline(StandardScaler(), recorder())).fit(X, y)
    assert model.student_[-1].trained_on_[2].sum() == pytest.approx(150)
    assert model.score(X, y) > 0.9


def test_regressor_at_the_end_of_a_pipeline_gets_the_weights():
    X, y = load_iris(return_X_y=True)
    student = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=5))
    model = KnowledgeDistillationClassifier(GaussianNB(), student, check_teacher=False)
    everything = model.fit(X, y, sample_weight=np.ones(len(X))).predict_proba(X)
    two = model.fit(X, y, sample_weight=np.where(y == 2, 1e-3, 1.0)).predict_proba(X)
    assert two[:, 2].sum() < everything[:, 2].sum()


def test_class_that_the_teacher_never_predicts_keeps_its_column(iris, kd):
    """With alpha=1, the student is not trained on this class."""
    X, y = iris
    predicted = np.tile([0.6, 0.4, 0.0], (150, 1))
    model = kd(None, GaussianNB(), alpha=1.0).fit(X, y, teacher_proba=predicted)
    assert list(model.student_.classes_) == ["setosa", "versicolor"]
    proba = model.predict_proba(X)
    assert proba.shape == (150, 3)
    assert (proba[:, 2] == 0).all()


@pytest.mark.parametrize("transfer", [None, "munge"])
def test_student_shows_the_parameters_that_were_passed(transfer, iris, kd, forest):
    """During training, the parameters are scaled to the copies of each row."""
    X, y = iris
    tree = DecisionTreeClassifier(
        min_samples_leaf=4, class_weight="balanced", random_state=0
    )
    for student in (tree, make_pipeline(StandardScaler(), tree)):
        model = kd(forest(), student, transfer=transfer).fit(X, y)
        assert repr(model.student_) == repr(student)
        again = clone(model.student_).fit(X, y)
        expected = clone(student).fit(X, y)
        np.testing.assert_array_equal(again.predict(X), expected.predict(X))
