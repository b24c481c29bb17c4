"""Searches whose candidates differ in their estimators or in their class weights."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_classification
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import DistilledClassifier, DistilledSearchCV, KMeansSelection

K_MEANS = KMeansSelection(budget=15, random_state=0)
FAMILIES = [SVC(), KNeighborsClassifier(), DecisionTreeClassifier(random_state=0)]


@pytest.fixture(scope="module")
def uneven():
    """Return rows of two classes, one of which is rare."""
    return make_classification(
        400, 6, n_informative=4, weights=[0.85], flip_y=0.05, random_state=0
    )


@pytest.mark.parametrize("base", FAMILIES, ids=lambda base: type(base).__name__)
def test_scores_of_model_families_do_not_depend_on_the_estimator_of_the_search(
    uneven, base
):
    """Nearest neighbors accept no weights, and support vector machines need them."""
    pipeline = Pipeline([("model", base)])
    grid = GridSearchCV(pipeline, {"model": FAMILIES}, cv=2, error_score="raise")
    search = DistilledSearchCV(grid, K_MEANS, top_k=3).fit(*uneven)
    scores = search.cv_results_["mean_test_score"]
    for score, family in zip(scores, FAMILIES, strict=True):
        alone = GridSearchCV(family, {}, cv=2)
        alone = DistilledSearchCV(alone, K_MEANS, confirm=False).fit(*uneven)
        assert score == alone.cv_results_["mean_test_score"][0]
    assert search.best_params_["model"].__class__ is KNeighborsClassifier


@pytest.mark.parametrize("estimator", [SVC(), DecisionTreeClassifier(max_depth=3)])
def test_class_weights_of_candidates_have_an_effect(uneven, estimator):
    """As in DistilledClassifier, a balanced candidate gets no weights of the prior."""
    values = [None, "balanced"]
    grid = GridSearchCV(estimator, {"class_weight": values}, cv=2, scoring="f1")
    search = DistilledSearchCV(grid, K_MEANS, confirm=False).fit(*uneven)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] != scores[1]
    if isinstance(estimator, SVC):
        slow = GridSearchCV(
            DistilledClassifier(K_MEANS, estimator),
            {"estimator__class_weight": values},
            cv=2,
            scoring="f1",
        )
        expected = slow.fit(*uneven).cv_results_["mean_test_score"]
        np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)


def test_sample_weights_of_the_user_reach_the_scorer_only_once(uneven):
    """The scores are weighted, and families without weights are evaluated, too."""
    X, y = uneven
    weights = np.where(y == 0, 1.0, 5.0)
    pipeline = Pipeline([("model", SVC())])
    grid = GridSearchCV(pipeline, {"model": FAMILIES}, cv=2, error_score="raise")
    search = DistilledSearchCV(grid, K_MEANS, top_k=1, confirm=False)
    search.fit(X, y, model__sample_weight=weights)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_grid_may_supply_the_imputer(uneven):
    X, y = uneven[0].copy(), uneven[1]
    X[::7, 0] = np.nan
    pipeline = Pipeline([("imputer", "passthrough"), ("model", SVC())])
    imputers = [SimpleImputer(), SimpleImputer(strategy="median")]
    grid = GridSearchCV(pipeline, {"imputer": imputers}, cv=2)
    search = DistilledSearchCV(grid, K_MEANS, top_k=2).fit(X, y)
    assert np.isfinite(search.cv_results_["confirmed_mean_test_score"]).all()


def test_missing_values_without_an_imputer_raise(uneven):
    X, y = uneven[0].copy(), uneven[1]
    X[::7, 0] = np.nan
    search = DistilledSearchCV(GridSearchCV(SVC(), {"C": [1, 10]}, cv=2), K_MEANS)
    with pytest.raises(ValueError, match="X has missing values"):
        search.fit(X, y)


def test_ties_among_all_candidates_are_broken_as_in_the_plain_search():
    X, y = load_iris(return_X_y=True)
    space = {"C": [0.1, 1, 10, 100], "gamma": [0.01, 0.1, 1]}
    for seed in range(3):
        cv = StratifiedKFold(3, shuffle=True, random_state=seed)
        grid = GridSearchCV(SVC(), space, cv=cv)
        k_means = KMeansSelection(budget=5, random_state=0)
        search = DistilledSearchCV(grid, k_means, top_k="all").fit(X, y)
        assert search.best_params_ == grid.fit(X, y).best_params_


def test_rescaling_leaves_values_that_are_not_numbers(uneven):
    tree = DecisionTreeClassifier(random_state=0)
    grid = GridSearchCV(tree, {"max_depth": [None, 2, 4]}, cv=3)
    search = DistilledSearchCV(grid, K_MEANS, rescale={"max_depth": 0.5}, top_k="all")
    search.fit(*uneven)
    depths = [p["max_depth"] for p in search.confirmation_.cv_results_["params"]]
    assert depths[0] is None
    assert 2 < depths[1] < depths[2]


@pytest.mark.parametrize(
    ("rescale", "error", "message"),
    [
        (
            {"max_depth": "x"},
            TypeError,
            "must be a number, the exponent, or a callable",
        ),
        ({"depth": 0.5}, ValueError, "'depth', which is not a parameter of"),
    ],
)
def test_unsuitable_rescale_raises_before_distilling(uneven, rescale, error, message):
    grid = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [2, 4]}, cv=3)
    search = DistilledSearchCV(grid, K_MEANS, rescale=rescale)
    with pytest.raises(error, match=message):
        search.fit(*uneven)
    assert not hasattr(search, "distilled_")


def test_class_instead_of_a_distiller_raises(uneven):
    search = DistilledSearchCV(GridSearchCV(SVC(), {"C": [1]}), KMeansSelection)
    with pytest.raises(TypeError, match=r"instance such as KMeansSelection\(\)"):
        search.fit(*uneven)


def two_metrics(estimator, X, y):
    """Return two scores."""
    predicted = estimator.predict(X)
    return {"acc": accuracy_score(y, predicted), "f1": f1_score(y, predicted)}


@pytest.mark.parametrize("refit", ["nope", True])
def test_metrics_of_a_callable_require_a_deciding_one(uneven, refit):
    grid = GridSearchCV(SVC(), {"C": [0.1, 1]}, cv=3, scoring=two_metrics, refit="f1")
    search = DistilledSearchCV(grid.set_params(refit=refit), K_MEANS, refit=refit)
    with pytest.raises(ValueError, match=r"several metrics \(acc, f1\); got"):
        search.fit(*uneven)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (7, IndexError, "returned the position 7, but there are 2 candidates"),
        ("best", TypeError, "an integer; it returned 'best'"),
    ],
)
def test_callable_refit_must_return_a_position(uneven, returned, error, message):
    grid = GridSearchCV(SVC(), {"C": [0.1, 1]}, cv=2, refit=lambda results: returned)
    with pytest.raises(error, match=message):
        DistilledSearchCV(grid, K_MEANS).fit(*uneven)


def test_attributes_of_a_named_metric_are_those_of_the_plain_search(uneven):
    scoring = {"a": "accuracy"}
    grid = GridSearchCV(SVC(), {"C": [0.1, 1]}, cv=2, scoring=scoring, refit="a")
    search = DistilledSearchCV(grid, K_MEANS).fit(*uneven)
    assert search.multimetric_ is grid.fit(*uneven).multimetric_ is True


def test_attributes_of_automatic_choices_are_those_of_the_last_fit(uneven):
    model = make_pipeline(LogisticRegression())
    grid = GridSearchCV(model, {"logisticregression__C": [0.1, 1, 10]}, cv=2)
    search = DistilledSearchCV(grid, K_MEANS, budget="auto", top_k=1).fit(*uneven)
    assert search.budget_scores_
    search.set_params(budget=5).fit(*uneven)
    assert not hasattr(search, "budget_scores_")
