"""The command `sklearn-distill check`: does a method keep to the contract?"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
import warnings
from typing import Any

from .data_files import one_line
from .distill import load_method


def check(args: argparse.Namespace) -> int:
    """Check the method ``args.name``; return the exit code: 1 if a check failed."""
    distiller = load_method(args.name)()
    from ..testing.runner import check_distiller

    stdout = sys.stdout
    checks: list[dict[str, Any]] = []

    def tell(**result: Any) -> None:
        status, name, reason = result["status"], result["check_name"], _reason(result)
        checks.append({"check": name, "status": status, "reason": reason})
        if not args.json:
            because = f": {reason}" if reason else ""
            print(f"{status:8}{name}{because}", file=stdout, flush=True)

    with warnings.catch_warnings(), contextlib.redirect_stdout(sys.stderr):
        # A method under test is shown data that it should warn of.
        warnings.simplefilter("ignore")
        check_distiller(distiller, on_fail=None, callback=tell)
    counts = {
        status: sum(check["status"] == status for check in checks)
        for status in ("passed", "failed", "skipped", "xfail")
    }
    if args.json:
        print(json.dumps({"method": args.name, **counts, "checks": checks}))
    else:
        print(
            f"{args.name}: {len(checks)} checks, {counts['passed']} passed, "
            f"{counts['failed']} failed, {counts['skipped']} skipped, "
            f"{counts['xfail']} failed as expected"
        )
    return 1 if counts["failed"] else 0


def _reason(result: dict[str, Any]) -> str | None:
    if result["status"] == "passed":
        return None
    if result["status"] == "xfail":
        return one_line(result["expected_to_fail_reason"])
    error = result["exception"]
    kind = f"{type(error).__name__}: " if result["status"] == "failed" else ""
    return kind + one_line(error)
