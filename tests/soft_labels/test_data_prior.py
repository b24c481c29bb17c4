"""Predictions under the class shares of the training data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import DistilledSet
from sklearn_distill.soft_labels.data_prior import (
    correct_log_proba,
    correct_proba,
    corrected_decisions,
    fit_under_data_prior,
    prior_ratio,
    reweighted,
    sets_own_prior,
    trained_class_mass,
)

BALANCED = SVC(class_weight="balanced")
SOFT = np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.0, 1.0]])


def make(**changes):
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    parts = {"classes": ["n", "p"], "class_mass": [90, 10], **changes}
    return DistilledSet(X, ["n", "n", "p", "p"], **parts)


def test_prior_ratio_divides_the_shares():
    ratio = prior_ratio(np.array([90, 10]), np.array([4.0, 4.0]))
    np.testing.assert_allclose(ratio, [1.8, 0.2])


def test_prior_ratio_is_none_for_equal_shares():
    assert prior_ratio(np.array([90, 10]), np.array([9.0, 1.0])) is None


def test_correct_proba_follows_bayes_rule_and_keeps_certain_rows():
    proba = np.array([[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]])
    found = correct_proba(proba, np.array([1.8, 0.2]))
    np.testing.assert_allclose(found, [[0.9, 0.1], [0.0, 1.0], [0.0, 0.0]])
    assert correct_proba(proba, None) is proba


def test_correct_log_proba_is_the_logarithm_of_the_corrected_probabilities():
    proba, ratio = np.array([[0.5, 0.5], [0.3, 0.7]]), np.array([1.8, 0.2])
    found = correct_log_proba(np.log(proba), ratio)
    np.testing.assert_allclose(np.exp(found), correct_proba(proba, ratio))


def test_trained_class_mass_counts_weights_only_if_the_estimator_takes_them():
    made = make(sample_weight=[1.0, 2.0, 3.0, 4.0])
    assert trained_class_mass(LogisticRegression(), made).tolist() == [3, 7]
    assert trained_class_mass(KNeighborsClassifier(), made).tolist() == [2, 2]


def test_trained_class_mass_is_that_of_soft_labels_if_they_are_used():
    made = make(soft_labels=SOFT)
    mass = trained_class_mass(LogisticRegression(), made)
    np.testing.assert_allclose(mass / mass.sum(), SOFT.mean(axis=0))
    assert trained_class_mass(KNeighborsClassifier(), made).tolist() == [2, 2]


def test_reweighted_soft_labels_have_the_class_shares_of_the_data():
    made = reweighted(make(soft_labels=SOFT, sample_weight=[1.0, 2.0, 1.0, 3.0]))
    mass = made.sample_weight @ made.soft_labels
    np.testing.assert_allclose(mass / mass.sum(), [0.9, 0.1])
    assert made.sample_weight.mean() == pytest.approx(1.0)


def test_classifier_with_probabilities_is_not_reweighted():
    fitted, ratio = fit_under_data_prior(GaussianNB(), make())
    np.testing.assert_allclose(fitted.class_prior_, [0.5, 0.5])
    np.testing.assert_allclose(ratio, [1.8, 0.2])


def test_classifier_without_probabilities_gets_prior_weights():
    class Recorder(SVC):
        def fit(self, X, y, sample_weight=None):
            self.weights_ = sample_weight
            return super().fit(X, y, sample_weight)

    made = make(sample_weight=[1.0, 2.0, 3.0, 4.0])
    fitted, ratio = fit_under_data_prior(Recorder(), made)
    assert ratio is None
    np.testing.assert_array_equal(fitted.weights_, made.prior_weights())


def test_classifier_that_cannot_be_corrected_warns():
    class Plain(NearestCentroid):
        predict_proba = None

        def __getattribute__(self, name):
            if name == "predict_proba":
                raise AttributeError(name)
            return super().__getattribute__(name)

    plain = Plain(priors="empirical")
    with pytest.warns(UserWarning, match="neither predicts probabilities nor accepts"):
        fit_under_data_prior(plain, make())


def test_unknown_class_mass_leaves_predictions_unchanged():
    made = make(class_mass=None)
    assert fit_under_data_prior(GaussianNB(), made)[1] is None
    assert fit_under_data_prior(SVC(), made)[1] is None


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (LogisticRegression(), False),
        (LogisticRegression(class_weight={"n": 1, "p": 2}), False),
        (LogisticRegression(class_weight="balanced"), True),
        (RandomForestClassifier(class_weight="balanced_subsample"), True),
        (make_pipeline(StandardScaler(), SVC(class_weight="balanced")), True),
        (BaggingClassifier(SVC(class_weight="balanced")), True),
        (BaggingClassifier(), False),
        (OneVsRestClassifier(LogisticRegression(class_weight="balanced")), True),
        (OneVsOneClassifier(SVC()), False),
        (VotingClassifier([("a", BALANCED), ("b", BALANCED), ("c", "drop")]), True),
        (VotingClassifier([("a", BALANCED), ("b", SVC())]), False),
        (GaussianNB(), False),
        (GaussianNB(priors=[0.5, 0.5]), True),
        (NearestCentroid(), True),
        (NearestCentroid(priors="empirical"), False),
        (FixedThresholdClassifier(GaussianNB(), threshold=0.3), True),
    ],
    ids=lambda value: " ".join(repr(value).split()),
)
def test_sets_own_prior_finds_estimators_that_balance_the_classes(estimator, expected):
    assert sets_own_prior(estimator) is expected


def test_sets_own_prior_looks_at_the_best_estimator_of_a_search():
    X, y = np.arange(20.0)[:, None], np.arange(20) // 10
    weights = {"class_weight": [None, "balanced"]}
    search = GridSearchCV(LogisticRegression(), weights, cv=2).fit(X, y)
    chosen = search.best_params_["class_weight"]
    assert sets_own_prior(search) is (chosen == "balanced")


def test_decisions_on_the_scale_of_log_odds_are_shifted():
    fitted = LogisticRegression().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    X = np.array([[-1.0], [1.4], [90.0]])
    found = corrected_decisions(fitted, X, np.array([1.8, 0.2]))
    np.testing.assert_allclose(found, fitted.decision_function(X) - np.log(9))


def test_other_decisions_are_log_odds_of_the_corrected_probabilities():
    class Scaled(LogisticRegression):
        def decision_function(self, X):
            return 7 * super().decision_function(X)

    fitted = Scaled().fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
    X, ratio = np.array([[-1.0], [1.4], [2.0]]), np.array([1.8, 0.2])
    proba = correct_proba(LogisticRegression.predict_proba(fitted, X), ratio)
    fitted.predict_proba = lambda X: (
        LogisticRegression()
        .fit([[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1])
        .predict_proba(X)
    )
    proba = correct_proba(fitted.predict_proba(X), ratio)
    found = corrected_decisions(fitted, X, ratio)
    np.testing.assert_allclose(found, np.log(proba[:, 1] / proba[:, 0]))
