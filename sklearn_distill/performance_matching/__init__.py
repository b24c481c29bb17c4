"""Performance matching: rows judged by the predictions of a model fitted on them."""

# SPDX-License-Identifier: BSD-3-Clause

from .kernel_ridge import KernelInducingPoints
from .meta_learning import MetaLearning
from .neural_features import NeuralFeatureRegression

__all__ = ["KernelInducingPoints", "MetaLearning", "NeuralFeatureRegression"]
