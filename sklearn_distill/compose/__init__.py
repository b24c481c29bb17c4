"""Distillers combined with other estimators: wrappers, pipelines and a sampler."""

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
