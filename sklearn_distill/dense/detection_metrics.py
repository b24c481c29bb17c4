"""Average precision and recall of boxes, by the rules of COCO."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .boxes import Target, box_iou, check_one_type, check_targets
from .segmentation_metrics import macro_mean

# The recalls at which COCO evaluates the precision.
RECALLS = np.linspace(0.0, 1.0, 101)
COCO_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10))


class Matches(NamedTuple):
    """The detections of one class in all images, in order of descending scores.

    Attributes
    ----------
    is_true : ndarray of bool of shape (n_detections,)
    n_objects : int
    """

    is_true: np.ndarray
    n_objects: int


def mean_average_precision(
    targets: Any,
    predictions: Any,
    *,
    iou_thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = 100,
) -> float:
    """Return the mean average precision (mAP) of predicted boxes.

    The average precision of a class is the mean of the interpolated precision at 101
    recalls, as in COCO [1]_. The result is the mean over the classes in `targets` and
    over the thresholds.

    Parameters
    ----------
    targets : list of dict
        For each image {"boxes": (m, 4), "labels": (m,)}, with boxes as (left, top,
        right, bottom).
    predictions : list of dict
        The same with "scores" of shape (m,).
    iou_thresholds : sequence of float, default=(0.5, 0.55, ..., 0.95)
        A predicted box is right if its intersection over union with a box of its class
        that no better prediction has is at least the threshold. ``(0.5,)`` gives AP50.
    max_detections : int, default=100
        The largest number of boxes of a class in an image that count, those with the
        highest scores.

    Returns
    -------
    float
        NaN if `targets` contains no boxes.

    Raises
    ------
    ValueError, TypeError
        If targets or predictions are not as described above.

    References
    ----------
    .. [1] T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.

    Examples
    --------
    >>> from sklearn_distill.dense import mean_average_precision
    >>> targets = [{"boxes": [[0, 0, 10, 10]], "labels": ["cat"]}]
    >>> found = [{"boxes": [[0, 0, 10, 8]], "labels": ["cat"], "scores": [0.9]}]
    >>> mean_average_precision(targets, found, iou_thresholds=(0.5,))
    1.0
    """
    values = average_precisions(
        targets,
        predictions,
        iou_thresholds=iou_thresholds,
        max_detections=max_detections,
    )
    return macro_mean(list(values.values()))


def average_precisions(
    targets: Any,
    predictions: Any,
    *,
    iou_thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = 100,
) -> dict[Any, float]:
    """Return the average precision (AP) of each class, as a mean over the thresholds.

    Parameters
    ----------
    targets : list of dict
        As in `mean_average_precision`.
    predictions : list of dict
    iou_thresholds : sequence of float, default=(0.5, 0.55, ..., 0.95)
    max_detections : int, default=100

    Returns
    -------
    dict of {label: float}
        For the classes in `targets`.

    Raises
    ------
    ValueError, TypeError
        If targets or predictions are not as described above.
    """
    return _means(targets, predictions, iou_thresholds, max_detections, _precision)


def mean_average_recall(
    targets: Any,
    predictions: Any,
    *,
    iou_thresholds: Sequence[float] = COCO_THRESHOLDS,
    max_detections: int = 100,
) -> float:
    """Return the mean average recall (mAR) of predicted boxes.

    The recall of a class is the share of its boxes that are found. The result is the
    mean over the classes in `targets` and over the thresholds.

    Parameters
    ----------
    targets : list of dict
        As in `mean_average_precision`.
    predictions : list of dict
    iou_thresholds : sequence of float, default=(0.5, 0.55, ..., 0.95)
    max_detections : int, default=100

    Returns
    -------
    float
        NaN if `targets` contains no boxes.

    Raises
    ------
    ValueError, TypeError
        If targets or predictions are not as described above.
    """
    values = _means(targets, predictions, iou_thresholds, max_detections, _recall)
    return macro_mean(list(values.values()))


def _means(
    targets: Any,
    predictions: Any,
    thresholds: Sequence[float],
    max_detections: int,
    measure: Any,
) -> dict[Any, float]:
    """Return the mean of a measure over thresholds, for each class in the targets."""
    true = check_targets(targets)
    found = check_targets(predictions, name="predictions", scored=True)
    if len(true) != len(found):
        raise ValueError(
            f"There must be one prediction for each image; got {len(true)} targets and "
            f"{len(found)} predictions."
        )
    check_one_type([target["labels"] for target in true + found])
    labels = sorted({label for t in true for label in t["labels"].tolist()})
    return {
        label: float(
            np.mean(
                [
                    measure(_match_all(true, found, label, threshold, max_detections))
                    for threshold in thresholds
                ]
            )
        )
        for label in labels
    }


def _match_all(
    targets: list[Target],
    predictions: list[Target],
    label: Any,
    threshold: float,
    max_detections: int,
) -> Matches:
    """Match the boxes of one class in all images."""
    scores, is_true, n_objects = [], [], 0
    for target, prediction in zip(targets, predictions, strict=True):
        boxes = target["boxes"][target["labels"] == label]
        chosen = np.flatnonzero(prediction["labels"] == label)
        order = np.argsort(-prediction["scores"][chosen], kind="stable")
        chosen = chosen[order[:max_detections]]
        overlaps = box_iou(prediction["boxes"][chosen], boxes)
        n_objects += len(boxes)
        scores.append(prediction["scores"][chosen])
        is_true.append(_match(overlaps, threshold))
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return Matches(np.concatenate(is_true)[order], n_objects)


def _match(overlaps: np.ndarray, threshold: float) -> np.ndarray:
    """Return whether each prediction is right, in order of descending scores."""
    is_free = np.ones(overlaps.shape[1], dtype=bool)
    is_true = np.zeros(len(overlaps), dtype=bool)
    for i, row in enumerate(overlaps):
        free = np.where(is_free, row, -1.0)
        # COCO takes the last one of several boxes with the same overlap.
        if len(free) and free.max() >= min(threshold, 1 - 1e-10):
            is_free[len(free) - 1 - free[::-1].argmax()] = False
            is_true[i] = True
    return is_true


def _precision(matches: Matches) -> float:
    """Return the mean of the interpolated precision at 101 recalls."""
    hits = np.cumsum(matches.is_true)
    precision = hits / np.arange(1, len(hits) + 1)
    # The precision at a recall is the best one at any higher recall.
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(hits / matches.n_objects, RECALLS, side="left")
    return float(np.append(envelope, 0.0)[np.minimum(at, len(hits))].mean())


def _recall(matches: Matches) -> float:
    """Return the share of the boxes that were found."""
    return float(matches.is_true.sum() / matches.n_objects)
