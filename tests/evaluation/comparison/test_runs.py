"""Tests of the runs of a comparison: their keys, their execution and their failures."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import (
    KernelInducingPoints,
    RandomSelection,
    compare_distillers,
)
from sklearn_distill.evaluation.comparison.runs import RunData, plan_runs

FAST = ["logistic", "naive Bayes"]


def test_keys_depend_on_column_names_dtypes_shape_and_task():
    values = np.array([[0.0, 1.0], [1.0, 0.0]] * 6)
    y = np.array([0, 1] * 6)
    split = [(np.arange(8), np.arange(8, 12))]
    frame = pd.DataFrame(values, columns=["a", "b"])

    def keys(X, task="classification"):
        classes = np.array([0, 1]) if task == "classification" else None
        data = RunData(X, y, classes, split, "panel", 100, "raise")
        named = {"random": RandomSelection(task=task)}
        return [run.key for run in plan_runs(named, [2], data, True, 0)]

    variants = [
        keys(frame),
        keys(frame.rename(columns={"a": "c"})),
        keys(frame.astype({"a": bool})),
        keys(values),
        keys(values.astype(object)),
        keys(values.reshape(12, 1, 2)),
        keys(frame, "regression"),
    ]
    for run in (0, 1):
        assert len({keys[run] for keys in variants}) == len(variants)
    assert keys(frame.copy()) == variants[0]


def test_keys_depend_on_the_code_of_functions(iris):
    X, y = iris
    data = RunData(X, y, np.unique(y), [(y == 0, y > 0)], FAST, 100, "raise")

    def keys(kernel):
        named = {"points": KernelInducingPoints(kernel=kernel)}
        return [run.key for run in plan_runs(named, [2], data, False, 0)]

    assert keys(lambda X, Y: X @ Y.T) != keys(lambda X, Y: (X @ Y.T) ** 2)


def test_runs_are_planned_by_fold_with_the_full_data_first(iris):
    X, y = iris
    splits = [(np.arange(75), np.arange(75, 150)), (np.arange(75, 150), np.arange(75))]
    data = RunData(X, y, np.unique(y), splits, FAST, 100, "raise")
    named = {"random": RandomSelection(), "fixed": RandomSelection(task="regression")}
    runs = plan_runs(named, [2, 5], data, True, 10)
    assert [(run.fold, run.method, run.budget, run.seed) for run in runs[:6]] == [
        (0, "full data", 0, 10),
        (0, "random", 2, 10),
        (0, "fixed", 2, 10),
        (0, "random", 5, 10),
        (0, "fixed", 5, 10),
        (1, "full data", 0, 11),
    ]
    random, fixed = runs[1].distiller, runs[2].distiller
    assert (random.budget, random.random_state) == (2, 10)
    assert (random.task, fixed.task) == ("classification", "regression")
    assert named["random"].budget == RandomSelection().budget


@pytest.mark.parametrize(
    ("name", "n_failed"), [("weighted_full_data", 2), ("preprocessor", 4)]
)
def test_failure_outside_of_the_distiller_is_recorded(
    wine, monkeypatch, name, n_failed
):
    def fail(*_, **__):
        raise MemoryError("too large")

    settings = {"budgets": 2, "learners": FAST, "cv": 2}
    monkeypatch.setattr(f"sklearn_distill.evaluation.comparison.runs.{name}", fail)
    with pytest.raises(MemoryError):
        compare_distillers(*wine, ["random"], error_score="raise", **settings)
    with pytest.warns(UserWarning, match="scores are missing"):
        found = compare_distillers(*wine, ["random"], **settings)
    errors = found.results["error"]
    assert (errors == "MemoryError: too large").sum() == n_failed * len(FAST)
    assert found.results["score"].isna().sum() == n_failed * len(FAST)


def test_full_data_are_limited_to_max_full_rows(wine):
    X, y = wine
    y = np.where(np.arange(len(y)) == 0, 3, y)
    all_rows = [(np.arange(len(y)), np.arange(len(y)))]
    compared = compare_distillers(
        X, y, ["random"], budgets=1, learners=FAST, cv=all_rows, max_full_rows=20
    )
    full = compared.results.query("method == 'full data'")
    assert set(full["rows"]) == {20}
    assert not full["error"].any()


def test_warnings_of_a_distiller_are_recorded_as_notes(wine):
    compared = compare_distillers(
        *wine, ["random"], budgets=500, learners=FAST, cv=2, full_data=False
    )
    assert (compared.results["note"] != "").all()
    assert (compared.results["rows"] == 89).all()
    assert compared.full_data() is None
    assert "retention" not in compared.summary(500)
