"""Performance matching: rows from which a trained model predicts the real rows."""

# SPDX-License-Identifier: BSD-3-Clause

from .kernel_ridge.kernel_inducing_points import KernelInducingPoints
from .kernel_ridge.neural_feature_regression import NeuralFeatureRegression
from .meta_learning.meta_learning import MetaLearning

__all__ = ["KernelInducingPoints", "MetaLearning", "NeuralFeatureRegression"]
