"""Tests of the overview of a data set: test rows, budget and choice of the method."""

# SPDX-License-Identifier: BSD-3-Clause

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import Comparison
from sklearn_distill.evaluation.report.overview import (
    best_method,
    make_overview,
    split_rows,
    suggested_budget,
)


def test_a_quarter_of_each_class_are_test_rows():
    codes = np.repeat([0, 1, 2], [40, 10, 1])
    train, test = split_rows(codes, len(codes), seed=0)
    assert np.bincount(codes[test]).tolist() == [10, 2]
    assert np.bincount(codes[train]).tolist() == [30, 8, 1]
    assert sorted([*train, *test]) == list(range(len(codes)))
    again = split_rows(codes, len(codes), seed=0)
    assert np.array_equal(test, again[1])
    assert not np.array_equal(test, split_rows(codes, len(codes), seed=1)[1])


def test_a_quarter_of_the_rows_are_test_rows_for_regression():
    train, test = split_rows(None, 42, seed=0)
    assert (len(train), len(test)) == (32, 10)


@pytest.mark.parametrize(
    ("codes", "n", "message"),
    [
        (np.repeat([0, 1], [50, 3]), 53, r"at least 4 rows in each .* \[3, 50\] rows"),
        (None, 19, "at least 20 rows; got 19"),
    ],
)
def test_too_few_rows_raise(codes, n, message):
    with pytest.raises(ValueError, match=message):
        split_rows(codes, n, seed=0)


@pytest.mark.parametrize(
    ("task", "n_classes", "n_rows", "suggested", "budget"),
    [
        ("classification", 2, 10_000, 100, 25),
        ("classification", 2, 10_000, 10, 5),
        ("classification", 2, 10_000, 1_000, 50),
        ("classification", 3, 60, 200, 5),
        ("classification", 4, 15, 20, 1),
        ("regression", 0, 10_000, 400, 100),
        ("regression", 0, 100, 400, 25),
    ],
)
def test_budget_is_a_quarter_of_that_of_random_rows_within_bounds(
    task, n_classes, n_rows, suggested, budget
):
    analysis = SimpleNamespace(
        task=task,
        classes=dict.fromkeys(range(n_classes), 1) if n_classes else None,
        n_rows=n_rows,
        budget=suggested,
    )
    assert suggested_budget(analysis) == budget


def test_method_and_budget_do_not_depend_on_test_rows(wine):
    """Other labels of the test rows change the scores, and nothing else."""
    X, y = wine
    settings = {
        "methods": ["random", "herding"],
        "learners": ["naive Bayes"],
        "cv": 2,
        "n_seeds": 1,
    }
    first = make_overview(X, y, **settings)
    _, test = split_rows(y, len(y), seed=0)
    shuffled = y.copy()
    shuffled[test] = shuffled[test][::-1]
    second = make_overview(X, shuffled, **settings)
    assert (first.method, first.budget) == (second.method, second.budget)
    assert first.comparison.summary(first.budget).loc[first.method, "mean"] > 0.8
    scores = [one.report.to_frame().loc["distilled", "mean"] for one in (first, second)]
    assert scores[0] > 0.8 > scores[1]
    assert len(first.report.rows.X_test) == len(test)


def test_best_method_ignores_methods_that_failed():
    results = pd.DataFrame(
        {
            "method": ["a", "b", "c"],
            "budget": 5,
            "set": "data",
            "fold": 0,
            "learner": "ridge",
            "score": [0.2, np.nan, 0.4],
            "score_error": 0.01,
            "rmse": 1.0,
            "auc": np.nan,
            "log_loss": np.nan,
            "seconds": 0.1,
            "invalid": 0.0,
            "error": ["", "ValueError: too few rows", ""],
        }
    )
    assert best_method(Comparison(results)) == "c"
    results["score"] = np.nan
    with pytest.raises(ValueError, match="evaluated: ValueError: too few rows"):
        best_method(Comparison(results))
