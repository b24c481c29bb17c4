"""Rows with missing values, and who takes them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils import get_tags

from ..validation.values import is_gap
from .wrapping import is_net


def has_missing(X: Any) -> bool:
    """Tell whether values are missing from an array or a DataFrame."""
    if hasattr(X, "iloc"):
        return bool(X.isna().to_numpy().any())
    if X.dtype.kind == "f":
        return bool(np.isnan(X).any())
    return X.dtype.kind == "O" and any(map(is_gap, X.flat))


def takes_missing(estimator: Any) -> bool:
    """Tell whether an estimator says that it takes missing values."""
    if is_net(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return False
    tags = get_tags(estimator)
    return bool(tags.input_tags.allow_nan or tags.no_validation)


def may_take_missing(estimator: Any) -> bool:
    """Tell whether an estimator takes missing values, as far as can be known.

    One without tags, or with others in it, such as a ColumnTransformer with an imputer
    among them, does not always say so: then it finds out itself.
    """
    if is_net(estimator):
        return False
    if takes_missing(estimator) or not hasattr(estimator, "__sklearn_tags__"):
        return True
    parts = estimator.get_params(deep=True).values()
    return any(hasattr(part, "fit") for part in parts)
