"""Searches and estimators that DistilledSearchCV rejects or warns about."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import DistilledSearchCV, HerdingSelection, RandomSelection
from sklearn_distill.model_selection.checks import (
    check_search,
    disabled_validation_splits,
    replaces_estimators,
    task_of,
    warn_about_held_out_rows,
)

NO_GRID = GridSearchCV(SVC(), {"C": [1]})


def test_estimator_that_is_not_a_search_raises():
    with pytest.raises(
        TypeError, match="SVC lacks the parameters estimator, cv, refit"
    ):
        check_search(SVC())


def test_pairwise_kernel_raises(rows):
    grid = GridSearchCV(SVC(kernel="precomputed"), {"C": [1]})
    with pytest.raises(ValueError, match="precomputed matrix of kernel values"):
        DistilledSearchCV(grid, HerdingSelection()).fit(*rows)


def test_pairwise_candidate_raises(rows):
    grids = [{"kernel": ["rbf", "precomputed"]}, [{"C": [1]}, {"kernel": ["linear"]}]]
    with pytest.raises(ValueError, match="A candidate expects a precomputed matrix"):
        DistilledSearchCV(GridSearchCV(SVC(), grids[0]), HerdingSelection()).fit(*rows)
    check_search(GridSearchCV(SVC(), grids[1]))


def test_class_instead_of_a_search_raises(rows):
    with pytest.raises(TypeError, match="got the class GridSearchCV"):
        DistilledSearchCV(GridSearchCV, HerdingSelection()).fit(*rows)


def test_subsample_raises():
    class Subsampling(GridSearchCV):
        def __init__(self, estimator, param_grid, cv=None, refit=True, subsample=0.5):
            super().__init__(estimator, param_grid, cv=cv, refit=refit)
            self.subsample = subsample

    with pytest.raises(ValueError, match=r"Set subsample=1\.0"):
        check_search(Subsampling(SVC(), {}))


def test_inner_cross_validation_warns(rows):
    inner = RidgeClassifierCV(alphas=(0.1, 1.0), cv=2)
    grid = GridSearchCV(inner, {"fit_intercept": [True]}, cv=2)
    search = DistilledSearchCV(grid, RandomSelection(budget=8, random_state=0))
    with pytest.warns(UserWarning, match="on rows that it holds out") as caught:
        search.fit(*rows)
    assert caught[0].filename == __file__


def test_early_stopping_inside_a_pipeline_warns():
    boosting = HistGradientBoostingClassifier(early_stopping=True)
    with pytest.warns(UserWarning, match="early_stopping=False"):
        warn_about_held_out_rows(make_pipeline(StandardScaler(), boosting), NO_GRID)


def test_early_stopping_of_a_candidate_warns():
    grid = {"model": [SVC(), HistGradientBoostingClassifier(early_stopping=True)]}
    pipeline = Pipeline([("model", SVC())])
    with pytest.warns(UserWarning, match="^HistGradientBoostingClassifier, or"):
        warn_about_held_out_rows(pipeline, GridSearchCV(pipeline, grid))


@pytest.mark.parametrize(
    "models",
    [
        [SVC(), Ridge()],
        np.array([SVC(), Ridge()], dtype=object),
        SimpleNamespace(choices=(SVC(), Ridge())),
    ],
    ids=["list", "array", "choices"],
)
def test_candidates_of_other_estimators_are_found_in_all_kinds_of_spaces(models):
    assert replaces_estimators(GridSearchCV(SVC(), {"model": models}))


def test_spaces_of_plain_values_replace_no_estimators():
    space = {"C": np.logspace(0, 2, 3), "gamma": ["scale", 1.0], "degree": [2]}
    assert not replaces_estimators(GridSearchCV(SVC(), space))
    assert not replaces_estimators(GridSearchCV(SVC(), [{"C": [1]}, {"tol": [1]}]))


def test_plain_estimators_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_about_held_out_rows(make_pipeline(StandardScaler(), SVC()), NO_GRID)
        assert disabled_validation_splits(SVC(), NO_GRID) == {}


def test_distiller_for_another_task_raises(rows, grid):
    with pytest.raises(ValueError, match="for classification, but the distiller has"):
        DistilledSearchCV(grid, HerdingSelection(task="regression")).fit(*rows)


def test_task_of_estimators():
    assert task_of(LogisticRegression()) == "classification"
    assert task_of(Ridge()) == "regression"
    assert task_of(StandardScaler()) is None
