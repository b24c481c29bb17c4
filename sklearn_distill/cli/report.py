"""The command `sklearn-distill report`: write one HTML page on a file.

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
    add_input_argument,
    add_print_options,
    add_target_option,
    add_task_option,
    names,
    number,
    one_line_warnings,
    wants_progress_bar,
)
from .csv_files import csv_format
from .data_files import check_input, check_output, read_data


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "report",
        parents=parents,
        help="write one HTML page: analysis, methods compared, what to do next",
        description=(
            "Analyze a file, compare methods at one budget, distill the training rows\n"
            "with the best method, and write one HTML page that states the results on\n"
            "test rows and what to do next. The page needs no network."
        ),
        epilog=(
            "A quarter of the rows of each class are test rows. The choices of budget\n"
            "and method do not depend on test rows.\n"
            "\n"
            "examples:\n"
            "  sklearn-distill report table.csv --target label -o report.html\n"
            "  sklearn-distill report table.parquet --target price \\\n"
            "      --task regression --methods random,k-means -o report.html\n"
            "  sklearn-distill report table.csv --target label --budget 20 \\\n"
            '      --learners "logistic,random forest" --json -o report.html'
        ),
    )
    add_input_argument(parser)
    add_target_option(parser)
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="OUTPUT",
        help="the .html file; an existing file is replaced once the new file is "
        "complete",
    )
    _add_evaluation_options(parser)
    add_csv_options(parser)
    add_print_options(parser, text="summary", json="one JSON object")
    parser.set_defaults(run=run)


def _add_evaluation_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is compared, and how."""
    add = parser.add_argument
    add(
        "--methods",
        type=names,
        metavar="NAMES",
        help="names of methods, separated by commas; default: random,herding,k-means,"
        "kernel-inducing-points",
    )
    add(
        "--budget",
        type=_budget,
        metavar="B",
        help="rows per class (20; in total for regression), or a fraction of the rows "
        "(0.05); default: a quarter of the rows that random rows would need",
    )
    add(
        "--learners",
        type=names,
        metavar="NAMES",
        help='learners to train, such as "logistic,random forest"; default: all',
    )
    add("--cv", type=int, default=3, metavar="K", help="number of folds; default: 3")
    add(
        "--seeds",
        type=int,
        default=3,
        metavar="N",
        help="number of distilled sets of the chosen method; default: 3",
    )
    add_task_option(parser, default="auto")
    add(
        "--random-state",
        type=int,
        default=0,
        metavar="SEED",
        help="seed of the test rows, folds, methods and learners; default: 0",
    )
    add("--jobs", type=int, metavar="N", help="number of processes; default: 1")


def run(args: argparse.Namespace) -> int:
    """Write the report on ``args.input`` and return the exit code."""
    with one_line_warnings():
        csv = csv_format(args)
        check_input(args.input, target=args.target, labeled=True)
        _check_options(args)
        data = read_data(args.input, target=args.target, labeled=True, csv=csv)
        from .._utils.atomic_file import write_atomically
        from .._utils.optional import import_jinja2, import_matplotlib
        from ..evaluation.report.overview import METHODS, make_overview
        from ..evaluation.report.overview_page import overview_page
        from .report_steps import next_steps

        # Raise the errors of missing packages before the long computation.
        import_jinja2()
        import_matplotlib().switch_backend("agg")
        with contextlib.redirect_stdout(sys.stderr):
            overview = make_overview(
                _as_images(data.X),
                data.y,
                methods=args.methods or METHODS,
                budget=args.budget,
                learners=args.learners or "panel",
                cv=args.cv,
                n_seeds=args.seeds,
                task=args.task,
                n_jobs=args.jobs,
                name=args.input.name,
                progress=wants_progress_bar(args),
                random_state=args.random_state,
            )
        title = f"Distillation report: {args.input.name}"
        page = overview_page(overview, next_steps(overview, args, csv), title)
        write_atomically(args.output, lambda file: file.write(page.encode("utf-8")))
    record = _record(overview, args)
    if args.json:
        print(json.dumps(record))
    elif not args.quiet:
        print(_summary(record))
    return 0


def _check_options(args: argparse.Namespace) -> None:
    """Raise InputError unless the page can be written and the numbers are valid."""
    if args.output.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{args.output}: the output must be an .html file.")
    check_output(args.output)
    for option, value, lowest in (("--cv", args.cv, 2), ("--seeds", args.seeds, 1)):
        if value < lowest:
            raise InputError(f"{option} must be at least {lowest}; got {value}.")


def _as_images(X: Any) -> Any:
    """Return X with an axis for the channel if X has the shape (n, height, width)."""
    return X[:, None] if getattr(X, "ndim", 2) == 3 else X


def _record(overview: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Return the main results, ready for JSON."""
    table = overview.report.to_frame()
    means = overview.comparison.summary(overview.budget)["mean"]
    return {
        "input": str(args.input),
        "output": str(args.output),
        "task": overview.analysis.task,
        "method": overview.method,
        "budget": overview.budget,
        "rows": len(overview.report.sets[0]),
        "rows_before": overview.analysis.n_rows,
        "score": float(table.loc["distilled", "mean"]),
        "score_random": float(table.loc["random", "mean"]),
        "score_full": float(table.loc["full data", "mean"]),
        "compared": {
            str(name): None if mean != mean else float(mean)
            for name, mean in means.items()
        },
    }


def _summary(record: dict[str, Any]) -> str:
    """Return the main results as text for the user."""
    is_regression = record["task"] == "regression"
    unit = "" if is_regression or record["budget"] < 1 else " per class"
    metric = "R^2" if is_regression else "balanced accuracy"
    scores = ", ".join(
        f"{100 * record[key]:.1f} % ({name})"
        for key, name in (
            ("score", "distilled"),
            ("score_random", "random rows"),
            ("score_full", "all rows"),
        )
    )
    return (
        f"best method: {record['method']} with budget {record['budget']}{unit}, "
        f"{record['rows']:,} of {record['rows_before']:,} training rows\n"
        f"{metric} on test rows: {scores}\n"
        f"report written to {record['output']}"
    )


def _budget(text: str) -> int | float:
    """Convert the value of --budget."""
    try:
        return number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a number of rows per class, such as 20, or a fraction "
            "of the rows, such as 0.05."
        ) from None
