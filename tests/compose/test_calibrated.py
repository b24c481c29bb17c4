"""DistilledClassifier calibrates probabilities on rows that were not distilled."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
    make_distill_pipeline,
)


@pytest.fixture(scope="module")
def rare():
    """Return training and test rows, of which 8 % belong to the rare class."""
    X, y = make_classification(
        4000, 9, n_informative=6, weights=[0.93], class_sep=0.7, random_state=0
    )
    y = np.array(["common", "rare"])[y]
    return X[:2000], y[:2000], X[2000:], y[2000:]


def distilled(estimator, budget=30, **params):
    return DistilledClassifier(
        HerdingSelection(budget, random_state=0), estimator, **params
    )


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(C=100.0),
        KNeighborsClassifier(1),
        GaussianNB(),
        RandomForestClassifier(30, random_state=0),
        HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=2),
    ],
    ids=lambda e: type(e).__name__,
)
def test_log_loss_and_accuracy_are_better_than_without_calibration(estimator, rare):
    X, y, X_test, y_test = rare
    model, plain = distilled(estimator), distilled(estimator, calibration=None)
    proba = model.fit(X, y).predict_proba(X_test)
    uncalibrated = plain.fit(X, y).predict_proba(X_test)
    assert log_loss(y_test, proba) < log_loss(y_test, uncalibrated)
    assert model.score(X_test, y_test) >= plain.score(X_test, y_test)
    assert abs(proba[:, 1].mean() - (y_test == "rare").mean()) < 0.02
    area = roc_auc_score(y_test == "rare", proba[:, 1])
    before = roc_auc_score(y_test == "rare", uncalibrated[:, 1])
    assert area == pytest.approx(before, abs=0.02)


def test_all_predictions_agree(rare):
    X, y, X_test, _ = rare
    model = distilled(LogisticRegression()).fit(X, y)
    proba = model.predict_proba(X_test)
    predicted = model.predict(X_test)
    np.testing.assert_array_equal(predicted, model.classes_[proba.argmax(axis=1)])
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X_test)), proba)
    odds = np.log(proba[:, 1] / proba[:, 0])
    np.testing.assert_allclose(model.decision_function(X_test), odds, rtol=1e-6)


def test_three_classes_have_log_probabilities_as_decisions():
    X, y = make_classification(
        2_000, n_informative=6, n_classes=3, weights=[0.7, 0.2], random_state=0
    )
    model = distilled(LogisticRegression()).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(np.exp(model.decision_function(X)), proba)
    np.testing.assert_allclose(proba.mean(axis=0), np.bincount(y) / 2_000, atol=0.03)
    assert model.calibrator_.bias.shape == (3,)


def test_temperature_keeps_predictions(rare):
    X, y, X_test, y_test = rare
    forest = RandomForestClassifier(30, random_state=0)
    plain = distilled(forest, calibration=None).fit(X, y)
    model = distilled(forest, calibration="temperature").fit(X, y)
    np.testing.assert_array_equal(model.predict(X_test), plain.predict(X_test))
    assert log_loss(y_test, model.predict_proba(X_test)) < log_loss(
        y_test, plain.predict_proba(X_test)
    )


def test_auto_keeps_predictions_of_estimators_that_set_the_prior(rare):
    X, y, X_test, _ = rare
    balanced = LogisticRegression(class_weight="balanced")
    model = distilled(balanced).fit(X, y)
    assert model.calibrator_ is None
    np.testing.assert_array_equal(
        model.predict_proba(X_test), model.estimator_.predict_proba(X_test)
    )
    explicit = distilled(balanced, calibration="sigmoid").fit(X, y)
    assert explicit.predict_proba(X_test)[:, 1].mean() < 0.12


def test_prior_set_is_calibrated_under_the_shares_of_the_set(rare):
    X, y, X_test, y_test = rare
    assert distilled(GaussianNB(), prior="set").fit(X, y).calibrator_ is None
    model = distilled(GaussianNB(), prior="set", calibration="sigmoid").fit(X, y)
    proba = model.predict_proba(X_test)
    weights = np.where(y_test == "rare", (y_test != "rare").mean(), 1.0)
    weights = np.where(y_test == "rare", weights, (y_test == "rare").mean())
    assert abs(np.average(proba[:, 1], weights=weights) - 0.5) < 0.05
    plain = distilled(GaussianNB(), prior="set").fit(X, y).predict_proba(X_test)
    assert log_loss(y_test, proba, sample_weight=weights) < log_loss(
        y_test, plain, sample_weight=weights
    )


def test_estimators_without_probabilities_are_not_calibrated(rare):
    X, y, *_ = rare
    model = distilled(SVC()).fit(X, y)
    assert model.calibrator_ is None
    assert not hasattr(model, "predict_proba")
    with pytest.raises(TypeError, match="SVC does not have predict_proba"):
        distilled(SVC(), calibration="sigmoid").fit(X, y)


def test_few_rows_are_not_calibrated(rare):
    X, y, *_ = rare
    keep = np.r_[np.flatnonzero(y == "rare")[:30], np.flatnonzero(y == "common")[:70]]
    model = distilled(LogisticRegression(), 27).fit(X[keep], y[keep])
    assert model.calibrator_ is None
    with pytest.warns(UserWarning, match="calibration='sigmoid' has no effect, bec"):
        distilled(LogisticRegression(), 27, calibration="sigmoid").fit(X[keep], y[keep])


@pytest.mark.filterwarnings("ignore:.*covers all")
def test_a_budget_that_covers_all_rows_leaves_none(rare):
    X, y, *_ = rare
    budget = dict(zip(*np.unique(y, return_counts=True), strict=True))
    for cls in (HerdingSelection, KMeansSelection):
        model = DistilledClassifier(cls(budget), LogisticRegression()).fit(X, y)
        assert model.calibrator_ is None


def test_rows_of_weight_zero_do_not_count(rare):
    X, y, X_test, _ = rare
    wrong = np.where(y == "rare", "common", "rare")
    both, labels = np.r_[X, X], np.r_[y, wrong]
    weights = np.r_[np.ones(len(y)), np.zeros(len(y))]
    model = distilled(LogisticRegression()).fit(both, labels, sample_weight=weights)
    expected = distilled(LogisticRegression()).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X_test), expected.predict_proba(X_test)
    )


def test_sample_weights_set_the_shares(rare):
    X, y, X_test, _ = rare
    weights = np.where(y == "rare", (y == "common").sum() / (y == "rare").sum(), 1.0)
    model = distilled(LogisticRegression()).fit(X, y, sample_weight=weights)
    assert model.predict_proba(X_test)[:, 1].mean() > 0.25


class Recorder(ClassifierMixin, BaseEstimator):
    """A classifier that records the rows for which it predicts probabilities."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen_ = []
        self.X_ = np.asarray(X)
        return self

    def predict_proba(self, X):
        self.seen_.append(np.asarray(X))
        share = 1 / (1 + np.exp(-np.asarray(X)[:, 0]))
        return np.column_stack([1 - share, share])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_at_most_a_thousand_rows_that_were_not_distilled_are_predicted(rare):
    X, y, *_ = rare
    model = distilled(Recorder()).fit(X, y)
    (seen,) = model.estimator_.seen_
    assert 500 < len(seen) <= 1_000
    known = {row.tobytes() for row in X}
    distilled_rows = {row.tobytes() for row in model.distilled_.X}
    assert all(row.tobytes() in known - distilled_rows for row in seen)
    again = distilled(Recorder()).fit(X, y).estimator_.seen_[0]
    np.testing.assert_array_equal(seen, again)
    assert distilled(Recorder(), calibration=None).fit(X, y).estimator_.seen_ == []


def test_rows_held_back_for_densify_calibrate_both_fits(rare):
    X, y, X_test, y_test = rare
    centroids = KMeansSelection(5, representative="centroid", random_state=0)
    model = DistilledClassifier(centroids, GaussianNB(), densify="auto").fit(X, y)
    assert model.calibrator_ is not None
    assert set(model.densify_log_losses_) == {"rows", "grown"}
    assert max(model.densify_log_losses_.values()) < 0.5
    assert log_loss(y_test, model.predict_proba(X_test)) < 0.3


def test_an_encoder_that_rejects_real_rows_does_not_stop_the_fit():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.randn(400), "kind": ["common"] * 396 + ["odd"] * 4})
    frame = frame.sample(frac=1, random_state=0, ignore_index=True)
    y = (frame["a"] > 0).astype(int)
    estimator = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["kind"]), remainder="passthrough"),
        LogisticRegression(),
    )
    distiller = RandomSelection(5, random_state=0)
    with pytest.warns(UserWarning, match="odd"):
        model = DistilledClassifier(distiller, estimator).fit(frame, y)
    assert model.calibrator_ is None
    named = clone(model).set_params(calibration="temperature")
    with (
        pytest.warns(UserWarning, match="odd"),
        pytest.warns(UserWarning, match="the prediction of training rows raised an er"),
    ):
        named.fit(frame, y)
    known = frame[frame["kind"] == "common"]
    assert model.score(known, y[known.index]) > 0.8


@pytest.mark.parametrize("kind", ["list", "frame", "sparse"])
def test_containers_are_calibrated_alike(kind, rare):
    from scipy.sparse import csr_matrix

    X, y, *_ = rare
    X, y = X[:400], y[:400]
    given = {"list": X.tolist(), "frame": pd.DataFrame(X), "sparse": csr_matrix(X)}
    model = distilled(LogisticRegression(), 5).fit(given[kind], y.tolist())
    expected = distilled(LogisticRegression(), 5).fit(X, y).calibrator_
    assert model.calibrator_.scale == pytest.approx(expected.scale, rel=1e-4)


def test_calibrated_models_are_cloned_pickled_and_searched(rare):
    X, y, X_test, _ = rare
    model = distilled(LogisticRegression(), calibration="temperature")
    assert clone(model).calibration == "temperature"
    copy = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(
        copy.predict_proba(X_test), model.predict_proba(X_test)
    )
    search = GridSearchCV(
        distilled(GaussianNB()),
        {"calibration": [None, "sigmoid"]},
        scoring="neg_log_loss",
        cv=2,
    )
    assert search.fit(X, y).best_params_ == {"calibration": "sigmoid"}
    with pytest.raises(ValueError, match="'calibration' parameter of DistilledCla"):
        distilled(GaussianNB(), calibration="platt").fit(X, y)


def test_make_distill_pipeline_passes_calibration_on(rare):
    X, y, *_ = rare
    model = make_distill_pipeline(
        HerdingSelection(10), LogisticRegression(), calibration=None
    )
    assert model.calibration is None
    model = make_distill_pipeline(HerdingSelection(10), LogisticRegression())
    assert model.fit(X, y).calibrator_ is not None
    with pytest.raises(ValueError, match="calibration='sigmoid' requires a classifier"):
        make_distill_pipeline(
            StandardScaler(), HerdingSelection(), calibration="sigmoid"
        )
