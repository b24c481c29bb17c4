"""Distill Parquet files that are larger than memory: the streaming part of `distill`.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .._utils.optional import import_pyarrow
from ._common import InputError, wants_progress_bar
from .data_files import Data, check_output, is_distilled_table

# The size of the columns of a .parquet file, before compression, from which the file is
# read in parts.
STREAM_BYTES = 500_000_000


def add_stream_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of Parquet files that are read in parts."""
    add = parser.add_argument_group("Parquet input in parts").add_argument
    add(
        "--chunk-rows",
        type=_rows,
        metavar="N",
        help="read the .parquet input in parts, and distill N rows at a time; default: "
        "10000 for a folder, a glob pattern and files of 500 MB or more, and otherwise "
        "all rows at once",
    )
    add(
        "--subsample",
        type=_rows,
        metavar="N",
        help="distill a random sample of N rows of each chunk, which is several times "
        "as fast, for example --chunk-rows 100000 --subsample 5000",
    )
    add(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="a file for the state of the work, from which the same command goes on "
        "after it was killed; deleted at the end",
    )


def _rows(text: str) -> int:
    """Convert the value of --chunk-rows or --subsample."""
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a whole number of rows, at least 2."
        )
    return int(text)


def is_streamed(args: argparse.Namespace) -> bool:
    """Return whether the input is read in parts."""
    path = args.input
    options = (args.chunk_rows, args.subsample, args.checkpoint)
    if any(option is not None for option in options):
        return True
    if path.is_dir() or (not path.exists() and _is_pattern(path)):
        return True
    if not path.is_file() or path.suffix.lower() != ".parquet":
        return False
    return _uncompressed_bytes(path) >= STREAM_BYTES and not is_distilled_table(path)


def _is_pattern(path: Path) -> bool:
    """Return whether a path contains a wildcard."""
    return any(sign in str(path) for sign in "*?[")


def _uncompressed_bytes(path: Path) -> int:
    """Return the size of the columns of a .parquet file; 0 if it is damaged."""
    # The error of a damaged file is raised when the file is read.
    with contextlib.suppress(Exception):
        _, pq = import_pyarrow()
        meta = pq.read_metadata(path)
        sizes = [meta.row_group(i).total_byte_size for i in range(meta.num_row_groups)]
        return sum(sizes)
    return 0


def check_stream(args: argparse.Namespace) -> None:
    """Raise InputError unless the input is Parquet and its target is named."""
    path, suffix = args.input, args.input.suffix.lower()
    is_many = path.is_dir() or (not path.exists() and _is_pattern(path))
    if not is_many and not path.exists():
        raise InputError(f"{path}: the file does not exist.")
    if path.is_dir() and not any(path.rglob("*.parquet")):
        raise InputError(f"{path}: the folder contains no .parquet files.")
    if not is_many and suffix != ".parquet":
        raise InputError(
            f"{path}: --chunk-rows, --subsample and --checkpoint are for .parquet "
            "files only. Remove them, or convert the table to Parquet."
        )
    if args.target is None and not args.no_target:
        raise InputError(
            "name the column that holds the labels with --target COLUMN, or pass "
            "--no-target if there are no labels"
        )
    if args.checkpoint is not None:
        check_output(args.checkpoint)
        if args.checkpoint.absolute() == args.output.absolute():
            raise InputError(
                f"{args.checkpoint}: the checkpoint must not be the output file. "
                "Choose another name."
            )


def distill_stream(
    distiller: Any,
    args: argparse.Namespace,
    prepare: Callable[[Any, argparse.Namespace, Data, str], None],
) -> tuple[Any, Any]:
    """Distill the input part by part.

    Parameters
    ----------
    distiller : BaseDistiller
        The method with its parameters.
    args : Namespace
    prepare : callable
        Called with the distiller, the arguments, the first rows and the task, before
        the distillation.

    Returns
    -------
    distiller : StreamingDistiller
        Fitted.
    distilled : DistilledSet
        The distilled rows, or the rows that are grown from them with ``--densify N``.
    """
    from ..base.growing import training_set
    from ..streaming import StreamingDistiller
    from ..streaming.parquet import ParquetBatches
    from ..streaming.part_reader import task_of

    source = ParquetBatches(args.input, args.target)
    _check_output_is_new(source.files, args.output)
    head = next(source.batches(), None)
    if head is None:
        raise InputError(f"{args.input}: the files have no rows.")
    data = Data(head[0], head[1] if len(head) > 1 else None)
    prepare(distiller, args, data, task_of(data.y, distiller.task))
    streaming = StreamingDistiller(
        distiller, subsample=args.subsample, random_state=args.random_state
    )
    if args.chunk_rows is not None:
        streaming.set_params(chunk_size=args.chunk_rows)
    # Only the result is printed to stdout.
    with (
        contextlib.redirect_stdout(sys.stderr),
        _progress(args, len(source.row_groups)) as source.on_row_group,
    ):
        streaming.fit_batches(source, checkpoint=args.checkpoint)
        return streaming, training_set(streaming)


def _check_output_is_new(files: list[str], output: Path) -> None:
    """Raise InputError if the output is one of the input files."""
    if output.exists() and any(output.samefile(file) for file in files):
        raise InputError(
            f"{output}: the output must not be an input file, whose rows would be "
            "lost. Choose another name."
        )


@contextlib.contextmanager
def _progress(
    args: argparse.Namespace, total: int
) -> Iterator[Callable[[int], None] | None]:
    """Show a progress bar of row groups if the options call for one."""
    if not wants_progress_bar(args):
        yield None
        return
    try:
        from rich.console import Console
        from rich.progress import MofNCompleteColumn, Progress
    except ImportError:
        if args.progress:
            warnings.warn(
                "the progress bar requires rich: pip install "
                "'sklearn-distill[progress]'",
                stacklevel=2,
            )
        yield None
        return
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("row groups", total=total)
        yield lambda done: bar.update(task, completed=done)
