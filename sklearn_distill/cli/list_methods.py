"""The command `sklearn-distill list`: which methods are installed, and which work.

Only the standard library is imported: the list is there at once.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import sys
from typing import Any

from ..plugins.registry import PluginInfo, list_distillers
from .data_files import one_line


def list_methods(args: argparse.Namespace) -> int:
    """Print the installed methods; return the exit code."""
    if args.check:
        return _list_checked(args)
    found = [_about(info) for info in list_distillers()]
    print(json.dumps(found) if args.json else _table(found))
    return 0


def _list_checked(args: argparse.Namespace) -> int:
    from ..plugins.diagnosis import diagnose_distillers, unreadable_distributions

    rows = [
        {
            **_about(diagnosis.info),
            "status": diagnosis.status,
            "problem": diagnosis.problem and one_line(diagnosis.problem),
        }
        for diagnosis in diagnose_distillers(time_limit=args.time_limit)
    ]
    broken = [row for row in rows if row["problem"]]
    if args.json:
        print(json.dumps(rows))
    else:
        # Problems are too long for a column.
        print(
            _table([{k: v for k, v in row.items() if k != "problem"} for row in rows])
        )
        for row in broken:
            print(f"\n{row['name']} ({row['status']}): {row['problem']}")
    unreadable = unreadable_distributions()
    for complaint in unreadable:
        print(f"warning: {one_line(complaint)}", file=sys.stderr)
    return 1 if broken or unreadable else 0


def _about(info: PluginInfo) -> dict[str, str]:
    return {
        "name": info.name,
        "distribution": info.distribution,
        "version": info.version,
        "class": info.value,
    }


def _table(found: list[dict[str, Any]]) -> str:
    """Return rows of equal keys in columns as wide as they need to be."""
    keys = found[0] if found else ("name", "distribution", "version", "class")
    rows = [[key.upper() for key in keys], *(list(row.values()) for row in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )
