"""Preprocessing of tables and images into the numbers that learners are trained on."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from ..._utils.native_rows import dense_rows_of
from ..._utils.optional import import_pandas
from ...distilled_set.distilled_set import DistilledSet
from ...encoding.values import columns_of, is_gap, is_number, is_period
from ...validation.rows import keep_mixed_types


def preprocessor(X: Any) -> Any:
    """Return a fitted transformer that standardizes numbers and one-hot encodes others.

    Dates are converted to numbers. Missing numbers and dates are imputed by their mean,
    with an indicator column; a missing category is a category of its own. In a Pipeline
    before any estimator, the transformer accepts all tables that distillers accept.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
        The full training data. Distilled rows and test rows pass through the same
        transformer.

    Returns
    -------
    Pipeline
        Fitted on X. Categories that X does not contain are encoded as zeros.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from sklearn_distill import DistilledClassifier, HerdingSelection
    >>> from sklearn_distill.evaluation import preprocessor
    >>> X = pd.DataFrame(
    ...     {
    ...         "day": pd.date_range("2026-01-01", periods=8),
    ...         "color": ["red", "red", None, "red", "blue", "blue", "blue", None],
    ...         "size": [1.0, 2.0, 2.0, None, 7.0, 8.0, None, 9.0],
    ...     }
    ... )
    >>> y = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> estimator = make_pipeline(preprocessor(X), SVC())
    >>> model = DistilledClassifier(HerdingSelection(budget=3), estimator).fit(X, y)
    >>> model.score(X, y)
    1.0
    """
    X = _as_table(X)
    return make_pipeline(FunctionTransformer(_as_table), _columns_transformer(X)).fit(X)


def _columns_transformer(X: Any) -> Any:
    """Return an unfitted transformer of a numeric matrix or of a DataFrame."""
    if not hasattr(X, "iloc"):
        return _scaler(np.isnan(X).any())
    # Select columns by position, because ColumnTransformer would read a column name
    # that is an integer as a position.
    is_number = np.array([dtype.kind in "biuf" for dtype in X.dtypes], dtype=bool)
    is_mixed = np.zeros(len(is_number), dtype=bool)
    for j in np.flatnonzero(~is_number):
        is_mixed[j] = _has_mixed_values(X.iloc[:, j])
    numbers = np.flatnonzero(is_number)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    as_text = make_pipeline(FunctionTransformer(_as_text), one_hot)
    scaler = _scaler(X.iloc[:, numbers].isna().any(axis=None))
    return ColumnTransformer(
        [
            ("numbers", scaler, numbers),
            ("categories", one_hot, np.flatnonzero(~is_number & ~is_mixed)),
            ("mixed", as_text, np.flatnonzero(is_mixed)),
        ]
    )


def _scaler(has_missing: bool) -> Any:
    """Return an unfitted transformer that standardizes numbers and imputes gaps."""
    if not has_missing:
        return StandardScaler()
    # Without keep_empty_features the imputer drops a column of missing values.
    imputer = SimpleImputer(add_indicator=True, keep_empty_features=True)
    return make_pipeline(imputer, StandardScaler())


def _has_mixed_values(column: Any) -> bool:
    """Return whether OneHotEncoder rejects a column: several types, or pandas.NA."""
    objects = column.to_numpy(dtype=object)
    values = [value for value in objects if not is_gap(value)]
    types = {str if isinstance(value, str) else type(value) for value in values}
    return len(types) > 1 or any(type(v).__name__ == "NAType" for v in objects)


def _as_text(X: Any) -> np.ndarray:
    """Return the values of columns as text, with NaN where one is missing."""
    objects = X.to_numpy(dtype=object)
    text = [np.nan if is_gap(value) else _text_of(value) for value in objects.flat]
    return np.array(text, dtype=object).reshape(objects.shape)


def _text_of(value: Any) -> str:
    """Return a value as text in which the number 1 and the string "1" differ."""
    if isinstance(value, str):
        return value
    # Missing values turn whole numbers into floats.
    return f"number {float(value)}" if is_number(value) else repr(value)


def as_numbers(prepare: Any, X: Any) -> np.ndarray:
    """Return the rows of X as a float array, transformed by a fitted `preprocessor`."""
    rows = np.asarray(prepare.transform(X), dtype=np.float64)
    # The mean of a standardized column, 0, stands in for values that are missing only
    # in these rows.
    return np.nan_to_num(rows, nan=0.0) if np.isnan(rows).any() else rows


def as_numeric_set(prepare: Any, distilled: DistilledSet) -> DistilledSet:
    """Return a distilled set whose rows were transformed by a fitted `preprocessor`."""
    return DistilledSet(
        as_numbers(prepare, distilled.X),
        distilled.y,
        soft_labels=distilled.soft_labels,
        sample_weight=distilled.sample_weight,
        classes=distilled.classes,
        class_mass=distilled.class_mass,
        info=distilled.info,
    )


def dense_rows(X: Any) -> Any:
    """Return rows as a DataFrame if they are a table, and as a dense array if not."""
    X = dense_rows_of(keep_mixed_types(X))
    return X if hasattr(X, "iloc") else np.asarray(X)


def _as_table(X: Any) -> Any:
    """Return X as a numeric matrix, or as a DataFrame with a dtype for each column."""
    X = dense_rows(X)
    if not hasattr(X, "iloc"):
        X = X.reshape(len(X), -1)
        if X.dtype.kind in "biuf":
            return X
        X = import_pandas().DataFrame(X).infer_objects()
    return _with_plain_numbers(X)


def _with_plain_numbers(X: Any) -> Any:
    """Return a DataFrame with dates and incomplete columns of numbers as floats."""
    plain = {}
    for j, values in enumerate(columns_of(X)):
        kind, missing = values.dtype.kind, np.ma.getmaskarray(values)
        is_date = kind in "mM" or is_period(X.dtypes.iloc[j])
        if is_date or (kind in "biuf" and missing.any()):
            numbers = np.ma.getdata(values).astype(np.int64 if kind in "mM" else float)
            plain[j] = np.where(missing, np.nan, numbers.astype(np.float64))
    if not plain:
        return X
    X = X.copy()
    for j, values in plain.items():
        X.isetitem(j, values)
    return X
