"""The state of a stream as an .npz file of arrays and JSON, without pickle."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from typing import IO, Any

import numpy as np
from scipy.sparse import csr_array, csr_matrix, issparse, sparray

from .._utils.native_rows import from_native, is_table, like_schema, schema_text
from ..distilled_set.column_values import restored_column, stored_values
from ..distilled_set.file_header import column_headers, dtype_of, frame_of_columns
from ..distilled_set.json_values import object_from_json, object_to_json
from ..encoding.column_statistics import CategoryStatistics, NumberStatistics
from ..encoding.image import ImageEncoder
from ..encoding.statistics import ImageStatistics, TableStatistics
from .part import Part
from .stream import PartStatistics

FORMAT = "sklearn-distill-stream"
FORMAT_VERSION = 1
# The classes whose objects a file may contain.
CLASSES: dict[str, Any] = {
    cls.__name__: cls
    for cls in (
        CategoryStatistics,
        ImageEncoder,
        ImageStatistics,
        NumberStatistics,
        Part,
        PartStatistics,
        TableStatistics,
    )
}


def write_state(file: IO[bytes], state: dict[str, Any]) -> None:
    """Write a state that consists of the types that `_Writer` supports."""
    writer = _Writer()
    tree = writer.node(state)
    header = {"format": FORMAT, "version": FORMAT_VERSION, "state": tree}
    arrays: dict[str, Any] = {"header": np.array(json.dumps(header)), **writer.arrays}
    np.savez(file, **arrays)


def read_state(file: IO[bytes]) -> dict[str, Any]:
    """Return the state in a file.

    Raises
    ------
    ValueError
        If the file has another format, or a newer version of it. A damaged file may
        raise any error.
    """
    with np.load(file, allow_pickle=False) as arrays:
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT or header["version"] > FORMAT_VERSION:
            raise ValueError("the file has another format or a newer version of it")
        return _restored(header["state"], arrays)


class _Writer:
    """Convert objects to JSON, and collect their arrays."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def node(self, value: Any) -> Any:
        """Return an object as JSON."""
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, np.ndarray):
            return self._array(value)
        if type(value).__name__ in CLASSES:
            fields = value._asdict() if hasattr(value, "_asdict") else vars(value)
            return {
                "class": type(value).__name__,
                "fields": {name: self.node(v) for name, v in fields.items()},
            }
        if isinstance(value, list | tuple):
            kind = "list" if isinstance(value, list) else "tuple"
            return {kind: [self.node(item) for item in value]}
        if isinstance(value, dict):
            return {"dict": [[self.node(k), self.node(v)] for k, v in value.items()]}
        if issparse(value):
            return {"csr": list(value.shape), "is_array": isinstance(value, sparray)}
        if hasattr(value, "iloc") or is_table(value):
            return self._frame(value)
        return self._other(value)

    def _array(self, values: np.ndarray) -> dict[str, Any]:
        if values.dtype.kind == "O":
            texts = [object_to_json(value) for value in values.ravel()]
            return {"objects": texts, "shape": list(values.shape)}
        name = f"a{len(self.arrays)}"
        self.arrays[name] = values
        return {"array": name}

    def _frame(self, table: Any) -> dict[str, Any]:
        frame = from_native(table)
        columns = [stored_values(frame.iloc[:, j]) for j in range(frame.shape[1])]
        return {
            "frame": [self._array(values) for values in columns],
            "columns": column_headers(frame),
            "table": schema_text(table),
        }

    def _other(self, value: Any) -> dict[str, Any]:
        if isinstance(value, np.dtype):
            return {"dtype": value.str}
        if isinstance(value, np.generic):
            return {"scalar": self._array(np.asarray(value))}
        if hasattr(value, "na_value") or hasattr(value, "categories"):
            import pandas as pd

            return {"pandas": column_headers(pd.Series(dtype=value).to_frame("y"))[0]}
        return {"value": object_to_json(value)}


def _restored(node: Any, arrays: Any) -> Any:
    """Return the object that `_Writer.node` converted."""
    if not isinstance(node, dict):
        return node
    if "class" in node:
        cls = CLASSES[node["class"]]
        fields = {name: _restored(v, arrays) for name, v in node["fields"].items()}
        if cls is not ImageEncoder:
            return cls(**fields)
        made = ImageEncoder()
        vars(made).update(fields)
        return made
    if "array" in node:
        return arrays[node["array"]]
    if "objects" in node:
        out = np.empty(len(node["objects"]), dtype=object)
        out[:] = [object_from_json(text) for text in node["objects"]]
        return out.reshape(node["shape"])
    if "list" in node:
        return [_restored(item, arrays) for item in node["list"]]
    if "tuple" in node:
        return tuple(_restored(item, arrays) for item in node["tuple"])
    if "dict" in node:
        return {_restored(k, arrays): _restored(v, arrays) for k, v in node["dict"]}
    if "frame" in node:
        return _restored_frame(node, arrays)
    if "csr" in node:
        return (csr_array if node["is_array"] else csr_matrix)(tuple(node["csr"]))
    if "dtype" in node:
        return np.dtype(node["dtype"])
    if "scalar" in node:
        return _restored(node["scalar"], arrays)[()]
    if "pandas" in node:
        return dtype_of(node["pandas"])
    return object_from_json(node["value"])


def _restored_frame(node: dict[str, Any], arrays: Any) -> Any:
    """Return a DataFrame, or a table of polars or pyarrow."""
    columns = [
        restored_column(_restored(values, arrays), dtype_of(described))
        for values, described in zip(node["frame"], node["columns"], strict=True)
    ]
    return like_schema(node["table"], frame_of_columns(columns, node))
