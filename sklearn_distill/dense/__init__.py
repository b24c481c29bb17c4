"""Semantic segmentation and object detection with distilled pixels and scenes."""

# SPDX-License-Identifier: BSD-3-Clause

from .box_files import boxes_from_coco, boxes_from_frame, boxes_from_voc
from .boxes import box_iou, boxes_from_masks
from .center_point_detector import CenterPointDetector
from .checks import check_dense_estimator
from .detection_metrics import (
    average_precisions,
    mean_average_precision,
    mean_average_recall,
)
from .detector import DistilledDetector
from .displays import DetectionDisplay, DistilledPixelsDisplay, SegmentationDisplay
from .pixel_features import PixelFeatures
from .scenes import SceneComposer
from .segmentation_metrics import iou_per_class, mean_iou
from .segmenter import DistilledSegmenter
from .tiles import TileSelection
from .unet_segmenter import UNetSegmenter

__all__ = [
    "CenterPointDetector",
    "DetectionDisplay",
    "DistilledDetector",
    "DistilledPixelsDisplay",
    "DistilledSegmenter",
    "PixelFeatures",
    "SceneComposer",
    "SegmentationDisplay",
    "TileSelection",
    "UNetSegmenter",
    "average_precisions",
    "box_iou",
    "boxes_from_coco",
    "boxes_from_frame",
    "boxes_from_masks",
    "boxes_from_voc",
    "check_dense_estimator",
    "iou_per_class",
    "mean_average_precision",
    "mean_average_recall",
    "mean_iou",
]
