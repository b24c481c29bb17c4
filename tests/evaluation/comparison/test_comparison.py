"""Tests of the tables of a Comparison."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris, load_wine

from sklearn_distill import Comparison, compare_distillers

FAST = ["logistic", "naive Bayes"]


@pytest.fixture(scope="module")
def compared(wine):
    return compare_distillers(
        *wine, ["random", "herding"], budgets=3, learners=FAST, cv=4
    )


def scores_of_column(comparison, method, column):
    """Return a column of results as a table of folds and learners."""
    rows = comparison.results[comparison.results["method"] == method]
    return rows.pivot(index="fold", columns="learner", values=column)[FAST]


def scores_of(comparison, method):
    """Return the scores of a method as a table of folds and learners."""
    return scores_of_column(comparison, method, "score")


@pytest.mark.parametrize("method", ["random", "herding"])
def test_summary_by_hand(compared, method):
    row = compared.summary(3).loc[method]
    own, full = scores_of(compared, method), scores_of(compared, "full data")
    assert row[FAST].to_numpy() == pytest.approx(own.mean().to_numpy())
    assert row["mean"] == pytest.approx(own.to_numpy().mean())
    assert row["±"] == pytest.approx(own.mean(axis=1).std())
    retention = (own / full).mean()
    assert row["retention"] == pytest.approx(retention.mean())
    assert row["worst"] == pytest.approx(retention.min())
    assert compared.retention(3).loc[method, FAST].to_numpy() == pytest.approx(
        retention.to_numpy()
    )
    assert compared.full_data()[FAST].to_numpy() == pytest.approx(full.mean())


def test_half_width_on_test_rows_by_hand(compared, wine):
    table, y = compared.results, wine[1]
    rows = table[(table["method"] == "herding") & (table["fold"] == 0)]
    assert rows["score_error"].between(0.005, 0.1).all()
    errors = scores_of_column(compared, "herding", "score_error").mean(axis=1)
    expected = 1.959964 * np.sqrt((errors**2).sum()) / 4
    assert compared.summary(3).loc["herding", "test rows ±"] == pytest.approx(expected)
    # All rows are test rows of one fold: as uncertain as a share of about 178 rows.
    score = compared.summary(3).loc["herding", "mean"]
    of_share = 1.96 * np.sqrt(score * (1 - score) / len(y))
    assert expected == pytest.approx(of_share, rel=0.5)
    older = Comparison(table.assign(score_error=np.nan))
    assert "test rows ±" not in older.summary(3)


def test_half_width_on_test_rows_for_regression():
    X, y = load_diabetes(return_X_y=True)
    summary = compare_distillers(
        X, y, ["herding"], budgets=40, learners=["ridge"], cv=2, full_data=False
    ).summary(40)
    assert 0.03 < summary.loc["herding", "test rows ±"] < 0.2


def test_summary_is_sorted_by_mean_score_and_ranks_sum_to_3(compared):
    table = compared.summary(3)
    assert table["mean"].is_monotonic_decreasing
    assert table["rank"].sum() == pytest.approx(3.0)


def test_significance_compares_block_scores_with_the_baseline(compared):
    table = compared.summary(3)
    tested = compared.significance("random", 3).loc["herding"]
    blocks = compared.block_scores(3)
    assert tested["wins"] == (blocks["herding"] > blocks["random"]).sum()
    assert tested["losses"] == (blocks["herding"] < blocks["random"]).sum()
    assert tested["difference"] == pytest.approx(
        table.loc["herding", "mean"] - table.loc["random", "mean"]
    )
    assert table.loc["herding", "p random"] == tested["p_holm"]


def test_recovery_curve_holds_mean_scores(compared):
    point = compared.recovery_curve().loc[("herding", 3)]
    assert point["score"] == pytest.approx(compared.summary(3).loc["herding", "mean"])
    assert point["rows"] == 9
    own = scores_of(compared, "herding")
    assert point["deviation"] == pytest.approx(own.mean(axis=1).std())
    single = compared.recovery_curve("logistic").loc[("herding", 3)]
    assert single["score"] == pytest.approx(own["logistic"].mean())


def test_negative_r2_counts_as_0():
    X, y = load_diabetes(return_X_y=True)
    compared = compare_distillers(
        X, y + 0.5, ["random"], budgets=3, learners=["support vectors"], cv=3
    )
    assert compared.is_regression
    scores = compared.results.query("method == 'random'")["score"]
    assert scores.min() < 0
    mean = compared.summary(3).loc["random", "mean"]
    assert mean == scores.clip(lower=0).mean()


def test_two_data_sets_share_a_file_and_become_blocks(tmp_path):
    path = tmp_path / "scores.csv"
    parts = [
        compare_distillers(
            *load(return_X_y=True), ["random", "k-means"], budgets=2, learners=FAST,
            cv=2, path=path, name=name,
        )
        for name, load in (("wine", load_wine), ("iris", load_iris))
    ]  # fmt: skip
    both = Comparison.read(path)
    assert both.block_scores(2).index.tolist() == ["wine", "iris"]
    assert both.block_scores(2, over="fold").shape == (4, 2)
    assert both.ranks(2).n_blocks == 2
    assert Comparison.concat(parts).results.equals(both.results)


def test_comparison_raises_for_unknown_budgets_baselines_and_blocks(compared):
    with pytest.raises(ValueError, match=r"budget 7. Choose one of the budgets \[3\]"):
        compared.summary(7)
    with pytest.raises(ValueError, match="baseline 'k-means' are missing at budget 3"):
        compared.significance("k-means", 3)
    with pytest.raises(ValueError, match="over must be 'auto', 'set' or 'fold'"):
        compared.block_scores(3, over="row")


def test_missing_scores_are_left_out_of_block_scores(compared):
    results = compared.results.copy()
    row = results.index[results["method"] == "random"][0]
    results.loc[row, "score"] = np.nan
    assert list(Comparison(results).block_scores(3)) == ["herding"]


def test_html_shows_the_summary_of_each_budget_in_percent(compared):
    text = compared._repr_html_()
    assert "<dd>random, herding</dd>" in text
    assert text.count("<table>") == 1
    assert "Budget 3</div>" in text
    mean = compared.summary(3).loc["herding", "mean"]
    [row] = [row for row in text.split("<tr>") if row.startswith("<th>herding</th>")]
    assert f"<td>{100 * mean:.1f}</td>" in row
    [full] = [row for row in text.split("<tr>") if row.startswith("<th>full data")]
    assert f"<td>{100 * compared.full_data().mean():.1f}</td>" in full
    assert "nan" not in text
