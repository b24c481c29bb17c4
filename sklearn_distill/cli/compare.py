"""The command `sklearn-distill compare`: compare methods by cross-validation.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from ._common import (
    InputError,
    Parser,
    add_csv_options,
    add_densify_option,
    add_input_argument,
    add_print_options,
    add_target_option,
    add_task_option,
    names,
    number,
    one_line_warnings,
    terminal_width,
    wants_progress_bar,
)
from .csv_files import csv_format
from .data_files import check_input, check_output, read_data


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "compare",
        parents=parents,
        help="compare methods on a file",
        description=(
            "Compare methods by cross-validation: train several learners on the\n"
            "distilled set of each method, and test them on the held-out rows."
        ),
        epilog=(
            "With -o, each score is written as soon as it is known. If the command is\n"
            "stopped, the same command continues from the scores in the file.\n"
            "\n"
            "examples:\n"
            "  sklearn-distill compare table.csv --target label \\\n"
            "      --methods random,herding,k-means --budget 5,10,50 -o scores.csv\n"
            "  sklearn-distill compare table.parquet --target price \\\n"
            "      --methods random,k-means --task regression --budget 50 --json"
        ),
    )
    add_input_argument(parser)
    parser.add_argument(
        "--methods",
        required=True,
        type=names,
        metavar="NAMES",
        help="names of methods, separated by commas; see: sklearn-distill list",
    )
    add_target_option(parser)
    _add_evaluation_options(parser)
    add_csv_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUTPUT",
        help="a .csv file to which all scores are written",
    )
    add_print_options(parser, text="table", json="one JSON array")
    parser.set_defaults(run=run)


def _add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is trained and tested, and how often."""
    add = parser.add_argument
    add(
        "--budget",
        type=_budgets,
        default=[10],
        metavar="B",
        help="rows per class (5,10,50; in total for regression), or fractions of the "
        "rows (0.01,0.05); default: 10",
    )
    add(
        "--learners",
        type=names,
        metavar="NAMES",
        help='learners to train, such as "logistic,random forest"; default: all',
    )
    add_densify_option(
        parser,
        "train the learners on N rows that are grown from the distilled rows, or, with "
        "auto, on the better of distilled and grown rows, chosen on training rows",
    )
    add(
        "--calibrate",
        action="store_true",
        help="calibrate the probabilities under the class shares of the data",
    )
    add("--cv", type=int, default=5, metavar="K", help="number of folds; default: 5")
    add_task_option(parser, default="auto")
    add(
        "--random-state",
        type=int,
        default=0,
        metavar="SEED",
        help="seed of the folds, methods and learners; default: 0",
    )
    add("--jobs", type=int, metavar="N", help="number of processes; default: 1")
    add(
        "--no-full",
        action="store_true",
        help="do not train the learners on the full data for reference",
    )


def run(args: argparse.Namespace) -> int:
    """Compare methods on ``args.input`` and return the exit code."""
    with one_line_warnings():
        csv = csv_format(args)
        check_input(args.input, target=args.target, labeled=True)
        if args.output is not None:
            _check_score_file(args.output, args.input)
        data = read_data(args.input, target=args.target, labeled=True, csv=csv)
        from ..evaluation import compare_distillers

        with contextlib.redirect_stdout(sys.stderr):
            comparison = compare_distillers(
                data.X,
                data.y,
                args.methods,
                learners=args.learners or "panel",
                budgets=args.budget,
                densify=args.densify,
                calibrate=args.calibrate,
                cv=args.cv,
                task=args.task,
                full_data=not args.no_full,
                n_jobs=args.jobs,
                path=args.output,
                name=args.input.name,
                progress=wants_progress_bar(args),
                random_state=args.random_state,
            )
    if args.json:
        print(json.dumps(_records(comparison)))
    elif not args.quiet:
        print("\n\n".join(_table(comparison, b) for b in comparison.budgets))
        if args.output is not None:
            print(f"\nscores written to {args.output}")
    return 0


def _check_score_file(output: Path, source: Path) -> None:
    """Raise InputError unless the scores can be written to `output`."""
    if output.suffix.lower() != ".csv":
        raise InputError(f"{output}: the output must be a .csv file.")
    check_output(output)
    if output.exists() and output.samefile(source):
        raise InputError(
            f"{output}: the output must not be the input file. Choose another name."
        )


def _table(comparison: Any, budget: Any) -> str:
    """Return the summary of a budget as text, with fractions shown in percent."""
    from ..evaluation.comparison.html_repr import in_percent, shown

    table = comparison.summary(budget)
    full = comparison.full_data()
    if full is not None:
        table.loc["full data", full.index] = full
        table.loc["full data", "mean"] = full.mean()
    table = in_percent(table.sort_values("mean", ascending=False))
    cells = [["", *table.columns]] + [
        [str(method), *(shown(row[column], column) for column in table)]
        for method, row in table.iterrows()
    ]
    metric = "R^2" if comparison.is_regression else "balanced accuracy"
    return "\n".join(
        [f"Budget {budget}: {metric} in percent, by learner"]
        + _lines(cells, terminal_width())
    )


def _lines(cells: list[list[str]], width: int | None) -> list[str]:
    """Return the lines of a table, in several blocks if it is wider than `width`.

    Each block starts with the first column, so that a row is not broken within a cell.
    None stands for an unlimited width.
    """
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    blocks: list[list[int]] = [[]]
    for j in range(1, len(widths)):
        used = widths[0] + sum(2 + widths[k] for k in [*blocks[-1], j])
        if blocks[-1] and width is not None and used > width:
            blocks.append([])
        blocks[-1].append(j)
    return [
        row[0].ljust(widths[0]) + "".join("  " + row[j].rjust(widths[j]) for j in block)
        for block in blocks
        for row in cells
    ]


def _records(comparison: Any) -> list[dict[str, Any]]:
    """Return the summaries as one dict for each budget and method."""
    records = []
    for budget in comparison.budgets:
        for method, row in comparison.summary(budget).iterrows():
            cells = {k: None if v != v else float(v) for k, v in row.items()}
            records.append({"method": method, "budget": budget, **cells})
    return records


def _budgets(text: str) -> list[int | float]:
    """Convert the value of --budget."""
    try:
        return [number(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be numbers of rows per class, such as 5,10,50, or "
            "fractions of the rows, such as 0.01,0.05."
        ) from None
