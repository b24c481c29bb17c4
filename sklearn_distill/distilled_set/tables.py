"""Distilled sets as tables: DataFrame, .parquet and .csv."""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .._utils.named_array import column_names, with_columns
from .._utils.native_rows import dense_rows_of, is_table, like_schema
from .._utils.optional import import_pandas, import_pyarrow
from .column_index import as_text
from .column_values import missing_object, restored_column, restored_objects
from .file_header import (
    FORMAT,
    SOFT_PREFIX,
    WEIGHT_COLUMN,
    check_header,
    column_headers,
    dtype_of,
    frame_of_columns,
    parts_of_header,
)
from .json_values import to_json
from .parts import SetParts

CHECKSUM_KEY = f"{FORMAT}-crc32".encode()


def set_to_frame(parts: SetParts) -> Any:
    """Return rows, labels, sample weights and soft labels as one table.

    It is a DataFrame of pandas, or without pandas a table of polars or pyarrow.
    """
    given = parts.X
    if len(parts.X.shape) != 2:
        raise ValueError(
            f"Images of shape {parts.X.shape[1:]} cannot be stored in a table. Save "
            "them as .npz."
        )
    parts = parts._replace(X=dense_rows_of(parts.X))
    if hasattr(parts.X, "iloc"):
        # Reset the index, because pandas aligns rows and labels by their index.
        frame = parts.X.reset_index(drop=True)
        frame.attrs = {}
    elif is_table(given):
        frame = given
    else:
        names = [f"x{j}" for j in range(parts.X.shape[1])]
        frame = import_pandas().DataFrame(parts.X, columns=names)
    labels = _label_columns(parts)
    if duplicates := [name for name in labels if name in column_names(frame)]:
        raise ValueError(
            f"X has columns named {duplicates}, which are the names of the columns of "
            "labels and weights. Rename these columns of X, or set target_name."
        )
    if is_table(frame):
        return with_columns(frame, labels)
    pd = import_pandas()
    return pd.concat([frame, pd.DataFrame(labels)], axis=1)


def _label_columns(parts: SetParts) -> dict[str, Any]:
    """Return the columns of labels, sample weights and soft labels by their names."""
    targets = target_columns(parts)
    if reserved := [name for name in targets if _is_reserved(name)]:
        raise ValueError(
            f"target_name={reserved[0]!r} is reserved for the sample weights and "
            "soft labels of a table. Set another target_name."
        )
    columns: dict[str, Any] = dict(targets)
    if parts.target_dtype is not None:
        columns = {n: _with_dtype(y, parts.target_dtype) for n, y in targets.items()}
    if parts.sample_weight is not None:
        columns[WEIGHT_COLUMN] = parts.sample_weight
    if parts.soft_labels is not None:
        for label, column in zip(parts.classes, parts.soft_labels.T, strict=True):
            columns[f"{SOFT_PREFIX}{label}"] = column
    return columns


def target_columns(parts: SetParts) -> dict[str, np.ndarray]:
    """Return the labels, or each of several targets, by the name of the column."""
    if parts.y is None:
        return {}
    if parts.y.ndim == 1:
        return {str(parts.target_name or "target"): parts.y}
    names = parts.target_name or [f"target_{j}" for j in range(parts.y.shape[1])]
    if len(set(names)) < len(names):
        raise ValueError(
            f"Several targets have the same name: target_name={list(names)!r}. Set "
            "another target_name."
        )
    return dict(zip(names, parts.y.T, strict=True))


def _with_dtype(y: np.ndarray, dtype: Any) -> Any:
    """Return class labels as a Series of a pandas dtype."""
    pd = import_pandas()
    if dtype == "category":
        categories = dtype.categories
        if y.dtype.kind == "f" and categories.dtype == bool:
            # The labels of boolean categories are the numbers 0 and 1.
            categories = categories.astype(y.dtype)
        codes = categories.get_indexer(pd.Index(y))
        return pd.Series(pd.Categorical.from_codes(codes, dtype=dtype))
    return pd.Series(y).astype(dtype)


def _is_reserved(name: str) -> bool:
    """Tell whether a name marks a column of sample weights or soft labels."""
    return name == WEIGHT_COLUMN or name.startswith(SOFT_PREFIX)


def to_table(parts: SetParts, header: dict[str, Any]) -> Any:
    """Return the pyarrow table of a .parquet file."""
    pa, _ = import_pyarrow()
    frame = set_to_frame(parts)
    header["columns"] = column_headers(frame.iloc[:, : parts.X.shape[1]])
    for j, described in enumerate(header["columns"]):
        if described["dtype"] == "object":
            described["missing"] = missing_object(frame.iloc[:, j])
    header["names"] = [str(name) for name in frame.columns]
    header["has_sample_weight"] = parts.sample_weight is not None
    frame.columns = header["names"]
    frame = _with_plain_categories(frame)
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowException, OverflowError) as error:
        raise ValueError(
            "The distilled set cannot be stored in a Parquet file, but may be in a "
            f".npz file: {error}"
        ) from error
    text = to_json(header).encode()
    return table.replace_schema_metadata(
        {
            **(table.schema.metadata or {}),
            FORMAT.encode(): text,
            CHECKSUM_KEY: _checksum(text),
        }
    )


def read_parquet(path: Any) -> SetParts:
    """Read the parts of a distilled set from a .parquet file."""
    _, pq = import_pyarrow()
    table = pq.read_table(path, page_checksum_verification=True)
    metadata = table.schema.metadata or {}
    text = metadata.get(FORMAT.encode(), b"null")
    header = check_header(json.loads(text))
    if metadata[CHECKSUM_KEY] != _checksum(text):
        raise ValueError("the checksum of the header does not match")
    if table.column_names != header["names"]:
        raise ValueError("the columns do not match the header")
    frame = table.to_pandas()
    # Select columns by position, because X may have columns with the names of the
    # columns of labels and weights.
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    X = frame_of_columns(
        [
            _column_of_table(table, j, columns[j], described)
            for j, described in enumerate(header["columns"])
        ],
        header,
    )
    rest = iter(columns[len(header["columns"]) :])
    # Files with a single target have no entry for the number of targets.
    n_targets = header.get("n_targets", 1) if header["has_y"] else 0
    targets = [
        next(rest).to_numpy().astype(header["y_dtype"]) for _ in range(n_targets)
    ]
    y = np.column_stack(targets) if n_targets > 1 else next(iter(targets), None)
    weights = next(rest).to_numpy() if header["has_sample_weight"] else None
    soft = list(rest)
    return SetParts(
        like_schema(header.get("table"), X),
        y,
        soft_labels=np.column_stack(soft) if soft else None,
        sample_weight=weights,
        **parts_of_header(header, X),
    )


def _column_of_table(table: Any, j: int, column: Any, described: Any) -> Any:
    """Return column j of a table, read by pandas as `column`, in its saved dtype."""
    dtype = dtype_of(described)
    if dtype == "category" and _is_text_in_files(dtype):
        codes = as_text(dtype.categories).get_indexer(column.astype(object))
        return restored_column(codes, dtype)
    if "arrow" in described:
        return restored_column(table[j].to_pylist(), dtype)
    if described["dtype"] != "object":
        return column.astype(dtype)
    # pandas would read whole numbers and missing values together as floats.
    return restored_objects(table[j].to_pylist(), described.get("missing"), dtype)


def _is_text_in_files(dtype: Any) -> bool:
    """Return whether the categories of a dtype are stored as text."""
    return as_text(dtype.categories) is not dtype.categories


def _with_plain_categories(frame: Any) -> Any:
    """Return a DataFrame with columns that pandas can read back from a Parquet file.

    Categories such as intervals and dates become text, and dictionaries of Arrow become
    their values.
    """
    pd, columns = import_pandas(), {}
    for j, dtype in enumerate(frame.dtypes):
        if dtype == "category" and _is_text_in_files(dtype):
            text = as_text(dtype.categories)
            columns[j] = frame.iloc[:, j].cat.rename_categories(text)
        elif str(dtype).startswith("dictionary"):
            values = pd.ArrowDtype(dtype.pyarrow_dtype.value_type)
            columns[j] = frame.iloc[:, j].astype(values)
    if columns:
        frame = frame.copy()
        for j, column in columns.items():
            frame.isetitem(j, column)
    return frame


def _checksum(text: bytes) -> bytes:
    """Return the CRC-32 checksum of a header as decimal digits."""
    return str(zlib.crc32(text)).encode()


def to_csv(parts: SetParts) -> str:
    """Return the text of a .csv file, from which `read_csv` restores the parts."""
    if parts.y is None:
        raise ValueError(
            "A CSV file cannot store a distilled set without labels. Use .npz."
        )
    if parts.y.ndim == 2:
        raise ValueError(
            "A CSV file cannot distinguish several targets from the columns of X. Use "
            ".npz or .parquet, or write to_frame() as a CSV file."
        )
    if parts.growth is not None:
        raise ValueError(
            "A CSV file cannot store the sampler and the decoder of a distilled set. "
            "Use .npz or .parquet, or save the rows of densify(n)."
        )
    frame = set_to_frame(_with_readable_labels(parts))
    names = [str(name) for name in frame.columns]
    n_columns = parts.X.shape[1]
    if reserved := [name for name in names[:n_columns] if _is_reserved(name)]:
        raise ValueError(
            f"X has columns named {reserved}, which are reserved for sample weights "
            "and soft labels in a CSV file. Rename these columns, or use .npz."
        )
    if len(set(names)) < len(names):
        raise ValueError(
            "X has several columns of the same name, which a CSV file cannot "
            "distinguish. Rename them, or use .npz."
        )
    if frame.isna().any(axis=None):
        raise ValueError(
            "A CSV file cannot distinguish missing values from empty text. Save the "
            "set as .parquet or .npz."
        )
    text = frame.to_csv(index=False)
    # pandas does not quote a single carriage return, and reads it as a line break.
    if "\r" in text:
        text = frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    target = frame[names[n_columns]]
    restored = _read_cells(lambda: io.StringIO(text)).iloc[:, n_columns]
    if target.dtype.kind not in "biuf" and restored.dtype.kind in "biuf":
        raise ValueError(
            f"The labels are strings such as {str(parts.y[0])!r}, which would be read "
            "as numbers from a CSV file. Use .npz or .parquet."
        )
    return text


def _with_readable_labels(parts: SetParts) -> SetParts:
    """Convert labels so that `read_csv` can tell classes from continuous targets.

    `read_csv` reads floats as continuous targets and all other labels as classes.
    """
    y, classes = parts.y, parts.classes
    if classes is None:
        y = y.astype(np.float64)
    elif classes.dtype.kind == "f" and (classes == np.rint(classes)).all():
        y, classes = y.astype(np.int64), classes.astype(np.int64)
    return parts._replace(y=y, classes=classes, target_dtype=None)


def columns_of_codes(cells: Any) -> list[str]:
    """Return the columns of a DataFrame of strings that contain codes such as "007".

    Codes must be read as text, because the number 7 loses the leading zeros.
    """
    return [name for name in cells if cells[name].str.match(r"0\d").any()]


def _read_cells(source: Callable[[], Any]) -> Any:
    """Return the DataFrame of a CSV file or buffer, which is opened twice."""
    pd = import_pandas()
    # Without low_memory=False, pandas may infer several types within one column.
    options = {"keep_default_na": False, "low_memory": False}
    codes = columns_of_codes(pd.read_csv(source(), dtype=str, **options))
    return pd.read_csv(source(), dtype=dict.fromkeys(codes, str), **options)


def read_csv(path: Any) -> SetParts:
    """Read the parts of a distilled set from a .csv file."""
    # pandas pads short lines, and uses the first fields of long lines as an index.
    with open(path, encoding="utf-8", newline="") as file:
        if len({len(line) for line in csv.reader(file) if line}) > 1:
            raise ValueError("the lines differ in their number of fields")
    frame = _read_cells(lambda: path)
    soft = [name for name in frame.columns if name.startswith(SOFT_PREFIX)]
    # set_to_frame writes the labels directly after the columns of X.
    *columns, target = [name for name in frame.columns if not _is_reserved(name)]
    y = frame[target].to_numpy()
    classes = None
    if soft:
        labels = np.array([name.removeprefix(SOFT_PREFIX) for name in soft])
        classes = labels == "True" if y.dtype.kind == "b" else labels.astype(y.dtype)
    elif y.dtype.kind != "f":
        classes = np.unique(y)
    return SetParts(
        frame[columns],
        y,
        soft_labels=frame[soft].to_numpy() if soft else None,
        sample_weight=frame[WEIGHT_COLUMN] if WEIGHT_COLUMN in frame else None,
        classes=classes,
        target_name=target,
    )
