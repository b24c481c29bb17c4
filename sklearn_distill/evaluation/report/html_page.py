"""The HTML page of a report, with its tables and figures."""

# SPDX-License-Identifier: BSD-3-Clause

import io
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import Any

import numpy as np

from ..._utils.optional import import_jinja2, import_matplotlib
from ..measures.metrics import METRICS, metric_title
from .confidence_interval import clipped, mean_interval
from .figures import report_figures

# Placeholder color of lines and text in figures. It is replaced by currentColor, so
# that figures have the text color of the page.
TEXT_COLOR = "#010203"
# How measures are named on the page, if not by their names in the tables.
TITLES = {
    "mmd2": "MMD²",
    "auc linear": "AUC, linear classifier",
    "auc trees": "AUC, trees",
    "nearest": "nearest training row",
    "full hard": "full data, hard labels",
    "hard": "distilled, hard labels",
    "own": "distilled, own labels",
    "random own": "random rows, labels of the same kind",
    "random hard": "random rows, hard labels",
    "augmented": "distilled, augmented",
    "random augmented": "random rows, augmented",
}
EXPLANATIONS = {
    "marginals": "similarity of the distribution of each column; 1 if equal",
    "correlations": "similarity of the correlations of the columns; 1 if equal",
    "mmd2": "squared maximum mean discrepancy within classes; 0 if equal",
    "sliced wasserstein": "mean Wasserstein distance of random projections; 0 if equal",
    "density": "density of real rows around the rows of the set; 1 for real rows",
    "coverage": "share of the neighborhoods of real rows that contain a row of the set",
    "auc linear": "area under the ROC curve of a linear classifier that separates the "
    "set from test rows; 0.5 if it cannot",
    "auc trees": "area under the ROC curve of randomized trees; 0.5 if they cannot "
    "separate the set from test rows",
    "copies": "share of the rows of the set that equal a training row",
    "nearest": "median distance to the nearest training row, relative to the distance "
    "between training rows",
    "nearer to training": "share of the rows that are nearer to training rows than to "
    "test rows; 0.5 if the rows do not reveal the training rows",
    "LRS": "label-robust score, between 0 and 1",
    "ARS": "augmentation-robust score, between 0 and 1",
    "IOR": "improvement over random rows with labels of the same kind",
    "HLR": "hard-label recovery gap: full data minus the set, both with hard labels",
    "full hard": "balanced accuracy of the full data with hard labels; this score and "
    "the scores below are means over logistic regression, nearest neighbors and "
    "support vectors",
    "hard": "the set with hard labels",
    "own": "the set with its own labels",
    "random own": "random rows with labels of the same kind",
    "random hard": "random rows with hard labels",
    "augmented": "the set with its own labels and noise",
    "random augmented": "random rows with labels of the same kind and noise",
}


def page(report: Any) -> str:
    """Return a report as a complete HTML page."""
    return template("report.html.jinja").render(report=content(report), whole=True)


def fragment(report: Any) -> str:
    """Return a report as a part of an HTML page, for example of a notebook."""
    return template("report.html.jinja").render(report=content(report), whole=False)


@cache
def template(name: str) -> Any:
    """Return a compiled template of this package, which may include the others."""
    jinja2 = import_jinja2()
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_source), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.get_template(name)


def _source(name: str) -> str:
    """Return the text of a template of this package."""
    return files(__package__).joinpath(name).read_text("utf-8")


def content(report: Any) -> dict[str, Any]:
    """Return the values of a report that the templates render."""
    table = report.to_frame()
    return {
        "title": report.title,
        "headline": _headline(report, table),
        "scores": _score_cells(report, table),
        "figures": _svg_figures(report),
        "fidelity": _measure_cells(report.fidelity),
        "dd_ranking": _measure_cells(report.dd_ranking),
        "cost": {name: _number(value) for name, value in report.cost.items()},
        "about": report.about,
        "metric": "R²" if report.is_regression else "Balanced accuracy",
        "has_interval": bool(_intervals(table.loc["distilled"])),
    }


def _headline(report: Any, table: Any) -> list[tuple[str, str]]:
    """Return the main results at the top of the page as (value, description)."""
    distilled = table.loc["distilled"]
    metric = "R²" if report.is_regression else "balanced accuracy"
    # R^2 has no lower bound.
    lowest = -np.inf if report.is_regression else 0.0
    intervals = _intervals(distilled, lowest)
    results = [(f"{100 * distilled['mean']:.1f} %", metric + intervals)]
    if "recovery" in table:
        results += [
            (f"{100 * distilled['recovery']:.1f} %", "of the full data's score"),
            (
                f"{100 * distilled['above random']:+.1f}",
                "percentage points above random rows",
            ),
        ]
    n_rows = report.cost["rows"]
    n_train = report.cost.get("rows of the training data")
    description = "rows" if n_train is None else f"rows instead of {n_train:,}"
    return [*results, (f"{n_rows:,}", description)]


def _intervals(row: Any, lowest: float = 0.0) -> str:
    """Return the intervals of a mean score as text, without those that are NaN."""
    text = ""
    if not np.isnan(row["interval"]):
        low, high = clipped(row["mean"], row["interval"], lowest)
        text += f"; {100 * low:.1f} to {100 * high:.1f} % over test rows"
    if not np.isnan(row["seed interval"]):
        text += f"; ±\u00a0{100 * row['seed interval']:.1f} over seeds"
    return text


def _score_cells(report: Any, table: Any) -> dict[str, Any]:
    """Return the columns and rows of the score table as text."""
    learners = report.scores["learner"].drop_duplicates().tolist()
    scores = report.scores.groupby(["set", "learner"])["score"]
    names = (*METRICS["classification"][1:], *METRICS["regression"][1:])
    metrics = [c for c in map(metric_title, names) if c in table]
    recovery = ["recovery"] if "recovery" in table else []
    rows = []
    for name in table.index:
        row = table.loc[name]
        # Small screens show only the first columns, so the mean is the first.
        cells = [_percent(row["mean"], row["±"])]
        cells += [_percent(row[c]) for c in recovery]
        for learner in learners:
            interval = mean_interval(scores.get_group((name, learner)))
            cells.append(_percent(interval.mean, interval.deviation))
        cells += [(_number(row[c]), "") for c in metrics]
        rows.append((name, cells))
    return {"columns": ["mean", *recovery, *learners, *metrics], "rows": rows}


def _percent(mean: float, deviation: float = float("nan")) -> tuple[str, str]:
    """Return a mean and its deviation in percent as text; a NaN deviation is empty."""
    shown = "" if np.isnan(deviation) else f"±{100 * deviation:.1f}"
    return f"{100 * mean:.1f}", shown


def _measure_cells(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a table of measures: name, explanation, values as text."""
    rows = []
    for name, values in zip(frame.index, frame.to_numpy(), strict=True):
        pairs = zip(values[::2], values[1::2], strict=True)
        cells = [
            (_number(mean), "" if np.isnan(deviation) else f"±{deviation:.3f}")
            for mean, deviation in pairs
        ]
        title = TITLES.get(name, name)
        explanation = EXPLANATIONS[name]
        rows.append({"name": title, "explanation": explanation, "cells": cells})
    return rows


def _number(value: Any) -> str:
    """Return a value as the text of a table cell."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if np.isnan(value):
        return "–"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3f}"


def _svg_figures(report: Any) -> list[tuple[str, str]]:
    """Return each figure of a report as (name, SVG)."""
    return [
        (name, svg_figure(height, partial(draw, report)))
        for name, (height, draw) in report_figures(report).items()
    ]


def svg_figure(height: float, draw: Callable[[Any], None]) -> str:
    """Return a figure as SVG in the text color of the page.

    Parameters
    ----------
    height : float
        Height in inches.
    draw : callable
        Called with the matplotlib axes.
    """
    plt = import_matplotlib()
    colored = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color",
               "ytick.color", "grid.color")  # fmt: skip
    settings = {
        # Keep text as text, so that the file is small and the text can be selected.
        "svg.fonttype": "none",
        # Use a fixed salt, so that equal reports produce equal files.
        "svg.hashsalt": "sklearn-distill",
        "legend.framealpha": 0.0,
        **dict.fromkeys(colored, TEXT_COLOR),
    }
    with plt.rc_context(settings):
        figure, ax = plt.subplots(figsize=(5.0, height), layout="constrained")
        draw(ax)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
        plt.close(figure)
    svg = out.getvalue()
    return svg[svg.index("<svg") :].replace(TEXT_COLOR, "currentColor")
