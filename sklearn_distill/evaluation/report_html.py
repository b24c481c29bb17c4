"""A report as one HTML page: its tables, and its pictures drawn into it."""

# SPDX-License-Identifier: BSD-3-Clause

import io
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from .._utils.optional import import_jinja2, import_matplotlib
from .report_data import interval
from .report_pictures import drawings_of

# Lines and letters are drawn in this colour, which then becomes the page's own.
INK = "#010203"
EXPLAINED = {
    "marginals": "likeness of each column's distribution; 1 is equal",
    "correlations": "likeness of the columns' correlations; 1 is equal",
    "mmd2": "squared maximum mean discrepancy within classes; 0 is equal",
    "sliced wasserstein": "mean distance of distributions along a line; 0 is equal",
    "density": "how dense real rows are where the set's rows lie; 1 as real rows do",
    "coverage": "share of real neighbourhoods with a row of the set",
    "auc linear": "a linear classifier telling the set from unseen rows; 0.5 cannot",
    "auc trees": "the same with a forest",
    "copies": "share of the set's rows that are real ones",
    "nearest": "distance to the nearest real row, over that between real rows",
    "nearer to training": "share of rows nearer to training than to test rows; 0.5 if "
    "neither",
    "LRS": "label-robust score, between 0 and 1",
    "ARS": "augmentation-robust score, between 0 and 1",
    "IOR": "improvement over random rows with labels of the same kind",
    "HLR": "hard-label recovery gap: what hard labels lose against all rows",
    "full hard": "all rows, hard labels: like all below, the balanced accuracy of "
    "logistic regression, neighbours and support vectors",
    "hard": "the set, hard labels",
    "own": "the set, its own labels",
    "random own": "random rows, labels of the same kind",
    "random hard": "random rows, hard labels",
    "augmented": "the set, with noise",
    "random augmented": "random rows, with noise",
}


def page(report: Any) -> str:
    """Return a report as a whole page."""
    return _template().render(report=_content(report), whole=True)


def fragment(report: Any) -> str:
    """Return a report as a piece of a page, such as a notebook."""
    return _template().render(report=_content(report), whole=False)


@cache
def _template() -> Any:
    jinja2 = import_jinja2()
    source = files(__package__).joinpath("report.html.jinja").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    return environment.from_string(source)


def _content(report: Any) -> dict[str, Any]:
    table = report.to_frame()
    return {
        "title": report.title,
        "headline": _headline(report, table),
        "scores": _score_table(report, table),
        "pictures": _pictures(report),
        "fidelity": _measures(report.fidelity),
        "dd_ranking": _measures(report.dd_ranking),
        "cost": {name: _number(value) for name, value in report.cost.items()},
        "about": report.about,
        "metric": "R²" if report.is_regression else "Balanced accuracy",
    }


def _headline(report: Any, table: Any) -> list[tuple[str, str]]:
    """Return the figures that stand at the top, each with what it is."""
    own = table.loc["distilled"]
    metric = "R²" if report.is_regression else "balanced accuracy"
    width = "" if np.isnan(own["interval"]) else f" ± {100 * own['interval']:.1f}"
    found = [(f"{100 * own['mean']:.1f}{width} %", metric)]
    if "recovery" in table:
        above = 100 * own["above random"]
        found += [
            (f"{100 * own['recovery']:.1f} %", "of the full data's"),
            (f"{above:+.1f}", "points against random rows"),
        ]
    rows = report.cost["rows"]
    before = report.cost.get("rows before")
    about = "rows" if before is None else f"rows instead of {before:,}"
    return [*found, (f"{rows:,}", about)]


def _score_table(report: Any, table: Any) -> dict[str, Any]:
    """Return the cells of the table of scores: mean, and deviation over seeds."""
    learners = report.scores["learner"].drop_duplicates().tolist()
    groups = report.scores.groupby(["set", "learner"])["score"]
    others = [c for c in ("accuracy", "auc", "log loss", "rmse") if c in table]
    kept = ["recovery"] if "recovery" in table else []
    rows = []
    for name in table.index:
        row = table.loc[name]
        # The mean first: on a phone the first columns are all that is seen.
        cells = [_with_deviation(row["mean"], row["±"])]
        cells += [(f"{100 * row[c]:.1f}", "") for c in kept]
        cells += [
            _with_deviation(*interval(groups.get_group((name, k)))[:2])
            for k in learners
        ]
        cells += [(_number(row[c]), "") for c in others]
        rows.append((name, cells))
    return {"columns": ["mean", *kept, *learners, *others], "rows": rows}


def _with_deviation(mean: float, deviation: float) -> tuple[str, str]:
    shown = "" if np.isnan(deviation) else f"±{100 * deviation:.1f}"
    return f"{100 * mean:.1f}", shown


def _measures(frame: Any) -> list[dict[str, Any]]:
    """Return the rows of a table of measures: what each means, values, deviations."""
    rows = []
    for name, values in zip(frame.index, frame.to_numpy(), strict=True):
        pairs = zip(values[::2], values[1::2], strict=True)
        cells = [
            (_number(mean), "" if np.isnan(spread) else f"±{spread:.3f}")
            for mean, spread in pairs
        ]
        rows.append({"name": name, "means": EXPLAINED[name], "cells": cells})
    return rows


def _number(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if np.isnan(value):
        return "–"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3f}"


def _pictures(report: Any) -> list[tuple[str, str]]:
    """Return (name, SVG) of each picture, in the page's own ink."""
    plt = import_matplotlib()
    inked = {
        "svg.fonttype": "none",  # letters stay letters: smaller, and selectable
        "svg.hashsalt": "sklearn-distill",  # the same report is the same file
        "legend.framealpha": 0.0,
    }
    inked |= dict.fromkeys(
        ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color",
         "ytick.color", "grid.color"), INK,
    )  # fmt: skip
    pictures = []
    for name, (height, draw) in drawings_of(report).items():
        with plt.rc_context(inked):
            figure, ax = plt.subplots(figsize=(5.0, height), layout="constrained")
            draw(ax)
            out = io.StringIO()
            figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
            plt.close(figure)
        svg = out.getvalue()
        pictures.append((name, svg[svg.index("<svg") :].replace(INK, "currentColor")))
    return pictures
