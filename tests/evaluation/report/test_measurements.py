"""Tests of the measurements of a report."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_distill import (
    DistillationReport,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)
from sklearn_distill.evaluation import preprocessor, utility, weighted_full_data
from sklearn_distill.evaluation.measures.fidelity import fidelity
from sklearn_distill.evaluation.report.measurements import sets_of_seeds
from sklearn_distill.evaluation.report.report_rows import make_report_rows

LEARNERS = ["logistic", "naive Bayes"]


def test_scores_equal_those_of_measuring_by_hand(wine_frames, report):
    X, y, X_test, y_test = wine_frames
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


def test_references_have_the_same_rows_per_class(wine_frames, report):
    """The k-means reference equals the distilled set, because its seed is the same."""
    table = report.to_frame()
    assert table.loc["k-means", "mean"] == pytest.approx(table.loc["distilled", "mean"])
    assert set(report.scores["set"]) == {
        "distilled", "random", "herding", "k-means", "full data",
    }  # fmt: skip


def test_fidelity_is_that_of_the_distilled_set_of_each_seed(wine_frames, report):
    X, y, X_test, y_test = wine_frames
    for row, small in zip(report.measurements.fidelity[::2], report.sets, strict=True):
        expected = fidelity(
            small, X, y, prepare=preprocessor(X), X_test=X_test, y_test=y_test,
            random_state=row["seed"],
        )  # fmt: skip
        assert row == {"set": "distilled", "seed": row["seed"], **expected}


def test_mean_recall_is_the_balanced_accuracy(report):
    recalls = report.recalls.query("set == 'distilled' and seed == 1")
    own = report.scores.query("set == 'distilled' and seed == 1")
    means = recalls.groupby("learner")["recall"].mean()
    assert means.to_dict() == pytest.approx(own.set_index("learner")["score"].to_dict())


def test_random_reference_has_soft_labels_if_the_distiller_has_them(wine_frames):
    X, y, X_test, y_test = wine_frames
    distiller = HerdingSelection(
        budget=2, soft_labels=LogisticRegression(C=1e-4), random_state=0
    ).fit(X, y)
    report = DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )
    scores = report.dd_ranking["mean"]
    assert scores["own"] != scores["hard"]
    assert scores["random own"] != scores["random hard"]


def test_teacher_labels_the_references_of_learned_labels(wine_frames, monkeypatch):
    X, y, X_test, y_test = wine_frames
    teachers = []
    fit_distill = RandomSelection.fit_distill

    def record(self, *args, **kwargs):
        teachers.append(self.soft_labels)
        return fit_distill(self, *args, **kwargs)

    monkeypatch.setattr(RandomSelection, "fit_distill", record)
    distiller = KernelInducingPoints(
        budget=1, max_iter=2, learn_labels=True, random_state=0
    ).fit(X, y)
    assert distiller.soft_labels is None
    assert distiller.distilled_.soft_labels is not None
    DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=1
    )
    assert teachers == ["teacher"]


def test_seed_of_the_fitted_distiller_is_not_repeated(wine_frames):
    X, y, X_test, y_test = wine_frames
    distiller = RandomSelection(budget=2, random_state=1).fit(X, y)
    settings = {"distilled": distiller.distilled_, "learners": LEARNERS}
    rows = make_report_rows(X_test, y_test, X, y, max_full_rows=100, **settings)
    sets = sets_of_seeds(distiller, rows, 3)
    assert sets[0] is distiller.distilled_
    assert [one.info["parameters"]["random_state"] for one in sets] == [1, 2, 3]
    rows = make_report_rows(X_test, y_test, None, None, max_full_rows=100, **settings)
    assert sets_of_seeds(distiller, rows, 3) == sets[:1]
