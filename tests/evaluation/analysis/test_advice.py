"""Tests of the recommendations that follow from an analysis."""

# SPDX-License-Identifier: BSD-3-Clause

import pandas as pd
import pytest

from sklearn_distill.evaluation.analysis.advice import advice_on

CURVE = pd.DataFrame({"budget": [1, 5], "score": [0.5, 0.92]}).set_index("budget")
FOUND = {
    "n_rows": 1_000,
    "classes": {0: 500, 1: 500},
    "imbalance": 1.0,
    "kinds": {"heavy-tailed numbers": 0, "constant": 0},
    "integer_dates": [],
    "integer_codes": [],
    "duplicates": 0,
    "contradictions": 0,
    "suspect_share": 0.0,
    "curve": CURVE,
    "full_score": 1.0,
    "budget": 5,
}


def test_advice_starts_with_the_budget_that_reaches_90_percent():
    (line,) = advice_on(FOUND)
    assert line.startswith("Start with budget=5 (rows per class). At this budget, ")
    assert "reach 92 % of the score of all rows" in line


def test_advice_says_that_random_rows_do_not_reach_90_percent():
    (line,) = advice_on(FOUND | {"budget": 1, "classes": None})
    assert "only 50 % of the score of all rows at budget=1 (rows in total)" in line


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"suspect_share": 0.1}, ["10 % of the labels", "kernel-inducing-points"]),
        ({"imbalance": 6.0}, ["has 6 times as many rows as the smallest"]),
        ({"duplicates": 30}, ["30 rows are duplicates"]),
        ({"contradictions": 20}, ["20 rows have a duplicate with a different label"]),
        (
            {"kinds": {"heavy-tailed numbers": 2, "constant": 0}},
            ["2 columns are heavy-tailed"],
        ),
        (
            {"kinds": {"heavy-tailed numbers": 0, "constant": 3}},
            ["3 columns are constant"],
        ),
        ({"integer_dates": ["a"]}, ["in column 'a' seem to be dates", "to_datetime"]),
        (
            {"integer_codes": [1, 3]},
            ["in 1, 3 seem to be codes", "categorical_features"],
        ),
    ],
)
def test_advice_on_each_finding(changed, words):
    (_, line) = advice_on(FOUND | changed)
    for word in words:
        assert word in line


def test_advice_ignores_findings_below_the_thresholds():
    minor = {"suspect_share": 0.02, "imbalance": 5.0, "duplicates": 10}
    assert len(advice_on(FOUND | minor)) == 1


@pytest.mark.parametrize(
    ("changed", "guess"),
    [
        ({"full_score": 0.51, "curve": CURVE * 0.5}, "guessing scores 50 %"),
        ({"full_score": 0.02, "classes": None}, "guessing scores 0 %"),
        (
            {"full_score": 0.13, "classes": dict.fromkeys(range(10), 100)},
            "guessing scores 10 %",
        ),
    ],
)
def test_advice_says_that_all_rows_are_no_better_than_guessing(changed, guess):
    (line,) = advice_on(FOUND | changed)
    assert guess in line
    assert "the columns hardly predict y" in line
    assert "Start with" not in line
