"""Semantic segmentation and object detection with distilled pixels and scenes."""

# SPDX-License-Identifier: BSD-3-Clause

from .boxes import box_iou, boxes_from_masks
from .detection_metrics import (
    average_precisions,
    mean_average_precision,
    mean_average_recall,
)
from .detector import DistilledDetector
from .pixel_features import PixelFeatures
from .segmentation_metrics import iou_per_class, mean_iou
from .segmenter import DistilledSegmenter

__all__ = [
    "DistilledDetector",
    "DistilledSegmenter",
    "PixelFeatures",
    "average_precisions",
    "box_iou",
    "boxes_from_masks",
    "iou_per_class",
    "mean_average_precision",
    "mean_average_recall",
    "mean_iou",
]
