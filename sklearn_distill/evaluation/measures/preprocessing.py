"""Preprocessing of tables and images into the numbers that learners are trained on."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ..._utils.native_rows import dense_rows_of
from ..._utils.optional import import_pandas
from ...distilled_set.distilled_set import DistilledSet


def preprocessor(X: Any) -> Any:
    """Return a fitted transformer that standardizes numbers and one-hot encodes others.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
        The full training data. Distilled rows and test rows pass through the same
        transformer.

    Returns
    -------
    transformer
        Fitted on X. Categories that X does not contain are encoded as zeros.
    """
    X = _as_table(X)
    if not hasattr(X, "iloc"):
        return StandardScaler().fit(X)
    # Select columns by position, because ColumnTransformer would read a column name
    # that is an integer as a position.
    is_number = np.array([dtype.kind in "biuf" for dtype in X.dtypes], dtype=bool)
    numbers, others = np.flatnonzero(is_number), np.flatnonzero(~is_number)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("categories", one_hot, others)]
    ).fit(X)


def as_numbers(prepare: Any, X: Any) -> np.ndarray:
    """Return the rows of X as a float array, transformed by a fitted `preprocessor`."""
    return np.asarray(prepare.transform(_as_table(X)), dtype=np.float64)


def as_numeric_set(prepare: Any, distilled: DistilledSet) -> DistilledSet:
    """Return a distilled set whose rows were transformed by a fitted `preprocessor`."""
    return DistilledSet(
        as_numbers(prepare, distilled.X),
        distilled.y,
        soft_labels=distilled.soft_labels,
        sample_weight=distilled.sample_weight,
        classes=distilled.classes,
    )


def dense_rows(X: Any) -> Any:
    """Return rows as a DataFrame if they are a table, and as a dense array if not."""
    X = dense_rows_of(X)
    if hasattr(X, "iloc"):
        return X
    return np.asarray(X)


def _as_table(X: Any) -> Any:
    """Return X as a numeric matrix, or as a DataFrame with a dtype for each column."""
    X = dense_rows(X)
    if hasattr(X, "iloc"):
        return X
    X = X.reshape(len(X), -1)
    if X.dtype.kind in "biuf":
        return X
    return import_pandas().DataFrame(X).infer_objects()
