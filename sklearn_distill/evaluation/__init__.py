"""Evaluation of distilled sets: analysis, measures, comparisons, reports, displays."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from typing import Any

# Public name -> the module that defines it. Names are imported on first use.
_MODULE_OF = {
    "analyze": "analysis.analyze",
    "Analysis": "analysis.analysis",
    "panel_learners": "measures.learners",
    "preprocessor": "measures.preprocessing",
    "utility": "measures.utility",
    "learner_scores": "measures.utility",
    "weighted_full_data": "measures.full_data",
    "invalid_share": "measures.validity",
    "label_robust_score": "measures.dd_ranking",
    "augmentation_robust_score": "measures.dd_ranking",
    "robust_scores": "measures.dd_ranking",
    "compare_distillers": "comparison.compare_distillers",
    "Comparison": "comparison.comparison",
    "DistillationReport": "report.distillation_report",
    "DistilledImagesDisplay": "displays.distilled_images_display",
    "DistilledRowsDisplay": "displays.distilled_rows_display",
    "MarginalsDisplay": "displays.marginals_display",
    "SoftLabelsDisplay": "displays.soft_labels_display",
    "RecoveryCurveDisplay": "displays.recovery_curve_display",
    "CriticalDifferenceDisplay": "displays.critical_difference_display",
    "LossHistoryDisplay": "displays.loss_history_display",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
