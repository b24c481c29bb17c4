"""Tables of polars and pyarrow as arrays of objects, where pandas is not installed.

The conversion uses narwhals, on which scikit-learn depends.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

# The attributes of a NamedArray, which its rows keep.
ATTRIBUTES = ("columns", "dtypes", "name")


class NamedArray(np.ndarray):
    """The values of a table as an array of objects with the names of its columns.

    Selected rows and pickles keep the attributes; selected columns do not.

    Attributes
    ----------
    columns : list of str
        The names of the columns, if the array is two-dimensional.
    dtypes : list of dtype or str or None
        The dtype of each column of numbers or booleans, "category" for a column of
        categories, and None for all other columns.
    name : str
        The name of a single column.
    """

    columns: list[str]
    dtypes: list[Any]
    name: str

    def __array_finalize__(self, other: Any) -> None:
        # Attributes are absent, not None, where they do not apply: callers test for
        # `columns` as they do for tables.
        found = getattr(other, "__dict__", {})
        if self.shape[1:] == np.shape(other)[1:]:
            self.__dict__.update({k: found[k] for k in ATTRIBUTES if k in found})

    def __reduce__(self) -> Any:
        return _restored, (np.asarray(self), self.__dict__)

    def stacked(self, others: Any) -> "NamedArray":
        """Return the rows of a table followed by other rows of the same columns.

        Columns whose dtypes differ have none in the result.
        """
        dtypes = getattr(others, "dtypes", [None] * len(self.dtypes))
        pairs = zip(self.dtypes, dtypes, strict=True)
        common = [own if own == other else None for own, other in pairs]
        values = np.concatenate([np.asarray(self), np.asarray(others, dtype=object)])
        return _restored(values, {"columns": self.columns, "dtypes": common})


def _restored(values: np.ndarray, attributes: dict[str, Any]) -> NamedArray:
    """Return an array with attributes; pickles refer to this function."""
    array = values.view(NamedArray)
    array.__dict__.update(attributes)
    return array


def named_array(given: Any) -> np.ndarray:
    """Return a table or a column of polars or pyarrow as an array.

    Dates with a time zone become the local time of their time zone, and nanoseconds
    are cut to microseconds.
    """
    import narwhals.stable.v2 as nw

    if not hasattr(given, "columns"):
        if hasattr(given, "to_pylist"):
            # Columns of pyarrow are not named.
            return np.asarray(given)
        column = nw.from_native(given, series_only=True)
        dtype = _numpy_dtype(column.dtype)
        values = _objects(column)
        is_typed = isinstance(dtype, np.dtype) and not column.is_null().any()
        values = values.astype(dtype) if is_typed else values
        return _restored(values, {"name": column.name})
    table = nw.from_native(given, eager_only=True)
    rows = np.empty(table.shape, dtype=object)
    for j, column in enumerate(table.iter_columns()):
        rows[:, j] = _objects(column)
    dtypes = [_numpy_dtype(dtype) for dtype in table.schema.values()]
    return _restored(rows, {"columns": list(table.columns), "dtypes": dtypes})


def _objects(column: Any) -> np.ndarray:
    """Return a column of narwhals as objects of Python; None is a missing value."""
    import narwhals.stable.v2 as nw

    dtype = column.dtype
    if isinstance(dtype, nw.Datetime):
        if dtype.time_zone is not None:
            column = column.dt.replace_time_zone(None)
        column = column.cast(nw.Datetime("us"))
    elif isinstance(dtype, nw.Duration):
        column = column.cast(nw.Duration("us"))
    objects = np.empty(len(column), dtype=object)
    objects[:] = column.to_list()
    return objects


def _numpy_dtype(dtype: Any) -> Any:
    """Return the entry of `NamedArray.dtypes` for a dtype of narwhals."""
    import narwhals.stable.v2 as nw

    if isinstance(dtype, nw.Categorical | nw.Enum):
        return "category"
    if dtype == nw.Boolean:
        return np.dtype(bool)
    is_number = dtype.is_integer() or dtype.is_float()
    return np.dtype(str(dtype).lower()) if is_number else None


def table_like(given: Any, rows: np.ndarray) -> Any:
    """Return an array of objects as a table with the columns of a table.

    Parameters
    ----------
    given : table of polars or pyarrow
    rows : ndarray of shape (m, n_columns)
    """
    columns = [rows[:, j].tolist() for j in range(rows.shape[1])]
    if hasattr(given, "replace_schema_metadata"):
        return _arrow_table(given, columns)
    import polars

    return polars.DataFrame(
        [
            _polars_column(name, dtype, values)
            for (name, dtype), values in zip(given.schema.items(), columns, strict=True)
        ]
    )


def column_names(table: Any) -> list[Any]:
    """Return the names of the columns of a table of pandas, polars or pyarrow."""
    return list(getattr(table, "column_names", table.columns))


def with_columns(table: Any, columns: dict[str, np.ndarray]) -> Any:
    """Return a table of polars or pyarrow with further columns, given by name."""
    import narwhals.stable.v2 as nw

    frame = nw.from_native(table, eager_only=True)
    added = [
        nw.new_series(name, values.tolist(), backend=frame.implementation)
        for name, values in columns.items()
    ]
    return frame.with_columns(*added).to_native()


def _polars_column(name: str, dtype: Any, values: list[Any]) -> Any:
    """Return values as a Series of polars of a given dtype."""
    import polars

    if getattr(dtype, "time_zone", None) is None:
        return polars.Series(name, values, dtype=dtype)
    column = polars.Series(name, values, dtype=polars.Datetime(dtype.time_unit))
    # Replace a local time that does not exist, because clocks skipped it in spring, by
    # the time one hour later.
    later = column.dt.offset_by("1h")
    localized = [
        c.dt.replace_time_zone(dtype.time_zone, ambiguous="latest", non_existent="null")
        for c in (column, later)
    ]
    return localized[0].fill_null(localized[1])


def _arrow_table(given: Any, columns: list[list[Any]]) -> Any:
    """Return columns as a table of pyarrow with the schema of a table."""
    import pyarrow as pa

    schema = given.schema.remove_metadata()
    arrays = [
        _arrow_column(given.column(j), field.type, values)
        for j, (field, values) in enumerate(zip(schema, columns, strict=True))
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrow_column(given: Any, dtype: Any, values: list[Any]) -> Any:
    """Return values as an array of pyarrow; categories keep those of `given`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(dtype) and given.num_chunks:
        dictionary = given.unify_dictionaries().chunk(0).dictionary
        codes = pc.index_in(pa.array(values, dtype.value_type), value_set=dictionary)
        return pa.DictionaryArray.from_arrays(
            codes.cast(dtype.index_type), dictionary, ordered=dtype.ordered
        )
    if pa.types.is_timestamp(dtype) and dtype.tz is not None:
        local = pa.array(values, pa.timestamp("us"))
        return pc.assume_timezone(
            local, dtype.tz, ambiguous="latest", nonexistent="latest"
        ).cast(dtype)
    return pa.array(values, dtype)
