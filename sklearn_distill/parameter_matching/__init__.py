"""Parameter matching: rows that change network weights as the real rows do."""

# SPDX-License-Identifier: BSD-3-Clause

from .multi_step.trajectory_matching import TrajectoryMatching
from .single_step.gradient_matching import GradientMatching

__all__ = ["GradientMatching", "TrajectoryMatching"]
