"""Rows with missing values, and the estimators that accept them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.feature_selection import VarianceThreshold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.utils import get_tags

from .._utils.native_rows import from_native
from ..encoding.values import is_gap

# Transformers of scikit-learn that accept missing values and pass them on.
KEEP_MISSING = (
    MaxAbsScaler,
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
    VarianceThreshold,
)


def check_accepts_missing(estimator: Any, X: Any) -> None:
    """Raise ValueError if X has missing values that an estimator does not accept.

    Parameters
    ----------
    estimator : estimator
    X : array-like, DataFrame, table or sparse matrix
    """
    rejecting = rejecting_part(estimator)
    if rejecting is None:
        return
    rows = from_native(X)
    if issparse(rows):
        rows = rows.tocsr().data
    if has_missing(rows if hasattr(rows, "iloc") else np.asarray(rows)):
        raise ValueError(
            f"X has missing values (NaN), which {described(estimator, rejecting)} "
            "does not accept. Impute them first, or pass the estimator in a Pipeline "
            "after a SimpleImputer."
        )


def has_missing(X: Any) -> bool:
    """Return whether an array or a DataFrame has missing values."""
    if hasattr(X, "iloc"):
        return bool(X.isna().to_numpy().any())
    if X.dtype.kind == "f":
        return bool(np.isnan(X).any())
    return X.dtype.kind == "O" and any(map(is_gap, X.flat))


def accepts_missing(estimator: Any) -> bool:
    """Return whether the tags of an estimator say that it accepts missing values."""
    if _is_net(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return False
    tags = get_tags(estimator)
    return bool(tags.input_tags.allow_nan or tags.no_validation)


def rejecting_part(estimator: Any) -> Any:
    """Return the estimator, or the step of a Pipeline, that rejects missing values.

    The result is None if all parts accept them, or if this cannot be known before
    `fit`: for estimators without tags, and for those with nested estimators, such as a
    ColumnTransformer with an imputer.
    """
    if _is_net(estimator):
        return estimator
    if isinstance(estimator, Pipeline):
        return _rejecting_step(estimator)
    if accepts_missing(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return None
    parts = estimator.get_params(deep=True).values()
    return None if any(hasattr(part, "fit") for part in parts) else estimator


def _rejecting_step(pipeline: Pipeline) -> Any:
    """Return the step that receives missing values and rejects them, or None."""
    for _, step in pipeline.steps:
        if step is None or isinstance(step, str):
            continue
        rejecting = rejecting_part(step)
        if rejecting is not None:
            return rejecting
        if not isinstance(step, KEEP_MISSING):
            # The step may replace missing values.
            return None
    return None


def described(estimator: Any, part: Any) -> str:
    """Return the name of an estimator as text, and of the part that is meant."""
    if part is estimator:
        return f"the estimator {type(estimator).__name__}"
    return f"{type(part).__name__}, a step of the estimator {type(estimator).__name__},"


def _is_net(estimator: Any) -> bool:
    """Return whether an object is a skorch net, a torch module or a class."""
    return isinstance(estimator, type) or any(
        hasattr(estimator, name) for name in ("initialize_module", "register_parameter")
    )
