"""Tests of the figures of a report."""

# SPDX-License-Identifier: BSD-3-Clause

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_distill.evaluation.report import figures


def test_plot_has_a_figure_for_scores_recalls_and_rows(report):
    axes = report.plot().axes
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == ["Score by learner", "Recall by class", "Rows"]


def test_scores_are_drawn_by_learner(report):
    ax = plt.figure().subplots()
    figures._draw_scores(report, ax)
    table = report.to_frame()
    drawn = {c.get_label(): c.lines[0].get_xdata() for c in ax.containers}
    assert list(drawn) == ["distilled", "random", "herding", "k-means", "full data"]
    for name, scores in drawn.items():
        assert scores == pytest.approx(table.loc[name, ["logistic", "naive Bayes"]])
    for container in ax.containers:
        bars = np.array([segment[:, 0] for segment in container[2][0].get_segments()])
        assert 0.0 <= bars.min() <= bars.max() <= 1.0
        # The sampling of the test rows makes every score uncertain.
        assert (np.ptp(bars, axis=1) > 0).all()


def test_recalls_are_drawn_by_class(report, monkeypatch):
    table = report.class_recalls()
    ax = plt.figure().subplots()
    figures._draw_recalls(report, ax)
    assert [line.get_label() for line in ax.lines] == ["distilled", "random",
                                                       "full data"]  # fmt: skip
    assert (ax.lines[0].get_xdata() == table["distilled"]).all()
    monkeypatch.setattr(figures, "MAX_CLASSES", 2)
    ax = plt.figure().subplots()
    figures._draw_recalls(report, ax)
    worst = np.sort(table["distilled"])[:2]
    assert ax.lines[0].get_xdata() == pytest.approx(worst)
