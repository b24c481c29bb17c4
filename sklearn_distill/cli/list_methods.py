"""The command `sklearn-distill list`: show the installed methods.

Only the standard library is imported at the top, so that the command responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
from typing import Any

from ..plugins.registry import PluginInfo, list_distillers
from ..plugins.summaries import summary_of
from ._common import Parser, one_line

# The columns of the table; the JSON array has more.
COLUMNS = ("name", "description", "distribution", "version", "status")


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "list",
        parents=parents,
        help="show the installed methods",
        description=(
            "Show the installed methods: the name, which --method accepts, what the\n"
            "method does, the distribution that provides the method, and its version.\n"
            "With --json, the location of the class is shown too.\n"
            "No method is imported unless --check is passed."
        ),
        epilog=(
            "examples:\n"
            "  sklearn-distill list\n"
            "  sklearn-distill list --check\n"
            "  sklearn-distill list --json"
        ),
    )
    parser.add_argument("--json", action="store_true", help="print a JSON array")
    parser.add_argument(
        "--check",
        action="store_true",
        help="import each method in a subprocess and report the methods that cannot be "
        "used",
    )
    parser.add_argument(
        "--time-limit",
        type=_seconds,
        default=60.0,
        metavar="SECONDS",
        help="maximum import time of a method with --check; default: 60",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the installed methods and return the exit code."""
    if args.check:
        return _print_checked(args)
    rows = [_row(info) for info in list_distillers()]
    print(json.dumps(rows) if args.json else _table(rows))
    return 0


def _print_checked(args: argparse.Namespace) -> int:
    """Print the installed methods with their status; return 1 if there are problems."""
    from ..plugins.diagnosis import diagnose_distillers, unreadable_distributions

    rows = [
        {
            **_row(diagnosis.info),
            "status": diagnosis.status,
            "problem": diagnosis.problem and one_line(diagnosis.problem),
        }
        for diagnosis in diagnose_distillers(time_limit=args.time_limit)
    ]
    broken = [row for row in rows if row["problem"]]
    if args.json:
        print(json.dumps(rows))
    else:
        # Print the problems below the table, because they are too long for a column.
        print(_table(rows))
        for row in broken:
            print(f"\n{row['name']} ({row['status']}): {row['problem']}")
    unreadable = unreadable_distributions()
    for message in unreadable:
        print(f"warning: {one_line(message)}", file=sys.stderr)
    return 1 if broken or unreadable else 0


def _row(info: PluginInfo) -> dict[str, str]:
    """Return the description and the metadata of a method by their names."""
    return {
        "name": info.name,
        "description": summary_of(info.value),
        "distribution": info.distribution,
        "version": info.version,
        "class": info.value,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    """Return the columns of a table, aligned below a header."""
    keys = [key for key in COLUMNS if key in (rows[0] if rows else COLUMNS[:-1])]
    cells = [[key.upper() for key in keys]]
    cells += [[row[key] for key in keys] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def _seconds(text: str) -> float:
    """Convert the value of --time-limit."""
    with contextlib.suppress(ValueError):
        if 0 < float(text) < float("inf"):
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} must be a positive number of seconds.")
