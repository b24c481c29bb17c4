"""Distillers inside other estimators: wrappers, samplers and pipelines."""

# SPDX-License-Identifier: BSD-3-Clause

from .estimators import DistilledClassifier, DistilledRegressor
from .pipeline import make_distill_pipeline
from .sampler import DistillationSampler

__all__ = [
    "DistillationSampler",
    "DistilledClassifier",
    "DistilledRegressor",
    "make_distill_pipeline",
]
