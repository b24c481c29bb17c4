"""Checks of the command `distill` before the distillation."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import tempfile
from pathlib import Path
from typing import Any

from ._common import InputError
from .data_files import ARRAYS, TABLES_OUT, Data, check_input, check_output
from .stream import check_stream, is_streamed


def check_paths(args: argparse.Namespace) -> None:
    """Raise InputError if the input cannot be read or the output cannot be written."""
    source, output = args.input, args.output
    if output.suffix.lower() not in (*TABLES_OUT, ARRAYS):
        raise InputError(f"{output}: the output must be a .csv, .parquet or .npz file.")
    check_output(output)
    if is_streamed(args):
        check_stream(args)
        return
    check_input(
        source, target=args.target, labeled=not args.no_target, may_be_unlabeled=True
    )
    if output.exists() and output.samefile(source):
        raise InputError(
            f"{output}: the output must not be the input file, whose rows would be "
            "lost. Choose another name."
        )


def check_densify(densify: Any, args: argparse.Namespace) -> None:
    """Raise InputError if the output files cannot hold what `densify` adds."""
    if densify == "auto" and args.output.suffix.lower() == ".csv":
        raise InputError(
            f"{args.output}: a .csv file cannot hold the sampler and the decoder of "
            "densify=auto. Write a .npz or .parquet file, or a number of grown rows, "
            "such as --densify 5000."
        )
    if densify not in (None, "auto") and args.indices is not None:
        raise InputError(
            "--indices cannot be combined with a number of grown rows, which have no "
            "positions in the input. Remove one of the two options."
        )


def check_output_format(
    data: Data, distiller: Any, output: Path, task: str | None
) -> None:
    """Check before the distillation that the output format can hold the result.

    Errors in the parameters and in the data are raised first, because their messages
    are more specific than those of the output format. `task` is the task if the rows
    are only a part of the data, which may lack classes.
    """
    from ..distilled_set.distilled_set import DistilledSet
    from ..validation.missing_values import has_missing
    from ..validation.rows import check_rows
    from ..validation.targets import check_target

    distiller._validate_params()
    X = check_rows(distiller, flat_rows(data.X), reset=True)
    if output.suffix.lower() == ".csv" and has_missing(X):
        raise InputError(
            f"{output}: X has missing values, which a CSV file cannot distinguish from "
            "empty text. Write a .parquet or .npz file, or impute X first."
        )
    if task == "classification" and len(set(data.y)) < 2:
        return
    target = check_target(data.y, task=task or distiller.task)
    y = None if target.values is None else target.values[:1]
    one_row = DistilledSet(
        data.X[:1],
        y if target.classes is None else target.classes[y],
        classes=target.classes,
        target_name=target.name,
    )
    with tempfile.TemporaryDirectory() as folder:
        one_row.save(Path(folder, output.name))


def check_image_shape(X: Any, image_shape: Any) -> None:
    """Raise InputError if X is three-dimensional and `image_shape` is not set."""
    if getattr(X, "ndim", 2) == 3 and image_shape is None:
        n, height, width = X.shape
        raise InputError(
            f"X holds {n} arrays of shape {(height, width)}. If they are images, pass "
            f"--set image_shape=1,{height},{width}"
        )


def flat_rows(X: Any) -> Any:
    """Return X with images of shape (n, height, width) reshaped to rows of pixels."""
    return X.reshape(len(X), -1) if getattr(X, "ndim", 2) == 3 else X
