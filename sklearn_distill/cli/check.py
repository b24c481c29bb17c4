"""The command `sklearn-distill check`: test a method against the distiller contract.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
import warnings
from collections import Counter
from functools import partial
from typing import IO, Any

from ._common import Parser, load_method, one_line

STATUSES = ("passed", "failed", "skipped", "xfail")


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "check",
        parents=parents,
        help="test a method against the contract of distillers",
        description=(
            "Run the checks of scikit-learn and those of sklearn-distill on a method.\n"
            "The checks of an iterative method take about a minute."
        ),
        epilog=(
            'The status "xfail" marks checks of scikit-learn that every distiller is\n'
            "expected to fail.\n"
            "\n"
            "examples:\n"
            "  sklearn-distill check herding\n"
            "  sklearn-distill check my-package:my-method --json"
        ),
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        help="the name of a method (see: sklearn-distill list), or DISTRIBUTION:NAME "
        "if two distributions use the same name",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check the method ``args.name`` and return the exit code: 1 if a check failed."""
    distiller = load_method(args.name)()
    from ..testing.runner import check_distiller

    callback = None if args.json else partial(_print_result, sys.stdout)
    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        # The checks fit data that a method is expected to warn about.
        warnings.simplefilter("ignore")
        results = check_distiller(distiller, on_fail=None, callback=callback)
    checks = [_record(result) for result in results]
    counted = Counter(check["status"] for check in checks)
    counts = {status: counted[status] for status in STATUSES}
    if args.json:
        print(json.dumps({"method": args.name, **counts, "checks": checks}))
    else:
        print(
            f"{args.name}: {len(checks)} checks, {counts['passed']} passed, "
            f"{counts['failed']} failed, {counts['skipped']} skipped, "
            f"{counts['xfail']} failed as expected"
        )
    return 1 if counts["failed"] else 0


def _print_result(stream: IO[str], **result: Any) -> None:
    """Print the result of one check on one line."""
    record = _record(result)
    reason = f": {record['reason']}" if record["reason"] else ""
    print(f"{record['status']:8}{record['check']}{reason}", file=stream, flush=True)


def _record(result: dict[str, Any]) -> dict[str, str | None]:
    """Return the name, the status and the reason of a check's result."""
    return {
        "check": result["check_name"],
        "status": result["status"],
        "reason": _reason(result),
    }


def _reason(result: dict[str, Any]) -> str | None:
    """Return on one line why a check did not pass, or None if it passed."""
    if result["status"] == "passed":
        return None
    if result["status"] == "xfail":
        return one_line(result["expected_to_fail_reason"])
    error = result["exception"]
    kind = f"{type(error).__name__}: " if result["status"] == "failed" else ""
    return kind + one_line(error)
