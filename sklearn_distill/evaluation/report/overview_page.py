"""The HTML page of an overview of a data set."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ..comparison.html_repr import in_percent, shown
from ..measures.full_data import FULL_DATA
from .html_page import content, svg_figure, template
from .overview import Overview


class Step(NamedTuple):
    """A recommendation: a heading, text, and code that can be copied or ""."""

    title: str
    text: str
    code: str = ""


def overview_page(overview: Overview, steps: Sequence[Step], title: str) -> str:
    """Return an overview as a complete HTML page without external resources.

    Parameters
    ----------
    overview : Overview
    steps : sequence of Step
        What the reader can do next.
    title : str
        Title of the page.
    """
    analysis = overview.analysis
    return template("overview.html.jinja").render(
        title=title,
        report=content(overview.report),
        n_rows=analysis.n_rows + len(overview.report.rows.X_test),
        n_train=analysis.n_rows,
        facts={"Columns in total": f"{analysis.n_columns:,}", **analysis.facts()},
        advice=analysis.advice,
        curve=svg_figure(2.6, partial(draw_learning_curve, analysis))
        if len(analysis.curve) > 1
        else "",
        comparison=_comparison_cells(overview),
        unit="rows in total" if analysis.classes is None else "rows per class",
        overview=overview,
        steps=steps,
    )


def draw_learning_curve(analysis: Any, ax: Any) -> None:
    """Draw the scores of a random forest on random rows, and its score on all rows."""
    curve = analysis.curve
    ax.errorbar(
        curve["rows"], 100 * curve["score"], 100 * curve["deviation"].fillna(0.0),
        color="#7a8794", marker="s", markersize=4, capsize=3, label="random rows",
    )  # fmt: skip
    ax.axhline(
        100 * analysis.full_score, color="#c58a00", linestyle="--", label="all rows"
    )
    ax.set_xscale("log")
    ax.set_xticks(curve["rows"], [f"{n:,}" for n in curve["rows"]], rotation=45)
    ax.minorticks_off()
    ax.set_xlabel("Number of random rows")
    ax.set_ylabel("R², %" if analysis.classes is None else "Balanced accuracy, %")
    ax.grid(alpha=0.3)
    ax.legend(fontsize="small", loc="lower right")


def _comparison_cells(overview: Overview) -> dict[str, Any]:
    """Return the columns and rows of the table of methods as text."""
    comparison = overview.comparison
    summary = comparison.summary(overview.budget)
    full = comparison.full_data()
    learners = [name for name in comparison.learners if name in summary]
    columns = ["mean", "±", "retention", "worst", *learners, "seconds"]
    columns = [name for name in columns if name in summary]
    if full is not None:
        summary.loc[FULL_DATA, [*full.index, "mean"]] = [*full, full.mean()]
    table = in_percent(summary[columns])
    rows = [
        (str(name), [shown(row[column], column) or "–" for column in columns])
        for name, row in table.iterrows()
    ]
    failed = comparison.results[comparison.results["error"] != ""]
    errors = failed.groupby("method", sort=False)["error"].first()
    return {
        "columns": columns,
        "rows": rows,
        "n_folds": int(comparison.results["fold"].nunique()),
        "errors": list(errors.items()),
        "rivals": close_methods(overview),
    }


def close_methods(overview: Overview) -> list[str]:
    """Return the methods whose mean score is within a deviation of the best one.

    The deviation is that of the chosen method over folds.
    """
    summary = overview.comparison.summary(overview.budget)
    best = summary.loc[overview.method]
    margin = float(np.nan_to_num(best["±"]))
    others = summary["mean"].drop(overview.method).dropna()
    return [str(name) for name in others.index[best["mean"] - others <= margin]]
