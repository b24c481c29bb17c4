"""The pictures of a report."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.optional import import_matplotlib
from .drawing import as_written
from .report_data import FULL_DATA, interval
from .row_displays import DistilledRowsDisplay

# Distinct without colour too, and on a light and a dark ground.
LOOKS = {
    "distilled": {"color": "#d1495b", "marker": "o"},
    "random": {"color": "#7a8794", "marker": "s"},
    "herding": {"color": "#3a86c8", "marker": "D"},
    "k-means": {"color": "#4c9f70", "marker": "^"},
    FULL_DATA: {"color": "#c58a00", "marker": "|"},
}
# Bars for more classes than this are too thin to read; the worst are shown.
MAX_CLASSES = 30


def draw_report(report: Any) -> Any:
    """Return a figure with all pictures of a report."""
    plt = import_matplotlib()
    drawings = drawings_of(report)
    figure, axes = plt.subplots(
        len(drawings), 1, figsize=(7.0, sum(size for size, _ in drawings.values())),
        layout="constrained", squeeze=False,
        height_ratios=[size for size, _ in drawings.values()],
    )  # fmt: skip
    for ax, (name, (_, draw)) in zip(axes[:, 0], drawings.items(), strict=True):
        draw(ax)
        ax.set_title(name, loc="left")
    return figure


def drawings_of(report: Any) -> dict[str, tuple[float, Any]]:
    """Return height in inches and a function that draws on axes, by picture."""
    n_learners = report.scores["learner"].nunique()
    drawings: dict[str, tuple[float, Any]] = {
        "Score by learner": (1.0 + 0.42 * n_learners, lambda ax: _scores(report, ax))
    }
    if not report.is_regression:
        n_classes = min(len(report.class_recalls()), MAX_CLASSES)
        height = 1.0 + 0.28 * max(n_classes, 3)
        drawings["Recall by class"] = (height, lambda ax: _recalls(report, ax))
    if report.rows.has_train:
        drawings["Rows"] = (4.0, lambda ax: _rows(report, ax))
    return drawings


def _scores(report: Any, ax: Any) -> None:
    scores = report.scores
    learners = scores["learner"].drop_duplicates().tolist()
    names = [name for name in LOOKS if name in set(scores["set"])]
    for place, name in enumerate(names):
        own = scores[scores["set"] == name]
        found = [interval(own.loc[own["learner"] == k, "score"]) for k in learners]
        y = np.arange(len(learners)) + 0.12 * (place - (len(names) - 1) / 2)
        means, widths = np.array([(f[0], np.nan_to_num(f[2])) for f in found]).T
        # Of two seeds an interval may reach beyond the best score there is.
        reach = np.minimum(widths, np.maximum(0.0, 1.0 - means))
        ax.errorbar(
            means, y, xerr=(widths, reach),
            linestyle="none", label=name, markersize=10 if name == FULL_DATA else 5,
            **LOOKS[name],
        )  # fmt: skip
    ax.set_yticks(np.arange(len(learners)), list(map(as_written, learners)))
    ax.invert_yaxis()
    ax.set_xlabel("R²" if report.is_regression else "balanced accuracy")
    ax.grid(axis="x", alpha=0.3)
    ax.legend(fontsize="small", ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))


def _recalls(report: Any, ax: Any) -> None:
    table = report.class_recalls()
    if len(table) > MAX_CLASSES:
        table = table.sort_values("distilled").iloc[:MAX_CLASSES]
    y = np.arange(len(table))
    for name in table:
        if name in ("distilled", "random", FULL_DATA):
            look = LOOKS[name]
            ax.plot(table[name], y, look["marker"], color=look["color"], label=name)
    ax.set_yticks(y, [as_written(label) for label in table.index])
    # Of two classes the marks would stand on the frame.
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel("recall, mean over learners")
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small", ncols=3, loc="lower center", bbox_to_anchor=(0.4, 1.0))


def _rows(report: Any, ax: Any) -> None:
    rows = report.rows
    X, y = rows.X_train, rows.y_train
    DistilledRowsDisplay.from_set(report.sets[0], X, y, ax=ax)
