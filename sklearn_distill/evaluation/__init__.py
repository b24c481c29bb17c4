"""Evaluation: what a distilled set is worth."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from typing import Any

# Public name -> the module that defines it, imported on first use.
_HOME_OF = {
    "panel_learners": "panel",
    "preprocessor": "panel",
    "utility": "scores",
    "learner_scores": "scores",
    "weighted_full_data": "scores",
    "invalid_share": "validity",
    "label_robust_score": "dd_ranking",
    "augmentation_robust_score": "dd_ranking",
    "robust_scores": "dd_ranking",
    "compare_distillers": "compare",
    "Comparison": "comparison",
    "analyze": "analysis",
    "Analysis": "analysis",
    "DistillationReport": "report",
    "DistilledImagesDisplay": "image_displays",
    "DistilledRowsDisplay": "row_displays",
    "MarginalsDisplay": "row_displays",
    "SoftLabelsDisplay": "image_displays",
    "RecoveryCurveDisplay": "curve_displays",
    "CriticalDifferenceDisplay": "rank_display",
    "LossHistoryDisplay": "curve_displays",
}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
