"""The report: what it measures is right, and the page stands on its own."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from html.parser import HTMLParser

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.stats import t
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistillationReport,
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)
from sklearn_distill.evaluation import preprocessor, utility, weighted_full_data
from sklearn_distill.evaluation.report_data import interval

LEARNERS = ["logistic", "naive Bayes"]


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True, as_frame=True)
    return X.iloc[::2], y.iloc[::2], X.iloc[1::2], y.iloc[1::2]


@pytest.fixture(scope="module")
def report(wine):
    X, y, X_test, y_test = wine
    distiller = KMeansSelection(budget=3, random_state=0).fit(X, y)
    return DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_scores_are_those_of_doing_it_by_hand(wine, report):
    X, y, X_test, y_test = wine
    prepare = preprocessor(X)
    own = report.scores.query("set == 'distilled'")
    for seed in range(2):
        small = KMeansSelection(budget=3, random_state=seed).fit_distill(X, y)
        scores = utility(
            small, X_test, y_test, prepare=prepare, random_state=seed, learners=LEARNERS
        )
        found = own[own["seed"] == seed].set_index("learner")["score"]
        assert found.to_dict() == {name: scores[name] for name in LEARNERS}
    full = weighted_full_data(X, y, classes=np.unique(y))
    scores = utility(full, X_test, y_test, prepare=prepare, learners=LEARNERS)
    assert report.to_frame().loc["full data", "mean"] == pytest.approx(scores["mean"])


def test_table_by_hand(report):
    table = report.to_frame()
    means = report.scores.query("set == 'distilled'").groupby("seed")["score"].mean()
    row = table.loc["distilled"]
    assert row["mean"] == pytest.approx(means.mean())
    assert row["±"] == pytest.approx(means.std())
    width = t.interval(0.95, 1, means.mean(), means.std() / np.sqrt(2))
    assert row["interval"] == pytest.approx((width[1] - width[0]) / 2)
    assert row["recovery"] == pytest.approx(
        row["mean"] / table.loc["full data", "mean"]
    )
    assert row["above random"] == pytest.approx(
        row["mean"] - table.loc["random", "mean"]
    )
    assert np.isnan(table.loc["full data", "±"])


def test_references_have_as_many_rows_of_each_class(report):
    """k-means with the same seed is the same method: its rows agree."""
    table = report.to_frame()
    assert table.loc["k-means", "mean"] == pytest.approx(table.loc["distilled", "mean"])
    assert report.cost["rows"] == 9


def test_everything_that_design_asks_for_is_there(report):
    assert {"LRS", "ARS", "IOR", "HLR"} <= set(report.dd_ranking.index)
    assert 0 <= report.dd_ranking.loc["LRS", "mean"] <= 1
    assert {"mmd2", "coverage", "auc trees", "copies"} <= set(report.fidelity.index)
    assert report.fidelity.loc["copies", "distilled"] == 1.0
    assert report.class_recalls().shape == (3, 5)
    recalls = report.recalls.query("set == 'distilled' and seed == 1")
    own = report.scores.query("set == 'distilled' and seed == 1")
    means = recalls.groupby("learner")["recall"].mean()
    assert means.to_dict() == pytest.approx(own.set_index("learner")["score"].to_dict())
    assert {"rows", "bytes", "seconds to distill", "bytes before"} <= set(report.cost)
    assert "to choose nothing" in report.about["test rows were used for"]
    assert report.about["seeds"] == 2
    assert "balanced accuracy" in repr(report)


def test_a_wrapper_stands_for_the_distiller_in_it(wine, report):
    X, y, X_test, y_test = wine
    distiller = KMeansSelection(budget=3, random_state=0)
    model = DistilledClassifier(distiller, GaussianNB()).fit(X, y)
    again = DistillationReport.from_estimator(
        model, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )
    pd.testing.assert_frame_equal(again.to_frame(), report.to_frame())
    assert again.title.startswith("KMeansSelection(")


def test_interval_by_hand():
    values = [1.0, 2.0, 4.0]
    mean, deviation, half = interval(values)
    low, high = t.interval(0.95, 2, mean, deviation / np.sqrt(3))
    assert (mean, deviation) == (
        pytest.approx(7 / 3),
        pytest.approx(np.std(values, ddof=1)),
    )
    assert half == pytest.approx((high - low) / 2)
    assert np.isnan(interval([1.0])[1:]).all()
    assert np.isnan(interval([])).all()


class Page(HTMLParser):
    """What a page refers to, and whether its tags are closed."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.tags = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_needs_no_other_file(report, tmp_path):
    path = tmp_path / "report.html"
    report.to_html(path)
    text = path.read_text("utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.tags.count("svg") == 3
    assert "script" not in page.tags
    # Links lead to places in the page, and nothing is fetched by a style.
    assert all(link.startswith("#") for link in page.links)
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert "prefers-color-scheme" in text
    assert "width=device-width" in text
    assert f"{100 * report.to_frame().loc['random', 'mean']:.1f}" in text
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", text, flags=re.S).lower()
    before = text
    report.to_html(path)
    # Names of shapes are drawn from their content: the same report, the same file.
    assert path.read_text("utf-8") == before


def test_titles_are_escaped(wine):
    X, y, X_test, y_test = wine
    small = HerdingSelection(budget=2).fit_distill(X, y)
    report = DistillationReport.from_sets(
        small,
        X_test,
        y_test,
        learners=["naive Bayes"],
        title="<script>alert(1)</script>",
    )
    assert "<script>" not in report._repr_html_()
    assert "&lt;script&gt;" in report._repr_html_()


def test_without_training_rows_there_is_utility_alone(wine):
    X, y, X_test, y_test = wine
    distiller = HerdingSelection(budget=2).fit(X, y)
    report = DistillationReport.from_estimator(
        distiller, X_test, y_test, learners=LEARNERS
    )
    assert report.to_frame().index.tolist() == ["distilled"]
    assert report.fidelity.empty
    assert report.dd_ranking.empty
    assert report.about["seeds"] == 1
    assert "Likeness" not in report._repr_html_()


def test_soft_labels_reach_the_references(wine):
    """DD-Ranking's own and hard scores differ then, and random rows have them too."""
    X, y, X_test, y_test = wine
    distiller = HerdingSelection(
        budget=2, soft_labels=LogisticRegression(C=1e-4), random_state=0
    ).fit(X, y)
    report = DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )
    found = report.dd_ranking["mean"]
    assert found["own"] != found["hard"]
    assert found["random own"] != found["random hard"]


def test_regression_report(tmp_path):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    y = y + 0.5
    sets = [
        KMeansSelection(budget=30, random_state=s).fit_distill(X[::2], y[::2])
        for s in (0, 1)
    ]
    report = DistillationReport.from_sets(
        sets, X[1::2], y[1::2], X[::2], y[::2], learners=["ridge", "random forest"]
    )
    table = report.to_frame()
    assert report.is_regression
    assert report.class_recalls().empty
    assert report.dd_ranking.empty
    assert {"rmse", "recovery"} <= set(table)
    assert table.loc["full data", "mean"] > table.loc["random", "mean"]
    report.to_html(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "R²" in text
    assert "DD-Ranking" not in text


def test_a_picture_for_each_part(report):
    figure = report.plot()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["Score by learner", "Recall by class", "Rows"]


def test_misuse_is_refused_before_any_work(wine):
    X, y, X_test, y_test = wine
    small = HerdingSelection(budget=2).fit(X, y)
    report = DistillationReport.from_estimator
    with pytest.raises(ValueError, match="belong together"):
        report(small, X_test, y_test, X)
    with pytest.raises(ValueError, match=r"X_test has 3 rows, but y_test has"):
        report(small, X_test[:3], y_test)
    with pytest.raises(ValueError, match=r"does not know: \[7\]"):
        report(small, X_test[:2], pd.Series([0, 7]))
    with pytest.raises(ValueError, match="n_seeds=0"):
        report(small, X_test, y_test, n_seeds=0)
    with pytest.raises(ValueError, match="no sets"):
        DistillationReport.from_sets([], X_test, y_test)
    unlabelled = HerdingSelection(budget=5).fit(X)
    with pytest.raises(ValueError, match="distilled without"):
        report(unlabelled, X_test, y_test)


def test_sparse_rows_are_reported_on_as_dense_ones_are(wine):
    X, y, X_test, y_test = (np.asarray(part) for part in wine)
    one = HerdingSelection(budget=2, random_state=0).fit_distill(X, y)
    tables = [
        DistillationReport.from_sets(
            one, kind(X_test), y_test, kind(X), y, learners=LEARNERS
        ).to_frame()
        for kind in (np.asarray, csr_array)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_the_set_of_the_distillers_own_seed_is_counted_once(wine):
    X, y, X_test, y_test = wine
    distiller = RandomSelection(budget=2, random_state=1).fit(X, y)
    report = DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=3
    )
    seeds = [one.info["parameters"]["random_state"] for one in report.sets]
    assert seeds == [1, 2, 3]


def test_references_of_learned_labels_are_labelled_by_a_teacher(wine, monkeypatch):
    X, y, X_test, y_test = wine
    given = []
    fit_distill = RandomSelection.fit_distill

    def listen(self, *args, **kwargs):
        given.append(self.soft_labels)
        return fit_distill(self, *args, **kwargs)

    monkeypatch.setattr(RandomSelection, "fit_distill", listen)
    distiller = KernelInducingPoints(
        budget=1, max_iter=2, learn_labels=True, random_state=0
    ).fit(X, y)
    assert distiller.soft_labels is None
    assert distiller.distilled_.soft_labels is not None
    DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=1
    )
    assert given == ["teacher"]
