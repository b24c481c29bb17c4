"""Tests of the recommendations of the command `report`."""

# SPDX-License-Identifier: BSD-3-Clause

from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from sklearn_distill.cli.csv_files import CsvFormat
from sklearn_distill.cli.report_steps import next_steps


def steps(
    *, kept=0.97, budget=10, means=(0.9, 0.7), seconds=(5.0, 0.1), imbalance=1.0,
    input="table.csv", weakest=0.97,
):  # fmt: skip
    """Return the steps of an overview with these results, by title."""
    summary = pd.DataFrame(
        {"mean": means, "±": 0.05, "seconds": seconds},
        index=["kernel-inducing-points", "random"],
    )
    table = pd.DataFrame(
        {"logistic": [0.97, 1.0], "boosting": [weakest, 1.0], "recovery": [kept, 1.0]},
        index=["distilled", "full data"],
    )
    report = SimpleNamespace(
        to_frame=lambda: table,
        scores=pd.DataFrame({"learner": ["logistic", "boosting"]}),
        fidelity=pd.DataFrame({"distilled": [0.25]}, index=["copies"]),
        sets=[SimpleNamespace(X=pd.DataFrame({"a": [1.0]}))],
    )
    overview = SimpleNamespace(
        analysis=SimpleNamespace(
            task="classification", imbalance=imbalance, kinds={"categories": 0}
        ),
        comparison=SimpleNamespace(summary=lambda budget: summary),
        report=report,
        method="kernel-inducing-points",
        budget=budget,
    )
    args = Namespace(
        input=Path(input), target="the label", task="auto", sep="\t", decimal=None,
        encoding=None, na_values=["NA", "?"], random_state=7,
    )  # fmt: skip
    csv = CsvFormat(sep="\t", na_values=["NA", "?"])
    return {step.title: step for step in next_steps(overview, args, csv)}


def test_commands_are_quoted_and_keep_the_format_of_the_file():
    command = steps()["Write the distilled set"].code
    assert "--target 'the label'" in command
    assert "--sep '\\t'" in command
    assert "--na-values 'NA,?'" in command
    assert "--method kernel-inducing-points --budget 10" in command.replace(
        " \\\n   ", ""
    )
    python = steps()["Train an estimator on distilled rows"].code
    assert "sep='\\t', keep_default_na=False, na_values=['', 'NA', '?']" in python
    assert "method(budget=10, random_state=7)" in python


@pytest.mark.parametrize(
    ("kept", "budget", "title", "budgets"),
    [
        (0.80, 10, "Compare larger budgets", "20,50"),
        (0.80, 0.05, "Compare larger budgets", "0.1,0.25"),
        (1.01, 10, "Compare smaller budgets", "5,2"),
        (1.01, 1, None, None),
        (0.97, 10, None, None),
        (float("nan"), 10, None, None),
    ],
)
def test_budgets_follow_the_recovery(kept, budget, title, budgets):
    found = steps(kept=kept, budget=budget)
    titles = [name for name in found if name.startswith("Compare")]
    assert titles == ([] if title is None else [title])
    if title is not None:
        assert f"--budget {budgets}" in found[title].code
        assert "random,kernel-inducing-points" in found[title].code


@pytest.mark.parametrize(
    ("means", "seconds", "is_named"),
    [
        ((0.90, 0.89), (5.0, 0.1), True),
        ((0.90, 0.70), (5.0, 0.1), False),
        ((0.90, 0.89), (5.0, 4.0), False),
        ((0.90, 0.89), (0.2, 0.01), False),
    ],
)
def test_a_faster_method_is_named_if_it_is_as_good(means, seconds, is_named):
    found = steps(means=means, seconds=seconds)
    assert ("Consider random" in found) == is_named


def test_weak_learners_and_class_shares_are_named():
    assert "Decide which class shares the predictions assume" not in steps()
    found = steps(weakest=0.6, imbalance=4.0)
    grow = found["Grow the set for the learners that lose most"]
    assert "boosting (60 %)" in grow.text
    assert "--densify auto" in grow.code
    assert "4.0 times as many" in (
        found["Decide which class shares the predictions assume"].text
    )
    privacy = found["Do not treat the distilled rows as anonymous"]
    assert privacy.text.startswith("25 % of the distilled rows equal a training row.")
