"""Tests of the metrics of a fitted learner against those of scikit-learn."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sklearn_distill.evaluation.measures.metrics import (
    classification_metrics,
    r2_standard_error,
    regression_metrics,
)


@pytest.fixture
def split_wine(wine_problem):
    """Preprocessed rows and labels: distilled for training, real for testing."""
    small, X_test, y_test, prepare, _ = wine_problem
    return prepare.transform(small.X), small.y, prepare.transform(X_test), y_test


def test_classification_metrics_equal_those_of_scikit_learn(split_wine):
    Z, y, Z_test, y_test = split_wine
    model = LogisticRegression().fit(Z, y)
    predicted, proba = model.predict(Z_test), model.predict_proba(Z_test)
    found = classification_metrics(model, Z_test, y_test)
    assert found["score"] == pytest.approx(balanced_accuracy_score(y_test, predicted))
    assert found["accuracy"] == pytest.approx(np.mean(predicted == y_test))
    auc = roc_auc_score(y_test, proba, multi_class="ovr")
    assert found["auc"] == pytest.approx(auc)
    assert found["log_loss"] == pytest.approx(log_loss(y_test, proba))
    assert found["recall"][1] == np.mean(predicted[y_test == 1] == 1)


def test_classifier_without_probabilities_does_not_have_a_log_loss(split_wine):
    Z, y, Z_test, y_test = split_wine
    model = SVC().fit(Z, y)
    found = classification_metrics(model, Z_test, y_test)
    scores = model.decision_function(Z_test)
    aucs = [roc_auc_score(y_test == c, scores[:, c]) for c in range(3)]
    assert found["auc"] == pytest.approx(np.mean(aucs))
    assert math.isnan(found["log_loss"])


def test_constant_classifier_has_the_metrics_of_chance(split_wine):
    Z, y, Z_test, y_test = split_wine
    found = classification_metrics(DummyClassifier().fit(Z, y), Z_test, y_test)
    assert found["auc"] == 0.5
    assert found["log_loss"] == pytest.approx(math.log(3))
    assert found["score"] == pytest.approx(1 / 3)


def test_auc_of_a_binary_decision_function():
    X, y = make_classification(300, random_state=0)
    svc = SVC().fit(X[:200], y[:200])
    found = classification_metrics(svc, X[200:], y[200:])
    expected = roc_auc_score(y[200:], svc.decision_function(X[200:]))
    assert found["auc"] == pytest.approx(expected)


def test_class_that_is_missing_from_the_training_set_has_recall_0(split_wine):
    Z, y, Z_test, y_test = split_wine
    model = KNeighborsClassifier(n_neighbors=1).fit(Z[y < 2], y[y < 2])
    found = classification_metrics(model, Z_test, y_test)
    assert found["recall"][2] == 0.0
    assert found["score"] == pytest.approx(np.mean(list(found["recall"].values())))
    proba = model.predict_proba(Z_test)
    aucs = [roc_auc_score(y_test == c, proba[:, c]) for c in range(2)]
    assert found["auc"] == pytest.approx(np.mean([*aucs, 0.5]))
    # scikit-learn clips the probability 0 at the machine epsilon.
    aligned = np.column_stack([proba, np.zeros(len(proba))])
    assert found["log_loss"] == pytest.approx(log_loss(y_test, aligned))


def test_regression_metrics_equal_those_of_scikit_learn():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=80)
    model = Ridge().fit(X[:50], y[:50])
    predicted = model.predict(X[50:])
    found = regression_metrics(model, X[50:], y[50:])
    assert found["score"] == pytest.approx(r2_score(y[50:], predicted))
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - y[50:]) ** 2)))


def test_standard_error_of_r2_agrees_with_the_bootstrap():
    rng = np.random.RandomState(0)
    y = rng.normal(size=(400, 2))
    predicted = y + rng.standard_t(5, size=y.shape) * [0.3, 1.0]
    drawn = rng.randint(400, size=(1000, 400))
    scores = [r2_score(y[rows], predicted[rows]) for rows in drawn]
    assert r2_standard_error(y, predicted) == pytest.approx(np.std(scores), rel=0.1)


def test_standard_error_of_r2_is_nan_for_a_constant_target():
    assert np.isnan(r2_standard_error(np.ones(5), np.arange(5.0)))
    assert np.isnan(r2_standard_error(np.ones(1), np.ones(1)))
