"""Dataset distillation as scikit-learn estimators."""

# SPDX-License-Identifier: BSD-3-Clause

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# The subpackage of each public name. A name is imported when it is first used, so that
# `import sklearn_distill` takes milliseconds and does not import torch or scikit-learn.
_HOME_OF = {
    "DistilledSet": "distilled_set",
    "DistilledArray": "distilled_set",
    "distilled_labels": "distilled_set",
    "BaseDistiller": "base",
    "RandomSelection": "selection",
    "HerdingSelection": "selection",
    "KMeansSelection": "selection",
    "KCenterSelection": "selection",
    "SubmodularSelection": "selection",
    "UncertaintySelection": "selection",
    "ForgettingSelection": "selection",
    "GradientNormSelection": "selection",
    "KernelInducingPoints": "performance_matching",
    "NeuralFeatureRegression": "performance_matching",
    "MetaLearning": "performance_matching",
    "DistributionMatching": "distribution_matching",
    "MultiLayerDistributionMatching": "distribution_matching",
    "GradientMatching": "parameter_matching",
    "TrajectoryMatching": "parameter_matching",
    "DistilledClassifier": "compose",
    "DistilledRegressor": "compose",
    "DistillationSampler": "compose",
    "make_distill_pipeline": "compose",
    "DistilledSearchCV": "model_selection",
    "KnowledgeDistillationClassifier": "knowledge_distillation",
    "KnowledgeDistillationRegressor": "knowledge_distillation",
    "student_report": "knowledge_distillation",
    "StreamingDistiller": "streaming",
    "PartitionDistiller": "streaming",
    "merge_distilled": "streaming",
    "compare_distillers": "evaluation",
    "Comparison": "evaluation",
    "analyze": "evaluation",
    "DistillationReport": "evaluation",
    "DistilledImagesDisplay": "evaluation",
    "DistilledRowsDisplay": "evaluation",
    "MarginalsDisplay": "evaluation",
    "SoftLabelsDisplay": "evaluation",
    "RecoveryCurveDisplay": "evaluation",
    "CriticalDifferenceDisplay": "evaluation",
    "LossHistoryDisplay": "evaluation",
    "PixelFeatures": "dense",
    "DistilledSegmenter": "dense",
    "DistilledDetector": "dense",
    "SceneComposer": "dense",
    "TileSelection": "dense",
    "UNetSegmenter": "dense",
    "CenterPointDetector": "dense",
    "SegmentationDisplay": "dense",
    "DetectionDisplay": "dense",
    "DistilledPixelsDisplay": "dense",
    "list_distillers": "plugins",
    "get_distiller": "plugins",
}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    """Import a public name and store it as an attribute of the package."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all public names, including those that are not imported yet."""
    return sorted(set(globals()) | set(__all__))
