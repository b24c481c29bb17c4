"""The figures of a report."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._utils.optional import import_matplotlib
from ..displays.distilled_rows_display import DistilledRowsDisplay
from ..displays.drawing import as_plain_text
from ..measures.full_data import FULL_DATA
from .confidence_interval import clipped, half_widths_on_test_rows, mean_interval

# Markers distinguish the sets without color, and colors are readable on a light and on
# a dark background.
STYLES = {
    "distilled": {"color": "#d1495b", "marker": "o"},
    "grown": {"color": "#8f5aa8", "marker": "P"},
    "random": {"color": "#7a8794", "marker": "s"},
    "herding": {"color": "#3a86c8", "marker": "D"},
    "k-means": {"color": "#4c9f70", "marker": "^"},
    FULL_DATA: {"color": "#c58a00", "marker": "|"},
}
# Maximum number of classes in the figure of recalls. The classes with the lowest
# recalls are shown.
MAX_CLASSES = 30


def draw_report(report: Any) -> Any:
    """Return a matplotlib figure with all figures of a report."""
    plt = import_matplotlib()
    figures = report_figures(report)
    heights = [height for height, _ in figures.values()]
    figure, axes = plt.subplots(
        len(figures), 1, figsize=(7.0, sum(heights)), height_ratios=heights,
        layout="constrained", squeeze=False,
    )  # fmt: skip
    for ax, (name, (_, draw)) in zip(axes[:, 0], figures.items(), strict=True):
        draw(report, ax)
        ax.set_title(name, loc="left")
    return figure


def report_figures(
    report: Any,
) -> dict[str, tuple[float, Callable[[Any, Any], None]]]:
    """Return the height in inches and the drawing function of each figure, by name.

    The drawing functions are called with the report and matplotlib axes.
    """
    n_learners = report.scores["learner"].nunique()
    figures: dict[str, tuple[float, Callable[[Any, Any], None]]] = {
        "Score by learner": (1.0 + 0.42 * n_learners, _draw_scores)
    }
    if not report.is_regression:
        n_classes = min(len(report.class_recalls()), MAX_CLASSES)
        figures["Recall by class"] = (1.0 + 0.28 * max(n_classes, 3), _draw_recalls)
    if report.rows.has_train:
        figures["Rows"] = (4.0, _draw_rows)
    return figures


def _draw_scores(report: Any, ax: Any) -> None:
    """Draw the score of each learner on each set, with intervals over test rows."""
    scores = report.scores
    learners = scores["learner"].drop_duplicates().tolist()
    names = [name for name in STYLES if name in set(scores["set"])]
    on_test_rows = half_widths_on_test_rows(
        scores, report.recalls, report.rows.y_test, ["set", "learner"]
    )
    # R^2 has no lower bound.
    lowest = -np.inf if report.is_regression else 0.0
    for i, name in enumerate(names):
        own = scores[scores["set"] == name]
        intervals = [
            mean_interval(own.loc[own["learner"] == learner, "score"])
            for learner in learners
        ]
        half_widths = [on_test_rows[name, learner] for learner in learners]
        y = np.arange(len(learners)) + 0.12 * (i - (len(names) - 1) / 2)
        means = np.array([interval.mean for interval in intervals])
        ends = [
            clipped(mean, width, lowest)
            for mean, width in zip(means, np.nan_to_num(half_widths), strict=True)
        ]
        low, high = np.array(ends).T
        ax.errorbar(
            means, y, xerr=(means - low, high - means),
            linestyle="none", label=name, markersize=10 if name == FULL_DATA else 5,
            **STYLES[name],
        )  # fmt: skip
    ax.set_yticks(np.arange(len(learners)), list(map(as_plain_text, learners)))
    ax.set_ylim(len(learners) - 0.5, -0.5)
    ax.set_xlabel("R²" if report.is_regression else "Balanced accuracy")
    ax.grid(axis="x", alpha=0.3)
    ax.legend(fontsize="small", ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))


def _draw_recalls(report: Any, ax: Any) -> None:
    """Draw the recall of each class on the distilled set, random rows and full data."""
    table = report.class_recalls()
    if len(table) > MAX_CLASSES:
        table = table.sort_values("distilled").iloc[:MAX_CLASSES]
    y = np.arange(len(table))
    for name in table:
        if name in ("distilled", "random", FULL_DATA):
            style = STYLES[name]
            ax.plot(table[name], y, style["marker"], color=style["color"], label=name)
    ax.set_yticks(y, [as_plain_text(label) for label in table.index])
    # Add space, because the markers of two classes would otherwise lie on the frame.
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel("Recall, mean over learners")
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small", ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))


def _draw_rows(report: Any, ax: Any) -> None:
    """Draw real and distilled rows on two principal components."""
    rows = report.rows
    DistilledRowsDisplay.from_set(report.sets[0], rows.X_train, rows.y_train, ax=ax)
