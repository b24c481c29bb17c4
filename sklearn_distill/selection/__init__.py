"""Selection methods (coresets): keep real rows, with one file per criterion."""

# SPDX-License-Identifier: BSD-3-Clause

from .forgetting import ForgettingSelection
from .gradient_norm import GradientNormSelection
from .herding import HerdingSelection
from .k_center import KCenterSelection
from .k_means import KMeansSelection
from .random import RandomSelection
from .submodular import SubmodularSelection
from .uncertainty import UncertaintySelection

__all__ = [
    "ForgettingSelection",
    "GradientNormSelection",
    "HerdingSelection",
    "KCenterSelection",
    "KMeansSelection",
    "RandomSelection",
    "SubmodularSelection",
    "UncertaintySelection",
]
