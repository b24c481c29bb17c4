"""Rows with missing values, and the estimators that accept them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils import get_tags

from ..encoding.values import is_gap
from .nets.wrapping import is_net


def check_missing_values(
    X: Any, *, student: Any, teachers: list[Any], transfer: Any
) -> None:
    """Raise ValueError if X has missing values that some estimator does not accept.

    The same check applies to the rows of `fit` and of `predict`.

    Parameters
    ----------
    X : array or DataFrame
    student : estimator
    teachers : list of estimators
    transfer : None, str, distiller or callable
    """
    if not has_missing(X):
        return
    for role, estimators in (("student", [student]), ("teacher", teachers)):
        for estimator in estimators:
            if not may_accept_missing(estimator):
                raise ValueError(
                    "X has missing values (NaN), which the "
                    f"{role}, {type(estimator).__name__}, does not accept. Impute "
                    f"them first, or pass the {role} in a Pipeline after a "
                    "SimpleImputer."
                )
    if isinstance(transfer, str):
        raise ValueError(
            f"transfer={transfer!r} does not accept rows with missing values (NaN). "
            "Impute them first, or pass X_unlabeled instead of transfer."
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
    if is_net(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return False
    tags = get_tags(estimator)
    return bool(tags.input_tags.allow_nan or tags.no_validation)


def may_accept_missing(estimator: Any) -> bool:
    """Return whether an estimator accepts missing values, as far as this is known.

    The answer is True if it cannot be known before `fit`: for estimators without tags,
    and for those with nested estimators, such as a ColumnTransformer with an imputer.
    """
    if is_net(estimator):
        return False
    if accepts_missing(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return True
    parts = estimator.get_params(deep=True).values()
    return any(hasattr(part, "fit") for part in parts)
