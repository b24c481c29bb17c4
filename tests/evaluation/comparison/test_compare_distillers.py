"""Tests of compare_distillers: scores, failures, interrupted comparisons, workers."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import runpy
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy.sparse import csr_array
from sklearn.datasets import make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVR

from sklearn_distill import (
    Comparison,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
    compare_distillers,
)
from sklearn_distill.evaluation import preprocessor, utility
from sklearn_distill.evaluation.comparison.score_file import COLUMNS, read_scores

FAST = ["logistic", "naive Bayes"]


def test_scores_equal_those_of_distilling_each_fold_by_hand(wine):
    X, y = wine
    folds = StratifiedKFold(3, shuffle=True, random_state=7)
    compared = compare_distillers(
        X, y, ["herding"], budgets=4, learners=FAST, cv=folds, random_state=10
    )
    for fold, (train, test) in enumerate(folds.split(X, y)):
        small = HerdingSelection(budget=4, random_state=10 + fold).fit_distill(
            X[train], y[train]
        )
        scores = utility(
            small, X[test], y[test], prepare=preprocessor(X[train]),
            random_state=10 + fold, learners=FAST,
        )  # fmt: skip
        rows = compared.results.query("fold == @fold and method == 'herding'")
        assert dict(zip(rows["learner"], rows["score"], strict=True)) == {
            name: scores[name] for name in FAST
        }
        assert set(rows["rows"]) == {12}
        assert set(rows["invalid"]) == {0.0}


@pytest.mark.parametrize("container", [np.asarray, csr_array, pd.DataFrame])
def test_compare_evaluates_rows_with_missing_values(wine, container):
    X, y = wine
    X = X.copy()
    X[::5, 1] = np.nan
    compared = compare_distillers(container(X), y, ["random"], learners=FAST, cv=2)
    assert compared.results["score"].notna().all()
    assert set(compared.results["invalid"].dropna()) == {0.0}


def test_compare_raises_for_infinite_values_before_the_first_run(wine, tmp_path):
    X, y = wine
    X = X.copy()
    X[3, 1] = np.inf
    path = tmp_path / "scores.csv"
    with pytest.raises(ValueError, match="infinity"):
        compare_distillers(X, y, ["random"], path=path, cv=2)
    assert not path.exists()


def test_sparse_rows_score_like_dense_rows(iris, assert_equal_scores):
    X, y = iris
    sparse = compare_distillers(csr_array(X), y, ["random"], learners=FAST, cv=2)
    dense = compare_distillers(X, y, ["random"], learners=FAST, cv=2)
    assert_equal_scores(sparse, dense)


def test_category_that_occurs_only_in_test_rows_does_not_fail(iris):
    X, y = iris
    frame = pd.DataFrame({"x": X[:, 2], "c": ["rare"] + ["usual"] * 149})
    compared = compare_distillers(frame, y, ["random"], learners=FAST, cv=2)
    assert (compared.results["error"] == "").all()


def test_many_small_classes_do_not_warn():
    """Warnings of scikit-learn about the number of classes would be errors here."""
    y = np.repeat(np.arange(12), 6)
    X = np.random.RandomState(0).randn(72, 3) + y[:, None]
    compared = compare_distillers(X, y, ["random"], budgets=1, cv=2)
    assert (compared.results["error"] == "").all()


def test_results_have_a_row_for_each_fold_method_budget_and_learner(wine):
    compared = compare_distillers(
        *wine,
        {"a": "random", "soft": HerdingSelection(soft_labels=GaussianNB())},
        budgets=[2, 0.1],
        learners={"nb": GaussianNB(), "lr": LogisticRegression()},
        cv=2,
    )
    results = compared.results
    assert len(results) == 2 * (2 * 2 * 2 + 2)
    assert tuple(results.columns) == COLUMNS
    assert compared.methods == ["a", "soft"]
    assert compared.budgets == [0.1, 2]
    assert compared.learners == ["nb", "lr"]
    assert not compared.is_regression
    assert "2 methods, 1 data sets, 2 folds" in repr(compared)
    assert compared._repr_html_().count("<table") == 2


def test_finished_comparison_is_read_from_its_file(wine, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    settings = {"budgets": [2, 3], "learners": FAST, "cv": 2, "path": path}
    first = compare_distillers(*wine, ["random", "herding"], **settings)
    before = path.read_bytes()

    def fail(*_):
        raise AssertionError("A finished run was executed again.")

    monkeypatch.setattr(HerdingSelection, "_distill", fail)
    monkeypatch.setattr(RandomSelection, "_distill", fail)
    again = compare_distillers(*wine, ["random", "herding"], **settings)
    pd.testing.assert_frame_equal(first.results, again.results)
    assert path.read_bytes() == before
    pd.testing.assert_frame_equal(
        Comparison.read(path).results, first.results, check_like=True
    )


def test_incomplete_rows_and_runs_are_computed_again(
    wine, tmp_path, assert_equal_scores
):
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2, "path": path}
    complete = compare_distillers(*wine, ["random", "herding"], **settings)
    text = path.read_text()
    for end in (len(text) - 30, text.rindex("\n", 0, len(text) - 1) + 1, 0):
        path.write_text(text[:end])
        resumed = compare_distillers(*wine, ["random", "herding"], **settings)
        assert_equal_scores(resumed, complete)
        assert len(path.read_text().splitlines()) == len(text.splitlines())


def test_other_rows_or_parameters_replace_runs(wine, tmp_path, assert_equal_scores):
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2}
    X, y = wine
    compare_distillers(X, y, {"m": RandomSelection()}, path=path, **settings)
    with pytest.warns(UserWarning, match=r"holds 2 runs of 'data' that were"):
        other = compare_distillers(
            X, y, {"m": HerdingSelection()}, path=path, **settings
        )
    expected = compare_distillers(X, y, {"m": HerdingSelection()}, **settings)
    assert_equal_scores(other, expected)
    with pytest.warns(UserWarning, match="other rows or with other settings"):
        compare_distillers(X * 2, y, {"m": HerdingSelection()}, path=path, **settings)
    assert not read_scores(path).duplicated(["set", "fold", "method", "learner"]).any()


KILLED = """
import sys, time
from sklearn.datasets import load_wine
from sklearn_distill import RandomSelection, compare_distillers

class SlowSelection(RandomSelection):
    plugin_api = 1
    def _distill(self, problem):
        time.sleep(float(sys.argv[2]))
        return super()._distill(problem)

compare_distillers(
    *load_wine(return_X_y=True), {"slow": SlowSelection(), "herding": "herding"},
    budgets=[2, 3], learners=["logistic", "naive Bayes"], cv=3, path=sys.argv[1],
)
"""


def test_comparison_resumes_after_the_process_was_killed(
    tmp_path, monkeypatch, assert_equal_scores
):
    complete, resumed = tmp_path / "complete.csv", tmp_path / "resumed.csv"
    script = tmp_path / "compare.py"
    script.write_text(KILLED)
    with subprocess.Popen([sys.executable, script, resumed, "0.4"]) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if resumed.exists() and resumed.read_text().count("\n") >= 8:
                break
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    before = read_scores(resumed)
    assert 0 < len(before) < 30
    for path in (resumed, complete):
        monkeypatch.setattr(sys, "argv", [str(script), str(path), "0"])
        runpy.run_path(str(script))
    assert_equal_scores(Comparison.read(resumed), Comparison.read(complete))
    # Rows that were written before the process was killed are unchanged, with their
    # times.
    after = read_scores(resumed)
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before)


def test_two_threads_find_the_same_scores(wine, assert_equal_scores):
    settings = {"budgets": [2, 4], "learners": FAST, "cv": 2}
    expected = compare_distillers(*wine, ["random", "herding"], **settings)
    with parallel_config(backend="threading"):
        found = compare_distillers(*wine, ["random", "herding"], n_jobs=2, **settings)
    assert_equal_scores(found, expected)


def test_dask_cluster_finds_the_same_scores(wine, tmp_path, assert_equal_scores):
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    settings = {"budgets": 2, "learners": FAST, "cv": 2}
    expected = compare_distillers(*wine, ["random", "herding"], **settings)
    path = tmp_path / "scores.csv"
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        found = compare_distillers(*wine, ["random", "herding"], path=path, **settings)
    assert_equal_scores(found, expected)
    assert len(read_scores(path)) == len(expected.results)


def test_failed_run_is_recorded_and_repeated_by_the_next_call(
    wine, tmp_path, monkeypatch
):
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2, "path": path}
    original = KMeansSelection._distill

    def fail(self, problem):
        raise ValueError("first line,\nsecond line")

    monkeypatch.setattr(KMeansSelection, "_distill", fail)
    with pytest.raises(ValueError, match="first line"):
        compare_distillers(*wine, ["k-means"], error_score="raise", **settings)
    with pytest.warns(UserWarning, match=r"scores are missing .*: k-means\."):
        failed = compare_distillers(*wine, ["random", "k-means"], **settings)
    rows = failed.results.query("method == 'k-means'")
    assert set(rows["error"]) == {"ValueError: first line, second line"}
    assert rows["score"].isna().all()
    assert list(failed.block_scores(2)) == ["random"]
    assert np.isnan(failed.summary(2).loc["k-means", "mean"])
    monkeypatch.setattr(KMeansSelection, "_distill", original)
    repaired = compare_distillers(*wine, ["random", "k-means"], **settings)
    assert repaired.results["score"].notna().all()
    assert not read_scores(path)["error"].any()


def test_string_labels_categories_and_a_shuffled_index():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.normal(size=90), "c": rng.choice(list("abc"), 90)})
    y = pd.Series(np.where(X["n"] + (X["c"] == "a") > 0.3, "yes", "no"), name="target")
    X.index = y.index = rng.permutation(90) + 1_000
    compared = compare_distillers(X, y, ["herding"], budgets=5, learners=FAST, cv=3)
    assert compared.summary(5).loc["herding", "mean"] > 0.7


@pytest.mark.parametrize(
    ("distillers", "settings", "message"),
    [
        (["hrding"], {}, "Did you mean 'herding'"),
        ("random", {"budgets": [0]}, "budgets contains 0"),
        ("random", {"learners": ["ridge"]}, "no learner 'ridge'"),
        ("random", {"error_score": 0}, "must be 'record' or 'raise'; got 0"),
        ("random", {"path": "no/such/directory.csv"}, "directory .* does not exist"),
    ],
)
def test_compare_raises_for_invalid_parameters_before_the_first_run(
    wine, distillers, settings, message, monkeypatch
):
    monkeypatch.setattr(RandomSelection, "_distill", None)
    with pytest.raises((ValueError, TypeError, OSError), match=message):
        compare_distillers(*wine, distillers, **settings)


def test_compare_raises_without_labels(wine):
    with pytest.raises(ValueError, match="requires labels; got y=None"):
        compare_distillers(wine[0], None, ["random"])


def test_several_targets_are_compared_by_their_mean_r2():
    """A learner for a single target is trained once for each target."""
    X, y = make_regression(80, 3, n_targets=2, noise=1.0, random_state=0)
    compared = compare_distillers(
        X, y, ["random"], learners=["ridge", SVR(C=100.0)], budgets=[20], cv=2
    )
    scores = compared.results.groupby("learner")["score"].min()
    assert list(scores.index) == ["SVR", "ridge"]
    assert scores.min() > 0.5
