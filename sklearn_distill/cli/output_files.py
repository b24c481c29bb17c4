"""Write the output of the command `distill`: the distilled set, and positions."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import io
from pathlib import Path
from typing import Any

from .._utils.atomic_file import write_atomically
from .._utils.optional import import_pandas
from ._common import InputError
from .data_files import check_output

INDICES_SUFFIXES = (".npy", ".txt")


def save_distilled(
    distilled: Any, path: Path, spellings: dict[str, dict[Any, str]]
) -> None:
    """Write a distilled set; a .csv file writes flags and labels as its input did.

    Parameters
    ----------
    distilled : DistilledSet
    path : Path
    spellings : dict of {str: dict}
        The text of values in the input; see `csv_files.CsvTable`.
    """
    is_csv = path.suffix.lower() == ".csv"
    columns = _spelled_columns(distilled, spellings) if is_csv else {}
    if not columns:
        distilled.save(path)
        return
    from ..distilled_set.tables import to_csv

    frame = import_pandas().read_csv(
        io.StringIO(to_csv(distilled._parts())), dtype=str, keep_default_na=False
    )
    text = frame.assign(**columns).to_csv(index=False).encode("utf-8")
    write_atomically(path, lambda file: file.write(text))


def _spelled_columns(
    distilled: Any, spellings: dict[str, dict[Any, str]]
) -> dict[str, list[str]]:
    """Return the texts of the flags in X, and of boolean or integer class labels."""
    columns = {}
    for name, spelling in spellings.items():
        values: list[Any] = []
        if name in distilled.X and set(spelling) <= {True, False}:
            values = distilled.X[name].tolist()
        elif name == distilled.target_name and distilled.classes is not None:
            values = distilled.y.tolist()
        if values:
            columns[name] = [spelling.get(value, str(value)) for value in values]
    return columns


def grown_or_distilled(distiller: Any) -> Any:
    """Return the set that is written: grown rows if their number was given."""
    from ..base.growing import training_set

    return training_set(distiller)


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


def check_indices(distiller: Any, args: argparse.Namespace) -> None:
    """Raise InputError unless the method keeps rows and the file can be written."""
    from ..base.row_learner import RowLearner

    path = args.indices
    if path.suffix.lower() not in INDICES_SUFFIXES:
        raise InputError(f"{path}: the file of --indices must be a .npy or .txt file.")
    check_output(path)
    for other in (args.input, args.output):
        if path.absolute() == other.absolute():
            raise InputError(
                f"{path}: the file of --indices must be neither the input nor the "
                "output. Choose another name."
            )
    if isinstance(distiller, RowLearner):
        raise _no_positions(args.method)


def kept_positions(distiller: Any, args: argparse.Namespace) -> Any:
    """Return the positions of the kept rows, or None if they are not to be written."""
    if args.indices is None:
        return None
    positions = getattr(distiller, "sample_indices_", None)
    if positions is None:
        raise _no_positions(args.method)
    return positions


def _no_positions(method: str) -> InputError:
    """Return the error for a method that learns its rows."""
    return InputError(
        f"method {method!r} learns new rows, which have no positions in the input. "
        "Remove --indices, or choose a method that keeps real rows, such as herding."
    )


def write_positions(positions: Any, path: Path) -> None:
    """Write positions to a .npy file, or to a .txt file with one number per line."""
    import numpy as np

    positions = np.asarray(positions)
    if path.suffix.lower() == ".npy":
        write_atomically(path, lambda file: np.save(file, positions))
    else:
        text = "".join(f"{position}\n" for position in positions.tolist()).encode()
        write_atomically(path, lambda file: file.write(text))
