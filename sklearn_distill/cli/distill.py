"""The command `sklearn-distill distill`: a file of rows in, a distilled set out."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..plugins.registry import get_distiller
from .data_files import ARRAYS, Data, InputError, names_of, one_line, read_data, suggest

TABLES_IN = (".csv", ".csv.gz", ".parquet")
TABLES_OUT = (".csv", ".parquet")
# Seconds of importing a method after which the command says what it is waiting for.
SLOW_IMPORT = 20.0


def distill(args: argparse.Namespace) -> int:
    """Distill ``args.input`` into ``args.output``; return the exit code."""
    with warnings_in_one_line():
        _check_paths(args)
        distiller = load_method(args.method)()
        _set_params(distiller, args)
        data = read_data(args.input, target=args.target, labelled=not args.no_target)
        _check_image_shape(data.X, distiller.image_shape)
        _check_format_holds(data, distiller, args.output)
        if isinstance(args.budget, dict):
            distiller.set_params(budget=_by_label(args.budget, data.y))
        if _wants_progress_bar(distiller, args):
            _add_progress_bar(distiller, args)
        # The bar, and whatever else a method prints: stdout is for the result.
        with contextlib.redirect_stdout(sys.stderr):
            distilled = distiller.fit_distill(_flat(data.X), data.y)
        if distilled.X.shape[1:] != data.X.shape[1:]:
            distilled.X = distilled.X.reshape(-1, *data.X.shape[1:])
        distilled.save(args.output)
    report = _report(distilled, args)
    if args.json:
        print(json.dumps(report))
    elif not args.quiet:
        print(_summary(report))
    return 0


def load_method(name: str) -> type[Any]:
    """Return a method's class. What its import prints goes to stderr."""
    patience = threading.Timer(
        SLOW_IMPORT,
        lambda: print(f"still importing {name}; Ctrl-C ends it", file=sys.stderr),
    )
    patience.daemon = True
    patience.start()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            return get_distiller(name)
    finally:
        patience.cancel()


@contextlib.contextmanager
def warnings_in_one_line() -> Iterator[None]:
    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(f"warning: {one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for of_developers in (
            DeprecationWarning,
            PendingDeprecationWarning,
            FutureWarning,
            ImportWarning,
            ResourceWarning,
        ):
            warnings.simplefilter("ignore", of_developers)
        warnings.showwarning = show
        yield


def _check_paths(args: argparse.Namespace) -> None:
    """Refuse files that cannot be read or written."""
    source, output = args.input, args.output
    if output.suffix.lower() not in (*TABLES_OUT, ARRAYS):
        raise InputError(f"{output}: the output is a .csv, .parquet or .npz file.")
    check_output(output)
    check_source(source, target=args.target, labelled=not args.no_target, may_lack=True)
    if output.exists() and output.samefile(source):
        raise InputError(
            f"{output}: the output would replace the input, whose rows would be lost."
        )


def check_output(output: Path) -> None:
    """Raise InputError unless a file can be written there."""
    if not output.parent.is_dir():
        raise InputError(f"{output}: there is no folder {str(output.parent)!r}.")
    if output.is_dir() or not os.access(output.parent, os.W_OK):
        raise InputError(f"{output}: no file can be written there.")


def check_source(
    source: Path, *, target: str | None, labelled: bool, may_lack: bool = False
) -> None:
    """Raise InputError unless this is a file of rows, and its labels are known."""
    name = source.name.lower()
    suffix = next((s for s in (*TABLES_IN, ARRAYS) if name.endswith(s)), None)
    if not source.exists():
        raise InputError(f"{source}: there is no such file.")
    if not source.is_file():
        raise InputError(f"{source}: this is no file.")
    if suffix is None:
        raise InputError(
            f"{source}: the input is a .csv, .csv.gz, .parquet or .npz file."
        )
    if suffix != ARRAYS and target is None and labelled:
        raise InputError(
            "say which column holds the labels with --target COLUMN"
            + (", or that there are none with --no-target" if may_lack else "")
        )


def _set_params(distiller: Any, args: argparse.Namespace) -> None:
    given = [
        (name, getattr(args, name))
        for name in ("budget", "task", "random_state")
        if getattr(args, name) is not None
    ]
    known = distiller.get_params()
    params: dict[str, Any] = {}
    for name, value in [*given, *args.settings]:
        if name not in known:
            raise InputError(
                f"method {args.method!r} has no parameter {name!r}."
                f"{suggest(name, known)} It has: {names_of(sorted(known))}."
            )
        if name in params:
            raise InputError(f"parameter {name!r} is given twice.")
        params[name] = value
    distiller.set_params(**params)


def _check_format_holds(data: Data, distiller: Any, output: Path) -> None:
    """Refuse, before the work, what the output's format could not hold after it."""
    from ..distilled_set.distilled_set import DistilledSet
    from ..validation.rows import check_rows
    from ..validation.targets import check_target

    # First what is wrong with parameters and data: a format would say less of it.
    distiller._validate_params()
    check_rows(distiller, _flat(data.X), reset=True)
    target = check_target(data.y, task=distiller.task)
    y = None if target.values is None else target.values[:1]
    one_row = DistilledSet(
        data.X[:1],
        y if target.classes is None else target.classes[y],
        classes=target.classes,
        target_name=target.name,
    )
    with tempfile.TemporaryDirectory() as folder:
        one_row.save(Path(folder, output.name))


def _by_label(budget: dict[str, int], y: Any) -> dict[Any, int]:
    """Return a budget whose labels, typed as text, are of the type of y's."""
    import numpy as np

    kind = "O" if y is None else np.asarray(y).dtype.kind
    types: dict[str, Callable[[str], Any]]
    types = {"b": _boolean, "i": int, "u": int, "f": float}
    as_label = types.get(kind, str)
    try:
        return {as_label(label): rows for label, rows in budget.items()}
    except ValueError:
        raise InputError(
            f"budget names the classes {names_of(budget)}, but the labels are of type "
            f"{np.asarray(y).dtype}."
        ) from None


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _check_image_shape(X: Any, image_shape: Any) -> None:
    if getattr(X, "ndim", 2) == 3 and image_shape is None:
        n, height, width = X.shape
        raise InputError(
            f"X holds {n} arrays of shape {(height, width)}. If they are images, say "
            f"so: --set image_shape=1,{height},{width}"
        )


def _flat(X: Any) -> Any:
    """Return images without an axis for channels as flat rows, all else as it is."""
    return X.reshape(len(X), -1) if getattr(X, "ndim", 2) == 3 else X


def _wants_progress_bar(distiller: Any, args: argparse.Namespace) -> bool:
    if "max_iter" not in distiller.get_params(deep=False):
        return False
    return args.progress or (sys.stderr.isatty() and not args.quiet)


def _add_progress_bar(distiller: Any, args: argparse.Namespace) -> None:
    from sklearn.callback import ProgressBar

    try:
        distiller.set_callbacks(ProgressBar())
    except ImportError:
        if args.progress:
            warnings.warn(
                "no progress bar without rich: pip install 'sklearn-distill[progress]'",
                stacklevel=2,
            )


def _report(distilled: Any, args: argparse.Namespace) -> dict[str, Any]:
    info = distilled.info
    rows_of = None
    if distilled.classes is not None:
        rows_of = [
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
        "classes": rows_of,
        "bytes_before": info["bytes_before"],
        "bytes": info["bytes"],
        "loss": info["loss"],
        "seconds": info["seconds"],
    }


def _summary(report: dict[str, Any]) -> str:
    lines = [f"{report['rows_before']:,} -> {report['rows']:,} rows"]
    if report["classes"] is not None:
        names = names_of(f"{c['label']} ({c['rows']})" for c in report["classes"])
        lines.append(f"classes: {one_line(names)}")
    lines += [
        f"in memory: {_size(report['bytes_before'])} -> {_size(report['bytes'])}",
        f"{report['method']} took {report['seconds']:.1f} s",
        f"written to {report['output']}",
    ]
    return "\n".join(lines)


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.1f} kB"
