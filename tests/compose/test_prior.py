"""DistilledClassifier under the class shares of the data and of the distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from sklearn_distill import DistilledClassifier, HerdingSelection, KernelInducingPoints


@pytest.fixture(scope="module")
def rare():
    """Return training and test rows, of which 5.7 % belong to the rare class."""
    X, y = make_classification(
        4000, 9, n_informative=6, weights=[0.943], class_sep=0.7, random_state=0
    )
    y = np.array(["common", "rare"])[y]
    return X[:2000], y[:2000], X[2000:], y[2000:]


def distilled(estimator, **params):
    return DistilledClassifier(
        HerdingSelection(50, random_state=0), estimator, **params
    )


WITH_PROBABILITIES = [
    LogisticRegression(),
    KNeighborsClassifier(15),
    GaussianNB(),
    RandomForestClassifier(50, random_state=0),
    HistGradientBoostingClassifier(max_iter=20),
    GaussianProcessClassifier(),
    CalibratedClassifierCV(LinearSVC()),
    make_pipeline(StandardScaler(), LogisticRegression()),
]


@pytest.mark.parametrize(
    "estimator", WITH_PROBABILITIES, ids=lambda e: type(e).__name__
)
def test_probabilities_have_the_shares_of_the_data(estimator, rare):
    X, y, X_test, y_test = rare
    model = distilled(estimator).fit(X, y)
    proba = model.predict_proba(X_test)
    assert abs(proba[:, 1].mean() - (y_test == "rare").mean()) < 0.07
    predicted = model.predict(X_test)
    np.testing.assert_array_equal(predicted, model.classes_[proba.argmax(axis=1)])
    assert (predicted == y_test).mean() > 0.9
    raw = distilled(estimator, prior="set").fit(X, y)
    assert raw.predict_proba(X_test)[:, 1].mean() > 0.25
    assert log_loss(y_test, proba) < log_loss(y_test, raw.predict_proba(X_test)) - 0.2


def test_log_probabilities_are_those_of_the_corrected_probabilities(rare):
    X, y, X_test, _ = rare
    model = distilled(GaussianNB()).fit(X, y)
    log_proba = model.predict_log_proba(X_test)
    np.testing.assert_allclose(np.exp(log_proba), model.predict_proba(X_test))
    assert np.isfinite(log_proba).all()


@pytest.mark.parametrize("learned", [False, True])
def test_mean_probability_is_near_the_share_of_the_data(learned, rare):
    X, y, X_test, y_test = rare
    distiller = HerdingSelection(50, random_state=0)
    if learned:
        distiller = KernelInducingPoints(50, max_iter=50, random_state=0)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = DistilledClassifier(distiller, pipeline).fit(X, y)
    full = log_loss(y_test, clone(pipeline).fit(X, y).predict_proba(X_test))
    proba = model.predict_proba(X_test)
    assert abs(proba[:, 1].mean() - (y_test == "rare").mean()) < 0.03
    assert log_loss(y_test, proba) < 1.15 * full


def test_predictions_of_prior_set_are_those_of_the_estimator(rare):
    X, y, X_test, _ = rare
    model = distilled(LogisticRegression(), prior="set").fit(X, y)
    assert model.prior_ratio_ is None
    for method in ("predict", "predict_proba", "decision_function"):
        found, own = getattr(model, method), getattr(model.estimator_, method)
        np.testing.assert_array_equal(found(X_test), own(X_test))


def test_one_nearest_neighbor_keeps_its_certain_predictions(rare):
    X, y, X_test, _ = rare
    model = distilled(KNeighborsClassifier(1), calibration=None).fit(X, y)
    own = model.estimator_.predict_proba(X_test)
    np.testing.assert_array_equal(model.predict_proba(X_test), own)
    np.testing.assert_array_equal(
        model.predict(X_test), model.estimator_.predict(X_test)
    )


@pytest.mark.parametrize("soft_labels", [None, "teacher"])
def test_classifier_without_probabilities_predicts_the_shares(soft_labels, rare):
    X, y, X_test, y_test = rare
    distiller = HerdingSelection(50, soft_labels=soft_labels, random_state=0)
    model = DistilledClassifier(distiller, LinearSVC()).fit(X, y)
    assert model.score(X_test, y_test) > 0.9
    predicted = model.predict(X_test) == "rare"
    np.testing.assert_array_equal(model.decision_function(X_test) > 0, predicted)


def test_soft_labels_are_corrected_from_their_own_prior(rare):
    X, y, X_test, y_test = rare
    distiller = HerdingSelection(50, soft_labels="teacher", random_state=0)
    model = DistilledClassifier(distiller, LogisticRegression()).fit(X, y)
    share = model.predict_proba(X_test)[:, 1].mean()
    assert abs(share - (y_test == "rare").mean()) < 0.03


@pytest.mark.parametrize("classes", [[False, True], [7, 3], [1.0, 0.0]])
def test_classes_of_other_dtypes_are_supported(classes, rare):
    X, y, X_test, y_test = rare
    y, y_test = (np.where(v == "rare", *classes[::-1]) for v in (y, y_test))
    model = distilled(LogisticRegression()).fit(X, y)
    assert model.predict(X_test).dtype == y.dtype
    assert model.score(X_test, y_test) > 0.9


def test_three_classes_are_corrected_to_their_shares():
    X, y = make_classification(
        3000,
        n_informative=6,
        n_classes=3,
        weights=[0.8, 0.15],
        class_sep=1.5,
        random_state=0,
    )
    model = distilled(LogisticRegression()).fit(X, y)
    shares = np.bincount(y) / len(y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.mean(axis=0), shares, atol=0.06)
    decisions = model.decision_function(X)
    np.testing.assert_array_equal(decisions.argmax(axis=1), model.predict(X))


def test_balanced_class_weights_keep_equal_shares(rare):
    X, y, X_test, _ = rare
    balanced = LogisticRegression(class_weight="balanced")
    model = distilled(balanced).fit(X, y)
    np.testing.assert_array_equal(
        model.predict_proba(X_test), model.estimator_.predict_proba(X_test)
    )


def test_sample_weights_of_fit_define_the_shares_of_the_data(rare):
    X, y, X_test, _ = rare
    counts = {label: (y == label).sum() for label in ("common", "rare")}
    weights = np.array([1 / counts[label] for label in y])
    model = distilled(LogisticRegression()).fit(X, y, sample_weight=weights)
    assert model.prior_ratio_ is None
    assert model.predict_proba(X_test)[:, 1].mean() > 0.25


def test_proportional_budget_needs_no_correction(rare):
    X, y, *_ = rare
    share = (y == "rare").sum()
    budget = {"common": len(y) - share, "rare": share}
    with pytest.warns(UserWarning, match="covers all"):
        model = DistilledClassifier(HerdingSelection(budget), GaussianNB()).fit(X, y)
    assert model.prior_ratio_ is None


def test_decision_function_agrees_with_predict(rare):
    X, y, X_test, _ = rare
    model = distilled(LogisticRegression()).fit(X, y)
    decisions = model.decision_function(X_test)
    np.testing.assert_array_equal(decisions > 0, model.predict(X_test) == "rare")
    proba = model.predict_proba(X_test)[:, 1]
    np.testing.assert_allclose(1 / (1 + np.exp(-decisions)), proba)


def test_grid_search_over_the_prior_prefers_the_data_for_log_loss(rare):
    X, y, *_ = rare
    search = GridSearchCV(
        distilled(LogisticRegression()),
        {"prior": ["set", "data"]},
        scoring="neg_log_loss",
        cv=2,
    )
    assert search.fit(X, y).best_params_ == {"prior": "data"}


def test_invalid_prior_raises(rare):
    X, y, *_ = rare
    with pytest.raises(ValueError, match="'prior' parameter of DistilledClassifier"):
        distilled(SVC(), prior="equal").fit(X, y)


def test_voting_without_probabilities_warns(rare):
    from sklearn.ensemble import VotingClassifier

    X, y, *_ = rare
    voting = VotingClassifier([("a", GaussianNB()), ("b", LogisticRegression())])
    with pytest.warns(UserWarning, match="VotingClassifier neither predicts") as caught:
        distilled(voting).fit(X, y)
    assert caught[0].filename == __file__
