"""Tests of DistillationReport: its constructors, tables and representations."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_diabetes
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistillationReport,
    DistilledClassifier,
    HerdingSelection,
    KMeansSelection,
)

LEARNERS = ["logistic", "naive Bayes"]


def test_report_on_a_classifier_is_that_of_its_distiller(wine_frames, report):
    X, y, X_test, y_test = wine_frames
    distiller = KMeansSelection(budget=3, random_state=0)
    model = DistilledClassifier(distiller, GaussianNB()).fit(X, y)
    again = DistillationReport.from_estimator(
        model, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )
    pd.testing.assert_frame_equal(again.to_frame(), report.to_frame())
    assert again.title.startswith("KMeansSelection(")


def test_report_on_sets_is_that_of_the_estimator(wine_frames, report):
    X, y, X_test, y_test = wine_frames
    again = DistillationReport.from_sets(
        report.sets, X_test, y_test, X, y, learners=LEARNERS
    )
    pd.testing.assert_frame_equal(again.to_frame(), report.to_frame())
    assert again.title == "KMeansSelection"


def test_report_without_training_rows_has_scores_alone(wine_frames):
    X, y, X_test, y_test = wine_frames
    distiller = HerdingSelection(budget=2).fit(X, y)
    report = DistillationReport.from_estimator(
        distiller, X_test, y_test, learners=LEARNERS
    )
    assert report.to_frame().index.tolist() == ["distilled"]
    assert report.fidelity.empty
    assert report.dd_ranking.empty
    assert report.about["seeds"] == 1
    assert "Similarity" not in report._repr_html_()
    assert report.to_frame().loc["distilled", "interval"] > 0
    assert "over test rows" in report._repr_html_()
    assert np.isnan(report.to_frame().loc["distilled", "seed interval"])


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
    scores = report.scores.query("set == 'distilled'")
    errors = scores.groupby("seed")["score_error"].mean()
    assert 0.03 < errors.mean() < 0.15
    assert table.loc["distilled", "interval"] == pytest.approx(
        1.96 * errors.mean(), 1e-3
    )
    assert table.loc["full data", "mean"] > table.loc["random", "mean"]
    report.to_html(tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    assert "R²" in text
    assert "over test rows" in text
    assert "DD-Ranking" not in text


def test_class_recalls_are_means_over_learners_and_seeds(report):
    table = report.class_recalls()
    assert list(table) == ["distilled", "random", "herding", "k-means", "full data"]
    recalls = report.recalls.query("set == 'herding'")
    means = recalls.groupby("class")["recall"].mean()
    assert table["herding"].to_dict() == pytest.approx(means.to_dict())


def test_repr_shows_the_score_and_the_recovery(report):
    row = report.to_frame().loc["distilled"]
    assert repr(report) == (
        f"<DistillationReport: 9 rows, balanced accuracy {100 * row['mean']:.1f} %, "
        f"{100 * row['recovery']:.1f} % of the full data's>"
    )


def test_sparse_rows_are_reported_like_dense_rows(wine_frames):
    X, y, X_test, y_test = (np.asarray(part) for part in wine_frames)
    small = HerdingSelection(budget=2, random_state=0).fit_distill(X, y)
    tables = [
        DistillationReport.from_sets(
            small, container(X_test), y_test, container(X), y, learners=LEARNERS
        ).to_frame()
        for container in (np.asarray, csr_array)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_invalid_parameters_raise_before_learners_are_trained(wine_frames):
    X, y, X_test, y_test = wine_frames
    fitted = HerdingSelection(budget=2).fit(X, y)
    with pytest.raises(ValueError, match="n_seeds must be at least 1; got 0"):
        DistillationReport.from_estimator(fitted, X_test, y_test, n_seeds=0)
    with pytest.raises(ValueError, match="must be passed together"):
        DistillationReport.from_estimator(fitted, X_test, y_test, X)
    with pytest.raises(ValueError, match="sets must not be empty"):
        DistillationReport.from_sets([], X_test, y_test)
