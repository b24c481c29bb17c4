"""What `sklearn-distill search` prints and writes."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._common import InputError, one_line

# scikit-learn appends the tracebacks of failed fits and scorers to its messages.
TRACEBACK = "Traceback (most recent call last)"


@contextmanager
def short_warnings() -> Iterator[None]:
    """Print each warning once, and without tracebacks.

    Raises
    ------
    InputError
        If all fits of a search fail.
    """
    printed: set[str] = set()

    def print_once(message: Warning | str, *_: Any, **__: Any) -> None:
        text = short(str(message))
        # Failed candidates have non-finite scores.
        if text not in printed and "test scores are non-finite" not in text:
            printed.add(text)
            print(f"warning: {text}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = print_once
        try:
            yield
        except ValueError as error:
            if TRACEBACK not in str(error):
                raise
            raise InputError(short(str(error))) from error


def short(message: str) -> str:
    """Return a message on one line, without the tracebacks in it."""
    if TRACEBACK not in message:
        return one_line(message)
    first, *others = message.strip().splitlines()
    summary = one_line(first.replace("All the ", "All ").split(".")[0])
    last = [line for line in others if line.strip()][-1]
    return f"{summary}. The last error: {one_line(last.rpartition('Error: ')[2])}"


def report_of(search: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Return the winner and the confirmed candidates, ready for JSON."""
    results = search.cv_results_
    chosen = search.confirmed_indices_.tolist()
    confirmed = [
        {
            "params": _plain(results["params"][i]),
            "distilled": _score(results["mean_test_score"][i]),
            "all_rows": _score(results["confirmed_mean_test_score"][i]),
        }
        for i in chosen
    ]
    return {
        "input": str(args.input),
        "estimator": args.estimator,
        "method": args.method,
        "budget": search.budget_,
        "rows": round(sum(map(len, search.distilled_)) / len(search.distilled_)),
        "candidates": len(results["params"]),
        "params": _plain(search.best_params_),
        "score": _score(search.best_score_),
        "confirmed": sorted(confirmed, key=lambda c: -(c["all_rows"] or -1e300)),
        "seconds": {
            "distilling": round(search.distill_time_, 3),
            "searching": round(search.search_time_, 3),
            "confirming": round(search.confirm_time_, 3),
            "fitting": round(search.refit_time_, 3),
        },
    }


def _plain(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without the name of the pipeline's step."""
    return {name.removeprefix("model__"): value for name, value in params.items()}


def _score(value: Any) -> float | None:
    """Return a score as a float, and NaN as None."""
    return float(value) if value == value else None


def table_of(report: dict[str, Any]) -> str:
    """Return the confirmed candidates as text, the winner first."""
    names = list(report["params"])
    header = [*names, "distilled rows", "all rows"]
    lines = [header]
    for candidate in report["confirmed"]:
        scores = [candidate["distilled"], candidate["all_rows"]]
        texts = ["" if score is None else f"{score:.4f}" for score in scores]
        lines.append([*(str(candidate["params"].get(n, "")) for n in names), *texts])
    widths = [max(len(line[j]) for line in lines) for j in range(len(header))]
    rows = [
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
        for line in lines
    ]
    seconds = sum(report["seconds"].values())
    title = (
        f"{report['candidates']} candidates on {report['rows']} distilled rows per "
        f"fold, {len(report['confirmed'])} confirmed on all rows, {seconds:.1f} s"
    )
    best = ", ".join(f"{name}={value!r}" for name, value in report["params"].items())
    return "\n".join([title, *rows, f"best: {best}"])
