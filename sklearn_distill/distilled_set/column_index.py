"""The names of columns and the categories of a column as JSON."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from .._utils.optional import import_pandas


def levels_of(columns: Any) -> dict[str, Any] | None:
    """Return what the names of columns alone do not tell about their index.

    Parameters
    ----------
    columns : Index
        The columns of a DataFrame.

    Returns
    -------
    dict or None
        None for an index of one level that has no name.
    """
    is_multi = columns.nlevels > 1
    if not is_multi and columns.name is None and not _has_tuples(columns):
        return None
    return {"names": list(columns.names), "is_multi": is_multi}


def index_of_names(names: list[Any], levels: dict[str, Any]) -> Any:
    """Return the columns of a DataFrame from their names and `levels_of`."""
    pd = import_pandas()
    names = [tuple(name) if isinstance(name, list) else name for name in names]
    if levels["is_multi"]:
        return pd.MultiIndex.from_tuples(names, names=levels["names"])
    return pd.Index(names, name=levels["names"][0], tupleize_cols=False)


def _has_tuples(columns: Any) -> bool:
    """Return whether the name of a column is a tuple."""
    return any(isinstance(name, tuple) for name in columns)


def categories_to_json(categories: Any) -> list[Any]:
    """Return the categories of a column as values that JSON can represent.

    Dates, durations and periods become text, and intervals become pairs of bounds.
    """
    if _is_interval(categories.dtype):
        return [categories_to_json(end) for end in (categories.left, categories.right)]
    return as_text(categories).tolist()


def as_text(categories: Any) -> Any:
    """Return categories that are dates, durations or periods as text.

    Other categories are returned unchanged.
    """
    kind, name = categories.dtype.kind, str(categories.dtype)
    if kind in "mM" or name.startswith(("period", "interval")):
        return categories.map(str)
    return categories


def categories_from_json(values: list[Any], dtype: str) -> Any:
    """Return the categories that `categories_to_json` converted, of a given dtype."""
    pd = import_pandas()
    if not _is_interval(dtype):
        if dtype.startswith(("datetime64", "timedelta64", "period")):
            return pd.Index(values, dtype="str").astype(dtype)
        return pd.Index(values, dtype=dtype)
    of_ends, closed = dtype.removeprefix("interval[").removesuffix("]").split(", ")[-2:]
    left, right = (categories_from_json(ends, of_ends) for ends in values)
    return pd.IntervalIndex.from_arrays(left, right, closed=closed)


def _is_interval(dtype: Any) -> bool:
    """Return whether a dtype, or its name, is that of intervals."""
    return str(dtype).startswith("interval")
