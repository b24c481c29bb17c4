"""Semantic segmentation and object detection with distilled pixels and scenes."""

# SPDX-License-Identifier: BSD-3-Clause

from .pixel_features import PixelFeatures
from .segmentation_metrics import iou_per_class, mean_iou
from .segmenter import DistilledSegmenter

__all__ = [
    "DistilledSegmenter",
    "PixelFeatures",
    "iou_per_class",
    "mean_iou",
]
