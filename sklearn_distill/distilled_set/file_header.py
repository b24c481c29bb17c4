"""The JSON header of .npz and .parquet files: format, version, classes and dtypes."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.native_rows import arrow_type_of, arrow_type_text, schema_text
from .._utils.optional import import_pandas, import_pyarrow
from .column_index import (
    categories_from_json,
    categories_to_json,
    index_of_names,
    levels_of,
)
from .growth import growth_from_json, growth_to_json
from .parts import SetParts

FORMAT = "sklearn-distill-set"
# Files with several targets have version 2, which older versions of the package reject.
FORMAT_VERSION = 2
WEIGHT_COLUMN = "sample_weight"
SOFT_PREFIX = "soft_label:"
NO_HEADER = "the file has no header of a distilled set"


def header_of(parts: SetParts) -> dict[str, Any]:
    """Return the header entries that .npz and .parquet files have in common."""
    y, classes = parts.y, parts.classes
    has_several = y is not None and y.ndim == 2
    header = {
        "format": FORMAT,
        "version": 2 if has_several else 1,
        "target_name": parts.target_name,
        "has_y": y is not None,
        "y_dtype": None if y is None else str(y.dtype),
        "classes": None if classes is None else classes.tolist(),
        "classes_dtype": None if classes is None else str(classes.dtype),
        "info": parts.info,
        "class_mass": parts.class_mass,
        "target": _target_header(parts.target_dtype),
        "growth": None if parts.growth is None else growth_to_json(parts.growth),
    }
    if (schema := schema_text(parts.X)) is not None:
        header["table"] = schema
    elif hasattr(parts.X, "iloc") and (levels := levels_of(parts.X.columns)):
        header["levels"] = levels
    if y is not None and has_several:
        header["n_targets"] = y.shape[1]
    return header


def _target_header(dtype: Any) -> dict[str, Any] | None:
    """Return the dtype of the labels, ready for JSON, or None."""
    return None if dtype is None else _column_header("target", dtype)


def parts_of_header(header: dict[str, Any], X: Any) -> dict[str, Any]:
    """Return the parts of a distilled set of rows X that its header contains."""
    classes = header["classes"]
    if classes is not None:
        classes = np.array(classes, dtype=header["classes_dtype"])
    # Files that were written before these parts existed lack the three entries.
    target, growth = header.get("target"), header.get("growth")
    return {
        "classes": classes,
        "target_name": header["target_name"],
        "info": header["info"],
        "class_mass": header.get("class_mass"),
        "target_dtype": dtype_of(target) if target else None,
        "growth": growth_from_json(growth, X) if growth else None,
    }


def check_header(header: Any) -> dict[str, Any]:
    """Return a header, or raise ValueError for a foreign or a newer format."""
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(NO_HEADER)
    if header["version"] > FORMAT_VERSION:
        raise ValueError(
            f"the file has format version {header['version']}, but this version of "
            f"sklearn-distill supports versions up to {FORMAT_VERSION}; upgrade "
            "sklearn-distill"
        )
    return header


def column_headers(frame: Any) -> list[dict[str, Any]]:
    """Return the name and dtype of each column of a DataFrame, ready for JSON."""
    return [
        _column_header(name, dtype)
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    ]


def _column_header(name: Any, dtype: Any) -> dict[str, Any]:
    """Return the name and dtype of one column, ready for JSON."""
    if not isinstance(name, str | int | tuple):
        raise ValueError(
            "The columns of a distilled set in a file must have names that are "
            f"strings or integers; got {name!r}. Convert the names first: "
            "X.columns = X.columns.astype(str)."
        )
    header: dict[str, Any] = {"name": name, "dtype": str(dtype)}
    if dtype == "category":
        categories = dtype.categories
        header |= {
            "categories": categories_to_json(categories),
            "categories_dtype": str(categories.dtype),
            "ordered": bool(dtype.ordered),
        }
    elif hasattr(dtype, "pyarrow_dtype") and not _is_named(dtype):
        header["arrow"] = arrow_type_text(dtype.pyarrow_dtype)
    elif not isinstance(dtype, import_pandas().StringDtype) and not _is_named(dtype):
        raise ValueError(
            f"column {name!r} has dtype {dtype}, which cannot be restored from its "
            "name. Convert the column with astype."
        )
    return header


def _is_named(dtype: Any) -> bool:
    """Tell whether pandas can restore a dtype from its name."""
    try:
        return dtype_of({"dtype": str(dtype)}) == dtype
    except (TypeError, NotImplementedError):
        return False


def dtype_of(header: dict[str, Any]) -> Any:
    """Return the pandas dtype that the header of a column describes."""
    pd = import_pandas()
    if header["dtype"] == "category":
        categories = categories_from_json(
            header["categories"], header["categories_dtype"]
        )
        return pd.CategoricalDtype(categories, ordered=header["ordered"])
    if "arrow" in header:
        return pd.ArrowDtype(arrow_type_of(header["arrow"]))
    if header["dtype"] == "string[pyarrow]":
        # This is the name of the Arrow dtype, but pandas would read the name as its own
        # StringDtype, whose name differs.
        return pd.ArrowDtype(import_pyarrow()[0].string())
    return pd.api.types.pandas_dtype(header["dtype"])


def frame_of_columns(columns: list[Any], header: dict[str, Any]) -> Any:
    """Return Series as a DataFrame with the column names in the header of a file."""
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns differ in length")
    frame = import_pandas().concat(columns, axis=1)
    names = [described["name"] for described in header["columns"]]
    if "levels" in header:
        frame.columns = index_of_names(names, header["levels"])
    else:
        frame.columns = names
    return frame
