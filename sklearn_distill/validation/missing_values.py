"""Rows with missing values, and the estimators that accept them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import get_tags

from .._utils.native_rows import from_native
from ..encoding.values import is_gap


def check_accepts_missing(estimator: Any, X: Any) -> None:
    """Raise ValueError if X has missing values that an estimator does not accept.

    Parameters
    ----------
    estimator : estimator
    X : array-like, DataFrame, table or sparse matrix
    """
    if may_accept_missing(estimator):
        return
    rows = from_native(X)
    if issparse(rows):
        rows = rows.tocsr().data
    if has_missing(rows if hasattr(rows, "iloc") else np.asarray(rows)):
        raise ValueError(
            "X has missing values (NaN), which the estimator "
            f"{type(estimator).__name__} does not accept. Impute them first, or pass "
            "the estimator in a Pipeline after a SimpleImputer."
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


def may_accept_missing(estimator: Any) -> bool:
    """Return whether an estimator accepts missing values, as far as this is known.

    The answer is True if it cannot be known before `fit`: for estimators without tags,
    and for those with nested estimators, such as a ColumnTransformer with an imputer.
    """
    if _is_net(estimator):
        return False
    if accepts_missing(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return True
    parts = estimator.get_params(deep=True).values()
    return any(hasattr(part, "fit") for part in parts)


def _is_net(estimator: Any) -> bool:
    """Return whether an object is a skorch net, a torch module or a class."""
    return isinstance(estimator, type) or any(
        hasattr(estimator, name) for name in ("initialize_module", "register_parameter")
    )
