"""Distilled sets as files: .npz, .parquet and .csv, written whole or not at all."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.optional import import_pandas, import_pyarrow
from ..encoding.columns import values_of
from .file_header import (
    check_header,
    classes_of,
    column_headers,
    dtype_of,
    header_of,
    side_by_side,
    to_json,
)
from .tables import read_csv, read_parquet, to_csv, to_table

if TYPE_CHECKING:
    from .distilled_set import DistilledSet
from .._utils.atomic_file import write_atomically


def save_set(distilled: "DistilledSet", path: str | os.PathLike[str]) -> None:
    """Write a set in the format that the path's ending names."""
    suffix = _suffix(path)
    if suffix == ".npz":
        arrays = _to_arrays(distilled)
        write_atomically(path, lambda file: np.savez_compressed(file, **arrays))
    elif suffix == ".csv":
        text = to_csv(distilled).encode("utf-8")
        write_atomically(path, lambda file: file.write(text))
    else:
        _, pq = import_pyarrow()
        table = to_table(distilled)
        write_atomically(
            path, lambda file: pq.write_table(table, file, write_page_checksum=True)
        )


def load_set(
    path: str | os.PathLike[str], make: Callable[..., "DistilledSet"]
) -> "DistilledSet":
    """Read a set in the format that the path's ending names.

    Parameters
    ----------
    path : str or path
    make : callable
        Takes what is in the file, as the arguments of `DistilledSet`.
    """
    suffix = _suffix(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}.")
    read = {".npz": _read_npz, ".parquet": read_parquet, ".csv": read_csv}[suffix]
    try:
        return make(**read(path))
    except ImportError:
        raise
    except Exception as error:
        # Whatever the readers stumble over in a damaged file, the user is told which
        # file it is and what it should have been.
        raise ValueError(
            f"{os.fspath(path)!r} is damaged, or is no distilled set: {error}"
        ) from error


def _to_arrays(distilled: "DistilledSet") -> dict[str, Any]:
    """Return the arrays of an .npz file; none holds Python objects."""
    header = header_of(distilled)
    arrays: dict[str, Any] = {}
    for name in ("y", "soft_labels", "sample_weight"):
        value = getattr(distilled, name)
        if value is not None:
            arrays[name] = _without_objects(name, value, header)
    if hasattr(distilled.X, "iloc"):
        frame = distilled.X
        header["columns"] = column_headers(frame)
        for j in range(frame.shape[1]):
            column = frame.iloc[:, j]
            is_category = column.dtype == "category"
            values = column.cat.codes.to_numpy() if is_category else values_of(column)
            arrays[f"X_{j}"] = _without_objects(f"X_{j}", values, header)
    else:
        arrays["X"] = _without_objects("X", distilled.X, header)
    header["arrays"] = sorted(arrays)
    arrays["header"] = np.array(to_json(header))
    return arrays


def _without_objects(
    name: str, values: np.ndarray, header: dict[str, Any]
) -> np.ndarray:
    """Return values as they are, or, if they are objects, as JSON text."""
    if values.dtype.kind != "O":
        return values
    header.setdefault("json", []).append(name)
    return np.array([to_json(v) for v in values.ravel()]).reshape(values.shape)


def _read_npz(path: Any) -> dict[str, Any]:
    # Opened here: NumPy leaves a damaged file open.
    with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
        if "header" not in file:
            raise ValueError("it does not say that it is a distilled set")
        header = check_header(json.loads(str(file["header"])))
        if sorted(file.files) != sorted([*header["arrays"], "header"]):
            raise ValueError("its arrays are not those that its header names")

        def read(name: str) -> np.ndarray | None:
            if name not in file:
                return None
            values = file[name]
            if name not in header.get("json", []):
                return values
            out = np.empty(values.shape, dtype=object)
            out.ravel()[:] = [json.loads(v) for v in values.ravel().tolist()]
            return out

        if "columns" in header:
            columns = [
                _read_column(described, read(f"X_{j}"))
                for j, described in enumerate(header["columns"])
            ]
            X = side_by_side(columns, header)
        else:
            X = read("X")
        return {
            "X": X,
            "y": read("y"),
            "soft_labels": read("soft_labels"),
            "sample_weight": read("sample_weight"),
            "classes": classes_of(header),
            "target_name": header["target_name"],
            "info": header["info"],
        }


def _read_column(described: dict[str, Any], values: np.ndarray | None) -> Any:
    pd, dtype = import_pandas(), dtype_of(described)
    if values is None:
        raise ValueError(f"the values of column {described['name']!r} are not there")
    if described["dtype"] == "category":
        return pd.Series(pd.Categorical.from_codes(values, dtype=dtype))
    return pd.Series(values, dtype=dtype)


def _suffix(path: str | os.PathLike[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".parquet", ".csv"):
        raise ValueError(
            f"{os.fspath(path)!r}: a distilled set is a .npz, .parquet or .csv file."
        )
    return suffix
