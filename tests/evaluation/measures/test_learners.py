"""Tests of the panel of learners."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.svm import SVC

from sklearn_distill.evaluation import panel_learners
from sklearn_distill.evaluation.measures.learners import resolve_learners


@pytest.mark.parametrize(("n_rows", "leaf"), [(10, 1), (250, 5), (5_000, 20)])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_leaves_of_boosting_grow_with_the_number_of_rows(task, n_rows, leaf):
    panel = panel_learners(task, n_rows)
    assert panel["boosting"].min_samples_leaf == leaf


def test_panel_of_regression():
    panel = panel_learners("regression", 3, random_state=7)
    assert list(panel) == [
        "ridge",
        "neighbors",
        "support vectors",
        "random forest",
        "boosting",
        "neural network",
    ]
    assert panel["neighbors"].n_neighbors == 3
    assert panel["random forest"].random_state == 7
    assert isinstance(panel["support vectors"], TransformedTargetRegressor)


def test_learners_are_resolved_by_name_and_by_class():
    resolve = resolve_learners
    assert list(resolve(["boosting", "logistic"], "classification", 5)) == [
        "boosting",
        "logistic",
    ]
    assert list(resolve([SVC(), "boosting"], "classification", 5)) == [
        "SVC",
        "boosting",
    ]
    assert list(resolve(SVC(), "classification", 5)) == ["SVC"]
    assert list(resolve("logistic", "classification", 5)) == ["logistic"]
    assert list(resolve({"mine": SVC()}, "classification", 5)) == ["mine"]
    for default in (None, "panel"):
        assert len(resolve(default, "classification", 5)) == 7


@pytest.mark.parametrize(
    ("learners", "message"),
    [
        (["ridge"], r"no learner 'ridge'.*Choose from: logistic"),
        ([SVC(), SVC(C=2)], "two learners named 'SVC'"),
        ([], "learners must not be empty"),
    ],
)
def test_resolve_learners_raises_for_invalid_learners(learners, message):
    with pytest.raises(ValueError, match=message):
        resolve_learners(learners, "classification", 5)
