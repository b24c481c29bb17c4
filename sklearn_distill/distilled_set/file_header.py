"""What the files of distilled sets say of themselves: format, version, dtypes."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.optional import import_pandas, import_pyarrow

if TYPE_CHECKING:
    from .distilled_set import DistilledSet

FORMAT = "sklearn-distill-set"
FORMAT_VERSION = 1
WEIGHT_COLUMN = "sample_weight"
SOFT_PREFIX = "soft_label:"


def header_of(distilled: "DistilledSet") -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "target_name": distilled.target_name,
        "has_y": distilled.y is not None,
        "y_dtype": None if distilled.y is None else str(distilled.y.dtype),
        "classes": None if distilled.classes is None else distilled.classes.tolist(),
        "classes_dtype": None
        if distilled.classes is None
        else str(distilled.classes.dtype),
        "info": distilled.info,
    }


def check_header(header: Any) -> dict[str, Any]:
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError("it does not say that it is a distilled set")
    if header["version"] > FORMAT_VERSION:
        raise ValueError(
            f"it has format version {header['version']}, and this version of "
            f"sklearn-distill reads up to {FORMAT_VERSION}; upgrade sklearn-distill"
        )
    return header


def classes_of(header: dict[str, Any]) -> np.ndarray | None:
    if header["classes"] is None:
        return None
    return np.array(header["classes"], dtype=header["classes_dtype"])


def to_json(value: Any) -> str:
    def plain(part: Any) -> Any:
        if isinstance(part, np.generic | np.ndarray):
            return part.tolist()
        raise ValueError(
            f"{part!r} is of type {type(part).__name__}, which a file without pickled "
            "objects cannot hold. Convert it to a string or a number."
        )

    return json.dumps(value, default=plain)


def column_headers(frame: Any) -> list[dict[str, Any]]:
    return [
        _column_header(name, dtype)
        for name, dtype in zip(frame.columns, frame.dtypes, strict=True)
    ]


def _column_header(name: Any, dtype: Any) -> dict[str, Any]:
    if not isinstance(name, str | int):
        raise ValueError(f"column names must be strings or integers, not {name!r}")
    described: dict[str, Any] = {"name": name, "dtype": str(dtype)}
    if dtype == "category":
        categories = dtype.categories
        described |= {
            "categories": categories.tolist(),
            "categories_dtype": str(categories.dtype),
            "ordered": bool(dtype.ordered),
        }
    elif not isinstance(dtype, import_pandas().StringDtype) and not _is_named(dtype):
        raise ValueError(
            f"column {name!r} has dtype {dtype}, which cannot be read back from its "
            "name. Convert it with astype."
        )
    return described


def _is_named(dtype: Any) -> bool:
    try:
        return dtype_of({"dtype": str(dtype)}) == dtype
    except TypeError:
        return False


def dtype_of(described: dict[str, Any]) -> Any:
    """Return the dtype that a column header describes."""
    pd = import_pandas()
    if described["dtype"] == "category":
        categories = pd.Index(
            described["categories"], dtype=described["categories_dtype"]
        )
        return pd.CategoricalDtype(categories, ordered=described["ordered"])
    if described["dtype"] == "string[pyarrow]":
        # pandas reads its own strings by this name, which it never gives them.
        return pd.ArrowDtype(import_pyarrow()[0].string())
    return pd.api.types.pandas_dtype(described["dtype"])


def side_by_side(columns: list[Any], header: dict[str, Any]) -> Any:
    if len({len(column) for column in columns}) != 1:
        raise ValueError("its columns are not of one length")
    frame = import_pandas().concat(columns, axis=1)
    frame.columns = [described["name"] for described in header["columns"]]
    return frame
