"""The arguments of the command `sklearn-distill`, and what they mean.

Only the standard library is imported: ``--help`` answers at once.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import ast
import contextlib
from pathlib import Path
from typing import Any, NoReturn

from .. import __version__
from .check import check
from .compare import compare
from .data_files import InputError
from .distill import distill
from .list_methods import list_methods

PROG = "sklearn-distill"

EPILOG = """\
examples:
  sklearn-distill list
  sklearn-distill list --check
  sklearn-distill distill table.csv --target label --method herding -o small.csv
  sklearn-distill distill images.npz --method kernel-inducing-points --budget 20 \\
      --set image_shape=1,28,28 --set max_time=60 -o small.npz
  sklearn-distill compare table.csv --target label --methods random,herding \\
      --budget 5,10,50 -o scores.csv
  sklearn-distill check herding

exit codes:
  0 fine; 1 a check failed; 2 wrong use, or input that cannot be distilled;
  130 interrupted by Ctrl-C: nothing was written, but for the scores of a comparison,
  which goes on from them
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are exceptions, and that guesses no abbreviations."""

    def __init__(self, **kwargs: Any):
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            **kwargs,
        )

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def command_parser() -> _Parser:
    """Return the parser; what it parses has the command to call as `run`."""
    # SUPPRESS, so that a sub-command's default cannot undo what stood before it.
    common = _Parser(add_help=False)
    common.add_argument(
        "--debug",
        action="store_true",
        default=argparse.SUPPRESS,
        help="let errors through with their traceback",
    )
    parser = _Parser(
        prog=PROG,
        description="Dataset distillation: a small training set instead of a big one.",
        epilog=EPILOG,
        parents=[common],
    )
    parser.add_argument("--version", action="version", version=f"{PROG} {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_list(commands, common)
    _add_distill(commands, common)
    _add_compare(commands, common)
    _add_check(commands, common)
    return parser


def _add_list(commands: Any, common: _Parser) -> None:
    parser = commands.add_parser(
        "list",
        parents=[common],
        help="say which methods are installed",
        description=(
            "Say which methods are installed. Nothing is imported for it, unless "
            "--check asks which of them work."
        ),
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.add_argument(
        "--check",
        action="store_true",
        help="load each method in another process; name those that cannot be used, "
        "and why",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="how long a method may take to import for --check; default: 60",
    )
    parser.set_defaults(run=list_methods)


def _add_distill(commands: Any, common: _Parser) -> None:
    parser = commands.add_parser(
        "distill",
        parents=[common],
        help="distill a file into a small one",
        description=(
            "Distill a table or an array of images into a small one of the same kind."
        ),
        epilog=(
            "In a CSV file an empty cell is a missing value, which is refused; words\n"
            'such as "NA" or "?" are categories like any other.'
        ),
    )
    add = parser.add_argument
    _add_input(parser)
    add("--method", required=True, metavar="NAME", help="see: sklearn-distill list")
    labels = parser.add_mutually_exclusive_group()
    labels.add_argument(
        "--target", metavar="COLUMN", help="the column, or .npz array, of labels"
    )
    labels.add_argument(
        "--no-target", action="store_true", help="distill rows without labels"
    )
    add(
        "--budget",
        type=_budget,
        metavar="B",
        help="rows per class (20; regression: rows in all), a share of the rows "
        "(0.05), or rows by class (yes=10,no=20); default: the method's own",
    )
    add(
        "--task",
        choices=["auto", "classification", "regression"],
        help="whether the labels are classes or quantities; default: auto",
    )
    add("--random-state", type=int, metavar="SEED", help="for the same rows each time")
    add(
        "--set",
        action="append",
        default=[],
        type=_setting,
        dest="settings",
        metavar="KEY=VALUE",
        help="any other parameter of the method, as often as needed: --set "
        "max_time=60 --set image_shape=1,28,28",
    )
    add(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="OUTPUT",
        help="a .csv, .parquet or .npz file: the columns as they came, then the "
        "labels; an older file is replaced once the new one is complete",
    )
    _add_what_is_said(parser, json="one JSON object", text="summary")
    parser.set_defaults(run=distill)


def _add_compare(commands: Any, common: _Parser) -> None:
    parser = commands.add_parser(
        "compare",
        parents=[common],
        help="compare methods on a file",
        description=(
            "Train a panel of learners on what several methods make of a file, and\n"
            "test them on rows that no method saw, by cross-validation."
        ),
        epilog=(
            "With -o, scores are written as they come. The same command goes on where\n"
            "one that was stopped left off, and says at once what it knows already."
        ),
    )
    add = parser.add_argument
    _add_input(parser)
    add(
        "--methods",
        required=True,
        type=_names,
        metavar="NAMES",
        help="separated by commas; see: sklearn-distill list",
    )
    add("--target", metavar="COLUMN", help="the column, or .npz array, of labels")
    add(
        "--budget",
        type=_budgets,
        default=[10],
        metavar="B",
        help="rows per class (5,10,50; regression: rows in all), or shares of the rows "
        "(0.01,0.05); default: 10",
    )
    add(
        "--learners",
        type=_names,
        metavar="NAMES",
        help='some of the panel, such as "logistic,random forest"; default: all',
    )
    add("--cv", type=int, default=5, metavar="K", help="folds; default: 5")
    add(
        "--task",
        choices=["auto", "classification", "regression"],
        default="auto",
        help="whether the labels are classes or quantities; default: auto",
    )
    add("--random-state", type=int, default=0, metavar="SEED", help="default: 0")
    add("--jobs", type=int, metavar="N", help="processes; default: 1")
    add("--no-full", action="store_true", help="do not train on all the rows, to go by")
    add(
        "-o",
        "--output",
        type=Path,
        metavar="OUTPUT",
        help="a .csv file for every single score",
    )
    _add_what_is_said(parser, json="one JSON array", text="table")
    parser.set_defaults(run=compare)


def _add_input(parser: _Parser) -> None:
    parser.add_argument(
        "input",
        metavar="INPUT",
        type=Path,
        help="a .csv, .csv.gz or .parquet table, or an .npz file with the arrays X "
        "and y (or X_train and y_train)",
    )


def _add_what_is_said(parser: _Parser, json: str, text: str) -> None:
    """Add the flags of what is printed, which is `text` unless it is to be `json`."""
    add = parser.add_argument
    add("--json", action="store_true", help=f"print {json}, no {text}")
    add("--quiet", action="store_true", help=f"no {text} and no progress bar")
    add(
        "--progress",
        action="store_true",
        help="show a progress bar even if stderr is no terminal",
    )


def _add_check(commands: Any, common: _Parser) -> None:
    parser = commands.add_parser(
        "check",
        parents=[common],
        help="check that a method keeps to the contract",
        description=(
            "Run scikit-learn's checks and ours on a method. It takes a minute or so "
            "for one that iterates."
        ),
    )
    parser.add_argument("name", metavar="NAME", help="method, or distribution:method")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=check)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0.")


def _budget(text: str) -> int | float | dict[str, int]:
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return number(text)
    rows_of: dict[str, int] = {}
    for part in text.split(","):
        label, equals, rows = part.rpartition("=")
        if not equals or not rows.strip().isdecimal():
            raise argparse.ArgumentTypeError(
                f"{text!r} is no budget. Give rows per class (20), a share of the rows "
                "(0.05) or rows by class (yes=10,no=20)."
            )
        if label in rows_of:
            raise argparse.ArgumentTypeError(f"{text!r} names {label!r} twice.")
        rows_of[label] = int(rows)
    return rows_of


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if "" in names:
        raise argparse.ArgumentTypeError(f"{text!r} is no list of names: a,b,c.")
    return names


def _budgets(text: str) -> list[int | float]:
    budgets = [_budget(part) for part in text.split(",") if "=" not in part]
    if len(budgets) < text.count(",") + 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} names classes. A comparison takes rows per class (5,10,50) or "
            "shares of the rows (0.01,0.05)."
        )
    return budgets  # type: ignore[return-value]


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form KEY=VALUE.")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key, value
