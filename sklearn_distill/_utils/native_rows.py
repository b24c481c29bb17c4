"""Rows in containers of other libraries: sparse matrices, Arrow and polars, torch.

All computations run on NumPy arrays and pandas DataFrames. The functions of this module
convert the rows that users pass, and convert the distilled rows back. Tables of polars
and pyarrow become arrays of objects where pandas is not installed.
"""

# SPDX-License-Identifier: BSD-3-Clause

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils import get_tags

from .array_namespace import (
    is_foreign_array,
    keeps_namespace,
    like_array,
    rows_like_array,
    to_numpy,
)
from .named_array import named_array, table_like
from .optional import import_pandas, import_pyarrow


def native_library(X: Any) -> str:
    """Return the top-level package that defines the class of an object."""
    return type(X).__module__.partition(".")[0]


def is_table(X: Any) -> bool:
    """Return whether X is a table of polars or pyarrow."""
    return native_library(X) in ("polars", "pyarrow") and hasattr(X, "columns")


def keeps_container(X: Any) -> bool:
    """Return whether distilled rows and new rows are returned in the container of X.

    Arrays of torch and other libraries are returned as such only if scikit-learn
    dispatches to the array API.
    """
    if is_foreign_array(X):
        return keeps_namespace(X)
    return is_table(X) or sparse.issparse(X)


def from_native(X: Any) -> Any:
    """Return a table or column as pandas, and arrays of other libraries as NumPy.

    Other objects are returned unchanged.

    Without pandas or pyarrow, a table of polars or pyarrow becomes a `NamedArray`.

    Raises
    ------
    TypeError
        If X is a torch data set, or a lazy frame of polars.
    """
    if is_foreign_array(X):
        return to_numpy(X)
    check_supported(X)
    if isinstance(X, np.ndarray):
        return _plain_array(X)
    if native_library(X) not in ("polars", "pyarrow") or not hasattr(X, "to_pandas"):
        return X
    _check_polars_dtypes(X)
    if not _has_converters():
        return named_array(X)
    rows = X.to_pandas()
    # Columns of pyarrow are not named.
    return rows if native_library(X) == "polars" or is_table(X) else np.asarray(rows)


def _plain_array(X: np.ndarray) -> np.ndarray:
    """Return an array without a mask and without the string dtype of NumPy 2.

    Masked numbers become NaN, which scikit-learn would replace by the hidden values.
    """
    if X.dtype.kind == "T":
        return X.astype(object)
    missing = np.ma.getmaskarray(X)
    if not missing.any():
        return X
    kind = "f" if X.dtype.kind in "biuf" else X.dtype.kind
    if kind not in "fOUS":
        return X
    plain = np.ma.getdata(X).astype(
        np.result_type(X, np.float16) if kind == "f" else object
    )
    plain[missing] = np.nan if kind == "f" else None
    return plain


def check_supported(X: Any) -> None:
    """Raise TypeError for containers whose rows cannot be read.

    These are torch data sets, lazy frames of polars, and dicts.
    """
    first = X[0] if isinstance(X, list) and X else None
    # A sparse matrix in the format DOK is a dict.
    if not sparse.issparse(X) and (isinstance(X, dict) or isinstance(first, dict)):
        kind = "a dict" if isinstance(X, dict) else "a list of dicts"
        raise TypeError(
            f"X and y must be arrays or tables, got {kind}. Convert it with "
            "pandas.DataFrame."
        )
    if any(c.__module__.startswith("torch.utils.data") for c in type(X).__mro__):
        raise TypeError(
            f"X and y must be arrays or tables, got a {type(X).__name__} of PyTorch. "
            "Collect its rows and labels first: X, y = map(numpy.stack, "
            "zip(*dataset)), where dataset yields one row and its label at a time."
        )
    if type(X).__name__ == "LazyFrame" and native_library(X) == "polars":
        raise TypeError("X is a lazy frame of polars. Pass X.collect().")


def _has_converters() -> bool:
    """Return whether pandas and pyarrow are installed."""
    try:
        import_pandas()
        import_pyarrow()
    except ImportError:
        return False
    return True


def _check_polars_dtypes(X: Any) -> None:
    """Raise TypeError for columns of polars that cannot be converted to Arrow."""
    if native_library(X) != "polars":
        return
    schema = X.schema if is_table(X) else {X.name: X.dtype}
    for name, dtype in schema.items():
        if str(dtype) in ("Object", "Int128", "UInt128", "Float16"):
            raise TypeError(
                f"column {name!r} has the dtype {dtype} of polars, which other "
                "libraries cannot read. Convert it with cast, for example to "
                "polars.Float64 or polars.String."
            )


def dense_rows_of(X: Any) -> Any:
    """Return rows of any container as a dense array or a pandas DataFrame."""
    return X.toarray() if sparse.issparse(X) else from_native(X)


def like_native(given: Any, rows: Any) -> Any:
    """Return rows in the container of `given`, if `keeps_container` is true for it.

    Parameters
    ----------
    given : object
        The rows that the user passed.
    rows : ndarray or DataFrame
        Columns that `given` has too get the dtype that they have there.
    """
    if not keeps_container(given):
        return rows
    if sparse.issparse(given):
        is_array = isinstance(given, sparse.sparray)
        return (sparse.csr_array if is_array else sparse.csr_matrix)(rows)
    if is_foreign_array(given):
        return rows_like_array(given, rows)
    if not hasattr(rows, "iloc"):
        return table_like(given, rows)
    table = import_pyarrow()[0].Table.from_pandas(rows, preserve_index=False)
    table = table.replace_schema_metadata(None)
    if native_library(given) == "polars":
        import polars

        frame: Any = polars.from_arrow(table)
        dtypes = {n: t for n, t in given.schema.items() if n in frame.columns}
        return frame.cast(dtypes)
    return _with_arrow_types(table, given.schema)


def labels_like(given: Any, labels: np.ndarray) -> Any:
    """Return labels in the container of `given`: polars, pyarrow, torch or NumPy.

    The dtype of `given` is kept if it can hold the labels. Arrays of torch and other
    libraries are returned as such only if scikit-learn dispatches to the array API.
    Labels for any other container are returned unchanged.
    """
    if keeps_namespace(given):
        return like_array(given, labels)
    library = native_library(given)
    if library == "polars":
        return _polars_labels(given, labels)
    if library == "pyarrow":
        return _arrow_labels(given, labels)
    if isinstance(given, np.ndarray) and given.dtype.kind == "O":
        return labels.astype(object)
    return labels


def _polars_labels(given: Any, labels: np.ndarray) -> Any:
    """Return labels as a Series or a DataFrame of polars."""
    import polars

    if is_table(given):
        columns = labels.reshape(len(labels), -1).T
        pairs = zip(given.get_columns(), columns, strict=True)
        return polars.DataFrame([_polars_labels(c, values) for c, values in pairs])
    series = polars.Series(given.name, labels.tolist())
    try:
        cast = series.cast(given.dtype)
    except polars.exceptions.PolarsError:
        return series
    return cast if (cast.cast(series.dtype) == series).all() else series


def _arrow_labels(given: Any, labels: np.ndarray) -> Any:
    """Return labels as an array, a chunked array or a table of pyarrow."""
    pa, _ = import_pyarrow()
    if is_table(given):
        columns = labels.reshape(len(labels), -1).T
        pairs = zip(given.columns, columns, strict=True)
        arrays = [_arrow_labels(column, values) for column, values in pairs]
        return pa.table(arrays, names=given.column_names)
    try:
        array = pa.array(labels.tolist(), type=given.type)
    except pa.ArrowException:
        array = pa.array(labels.tolist())
    return pa.chunked_array([array]) if hasattr(given, "chunks") else array


def schema_text(X: Any) -> str | None:
    """Return library and column types of a table of polars or pyarrow, as text."""
    if not is_table(X):
        return None
    table = X[:0]
    schema = table.schema if hasattr(table, "replace_schema_metadata") else None
    if schema is None:
        schema = table.to_arrow().schema
    content = schema.remove_metadata().serialize().to_pybytes()
    return f"{native_library(X)} {b64encode(content).decode()}"


def arrow_type_text(dtype: Any) -> str:
    """Return a type of Arrow as text, from which `arrow_type_of` restores it."""
    pa, _ = import_pyarrow()
    content = pa.schema([pa.field("", dtype)]).serialize().to_pybytes()
    return b64encode(content).decode()


def arrow_type_of(text: str) -> Any:
    """Return the type of Arrow that `arrow_type_text` describes."""
    pa, _ = import_pyarrow()
    return pa.ipc.read_schema(pa.py_buffer(b64decode(text))).field(0).type


def like_schema(text: str | None, rows: Any) -> Any:
    """Return a DataFrame as a table of the library and types of `schema_text`.

    It is returned unchanged if the text is None, or if the library is not installed.
    """
    if text is None:
        return rows
    library, _, content = text.partition(" ")
    try:
        pa, _ = import_pyarrow()
        empty = pa.ipc.read_schema(pa.py_buffer(b64decode(content))).empty_table()
        if library == "polars":
            import polars

            empty = polars.from_arrow(empty)
    except ImportError:
        return rows
    return like_native(empty, rows)


def _with_arrow_types(table: Any, schema: Any) -> Any:
    """Return an Arrow table whose columns have the types of a schema."""
    pa, _ = import_pyarrow()
    for j, name in enumerate(table.column_names):
        if name not in schema.names:
            continue
        field, column = schema.field(name), table.column(j)
        if pa.types.is_dictionary(field.type) and pa.types.is_dictionary(column.type):
            # A cast would drop the categories that no row has.
            column = column.combine_chunks()
            column = pa.DictionaryArray.from_arrays(
                column.indices.cast(field.type.index_type),
                column.dictionary.cast(field.type.value_type),
                ordered=field.type.ordered,
            )
        table = table.set_column(j, field, column.cast(field.type))
    return table


def as_output(rows: Any, library: str, names: Callable[[], Any]) -> Any:
    """Return a new table of pandas, polars or pyarrow with the given rows.

    Parameters
    ----------
    rows : ndarray, DataFrame or table
    library : {"pandas", "polars", "pyarrow"}
    names : callable
        Returns the column names of an array.
    """
    if native_library(rows) == library:
        return rows.clone() if library == "polars" else rows
    if library == "polars":
        import polars

        if isinstance(rows, np.ndarray):
            return polars.DataFrame(rows, schema=list(names()))
        return polars.DataFrame(rows)
    rows = from_native(rows)
    if hasattr(rows, "iloc"):
        return rows
    return import_pandas().DataFrame(rows, columns=names())


def rows_for(estimator: Any, X: Any) -> Any:
    """Return X, as a dense array if it is sparse and the estimator requires one.

    An array of another library is returned as a NumPy array, because labels and weights
    are NumPy arrays.
    """
    if is_foreign_array(X):
        return to_numpy(X)
    if not sparse.issparse(X):
        return X
    try:
        takes_sparse = get_tags(estimator).input_tags.sparse
    except AttributeError:
        # The estimator does not derive from scikit-learn's BaseEstimator.
        takes_sparse = False
    return X if takes_sparse else X.toarray()


def nbytes_of(X: Any) -> int:
    """Return the size in memory of rows of any container."""
    if hasattr(X, "iloc"):
        kinds = set(X.dtypes)
        if all(isinstance(kind, np.dtype) and kind.kind != "O" for kind in kinds):
            # The general case takes far longer.
            return len(X) * sum(dtype.itemsize for dtype in X.dtypes)
        return int(X.memory_usage(index=False, deep=True).sum())
    if sparse.issparse(X):
        X = X.tocsr()
        return int(X.data.nbytes + X.indices.nbytes + X.indptr.nbytes)
    if hasattr(X, "estimated_size"):
        return int(X.estimated_size())
    return int(to_numpy(X).nbytes if is_foreign_array(X) else X.nbytes)
