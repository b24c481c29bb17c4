"""The command `sklearn-distill distill`: write the distilled set of a file.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import ast
import contextlib
import json
import sys
import warnings
from collections.abc import Callable
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
    joined,
    load_method,
    number,
    one_line,
    one_line_warnings,
    suggestion,
    wants_progress_bar,
)
from .csv_files import CsvFormat, csv_format
from .data_files import (
    Data,
    read_data,
)
from .distill_checks import (
    check_densify,
    check_image_shape,
    check_output_format,
    check_paths,
    flat_rows,
)
from .output_files import (
    check_indices,
    kept_positions,
    save_distilled,
    write_positions,
)
from .stream import add_stream_options, distill_stream, is_streamed


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "distill",
        parents=parents,
        help="write the distilled set of a file",
        description=(
            "Distill a table or an array of images into a small one of the same kind."
        ),
        epilog=(
            "An empty cell of a CSV file is a missing value. Words such as NA or ?\n"
            "are categories, unless --na-values lists them. A distilled set with\n"
            "missing values is written to .npz or .parquet. A .csv output has commas,\n"
            "decimal points and the encoding UTF-8, whatever the input has; flags and\n"
            "labels are written as in the input.\n"
            "\n"
            "examples:\n"
            "  sklearn-distill distill table.csv --target label --method herding \\\n"
            "      --budget 20 -o small.csv\n"
            "  sklearn-distill distill european.csv --sep ';' --decimal , \\\n"
            "      --target label --method k-means --budget 0.05 -o small.parquet\n"
            "  sklearn-distill distill images.npz --method kernel-inducing-points \\\n"
            "      --set image_shape=1,28,28 --set max_time=60 -o small.npz"
        ),
    )
    add_input_argument(parser)
    parser.add_argument(
        "--method",
        required=True,
        metavar="NAME",
        help="the name of a method; see: sklearn-distill list",
    )
    labels = parser.add_mutually_exclusive_group()
    add_target_option(labels)
    labels.add_argument(
        "--no-target", action="store_true", help="distill rows that have no labels"
    )
    _add_parameter_options(parser)
    add_csv_options(parser)
    add_stream_options(parser)
    _add_output_options(parser)
    parser.set_defaults(run=run)


def _add_output_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is written and printed."""
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        type=Path,
        metavar="OUTPUT",
        help="a .csv, .parquet or .npz file with the columns of the input followed by "
        "the labels; an existing file is replaced once the new file is complete",
    )
    parser.add_argument(
        "--indices",
        type=Path,
        metavar="FILE",
        help="a .npy or .txt file for the positions of the kept rows in the input, "
        "counted from 0, in the order of the output; only for methods that keep real "
        "rows",
    )
    add_print_options(parser, text="summary", json="one JSON object")


def _add_parameter_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that set parameters of the method."""
    add = parser.add_argument
    add(
        "--budget",
        type=_budget,
        metavar="B",
        help="rows per class (20; in total for regression), a fraction of the rows "
        "(0.05), or the rows of each class (yes=10,no=20); default: that of the method",
    )
    add_task_option(parser, default=None)
    add_densify_option(
        parser,
        "write N rows that are grown from the distilled rows of a table; auto writes "
        "the distilled rows with a sampler and a decoder, for DistilledSet.densify, to "
        "a .npz or .parquet file",
    )
    add(
        "--random-state",
        type=int,
        metavar="SEED",
        help="the seed; the same seed gives the same distilled set",
    )
    add(
        "--set",
        action="append",
        default=[],
        type=_setting,
        dest="settings",
        metavar="KEY=VALUE",
        help="another parameter of the method; may be repeated: --set max_time=60 "
        "--set image_shape=1,28,28",
    )


def run(args: argparse.Namespace) -> int:
    """Distill ``args.input`` into ``args.output`` and return the exit code."""

    with one_line_warnings():
        check_paths(args)
        csv = csv_format(args)
        distiller = load_method(args.method)()
        _set_params(distiller, args)
        check_densify(getattr(distiller, "densify", None), args)
        if args.indices is not None:
            check_indices(distiller, args)
        if is_streamed(args):
            distiller, distilled = distill_stream(
                distiller, args, prepare=_prepare_for_data
            )
            spellings: dict[str, dict[Any, str]] = {}
        else:
            distilled, spellings = _distill_at_once(distiller, args, csv)
        positions = kept_positions(distiller, args)
        save_distilled(distilled, args.output, spellings)
        if positions is not None:
            write_positions(positions, args.indices)
    report = _report(distilled, args)
    if args.json:
        print(json.dumps(report))
    elif not args.quiet:
        print(_summary(report))
    return 0


def _distill_at_once(
    distiller: Any, args: argparse.Namespace, csv: CsvFormat
) -> tuple[Any, dict[str, dict[Any, str]]]:
    """Read all rows and distill them; return the set and the spellings of values."""
    from ..base.growing import training_set

    data = read_data(
        args.input, target=args.target, labeled=not args.no_target, csv=csv
    )
    check_image_shape(data.X, distiller.image_shape)
    _prepare_for_data(distiller, args, data)
    _add_progress_bar(distiller, args)
    # Only the result is printed to stdout. The progress bar and the output of a method
    # go to stderr.
    with contextlib.redirect_stdout(sys.stderr):
        distilled = training_set(distiller.fit(flat_rows(data.X), data.y))
    if distilled.X.shape[1:] != data.X.shape[1:]:
        distilled.X = distilled.X.reshape(-1, *data.X.shape[1:])
    return distilled, data.spellings


def _prepare_for_data(
    distiller: Any, args: argparse.Namespace, data: Data, task: str | None = None
) -> None:
    """Check the output format and set a budget per class, for rows that were read."""
    check_output_format(data, distiller, args.output, task)
    if isinstance(args.budget, dict):
        distiller.set_params(budget=_budget_by_label(args.budget, data.y))


def _set_params(distiller: Any, args: argparse.Namespace) -> None:
    """Set the parameters of the method that were given as options."""
    given = [
        (name, getattr(args, name))
        for name in ("budget", "task", "densify", "random_state")
        if getattr(args, name) is not None
    ]
    known = distiller.get_params()
    params: dict[str, Any] = {}
    for name, value in [*given, *args.settings]:
        if name not in known:
            raise InputError(
                f"method {args.method!r} has no parameter {name!r}."
                f"{suggestion(name, known)} The parameters are: "
                f"{joined(sorted(known))}."
            )
        if name in params:
            raise InputError(f"parameter {name!r} is given twice.")
        params[name] = value
    distiller.set_params(**params)


def _budget_by_label(budget: dict[str, int], y: Any) -> dict[Any, int]:
    """Return a budget whose labels have the type of the labels in `y`."""
    import numpy as np

    kind = "O" if y is None else np.asarray(y).dtype.kind
    types: dict[str, Callable[[str], Any]]
    types = {"b": _boolean, "i": int, "u": int, "f": float}
    as_label = types.get(kind, str)
    try:
        return {as_label(label): rows for label, rows in budget.items()}
    except ValueError:
        raise InputError(
            f"--budget names the classes {joined(budget)}, but the labels have the "
            f"dtype {np.asarray(y).dtype}."
        ) from None


def _boolean(text: str) -> bool:
    """Convert "true" or "false", in any case, to a bool."""
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _add_progress_bar(distiller: Any, args: argparse.Namespace) -> None:
    """Add a progress bar to an iterative method if the options call for one."""
    is_iterative = "max_iter" in distiller.get_params(deep=False)
    if not (is_iterative and wants_progress_bar(args)):
        return
    from sklearn.callback import ProgressBar

    try:
        distiller.set_callbacks(ProgressBar())
    except ImportError:
        if args.progress:
            warnings.warn(
                "the progress bar requires rich: pip install "
                "'sklearn-distill[progress]'",
                stacklevel=2,
            )


def _report(distilled: Any, args: argparse.Namespace) -> dict[str, Any]:
    """Return the sizes and the cost of a distilled set, ready for JSON."""
    info = distilled.info
    classes = None
    if distilled.classes is not None:
        classes = [
            {"label": label, "rows": int((distilled.y == label).sum())}
            for label in distilled.classes.tolist()
        ]
    return {
        "input": str(args.input),
        "output": str(args.output),
        "method": args.method,
        "task": info["task"],
        "rows_before": info["n_rows_before"],
        "rows": len(distilled),
        "classes": classes,
        "bytes_before": info["bytes_before"],
        "bytes": info["bytes"],
        "loss": info["loss"],
        "seconds": info["seconds"],
    }


def _summary(report: dict[str, Any]) -> str:
    """Return a report as text for the user."""
    lines = [f"{report['rows_before']:,} -> {report['rows']:,} rows"]
    if report["classes"] is not None:
        names = joined(f"{c['label']} ({c['rows']})" for c in report["classes"])
        lines.append(f"classes: {one_line(names)}")
    lines += [
        f"in memory: {_size(report['bytes_before'])} -> {_size(report['bytes'])}",
        f"{report['method']} took {report['seconds']:.1f} s",
        f"written to {report['output']}",
    ]
    return "\n".join(lines)


def _size(n_bytes: int) -> str:
    """Return a number of bytes in kB or MB."""
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} kB"


def _budget(text: str) -> int | float | dict[str, int]:
    """Convert the value of --budget."""
    with contextlib.suppress(ValueError):
        return number(text)
    rows_of: dict[str, int] = {}
    for part in text.split(","):
        label, equals, rows = part.rpartition("=")
        if not equals or not rows.strip().isdecimal():
            raise argparse.ArgumentTypeError(
                f"{text!r} must be a number of rows per class, such as 20, a fraction "
                "of the rows, such as 0.05, or the rows of each class, such as "
                "yes=10,no=20."
            )
        if label in rows_of:
            raise argparse.ArgumentTypeError(f"{text!r} names {label!r} twice.")
        rows_of[label] = int(rows)
    return rows_of


def _setting(text: str) -> tuple[str, Any]:
    """Convert the value of --set: a Python literal, or else a string."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} must have the form KEY=VALUE.")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return key, value
