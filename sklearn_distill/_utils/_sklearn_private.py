"""The private scikit-learn names that the package depends on.

All private names are imported in this module, so that a scikit-learn release that moves
one of them requires a change in one file only. The other modules of the package import
from scikit-learn's public modules.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._array_api import (
    _convert_to_numpy,
    get_namespace_and_device,
    move_to,
)
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_sample_weight, _num_samples

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "_check_sample_weight",
    "_convert_to_numpy",
    "_fit_context",
    "_get_output_config",
    "_num_samples",
    "_routing_enabled",
    "get_namespace_and_device",
    "move_to",
    "trees_of_boosting",
]


def trees_of_boosting(estimator: Any) -> list[np.ndarray]:
    """Return the node arrays of all trees of a fitted histogram gradient boosting.

    For any other estimator the list is empty.
    """
    predictors = getattr(estimator, "_predictors", [])
    return [tree.nodes for trees in predictors for tree in trees]
