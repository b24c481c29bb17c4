"""The constraints of the parameters that all distillers have."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from .._utils._sklearn_private import HasMethods, Interval, StrOptions
from .budget import ALLOCATIONS

# The names are the parameters of `BaseDistiller`, in the order of its documentation.
COMMON_CONSTRAINTS: dict[str, Any] = {
    "budget": [Integral, Real, Mapping],
    "allocation": [StrOptions(set(ALLOCATIONS))],
    "task": [StrOptions({"auto", "classification", "regression"})],
    "soft_labels": [None, StrOptions({"teacher"}), HasMethods(["fit"])],
    "densify": [
        None,
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "evaluator": [None, HasMethods(["fit", "score"])],
    "numeric": [StrOptions({"auto", "standard", "quantile"})],
    "categorical_features": [StrOptions({"auto", "from_dtype"}), "array-like"],
    "cover_categories": ["boolean", "array-like"],
    "image_shape": [None, tuple, list],
    "random_state": ["random_state"],
}
