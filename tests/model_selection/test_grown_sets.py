"""Grown distilled sets in a search."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

from sklearn_distill import (
    DistilledClassifier,
    DistilledSearchCV,
    KMeansSelection,
)


def boosting_search():
    """Return a search over trees, which gain most from grown rows."""
    boosting = HistGradientBoostingClassifier(max_iter=15, min_samples_leaf=5)
    return GridSearchCV(boosting, {"max_leaf_nodes": [3, 15]}, cv=3)


@pytest.fixture
def overlapping():
    """Return rows of two classes with equal shares."""
    return make_classification(900, 6, n_informative=4, random_state=0)


# For soft labels, DistilledClassifier scales parameters that count rows by the number
# of copies of a row, balances classes by probabilities, and turns early stopping off.
SCALED = [
    (LogisticRegression(), {"C": [0.001, 1]}, None),
    (LogisticRegression(class_weight="balanced"), {"C": [0.001, 1]}, GaussianNB()),
    (RandomForestClassifier(9, random_state=0), {"min_samples_leaf": [1, 20]}, None),
    (
        HistGradientBoostingClassifier(max_iter=3, random_state=0),
        {"min_samples_leaf": [3, 20], "early_stopping": ["auto", True]},
        None,
    ),
    (
        make_pipeline(StandardScaler(), ExtraTreesClassifier(5, random_state=0)),
        {"extratreesclassifier__min_samples_leaf": [2, 15]},
        GaussianNB(),
    ),
]


@pytest.mark.parametrize(("estimator", "grid", "soft_labels"), SCALED)
def test_scores_on_grown_rows_equal_those_of_distilled_classifier(
    overlapping, estimator, grid, soft_labels
):
    X, y = overlapping
    k_means = KMeansSelection(10, densify=150, soft_labels=soft_labels, random_state=0)
    search = DistilledSearchCV(
        GridSearchCV(estimator, grid, cv=3),
        k_means,
        top_k=1,
        weights=None,
        confirm=False,
    )
    search.fit(X, y)
    assert [len(distilled) for distilled in search.distilled_] == [150, 150, 150]
    slow = GridSearchCV(
        DistilledClassifier(k_means, estimator, prior="set"),
        {f"estimator__{name}": values for name, values in grid.items()},
        cv=3,
    ).fit(X, y)
    assert np.ptp(search.cv_results_["mean_test_score"]) > 0
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"],
        slow.cv_results_["mean_test_score"],
        rtol=0,
        atol=1e-12,
    )


def test_auto_grows_the_rows_of_every_fold_if_the_candidates_improve(overlapping):
    X, y = overlapping
    k_means = KMeansSelection(10, densify="auto", random_state=0)
    search = DistilledSearchCV(boosting_search(), k_means, top_k=1).fit(X, y)
    scores = search.densify_scores_
    assert scores["grown"] > scores["rows"]
    # Not more rows than the training part of a fold has.
    assert {len(distilled) for distilled in search.distilled_} == {600}
    assert search.cv_results_["split0_test_score"].max() == scores["grown"]


def test_auto_keeps_the_distilled_rows_if_the_candidates_do_not_improve():
    X, y = make_classification(400, 2, n_redundant=0, class_sep=4, random_state=0)
    k_means = KMeansSelection(10, densify="auto", random_state=0)
    grid = GridSearchCV(SVC(), {"C": [1, 10]}, cv=3)
    search = DistilledSearchCV(grid, k_means, top_k=1).fit(X, y)
    scores = search.densify_scores_
    assert scores["grown"] <= scores["rows"]
    assert {len(distilled) for distilled in search.distilled_} == {20}


def test_table_with_categories(overlapping):
    X, y = overlapping
    table = pd.DataFrame(X, columns=list("abcdef"))
    table["sign"] = pd.Categorical(np.where(X[:, 0] > 0, "plus", "minus"))
    given = boosting_search()
    pipeline = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["sign"]), remainder="passthrough"),
        given.estimator,
    )
    grid = GridSearchCV(
        pipeline, {"histgradientboostingclassifier__max_leaf_nodes": [3, 15]}, cv=3
    )
    k_means = KMeansSelection(10, densify="auto", random_state=0)
    search = DistilledSearchCV(grid, k_means, top_k=1).fit(table, y)
    assert search.densify_scores_["grown"] > search.densify_scores_["rows"]
    grown = search.distilled_[0].X
    assert grown["sign"].dtype == table["sign"].dtype
    assert len(grown) == 600


def test_soft_labels_and_grown_rows(overlapping):
    X, y = overlapping
    k_means = KMeansSelection(10, densify=500, soft_labels=GaussianNB(), random_state=0)
    search = DistilledSearchCV(boosting_search(), k_means, top_k=1).fit(X, y)
    assert [len(distilled) for distilled in search.distilled_] == [500, 500, 500]
    assert search.cv_results_["mean_test_score"].min() > 0.7
    assert search.best_score_ > 0.8


def test_regression():
    X, y = make_regression(600, 5, noise=10, random_state=0)
    forest = RandomForestRegressor(10, random_state=0)
    grid = GridSearchCV(forest, {"max_depth": [1, None]}, cv=3)
    k_means = KMeansSelection(40, densify="auto", random_state=0)
    search = DistilledSearchCV(grid, k_means, top_k=1).fit(X, y)
    assert search.densify_scores_["grown"] > search.densify_scores_["rows"]
    assert search.best_params_ == {"max_depth": None}


def test_images_raise_the_error_of_the_distiller():
    X, y = load_digits(return_X_y=True)
    grid = GridSearchCV(SVC(), {"C": [1, 10]}, cv=3)
    k_means = KMeansSelection(5, densify="auto")
    with pytest.raises(ValueError, match="supports tables only"):
        DistilledSearchCV(grid, k_means).fit(X.reshape(-1, 1, 8, 8), y)
