"""Distribution matching: rows whose network features follow the real distribution."""

# SPDX-License-Identifier: BSD-3-Clause

from .multi_layer.multi_layer_distribution_matching import (
    MultiLayerDistributionMatching,
)
from .single_layer.distribution_matching import DistributionMatching

__all__ = ["DistributionMatching", "MultiLayerDistributionMatching"]
