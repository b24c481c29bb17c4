"""Distillers inside other estimators: wrappers, samplers and pipelines."""

# SPDX-License-Identifier: BSD-3-Clause

from .estimators import DistilledClassifier, DistilledRegressor
from .sampler import DistillationSampler, make_distill_pipeline

__all__ = [
    "DistillationSampler",
    "DistilledClassifier",
    "DistilledRegressor",
    "make_distill_pipeline",
]
