"""The scikit-learn names without a public spelling that the package relies on.

They stand in one place so that a scikit-learn release which moves one of them breaks
one file. Everything else comes from scikit-learn's public modules.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.validation import _check_sample_weight

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "_check_sample_weight",
    "_fit_context",
    "_get_output_config",
    "_routing_enabled",
    "trees_of_boosting",
]


def trees_of_boosting(estimator: Any) -> list[np.ndarray]:
    """Return the nodes of each tree of fitted histogram boosting; [] of others."""
    predictors = getattr(estimator, "_predictors", [])
    return [tree.nodes for trees in predictors for tree in trees]
