"""Evaluation: what a distilled set is worth."""

# SPDX-License-Identifier: BSD-3-Clause

from .utility import panel_learners, preprocessor, utility

__all__ = ["panel_learners", "preprocessor", "utility"]
