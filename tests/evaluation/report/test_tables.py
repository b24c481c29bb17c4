"""Tests of the tables of a report."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sklearn_distill.evaluation.report.tables import dd_ranking_table, fidelity_table


def test_score_table_by_hand(report):
    table = report.to_frame()
    means = report.scores.query("set == 'distilled'").groupby("seed")["score"].mean()
    row = table.loc["distilled"]
    assert row["mean"] == pytest.approx(means.mean())
    assert row["±"] == pytest.approx(means.std())
    recalls = report.recalls.query("set == 'distilled'").groupby("class")["recall"]
    n_rows = np.bincount(report.rows.y_test)
    shares = (recalls.mean() * n_rows + 2) / (n_rows + 4)
    error = np.sqrt((shares * (1 - shares) / (n_rows + 4)).sum()) / 3
    assert row["interval"] == pytest.approx(norm.ppf(0.975) * error)
    assert np.isnan(row["seed interval"])
    assert row["recovery"] == pytest.approx(
        row["mean"] / table.loc["full data", "mean"]
    )
    assert row["above random"] == pytest.approx(
        row["mean"] - table.loc["random", "mean"]
    )
    assert np.isnan(table.loc["full data", "±"])


def test_fidelity_table_by_hand():
    rows = [
        {"set": name, "seed": seed, "mmd2": value}
        for name, values in (("distilled", (1.0, 3.0)), ("random", (2.0, np.nan)))
        for seed, value in enumerate(values)
    ]
    table = fidelity_table(rows)
    assert table.index.tolist() == ["mmd2"]
    assert table.loc["mmd2", ["distilled", "distilled ±", "random"]].tolist() == [
        2.0, pytest.approx(np.sqrt(2)), 2.0,
    ]  # fmt: skip
    assert np.isnan(table.loc["mmd2", "random ±"])
    assert fidelity_table([]).empty


def test_dd_ranking_table_by_hand():
    table = dd_ranking_table([{"seed": 0, "LRS": 0.2}, {"seed": 1, "LRS": 0.4}])
    expected = pd.DataFrame({"mean": [0.3], "±": [np.sqrt(0.02)]}, index=["LRS"])
    pd.testing.assert_frame_equal(table, expected)
    assert dd_ranking_table([]).empty


def test_fidelity_and_dd_ranking_of_a_report(report):
    assert {"LRS", "ARS", "IOR", "HLR"} <= set(report.dd_ranking.index)
    assert 0 <= report.dd_ranking.loc["LRS", "mean"] <= 1
    assert {"mmd2", "coverage", "auc trees", "copies"} <= set(report.fidelity.index)
    assert report.fidelity.loc["copies", "distilled"] == 1.0


def test_cost_compares_the_distilled_set_with_the_training_data(report):
    cost = report.cost
    assert cost["rows"] == 9
    assert cost["bytes"] == report.sets[0].nbytes
    assert cost["seconds to distill"] == np.mean(
        [one.info["seconds"] for one in report.sets]
    )
    seconds = report.scores.query("set == 'distilled'").groupby("seed")["fit_seconds"]
    assert cost["seconds to train learners"] == pytest.approx(seconds.sum().mean())
    assert cost["rows of the training data"] == 89
    assert cost["bytes of the training data"] == 8 * 89 * (13 + 1)


def test_about_states_seeds_rows_and_the_use_of_test_rows(report):
    about = report.about
    assert (about["seeds"], about["test rows"], about["training rows"]) == (2, 89, 89)
    assert "nothing was selected on test rows" in about["use of the test rows"]
    assert about["full data"] == "89 rows, one run, equal total weight for each class"
    assert about["values that the real columns could not hold"] == "0.0 %"
