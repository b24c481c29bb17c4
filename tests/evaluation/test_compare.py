"""compare_distillers: scores are right, and a comparison that was killed goes on."""

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
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    Comparison,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    compare_distillers,
)
from sklearn_distill.evaluation import preprocessor, utility
from sklearn_distill.evaluation.cells import Data, make_cells
from sklearn_distill.evaluation.score_file import COLUMNS, read_scores

TIMES = ["seconds", "fit_seconds"]
FAST = ["logistic", "naive Bayes"]


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


def same_table(one, other):
    """Compare all columns but those that a clock wrote."""
    pd.testing.assert_frame_equal(
        one.results.drop(columns=TIMES), other.results.drop(columns=TIMES)
    )


def test_a_cell_is_what_doing_it_by_hand_gives(wine):
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
def test_missing_values_are_refused_before_any_cell(wine, container, tmp_path):
    X, y = wine
    X = X.copy()
    X[3, 1] = np.nan
    path = tmp_path / "scores.csv"
    with pytest.raises(ValueError, match=r"contains NaN|missing values \(NaN\)"):
        compare_distillers(container(X), y, ["random"], path=path, cv=2)
    assert not path.exists()


def test_sparse_rows_and_categories_of_a_test_fold_alone_are_compared():
    X, y = load_iris(return_X_y=True)
    sparse = compare_distillers(csr_array(X), y, ["random"], learners=FAST, cv=2)
    dense = compare_distillers(X, y, ["random"], learners=FAST, cv=2)
    same_table(sparse, dense)
    frame = pd.DataFrame({"x": X[:, 2], "c": ["rare"] + ["usual"] * 149})
    compared = compare_distillers(frame, y, ["random"], learners=FAST, cv=2)
    assert (compared.results["error"] == "").all()


def test_many_classes_of_few_rows_are_taken_for_no_quantity():
    """scikit-learn would ask, once for each learner: warnings are errors here."""
    y = np.repeat(np.arange(30), 10)
    X = np.random.RandomState(0).randn(300, 3) + y[:, None]
    compared = compare_distillers(X, y, ["random"], budgets=1, cv=2)
    assert (compared.results["error"] == "").all()


def test_names_are_those_given_or_tell_estimators_apart(wine):
    compared = compare_distillers(
        *wine,
        [HerdingSelection(), HerdingSelection(numeric="quantile"), "random"],
        budgets=2,
        learners=FAST,
        cv=2,
    )
    assert compared.methods == [
        "herding",
        "HerdingSelection(numeric='quantile')",
        "random",
    ]


def test_one_row_for_each_fold_method_budget_and_learner(wine):
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
    assert "2 methods, 1 sets, 2 folds" in repr(compared)
    assert compared._repr_html_().count("<table") == 2


def test_summary_by_hand(wine):
    """Means, deviation over folds, retention, worst learner and ranks."""
    compared = compare_distillers(
        *wine, ["random", "herding"], budgets=3, learners=FAST, cv=4
    )
    table = compared.summary(3)
    results = compared.results
    for method in ("random", "herding"):
        own = results[results["method"] == method].pivot(
            index="fold", columns="learner", values="score"
        )[FAST]
        full = results[results["method"] == "full data"].pivot(
            index="fold", columns="learner", values="score"
        )[FAST]
        row = table.loc[method]
        assert row[FAST].to_numpy() == pytest.approx(own.mean().to_numpy())
        assert row["mean"] == pytest.approx(own.to_numpy().mean())
        assert row["±"] == pytest.approx(own.mean(axis=1).std())
        kept = (own / full).mean()
        assert row["retention"] == pytest.approx(kept.mean())
        assert row["worst"] == pytest.approx(kept.min())
    assert table["rank"].sum() == pytest.approx(3.0)
    assert compared.full_data()[FAST].to_numpy() == pytest.approx(full.mean())
    tested = compared.significance("random", 3).loc["herding"]
    assert tested["wins"] + tested["losses"] <= 4
    assert tested["difference"] == pytest.approx(
        table.loc["herding", "mean"] - table.loc["random", "mean"]
    )
    assert table.loc["herding", "p random"] == tested["p_holm"]
    curve = compared.recovery_curve()
    assert curve.loc[("herding", 3), "score"] == pytest.approx(
        table.loc["herding", "mean"]
    )


def test_r2_below_zero_counts_as_zero():
    X, y = load_diabetes(return_X_y=True)
    compared = compare_distillers(
        X, y + 0.5, ["random"], budgets=3, learners=["support vectors"], cv=3
    )
    assert compared.is_regression
    few = compared.results.query("method == 'random'")["score"]
    assert few.min() < 0
    assert compared.summary(3).loc["random", "mean"] == few.clip(lower=0).mean()


def test_a_finished_comparison_is_read_not_repeated(wine, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    settings = {"budgets": [2, 3], "learners": FAST, "cv": 2, "path": path}
    first = compare_distillers(*wine, ["random", "herding"], **settings)
    before = path.read_bytes()

    def work(*_):
        raise AssertionError("this was computed before")

    monkeypatch.setattr(HerdingSelection, "_distill", work)
    monkeypatch.setattr(RandomSelection, "_distill", work)
    again = compare_distillers(*wine, ["random", "herding"], **settings)
    pd.testing.assert_frame_equal(first.results, again.results)
    assert path.read_bytes() == before
    pd.testing.assert_frame_equal(
        Comparison.read(path).results, first.results, check_like=True
    )


def test_a_torn_line_and_a_torn_cell_are_computed_again(wine, tmp_path):
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2, "path": path}
    whole = compare_distillers(*wine, ["random", "herding"], **settings)
    text = path.read_text()
    for cut in (len(text) - 30, text.rindex("\n", 0, len(text) - 1) + 1, 0):
        path.write_text(text[:cut])
        same_table(compare_distillers(*wine, ["random", "herding"], **settings), whole)
        assert len(path.read_text().splitlines()) == len(text.splitlines())


def test_other_settings_are_other_cells(wine, tmp_path):
    """What was computed with other parameters or rows is not taken for the new."""
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2, "path": path}
    X, y = wine
    compare_distillers(X, y, {"m": RandomSelection()}, **settings)
    with pytest.warns(UserWarning, match=r"holds 2 cells of 'data' that were"):
        other = compare_distillers(X, y, {"m": HerdingSelection()}, **settings)
    same_table(other, compare_distillers(X, y, {"m": HerdingSelection()},
                                         budgets=2, learners=FAST, cv=2))  # fmt: skip
    with pytest.warns(UserWarning, match="other rows or with other settings"):
        compare_distillers(X * 2, y, {"m": HerdingSelection()}, **settings)
    assert not read_scores(path).duplicated(["set", "fold", "method", "learner"]).any()


def test_names_dtypes_shape_and_task_make_other_cells():
    """Rows of the same values, but methods would treat them otherwise."""
    values = np.array([[0.0, 1.0], [1.0, 0.0]] * 6)
    y = np.array([0, 1] * 6)
    split = [(np.arange(8), np.arange(8, 12))]
    frame = pd.DataFrame(values, columns=["a", "b"])

    def keys(X, task="classification"):
        classes = np.array([0, 1]) if task == "classification" else None
        data = Data(X, y, classes, split, "panel", 100, "raise")
        named = {"random": RandomSelection(task=task)}
        return [c.key for c in make_cells(named, [2], data, task, True, 0)]

    made = [
        keys(frame),
        keys(frame.rename(columns={"a": "c"})),
        keys(frame.astype({"a": bool})),
        keys(values),
        keys(values.astype(object)),
        keys(values.reshape(12, 1, 2)),
        keys(frame, "regression"),
    ]
    for cell in (0, 1):
        assert len({found[cell] for found in made}) == len(made)
    assert keys(frame.copy()) == made[0]


def test_functions_of_one_name_make_other_cells():
    """Two kernels that are both called lambda are two methods."""
    X, y = load_iris(return_X_y=True)
    data = Data(X, y, np.unique(y), [(y == 0, y > 0)], ["naive Bayes"], 100, "raise")

    def keys(kernel):
        named = {"points": KernelInducingPoints(kernel=kernel)}
        cells = make_cells(named, [2], data, "classification", False, 0)
        return [cell.key for cell in cells]

    assert keys(lambda X, Y: X @ Y.T) != keys(lambda X, Y: (X @ Y.T) ** 2)


def test_two_sets_share_a_file_and_make_one_comparison(tmp_path):
    path = tmp_path / "scores.csv"
    for name, load in (("wine", load_wine), ("iris", load_iris)):
        compare_distillers(
            *load(return_X_y=True), ["random", "k-means"], budgets=2, learners=FAST,
            cv=2, path=path, name=name,
        )  # fmt: skip
    both = Comparison.read(path)
    assert both.block_scores(2).index.tolist() == ["wine", "iris"]
    assert both.block_scores(2, over="fold").shape == (4, 2)
    assert both.ranks(2).n_blocks == 2


KILLED = """
import sys, time
from scipy.sparse import csr_array
from sklearn.datasets import load_wine
from sklearn_distill import HerdingSelection, RandomSelection, compare_distillers

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


def test_killed_and_resumed_is_the_same_as_unbroken(tmp_path, monkeypatch):
    """kill -9 in the middle of the work; the next run does only what is missing."""
    whole, broken = tmp_path / "whole.csv", tmp_path / "broken.csv"
    script = tmp_path / "compare.py"
    script.write_text(KILLED)
    with subprocess.Popen([sys.executable, script, broken, "0.4"]) as process:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep(0.05)
            if broken.exists() and broken.read_text().count("\n") >= 8:
                break
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    before = read_scores(broken)
    assert 0 < len(before) < 30
    for path in (broken, whole):
        monkeypatch.setattr(sys, "argv", [str(script), str(path), "0"])
        runpy.run_path(str(script))
    same_table(Comparison.read(broken), Comparison.read(whole))
    # What was there before stands as it was, down to its times.
    after = read_scores(broken)
    pd.testing.assert_frame_equal(after.iloc[: len(before)], before)


def test_workers_find_the_same(wine):
    settings = {"budgets": [2, 4], "learners": FAST, "cv": 2}
    alone = compare_distillers(*wine, ["random", "herding"], **settings)
    with parallel_config(backend="threading"):
        same_table(
            compare_distillers(*wine, ["random", "herding"], n_jobs=2, **settings),
            alone,
        )


def test_a_dask_cluster_finds_the_same(wine, tmp_path):
    """A LocalCluster as joblib's backend, as scikit-learn's users expect."""
    distributed = pytest.importorskip("distributed", reason="dask is not installed")
    settings = {"budgets": 2, "learners": FAST, "cv": 2}
    alone = compare_distillers(*wine, ["random", "herding"], **settings)
    path = tmp_path / "scores.csv"
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        parallel_config(backend="dask"),
    ):
        same_table(
            compare_distillers(*wine, ["random", "herding"], path=path, **settings),
            alone,
        )
    assert len(read_scores(path)) == len(alone.results)


def test_a_failure_is_recorded_and_tried_again(wine, tmp_path, monkeypatch):
    path = tmp_path / "scores.csv"
    settings = {"budgets": 2, "learners": FAST, "cv": 2, "path": path}
    original = KMeansSelection._distill

    def fail(self, problem):
        raise ValueError("not today,\nnot ever")

    monkeypatch.setattr(KMeansSelection, "_distill", fail)
    with pytest.raises(ValueError, match="not today"):
        compare_distillers(*wine, ["k-means"], error_score="raise", **settings)
    with pytest.warns(UserWarning, match="could be scored: k-means"):
        failed = compare_distillers(*wine, ["random", "k-means"], **settings)
    rows = failed.results.query("method == 'k-means'")
    assert set(rows["error"]) == {"ValueError: not today, not ever"}
    assert rows["score"].isna().all()
    assert list(failed.block_scores(2)) == ["random"]
    assert np.isnan(failed.summary(2).loc["k-means", "mean"])
    monkeypatch.setattr(KMeansSelection, "_distill", original)
    mended = compare_distillers(*wine, ["random", "k-means"], **settings)
    assert mended.results["score"].notna().all()
    assert not read_scores(path)["error"].any()


def test_a_failure_beside_the_distiller_is_recorded_too(wine, monkeypatch):
    """The full data and the preprocessor, not only methods."""

    def fail(*_, **__):
        raise MemoryError("too much")

    settings = {"budgets": 2, "learners": FAST, "cv": 2}
    for name, failed in (("weighted_full_data", 2), ("preprocessor", 4)):
        with monkeypatch.context() as patch:
            patch.setattr(f"sklearn_distill.evaluation.cells.{name}", fail)
            with pytest.raises(MemoryError):
                compare_distillers(*wine, ["random"], error_score="raise", **settings)
            with pytest.warns(UserWarning, match="could be scored"):
                found = compare_distillers(*wine, ["random"], **settings)
        errors = found.results["error"]
        assert (errors == "MemoryError: too much").sum() == failed * len(FAST)
        assert found.results["score"].isna().sum() == failed * len(FAST)


def test_a_class_of_one_row_and_few_rows_of_the_full_data(wine):
    X, y = wine
    y = np.where(np.arange(len(y)) == 0, 3, y)
    everywhere = [(np.arange(len(y)), np.arange(len(y)))]
    compared = compare_distillers(
        X, y, ["random"], budgets=1, learners=FAST, cv=everywhere, max_full_rows=20
    )
    full = compared.results.query("method == 'full data'")
    assert set(full["rows"]) == {20}
    assert not full["error"].any()


def test_warnings_of_methods_are_noted(wine):
    compared = compare_distillers(
        *wine, ["random"], budgets=500, learners=FAST, cv=2, full_data=False
    )
    assert compared.results["note"].str.contains("nothing to distill").all()
    assert compared.full_data() is None
    assert "retention" not in compared.summary(500)


def test_tables_with_categories_and_words_for_labels():
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
        ([LogisticRegression()], {}, "is no distiller"),
        ([], {}, "distillers is empty"),
        ({"full data": "random"}, {}, "name of the reference"),
        ([RandomSelection(), RandomSelection()], {}, "names of their own"),
        ("random", {"budgets": [0]}, "budgets holds 0"),
        ("random", {"budgets": [1.5]}, "budgets holds 1.5"),
        ("random", {"budgets": ["5"]}, "no number of rows"),
        ("random", {"budgets": []}, "budgets is empty"),
        ("random", {"learners": ["ridge"]}, "no learner 'ridge'"),
        ("random", {"error_score": 0}, "neither 'record' nor"),
        ("random", {"path": "no/such/folder.csv"}, "there is no folder"),
    ],
)
def test_bad_input_is_refused_before_any_work(wine, distillers, settings, message,
                                              monkeypatch):  # fmt: skip
    monkeypatch.setattr(RandomSelection, "_distill", None)
    with pytest.raises((ValueError, TypeError, OSError), match=message):
        compare_distillers(*wine, distillers, **settings)


def test_a_file_of_something_else_is_left_alone(wine, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="is no file of scores"):
        compare_distillers(*wine, ["random"], path=path)
    assert path.read_text() == "a,b\n1,2\n"


def test_questions_without_an_answer(wine):
    compared = compare_distillers(*wine, ["random"], budgets=2, learners=FAST, cv=2)
    with pytest.raises(ValueError, match=r"no scores at budget 7, only at \[2\]"):
        compared.summary(7)
    with pytest.raises(ValueError, match="no complete scores of 'herding'"):
        compared.significance("herding", 2)
    with pytest.raises(ValueError, match="none of 'auto'"):
        compared.block_scores(2, over="row")


def test_a_progress_bar_counts_cells(wine, capsys):
    pytest.importorskip("rich")
    compare_distillers(
        *wine, ["random"], budgets=2, learners=FAST, cv=2, progress=True, name="wine"
    )
    assert "4/4" in capsys.readouterr().err
