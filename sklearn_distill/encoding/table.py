"""The encoder of tables: one column encoder for each column of X."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from itertools import pairwise
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .categorical_features import categorical_mask
from .categories import MAX_CATEGORIES, CategoryColumn
from .columns import NumericColumn, check_decodable
from .dates import DateColumn
from .incomplete import IncompleteColumn, encode_observed
from .restoring import forms_of, into_array, to_series
from .values import column_name, columns_of

# What columns contain, by the kinds of their dtypes; all others contain categories.
KINDS = dict.fromkeys("biuf", "numbers") | {"m": "durations", "M": "dates"}


class TableEncoder:
    """Encode the columns of a 2-D array or of a DataFrame independently.

    `encode` returns float32 rows. `decode` returns rows that the data could contain:
    known categories, whole numbers if the column contains only whole numbers, dates in
    the resolution of the column, and values within the observed range. Rows lack values
    about as often as the rows of the data.

    Parameters
    ----------
    numeric : {"auto", "standard", "quantile"}
        How numeric columns are scaled; see `NumericColumn`.
    categorical_features : {"auto", "from_dtype"} or array-like
        Which numeric columns are categories; see `categorical_mask`.

    Attributes
    ----------
    columns_ : list
        The column encoders, one for each column of X: NumericColumn, DateColumn,
        CategoryColumn, and IncompleteColumn for numbers and dates with missing values.
    slices_ : list of slice
        The position of each column's block in the encoded rows.
    shape_ : tuple (n_encoded,)
        The shape of one encoded row.
    lower_, upper_ : float32 ndarray of shape (n_encoded,)
        The range of each encoded column.
    """

    def __init__(self, numeric: str = "auto", categorical_features: Any = "from_dtype"):
        self.numeric = numeric
        self.categorical_features = categorical_features

    def fit(self, X: Any, sample_weight: np.ndarray) -> "TableEncoder":
        """Fit an encoder for each column.

        Parameters
        ----------
        X : ndarray or DataFrame of shape (n, n_columns)
        sample_weight : float64 ndarray of shape (n,)

        Returns
        -------
        TableEncoder
        """
        is_category = categorical_mask(X, self.categorical_features)
        columns = [
            (CategoryColumn() if code else column_encoder(values, self.numeric)).fit(
                values, sample_weight
            )
            for values, code in zip(columns_of(X), is_category, strict=True)
        ]
        for j, column in enumerate(columns):
            _warn_if_categories_are_merged(column_name(X, j), column)
        return self.set_columns(columns, X)

    def set_columns(self, columns: list[Any], X: Any) -> "TableEncoder":
        """Use fitted column encoders instead of fitting them to rows.

        Parameters
        ----------
        columns : list
            One fitted encoder for each column of X.
        X : ndarray or DataFrame of shape (n, n_columns)
            The container, the column names and the dtypes of decoded rows.

        Returns
        -------
        TableEncoder
        """
        self.columns_ = columns
        ends = np.cumsum([0] + [column.width for column in self.columns_])
        self.slices_ = [slice(a, b) for a, b in pairwise(ends.tolist())]
        self.shape_ = (int(ends[-1]),)
        lower, upper = zip(*(column.bounds() for column in self.columns_), strict=True)
        self.lower_ = np.concatenate(lower).astype(np.float32)
        self.upper_ = np.concatenate(upper).astype(np.float32)
        # Keep only an empty copy of X: its container, column names and dtypes.
        self.like_ = take_rows(X, np.arange(0))
        self.forms_ = forms_of(X)
        return self

    def check_known(self, X: Any) -> None:
        """Check that rows contain only categories, and kinds of values, seen in `fit`.

        Raises
        ------
        ValueError
            If a column contains a category that did not occur in `fit`, or text where
            `fit` saw only numbers.
        """
        for j, values in enumerate(columns_of(X)):
            column = self.columns_[j]
            name = column_name(X, j)
            if not isinstance(column, CategoryColumn):
                kind = _kind_of(column)
                is_empty = np.ma.getmaskarray(values).all()
                if not is_empty and KINDS.get(values.dtype.kind) != kind:
                    raise ValueError(
                        f"column {name!r} held {kind} in fit, but not all of its "
                        f"values are {kind} now. Convert the column to the dtype that "
                        "it had in fit."
                    )
                continue
            if unknown := column.unknown(values):
                raise ValueError(
                    f"column {name!r} has categories that did not occur in fit: "
                    f"{unknown[:5]}. Map them to known categories or drop their rows."
                )

    def absent_categories(self, X: Any) -> dict[Any, list[Any]]:
        """Return the categories seen in `fit` that no row of X holds, by column name.

        Columns whose categories all occur are left out. None stands for missing values.
        """
        absent = {}
        for j, values in enumerate(columns_of(X)):
            column = self.columns_[j]
            if isinstance(column, CategoryColumn) and (found := column.absent(values)):
                absent[column_name(X, j)] = found
        return absent

    def encode(self, X: Any) -> np.ndarray:
        """Return rows of X as a float32 array of shape (n, n_encoded)."""
        Z = np.empty((len(X), *self.shape_), dtype=np.float32)
        for column, place, values in zip(
            self.columns_, self.slices_, columns_of(X), strict=True
        ):
            Z[:, place] = _encode(column, values)
        return Z

    def decode(self, Z: np.ndarray) -> Any:
        """Return valid rows in the container, with the names and dtypes, of X.

        Parameters
        ----------
        Z : ndarray of shape (m, n_encoded)

        Returns
        -------
        ndarray or DataFrame of shape (m, n_columns)

        Raises
        ------
        ValueError
            If Z contains NaN.
        """
        check_decodable(Z)
        decoded = [
            column.decode(Z[:, place])
            for column, place in zip(self.columns_, self.slices_, strict=True)
        ]
        if hasattr(self.like_, "iloc"):
            return _frame_like(self.like_, decoded, self.forms_)
        out = np.empty((len(Z), len(decoded)), dtype=self.like_.dtype)
        for j, values in enumerate(decoded):
            into_array(out[:, j], values, self.forms_[j])
        return out

    def snap(self, Z: np.ndarray) -> np.ndarray:
        """Return the encoding of the decoded rows: the nearest valid encoded rows."""
        check_decodable(Z)
        snapped = np.empty_like(Z)
        for column, place in zip(self.columns_, self.slices_, strict=True):
            snapped[:, place] = column.encode(column.decode(Z[:, place]))
        return snapped


def column_encoder(values: np.ndarray, numeric: str) -> Any:
    """Return the unfitted encoder for the values of one column."""
    if values.dtype.kind not in KINDS:
        return CategoryColumn()
    is_date = values.dtype.kind in "mM"
    column = DateColumn(numeric) if is_date else NumericColumn(numeric)
    is_incomplete = np.ma.getmaskarray(values).any()
    return IncompleteColumn(column) if is_incomplete else column


def _encode(column: Any, values: np.ndarray) -> np.ndarray:
    """Return the block of a column, in which values may be missing only now."""
    if isinstance(column, NumericColumn | DateColumn) and np.ma.isMaskedArray(values):
        return encode_observed(column, values)
    return column.encode(values)


def _kind_of(column: Any) -> str:
    """Return whether a fitted column encoder encodes numbers, dates or durations."""
    column = getattr(column, "observed", column)
    return KINDS[column.dtype_.kind] if isinstance(column, DateColumn) else "numbers"


def _frame_like(like: Any, columns: list[np.ndarray], forms: list[Any]) -> Any:
    """Return a DataFrame of columns with the names and dtypes of another DataFrame."""
    import pandas as pd

    series = [
        to_series(values, dtype, form)
        for values, dtype, form in zip(columns, like.dtypes, forms, strict=True)
    ]
    frame = pd.concat(series, axis=1)
    frame.columns = like.columns
    return frame


def _warn_if_categories_are_merged(name: Any, column: Any) -> None:
    """Warn if a column has more categories than its one-hot block has columns."""
    if not isinstance(column, CategoryColumn) or column.n_categories <= column.width:
        return
    warnings.warn(
        f"column {name!r} has {column.n_categories} categories; all but the "
        f"{MAX_CATEGORIES - 1} most frequent are merged into one, so learned rows do "
        "not contain the others. Drop identifiers and free text, or group the "
        "categories.",
        UserWarning,
        stacklevel=2,
    )
