"""The command `sklearn-distill compare`: which method, for this file."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
from typing import Any

from .data_files import InputError, read_data
from .distill import check_output, check_source, warnings_in_one_line

# Columns of a summary that are no shares of one: shown as they are.
AS_THEY_ARE = ("log loss", "rank", "seconds")


def compare(args: argparse.Namespace) -> int:
    """Compare methods on ``args.input``; return the exit code."""
    with warnings_in_one_line():
        check_source(args.input, target=args.target, labelled=True)
        if args.output is not None:
            if args.output.suffix.lower() != ".csv":
                raise InputError(f"{args.output}: scores go to a .csv file.")
            check_output(args.output)
            if args.output.exists() and args.output.samefile(args.input):
                raise InputError(f"{args.output} is the input itself.")
        data = read_data(args.input, target=args.target, labelled=True)
        from ..evaluation import compare_distillers

        wants_bar = args.progress or (sys.stderr.isatty() and not args.quiet)
        with contextlib.redirect_stdout(sys.stderr):
            comparison = compare_distillers(
                data.X,
                data.y,
                args.methods,
                learners=args.learners or "panel",
                budgets=args.budget,
                cv=args.cv,
                task=args.task,
                full_data=not args.no_full,
                n_jobs=args.jobs,
                path=args.output,
                name=args.input.name,
                progress=wants_bar,
                random_state=args.random_state,
            )
    if args.json:
        print(json.dumps(_records(comparison)))
    elif not args.quiet:
        print("\n\n".join(_table(comparison, b) for b in comparison.budgets))
        if args.output is not None:
            print(f"\nevery score: {args.output}")
    return 0


def _table(comparison: Any, budget: Any) -> str:
    """Return the summary of a budget as text, shares in per cent."""
    table = comparison.summary(budget)
    full = comparison.full_data()
    if full is not None:
        table.loc["full data", full.index] = full
        table.loc["full data", "mean"] = full.mean()
    table = table.sort_values("mean", ascending=False)
    is_share = [c for c in table if c not in AS_THEY_ARE and not c.startswith("p ")]
    table[is_share] *= 100
    metric = "R^2" if comparison.is_regression else "balanced accuracy"
    as_text = {c: _format(3 if c.startswith("p ") else 1) for c in table}
    # One line a method, however narrow the terminal: a terminal wraps, pandas would
    # cut the table in pieces.
    body = table.rename_axis(index=None, columns=None).to_string(
        formatters=as_text, na_rep="", line_width=None
    )
    return f"Budget {budget}: {metric} in per cent, by learner\n{body}"


def _format(digits: int) -> Any:
    return lambda value: "" if value != value else f"{value:.{digits}f}"


def _records(comparison: Any) -> list[dict[str, Any]]:
    """Return the summaries as one object for each method and budget."""
    records = []
    for budget in comparison.budgets:
        for method, row in comparison.summary(budget).iterrows():
            cells = {k: None if v != v else float(v) for k, v in row.items()}
            records.append({"method": method, "budget": budget, **cells})
    return records
