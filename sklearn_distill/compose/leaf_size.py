"""A warning if the leaves of a tree must hold more rows than a distilled set has."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from numbers import Integral
from typing import Any

import numpy as np

from ..distilled_set.distilled_set import DistilledSet

# The parameters that set the minimum number of rows of a leaf: those of scikit-learn
# and LightGBM.
LEAF_PARAMETERS = ("min_samples_leaf", "min_child_samples", "min_data_in_leaf")


def warn_of_large_leaves(estimator: Any, train: DistilledSet) -> None:
    """Warn if an estimator requires larger leaves than its training rows can fill.

    A leaf that must hold more rows than a class has cannot hold this class alone. For
    regression, a single split requires twice the minimum number of rows of a leaf.

    Parameters
    ----------
    estimator : estimator
        Its parameters, and those of its parts, are read with `get_params`.
    train : DistilledSet
        The rows that it is fitted on.
    """
    found = _largest_leaf(estimator)
    if found is None:
        return
    name, leaf = found
    if train.classes is None:
        if leaf * 2 <= len(train):
            return
        reason = f"{len(train)} rows cannot be split into two such leaves"
    else:
        fewest = int(np.unique(np.asarray(train.y), return_counts=True)[1].min())
        if leaf <= fewest:
            return
        reason = f"the smallest class has {fewest} rows"
    warnings.warn(
        f"{type(estimator).__name__} has {name}={leaf}, but {reason} in the "
        f"{len(train)} rows that it is fitted on, so that its trees can hardly learn. "
        f"Lower {name}, raise the budget, or set densify='auto'.",
        UserWarning,
        stacklevel=4,  # the caller of fit, beyond scikit-learn's wrapper of fit
    )


def _largest_leaf(estimator: Any) -> tuple[str, int] | None:
    """Return the parameter with the largest minimum number of rows of a leaf."""
    if not hasattr(estimator, "get_params"):
        return None
    leaves = [
        (int(value), name)
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] in LEAF_PARAMETERS
        and isinstance(value, Integral)
        and int(value) > 1
    ]
    if not leaves:
        return None
    leaf, name = max(leaves)
    return name, leaf
