"""Tests of utility and learner_scores."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_distill import DistilledSet, HerdingSelection
from sklearn_distill.evaluation import learner_scores, panel_learners, utility
from sklearn_distill.soft_labels.data_prior import (
    correct_proba,
    fit_under_data_prior,
)


class RecordingClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that keeps the arguments of its last fit on the class."""

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        RecordingClassifier.last_fit = X, y, sample_weight
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_utility_holds_the_score_of_each_learner_and_their_mean(wine_problem):
    small, X_test, y_test, prepare, _ = wine_problem
    scores = utility(small, X_test, y_test, prepare=prepare)
    mean = scores.pop("mean")
    assert list(scores) == list(panel_learners("classification", 15))
    assert mean == np.mean(list(scores.values()))
    assert min(scores.values()) > 0.7


def test_learners_are_trained_on_preprocessed_rows_with_weighted_hard_labels(
    wine_problem,
):
    small, X_test, y_test, prepare, X_train = wine_problem
    soft = np.full((15, 3), 0.25)
    soft[np.arange(15), small.y] = 0.5
    distilled = DistilledSet(small.X, small.y, soft_labels=soft, classes=small.classes)
    (row,) = learner_scores(
        distilled, X_test, y_test, prepare=prepare, learners=RecordingClassifier()
    )
    X, y, weight = RecordingClassifier.last_fit
    assert len(X) == 45
    assert np.bincount(y).tolist() == [15, 15, 15]
    assert np.unique(weight) == pytest.approx([0.75, 1.5])
    scaled = StandardScaler().fit(X_train).transform(small.X)
    assert np.unique(X, axis=0) == pytest.approx(np.unique(scaled, axis=0))
    assert row["score"] == pytest.approx(1 / 3)
    assert row["fit_seconds"] >= 0


def test_failing_learner_is_recorded_or_raised(wine_problem):
    small, X_test, y_test, prepare, _ = wine_problem
    failing = {"knn": KNeighborsClassifier(n_neighbors=1_000)}
    with pytest.raises(ValueError, match="n_neighbors"):
        learner_scores(small, X_test, y_test, prepare=prepare, learners=failing)
    (row,) = learner_scores(
        small, X_test, y_test, prepare=prepare, learners=failing, on_error="record"
    )
    assert math.isnan(row["score"])
    assert row["error"].startswith("ValueError: Expected n_neighbors")


def rare_problem():
    """Return a set of equal shares, and test rows of which one tenth is positive."""
    X, y = make_classification(
        2000, 6, n_informative=4, weights=[0.9], class_sep=0.8, random_state=0
    )
    small = HerdingSelection(40, random_state=0).fit(X[:1000], y[:1000]).distilled_
    return small, X[1000:], y[1000:], StandardScaler().fit(X[:1000])


def test_metrics_under_the_data_prior_are_those_of_distilled_classifier():
    small, X_test, y_test, prepare = rare_problem()
    rows = learner_scores(
        small,
        X_test,
        y_test,
        prepare=prepare,
        learners=["logistic", "support vectors", "naive Bayes"],
    )
    for row in rows:
        learner = panel_learners("classification", len(small))[row["learner"]]
        scaled = DistilledSet(
            prepare.transform(small.X),
            small.y,
            classes=small.classes,
            class_mass=small.class_mass,
        )
        fitted, ratio = fit_under_data_prior(learner, scaled)
        Z = prepare.transform(X_test)
        predicted = fitted.predict(Z)
        if hasattr(fitted, "predict_proba"):
            proba = correct_proba(fitted.predict_proba(Z), ratio)
            predicted = proba.argmax(axis=1)
            assert row["log_loss_data_prior"] == pytest.approx(log_loss(y_test, proba))
            assert row["log_loss_data_prior"] < row["log_loss"]
        else:
            assert math.isnan(row["log_loss_data_prior"])
        assert row["accuracy_data_prior"] == np.mean(predicted == y_test)
        assert row["accuracy_data_prior"] > row["accuracy"]


def test_metrics_under_the_data_prior_are_missing_without_class_mass():
    small, X_test, y_test, prepare = rare_problem()
    plain = DistilledSet(small.X, small.y, classes=small.classes)
    (row,) = learner_scores(
        plain, X_test, y_test, prepare=prepare, learners=["logistic"]
    )
    assert math.isnan(row["accuracy_data_prior"])
    assert math.isnan(row["log_loss_data_prior"])
