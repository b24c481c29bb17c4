"""The score of a distiller: a model trained on the set, evaluated on real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier

from sklearn_distill import HerdingSelection, RandomSelection

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_default_score_is_that_of_a_nearest_neighbor(make_method, make_classes):
    """The score is accuracy for classification and R^2 for regression."""
    X, y = make_classes()
    distiller = make_method(budget=5).fit(X, y)
    nearest = KNeighborsClassifier(1).fit(
        distiller.encoder_.encode(distiller.distilled_.X), distiller.distilled_.y
    )
    expected = nearest.score(distiller.encoder_.encode(X), y)
    assert distiller.score(X, y) == pytest.approx(expected)
    assert expected > 0.7
    X, y = make_regression(200, 2, random_state=0)
    assert make_method(budget=60).fit(X, y).score(X, y) > 0.6


def test_score_trains_a_clone_of_the_evaluator_on_the_set(make_classes):
    X, y = make_classes()
    evaluator = GaussianNB()
    distiller = HerdingSelection(6, evaluator=evaluator).fit(X, y)
    expected = GaussianNB().fit(*distiller.distilled_)
    assert distiller.score(X, y) == expected.score(X, y)
    assert not hasattr(evaluator, "classes_")
    weights = (np.arange(len(X)) < 20).astype(float)
    for fitted in (distiller, HerdingSelection(6).fit(X, y)):
        weighted = fitted.score(X, y, sample_weight=weights)
        assert weighted == pytest.approx(fitted.score(X[:20], y[:20]))


def test_score_trains_the_evaluator_on_soft_labels_as_weighted_rows(make_classes):
    X, y = make_classes()
    distiller = HerdingSelection(
        6, evaluator=GaussianNB(), soft_labels=GaussianNB()
    ).fit(X, y)
    rows, labels, weights = distiller.distilled_.expand()
    expected = GaussianNB().fit(rows, labels, sample_weight=weights).score(X, y)
    assert distiller.score(X, y) == expected


def test_score_raises_when_the_set_has_no_labels(make_classes):
    X, y = make_classes()
    with pytest.raises(ValueError, match="fit was called without y"):
        RandomSelection(3).fit(X).score(X, y)


def test_grid_search_over_the_budget_of_a_method(make_method, make_classes):
    X, y = make_classes()
    search = GridSearchCV(
        make_method(), {"budget": [1, 6]}, cv=3, error_score="raise"
    ).fit(X, y)
    assert search.cv_results_["mean_test_score"].min() > 0.7
    assert search.score(X, y) == search.best_estimator_.score(X, y)


def test_score_warns_about_classes_that_were_not_in_fit():
    """Unshuffled folds of sorted classes give a warning instead of a silent 0."""
    X, y = load_iris(return_X_y=True)
    distiller = HerdingSelection(3).fit(X[:100], y[:100])
    with pytest.warns(UserWarning, match=r"fit did not see: \[2\].*StratifiedKFold"):
        assert distiller.score(X[100:], y[100:]) == 0.0


def test_score_accepts_new_categories():
    X, y = load_iris(return_X_y=True)
    table = pd.DataFrame(X).assign(c=np.where(y == 0, "a", "b"))
    table.columns = [str(c) for c in table.columns]
    distiller = HerdingSelection(5).fit(table, y)
    assert distiller.score(table.assign(c="new"), y) > 0.8


def test_fit_raises_when_the_evaluator_does_not_match_the_task():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="must be an estimator for classification"):
        HerdingSelection(5, evaluator=Ridge()).fit(X, y)


@pytest.mark.parametrize(
    "convert",
    [lambda y: y[:, None], lambda y: y.astype(object)],
    ids=["column", "object"],
)
def test_score_accepts_labels_in_every_form_that_fit_accepts(make_classes, convert):
    X, y = make_classes()
    distiller = HerdingSelection(3, random_state=0)
    expected = distiller.fit(X, y).score(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)
        assert distiller.fit(X, convert(y)).score(X, convert(y)) == expected
