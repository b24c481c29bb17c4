"""Metadata of `fit` reach the distiller, the estimator, the scorer and the splitter."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import DistilledSearchCV, RandomSelection

RANDOM = RandomSelection(budget=10, random_state=0)


def weighted_score(search, X, y, weights):
    """Return the mean over folds of the weighted score of the first candidate."""
    scores = []
    estimator = search.search.estimator
    for distilled, (_, validation) in zip(
        search.distilled_, search.search_.cv, strict=True
    ):
        fitted = LogisticRegression(C=0.1).fit(
            distilled.X, distilled.y, distilled.prior_weights()
        )
        predicted = fitted.predict(X[validation])
        scores.append(
            accuracy_score(y[validation], predicted, sample_weight=weights[validation])
        )
    assert estimator.C == 1.0
    return np.mean(scores)


def test_sample_weight_reaches_the_distiller_and_the_scorer(rows):
    X, y = rows
    weights = np.where(y == 0, 0.1, 3.0) * (np.arange(len(y)) % 5 > 0)
    grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=3)
    search = DistilledSearchCV(grid, RANDOM).fit(X, y, sample_weight=weights)
    present = {row.tobytes() for row in X[weights > 0]}
    for distilled in search.distilled_:
        assert {row.tobytes() for row in distilled.X} <= present
    expected = weighted_score(search, X, y, weights)
    assert search.cv_results_["mean_test_score"][0] == pytest.approx(expected)


def test_weights_of_a_pipeline_step(rows):
    X, y = rows
    weights = (y != 2).astype(float)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    grid = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1]}, cv=3)
    search = DistilledSearchCV(grid, RANDOM, top_k=1)
    search.fit(X, y, logisticregression__sample_weight=weights)
    assert all(2 not in distilled.y for distilled in search.distilled_)
    with pytest.raises(TypeError, match="Pass them as logisticregression__sample_w"):
        search.fit(X, y, sample_weight=weights)


def test_weights_of_an_estimator_that_does_not_accept_them_raise(rows):
    X, y = rows
    grid = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3]}, cv=3)
    with pytest.raises(TypeError, match=r"KNeighborsClassifier\.fit does not accept"):
        DistilledSearchCV(grid, RANDOM).fit(X, y, sample_weight=np.ones(len(y)))


def test_metadata_routing(rows):
    X, y = rows
    groups = np.arange(len(y)) % 6
    weights = np.where(y == 0, 0.1, 3.0)
    with config_context(enable_metadata_routing=True):
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        grid = GridSearchCV(
            estimator, {"C": [0.1, 1]}, cv=GroupKFold(3), scoring=scorer
        )
        distiller = RandomSelection(budget=10, random_state=0)
        search = DistilledSearchCV(
            grid, distiller.set_fit_request(sample_weight=True, X_unlabeled=False)
        )
        search.fit(X, y, sample_weight=weights, groups=groups)
        expected = weighted_score(search, X, y, weights)
        assert search.cv_results_["mean_test_score"][0] == pytest.approx(expected)
        assert 0 < search.score(X, y, sample_weight=weights) < 1
        distiller.set_fit_request(sample_weight=False)
        unweighted = DistilledSearchCV(grid, distiller)
        unweighted.fit(X, y, sample_weight=weights, groups=groups)
    mass = unweighted.distilled_[0].class_mass
    assert mass.sum() == len(unweighted.confirmation_.cv[0][0])
    assert search.distilled_[0].class_mass.sum() != mass.sum()


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "kneighbors"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "logistic"),
        (KNeighborsClassifier(), ""),
    ],
)
def test_requested_weights_of_the_scorer_weigh_validation_rows(rows, estimator, name):
    """The estimators have not requested weights, or do not accept them."""
    X, y = rows
    weights = np.where(y == 0, 1.0, 100.0)
    space = {
        "kneighbors": {"kneighborsclassifier__n_neighbors": [1, 5]},
        "logistic": {"logisticregression__C": [0.001, 1.0]},
        "": {"n_neighbors": [1, 5]},
    }[name]
    with config_context(enable_metadata_routing=True):
        if name:
            estimator[0].set_fit_request(sample_weight=False)
        if name == "logistic":
            estimator[-1].set_fit_request(sample_weight=False)
        scorer = get_scorer("accuracy").set_score_request(sample_weight=True)
        grid = GridSearchCV(estimator, space, cv=3, scoring=scorer)
        distiller = RandomSelection(budget=10, random_state=0)
        distiller.set_fit_request(sample_weight=False, X_unlabeled=False)
        search = DistilledSearchCV(grid, distiller, weights=None, top_k=1)
        search.fit(X, y, sample_weight=weights)
    scores = []
    for distilled, (_, validation) in zip(
        search.distilled_, search.search_.cv, strict=True
    ):
        fitted = clone(estimator).set_params(**search.cv_results_["params"][0])
        predicted = fitted.fit(distilled.X, distilled.y).predict(X[validation])
        scores.append(
            accuracy_score(y[validation], predicted, sample_weight=weights[validation])
        )
    found = search.cv_results_["mean_test_score"][0]
    assert found == pytest.approx(np.mean(scores))


def test_unrequested_weights_of_the_distiller_raise(rows):
    X, y = rows
    with config_context(enable_metadata_routing=True):
        estimator = LogisticRegression().set_fit_request(sample_weight=True)
        grid = GridSearchCV(estimator, {"C": [0.1, 1]}, cv=3)
        search = DistilledSearchCV(grid, RandomSelection(budget=3))
        with pytest.raises(Exception, match="not explicitly set as requested"):
            search.fit(X, y, sample_weight=np.ones(len(y)))


def test_score_rejects_metadata_without_routing(rows, grid):
    X, y = rows
    search = DistilledSearchCV(grid, RANDOM, top_k=1).fit(X, y)
    with pytest.raises(ValueError, match="only with metadata routing"):
        search.score(X, y, sample_weight=np.ones(len(y)))
