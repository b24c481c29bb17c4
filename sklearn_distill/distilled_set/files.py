"""Save distilled sets to .npz, .parquet and .csv files, and load them."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix, issparse, sparray

from .._utils.atomic_file import write_atomically
from .._utils.native_rows import from_native, is_table, like_schema
from .._utils.optional import import_pandas, import_pyarrow
from .column_values import restored_column, stored_values
from .file_header import (
    NO_HEADER,
    check_header,
    column_headers,
    dtype_of,
    frame_of_columns,
    header_of,
    parts_of_header,
)
from .json_values import object_from_json, object_to_json, to_json
from .parts import ROW_PARTS, SetParts, as_arrays, check_parts
from .tables import read_csv, read_parquet, to_csv, to_table

# The arrays of a CSR matrix in the order of its constructor.
CSR_ARRAYS = ("data", "indices", "indptr")


def save_set(parts: SetParts, path: str | os.PathLike[str]) -> None:
    """Write a distilled set in the format of the file's suffix."""
    suffix = _suffix(path)
    if is_table(parts.X):
        import_pandas()
        import_pyarrow()
    header = header_of(parts)
    parts = parts._replace(X=parts.X if issparse(parts.X) else from_native(parts.X))
    if suffix == ".npz":
        arrays = _to_arrays(parts, header)
        write_atomically(path, lambda file: np.savez_compressed(file, **arrays))
    elif suffix == ".csv":
        text = to_csv(parts).encode("utf-8")
        write_atomically(path, lambda file: file.write(text))
    else:
        _, pq = import_pyarrow()
        table = to_table(parts, header)
        write_atomically(
            path, lambda file: pq.write_table(table, file, write_page_checksum=True)
        )


def load_set(path: str | os.PathLike[str]) -> SetParts:
    """Read the parts of a distilled set in the format of the file's suffix.

    Raises
    ------
    ValueError
        If the suffix is not supported, or if the file does not contain valid parts.
    FileNotFoundError
        If the file does not exist.
    """
    suffix = _suffix(path)
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no file {os.fspath(path)!r}.")
    read = {".npz": _read_npz, ".parquet": read_parquet, ".csv": read_csv}[suffix]
    try:
        parts = as_arrays(read(path))
        check_parts(parts)
    except ImportError:
        raise
    except Exception as error:
        # A damaged file may raise any error in the readers; report the file instead.
        raise ValueError(
            f"{os.fspath(path)!r} is damaged or does not contain a distilled set: "
            f"{error}"
        ) from error
    return parts


def _to_arrays(parts: SetParts, header: dict[str, Any]) -> dict[str, Any]:
    """Return the arrays of an .npz file, without Python objects."""
    arrays: dict[str, Any] = {}
    for name in ROW_PARTS:
        value = getattr(parts, name)
        if value is not None:
            arrays[name] = _without_objects(name, value, header)
    if hasattr(parts.X, "iloc"):
        header["columns"] = column_headers(parts.X)
        for j in range(parts.X.shape[1]):
            column = parts.X.iloc[:, j]
            arrays[f"X_{j}"] = _without_objects(f"X_{j}", stored_values(column), header)
    elif issparse(parts.X):
        is_array = isinstance(parts.X, sparray)
        header["csr"] = {"shape": list(parts.X.shape), "is_array": is_array}
        arrays |= {f"X_{name}": getattr(parts.X, name) for name in CSR_ARRAYS}
    else:
        arrays["X"] = _without_objects("X", parts.X, header)
    header["arrays"] = sorted(arrays)
    arrays["header"] = np.array(to_json(header))
    return arrays


def _without_objects(
    name: str, values: np.ndarray, header: dict[str, Any]
) -> np.ndarray:
    """Return objects as JSON strings, noted in the header, and other values as such."""
    if values.dtype.kind != "O":
        return values
    header.setdefault("json", []).append(name)
    texts = [object_to_json(value) for value in values.ravel()]
    return np.array(texts).reshape(values.shape)


def _read_npz(path: Any) -> SetParts:
    """Read the parts of a distilled set from an .npz file."""
    # Open the file here, because NumPy does not close a damaged file.
    with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
        if "header" not in file:
            raise ValueError(NO_HEADER)
        header = check_header(json.loads(str(file["header"])))
        if sorted(file.files) != sorted([*header["arrays"], "header"]):
            raise ValueError("the arrays do not match the header")
        arrays = {name: _read_array(file, name, header) for name in header["arrays"]}
    if "columns" in header:
        columns = [
            _read_column(described, arrays.get(f"X_{j}"))
            for j, described in enumerate(header["columns"])
        ]
        X = like_schema(header.get("table"), frame_of_columns(columns, header))
    elif "csr" in header:
        X = _read_csr(arrays, header["csr"])
    else:
        X = arrays.get("X")
    labels: dict[str, Any] = {name: arrays.get(name) for name in ROW_PARTS}
    return SetParts(X, **labels, **parts_of_header(header, X))


def _read_csr(arrays: dict[str, np.ndarray], described: dict[str, Any]) -> Any:
    """Return a CSR matrix, after checking that its indices are in range."""
    container = csr_array if described["is_array"] else csr_matrix
    triple = tuple(arrays[f"X_{name}"] for name in CSR_ARRAYS)
    X = container(triple, shape=tuple(described["shape"]))
    X.check_format(full_check=True)
    return X


def _read_array(file: Any, name: str, header: dict[str, Any]) -> np.ndarray:
    """Read an array; JSON strings that encode objects are decoded."""
    values = file[name]
    if name not in header.get("json", []):
        return values
    out = np.empty(values.shape, dtype=object)
    out.ravel()[:] = [object_from_json(text) for text in values.ravel().tolist()]
    return out


def _read_column(described: dict[str, Any], values: np.ndarray | None) -> Any:
    """Return a column of a DataFrame as a Series of the dtype in its header."""
    if values is None:
        raise ValueError(f"the values of column {described['name']!r} are missing")
    return restored_column(values, dtype_of(described))


def _suffix(path: str | os.PathLike[str]) -> str:
    """Return the lower-case suffix of a path if it names a supported format."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".npz", ".parquet", ".csv"):
        raise ValueError(
            "The file name of a distilled set must end in .npz, .parquet or .csv; got "
            f"{os.fspath(path)!r}."
        )
    return suffix
