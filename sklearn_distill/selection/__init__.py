"""Selection: keep real rows. One file a criterion."""

# SPDX-License-Identifier: BSD-3-Clause

from .herding import HerdingSelection
from .k_means import KMeansSelection
from .random import RandomSelection

__all__ = ["HerdingSelection", "KMeansSelection", "RandomSelection"]
