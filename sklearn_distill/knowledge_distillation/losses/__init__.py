"""Loss functions of student nets."""

# SPDX-License-Identifier: BSD-3-Clause

from .classification import LOSSES, dist, dkd, kl, logit_mse, rkd, standardized_kl
from .regression import REGRESSION_LOSSES, blended, bounded

__all__ = [
    "LOSSES",
    "REGRESSION_LOSSES",
    "blended",
    "bounded",
    "dist",
    "dkd",
    "kl",
    "logit_mse",
    "rkd",
    "standardized_kl",
]
