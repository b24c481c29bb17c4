"""Tests of the distillers, budgets and folds that a comparison is given."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_distill import HerdingSelection, RandomSelection
from sklearn_distill.evaluation.comparison.inputs import (
    check_budgets,
    check_data,
    make_splits,
    named_distillers,
)


def test_repeated_classes_are_named_by_their_parameters():
    named = named_distillers(
        [HerdingSelection(), HerdingSelection(numeric="quantile"), "random"]
    )
    assert list(named) == [
        "herding",
        "HerdingSelection(numeric='quantile')",
        "random",
    ]
    assert isinstance(named["random"], RandomSelection)


def test_single_name_and_single_estimator_are_accepted():
    assert list(named_distillers("random")) == ["random"]
    assert list(named_distillers(HerdingSelection())) == ["herding"]
    assert list(named_distillers({1: "random"})) == ["1"]


@pytest.mark.parametrize(
    ("distillers", "message"),
    [
        ([LogisticRegression()], "is not a distiller"),
        ([RandomSelection], "is not a distiller"),
        ([], "distillers must not be empty"),
        ({"full data": "random"}, "is reserved for the full training data"),
        ([RandomSelection(), RandomSelection()], "its own name"),
    ],
)
def test_named_distillers_raises_for_invalid_distillers(distillers, message):
    with pytest.raises((ValueError, TypeError), match=message):
        named_distillers(distillers)


def test_budgets_become_a_list():
    assert check_budgets(None) == [None]
    assert check_budgets(3) == [3]
    assert check_budgets({"a": 2}) == [{"a": 2}]
    budgets = check_budgets(np.array([2, 5]))
    assert budgets == [2, 5]
    assert all(type(budget) is int for budget in budgets)


@pytest.mark.parametrize("budget", [0, -1, 1.5, 0.0, 1.0, "5", True])
def test_check_budgets_raises_for_an_invalid_budget(budget):
    with pytest.raises(ValueError, match=f"budgets contains {budget!r}. Each budget"):
        check_budgets([budget])


def test_check_budgets_raises_for_an_empty_list():
    with pytest.raises(ValueError, match="budgets must not be empty"):
        check_budgets([])


def test_check_data_returns_labels_as_they_were_passed():
    rows = [[1.0], [2.0], [3.0]]
    X, labels, classes, task = check_data(rows, ["b", "a", "b"], "auto")
    assert X.tolist() == rows
    assert labels.tolist() == ["b", "a", "b"]
    assert classes.tolist() == ["a", "b"]
    assert task == "classification"
    _, labels, classes, task = check_data(rows, [0.5, 1.5, 2.5], "auto")
    assert labels.tolist() == [0.5, 1.5, 2.5]
    assert (classes, task) == (None, "regression")


def test_splits_are_stratified_for_classification():
    y = np.repeat([0, 1], [20, 10])
    X = np.zeros((30, 1))
    splits = make_splits(5, X, y, True, 0)
    assert [np.bincount(y[test]).tolist() for _, test in splits] == [[4, 2]] * 5
    given = [(np.arange(10), np.arange(10, 30))]
    ((train, test),) = make_splits(given, X, y, True, 0)
    assert (train.tolist(), test.tolist()) == (list(range(10)), list(range(10, 30)))
