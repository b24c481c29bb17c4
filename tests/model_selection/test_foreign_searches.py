"""Searches of other packages, which do not derive from scikit-learn's."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.model_selection import check_cv, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import DistilledSearchCV, HerdingSelection


class BayesLikeSearchCV(MetaEstimatorMixin, BaseEstimator):
    """A search with the interface of BayesSearchCV of scikit-optimize.

    Its candidates depend on the scores of earlier ones: each step halves the interval
    of a parameter towards the better end.
    """

    def __init__(
        self, estimator, search_spaces, n_iter=6, scoring=None, cv=None, refit=True
    ):
        self.estimator = estimator
        self.search_spaces = search_spaces
        self.n_iter = n_iter
        self.scoring = scoring
        self.cv = cv
        self.refit = refit

    def fit(self, X, y=None, *, groups=None, callback=None, **fit_params):
        cv = check_cv(self.cv, y, classifier=is_classifier(self.estimator))
        ((name, (low, high)),) = self.search_spaces.items()
        low, high = np.log(low), np.log(high)
        params, scores = [], []
        for _ in range(self.n_iter // 2):
            for value in (low, high):
                candidate = {name: float(np.exp(value))}
                params.append(candidate)
                model = clone(self.estimator).set_params(**candidate)
                scores.append(
                    cross_val_score(
                        model, X, y, cv=cv, scoring=self.scoring, params=fit_params
                    )
                )
            worse = np.mean(scores[-1]) < np.mean(scores[-2])
            middle = (low + high) / 2
            low, high = (low, middle) if worse else (middle, high)
        self.cv_results_ = {
            "params": params,
            "mean_test_score": [np.mean(values) for values in scores],
            "std_test_score": [np.std(values) for values in scores],
        }
        return self


@pytest.fixture
def search():
    """Return a search for C between 0.001 and 100."""
    return BayesLikeSearchCV(SVC(), {"C": (0.001, 100.0)}, cv=3)


def test_candidates_are_confirmed_and_the_winner_is_fitted(rows, search):
    X, y = rows
    fitted = DistilledSearchCV(search, HerdingSelection(budget=8), top_k=2).fit(X, y)
    results = fitted.cv_results_
    assert len(results["params"]) == 6
    assert sorted(results["rank_distilled"])[0] == 1
    assert np.isfinite(results["confirmed_mean_test_score"]).sum() == 2
    assert fitted.best_params_ == results["params"][fitted.best_index_]
    assert fitted.best_estimator_.C == fitted.best_params_["C"]
    assert fitted.score(X, y) > 0.85
    for training, _ in fitted.search_.cv:
        assert training.min() >= len(X)


def test_pipeline_and_options(rows, search):
    X, y = rows
    search = clone(search).set_params(
        estimator=make_pipeline(StandardScaler(), SVC()),
        search_spaces={"svc__C": (0.001, 100.0)},
        scoring="balanced_accuracy",
    )
    fitted = DistilledSearchCV(
        search,
        HerdingSelection(budget=8),
        top_k=0.5,
        search_folds=2,
        confirm_folds=1,
        validation_rows=30,
    ).fit(X, y)
    assert len(fitted.confirmed_indices_) == 3
    assert fitted.confirmation_.scoring == "balanced_accuracy"


def test_automatic_budget_needs_candidates(rows, search):
    with pytest.raises(ValueError, match="Set the budget to a number"):
        DistilledSearchCV(search, HerdingSelection(), budget="auto").fit(*rows)
