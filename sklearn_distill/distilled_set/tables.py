"""Distilled sets as tables: DataFrame, .parquet and .csv."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import csv
import io
import json
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.optional import import_pandas, import_pyarrow
from .file_header import (
    FORMAT,
    SOFT_PREFIX,
    WEIGHT_COLUMN,
    check_header,
    classes_of,
    column_headers,
    dtype_of,
    header_of,
    side_by_side,
    to_json,
)

if TYPE_CHECKING:
    from .distilled_set import DistilledSet

CHECKSUM_KEY = f"{FORMAT}-crc32".encode()


def set_to_frame(distilled: "DistilledSet") -> Any:
    """Return rows, labels, weights and soft labels side by side in a DataFrame."""
    pd = import_pandas()
    if len(distilled.X.shape) != 2:
        raise ValueError(
            f"Images of shape {distilled.X.shape[1:]} are no table: save them as .npz."
        )
    if hasattr(distilled.X, "iloc"):
        # A fresh index, or pandas would join rows and labels by the old one.
        frame = distilled.X.reset_index(drop=True)
        frame.attrs = {}
    else:
        names = [f"x{j}" for j in range(distilled.X.shape[1])]
        frame = pd.DataFrame(distilled.X, columns=names)
    # One that is called as ours are would be taken for it when the file is read.
    ours = distilled.target_name == WEIGHT_COLUMN or (
        isinstance(distilled.target_name, str)
        and distilled.target_name.startswith(SOFT_PREFIX)
    )
    if ours:
        raise ValueError(
            f"The labels are called {distilled.target_name!r}, which the table needs "
            "for weights and soft labels. Set another target_name."
        )
    added: dict[str, Any] = {}
    if distilled.y is not None:
        added[distilled.target_name or "target"] = distilled.y
    if distilled.sample_weight is not None:
        added[WEIGHT_COLUMN] = distilled.sample_weight
    if distilled.soft_labels is not None and distilled.classes is not None:
        for label, column in zip(
            distilled.classes, distilled.soft_labels.T, strict=True
        ):
            added[f"{SOFT_PREFIX}{label}"] = column
    if taken := [name for name in added if name in frame.columns]:
        raise ValueError(
            f"X has columns named {taken}, which the table needs for labels and "
            "weights. Rename them, or set target_name."
        )
    return pd.concat([frame, pd.DataFrame(added)], axis=1)


def to_table(distilled: "DistilledSet") -> Any:
    """Return the pyarrow table of a .parquet file."""
    pa, _ = import_pyarrow()
    frame = set_to_frame(distilled)
    header = header_of(distilled)
    header["columns"] = column_headers(frame.iloc[:, : distilled.X.shape[1]])
    header["names"] = [str(name) for name in frame.columns]
    header["has_sample_weight"] = distilled.sample_weight is not None
    frame.columns = header["names"]
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except pa.ArrowException as error:
        raise ValueError(
            f"A Parquet file cannot hold this set, but .npz may: {error}"
        ) from error
    text = to_json(header).encode()
    return table.replace_schema_metadata(
        {
            **(table.schema.metadata or {}),
            FORMAT.encode(): text,
            CHECKSUM_KEY: str(zlib.crc32(text)).encode(),
        }
    )


def read_parquet(path: Any) -> dict[str, Any]:
    _, pq = import_pyarrow()
    table = pq.read_table(path, page_checksum_verification=True)
    metadata = table.schema.metadata or {}
    text = metadata.get(FORMAT.encode(), b"null")
    header = check_header(json.loads(text))
    if metadata[CHECKSUM_KEY] != str(zlib.crc32(text)).encode():
        raise ValueError("its header does not fit the checksum")
    if table.column_names != header["names"]:
        raise ValueError("its columns are not those that its header names")
    frame = table.to_pandas()
    # By position, since columns of X may be called as ours are.
    columns = [frame.iloc[:, j] for j in range(frame.shape[1])]
    n_columns = len(header["columns"])
    X = side_by_side(
        [
            column.astype(dtype_of(described))
            for column, described in zip(columns, header["columns"], strict=False)
        ],
        header,
    )
    rest = iter(columns[n_columns:])
    y = next(rest).to_numpy().astype(header["y_dtype"]) if header["has_y"] else None
    weights = next(rest).to_numpy() if header["has_sample_weight"] else None
    soft = list(rest)
    return {
        "X": X,
        "y": y,
        "soft_labels": np.column_stack(soft) if soft else None,
        "sample_weight": weights,
        "classes": classes_of(header),
        "target_name": header["target_name"],
        "info": header["info"],
    }


def to_csv(distilled: "DistilledSet") -> str:
    """Return the text of a .csv file, from which `_read_csv` can tell what is what."""
    if distilled.y is None:
        raise ValueError("A CSV file cannot say that there are no labels: use .npz.")
    y, classes = distilled.y, distilled.classes
    if classes is None:
        # Whole numbers would come back as classes.
        y = y.astype(np.float64)
    elif classes.dtype.kind == "f" and (classes == np.rint(classes)).all():
        # And floats as quantities.
        y, classes = y.astype(np.int64), classes.astype(np.int64)
    written = copy.copy(distilled)
    written.y, written.classes = y, classes
    frame = set_to_frame(written)
    names = [str(name) for name in frame.columns]
    columns_of_X = names[: distilled.X.shape[1]]
    if reserved := [
        name
        for name in columns_of_X
        if name == WEIGHT_COLUMN or name.startswith(SOFT_PREFIX)
    ]:
        raise ValueError(
            f"X has columns named {reserved}, which a CSV file has for labels and "
            "weights. Rename them, or use .npz."
        )
    if len(set(names)) < len(names):
        raise ValueError(
            "X has several columns of one name, which a CSV file cannot tell apart. "
            "Rename them, or use .npz."
        )
    if frame.isna().any(axis=None):
        raise ValueError(
            "A CSV file cannot tell missing values from empty text: use .npz."
        )
    text = frame.to_csv(index=False)
    # pandas leaves a lone carriage return unquoted, and then reads it as a new line.
    if "\r" in text:
        text = frame.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    target = frame[names[len(columns_of_X)]]
    read = _read_cells(lambda: io.StringIO(text)).iloc[:, len(columns_of_X)]
    if target.dtype.kind not in "biuf" and read.dtype.kind in "biuf":
        raise ValueError(
            f"The labels are text that reads as numbers, such as {str(y[0])!r}, and a "
            "CSV file would give back numbers. Use .npz or .parquet."
        )
    return text


def columns_of_codes(cells: Any) -> list[str]:
    """Return the columns of a table of text in which digits are no numbers.

    007 would come out as 7.
    """
    return [name for name in cells if cells[name].str.match(r"0\d").any()]


def _read_cells(source: Callable[[], Any]) -> Any:
    """Return the DataFrame of a CSV file, or of a buffer, that is opened twice."""
    pd = import_pandas()
    # Each column read as a whole: in parts it might come as several types.
    how = {"keep_default_na": False, "low_memory": False}
    codes = columns_of_codes(pd.read_csv(source(), dtype=str, **how))
    return pd.read_csv(source(), dtype=dict.fromkeys(codes, str), **how)


def read_csv(path: Any) -> dict[str, Any]:
    # pandas would fill up short lines, and take the start of long ones for an index.
    with open(path, encoding="utf-8", newline="") as file:
        if len({len(line) for line in csv.reader(file) if line}) > 1:
            raise ValueError("its lines do not have as many fields as its header")
    frame = _read_cells(lambda: path)
    soft = [name for name in frame.columns if name.startswith(SOFT_PREFIX)]
    rest = [name for name in frame.columns if name not in (WEIGHT_COLUMN, *soft)]
    # The last column that is not ours is y: set_to_frame writes them in that order.
    *columns, target = rest
    y = frame[target].to_numpy()
    classes = None
    if soft:
        labels = np.array([name.removeprefix(SOFT_PREFIX) for name in soft])
        classes = labels == "True" if y.dtype.kind == "b" else labels.astype(y.dtype)
    elif y.dtype.kind != "f":
        classes = np.unique(y)
    return {
        "X": frame[columns],
        "y": y,
        "soft_labels": frame[soft].to_numpy() if soft else None,
        "sample_weight": frame[WEIGHT_COLUMN] if WEIGHT_COLUMN in frame else None,
        "classes": classes,
        "target_name": target,
    }
