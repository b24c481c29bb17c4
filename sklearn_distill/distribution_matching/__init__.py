"""Distribution matching: rows that look like the real ones to networks."""

# SPDX-License-Identifier: BSD-3-Clause

from .multi_layer import MultiLayerDistributionMatching
from .single_layer import DistributionMatching

__all__ = ["DistributionMatching", "MultiLayerDistributionMatching"]
