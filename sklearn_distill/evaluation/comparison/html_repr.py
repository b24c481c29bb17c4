"""The HTML representation of a comparison in notebooks."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from ..._utils.html_card import html_card, html_table

# Columns of a summary that are not fractions and are not shown in percent.
NOT_IN_PERCENT = ("log loss", "log loss (data prior)", "rank", "seconds")


def html_of_comparison(comparison: Any) -> str:
    """Return a self-contained block of HTML with a table for each budget."""
    results = comparison.results
    metric = "R²" if comparison.is_regression else "balanced accuracy"
    facts = {
        "Methods": ", ".join(comparison.methods),
        "Learners": ", ".join(comparison.learners),
        "Data sets": ", ".join(map(str, results["set"].drop_duplicates())),
        "Folds": str(results["fold"].nunique()),
        "Scores": f"{metric} and other fractions in percent, mean over folds; "
        "± is the standard deviation over folds, and test rows ± is half the width of "
        "the 95 % interval over the sampling of the test rows",
    }
    tables = [_table(comparison, budget) for budget in comparison.budgets]
    return html_card("Comparison", f"{len(results):,} scores", facts, *tables)


def in_percent(table: Any) -> Any:
    """Return a summary whose fractions are in percent, except for p-values."""
    fractions = [c for c in table if c not in NOT_IN_PERCENT and not c.startswith("p ")]
    table = table.copy()
    table[fractions] *= 100
    return table


def digits_of(column: str) -> int:
    """Return the number of decimals with which a column of a summary is shown."""
    return 3 if column.startswith("p ") or "log loss" in column else 1


def shown(value: float, column: str) -> str:
    """Return a number as the text of a table cell; a missing number is empty."""
    return "" if value != value else f"{value:.{digits_of(column)}f}"


def _table(comparison: Any, budget: Any) -> str:
    """Return the table of a budget: methods, and the full data as the last row."""
    table = comparison.summary(budget)
    full = comparison.full_data()
    if full is not None:
        table.loc["full data", full.index] = full
        table.loc["full data", "mean"] = full.mean()
    table = in_percent(table)
    rows = [
        [str(method), *(shown(row[column], column) for column in table)]
        for method, row in table.iterrows()
    ]
    return html_table(["", *map(str, table)], rows, caption=f"Budget {budget}")
