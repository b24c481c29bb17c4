"""Intersection over union of segmentation masks."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from .masks import MaskEncoder, check_masks, labels_of_masks
from .pixel_rows import PIECE


def mean_iou(
    y_true: Any, y_pred: Any, *, labels: Any = None, ignore_label: int | None = -1
) -> float:
    """Return the mean intersection over union (mIoU, macro Jaccard score) of masks.

    The pixels of all images are pooled. The intersection over union of a class is TP /
    (TP + FP + FN); classes that occur in neither of the masks do not count.

    Parameters
    ----------
    y_true, y_pred : array-like of int of shape (n, H, W), or list of arrays
        True and predicted masks.
    labels : array-like, default=None
        The classes of the mean. None means all classes in `y_true` and `y_pred`.
    ignore_label : int, default=-1
        Pixels of this label in `y_true` are left out. None leaves out no pixels.

    Returns
    -------
    float
        Between 0 and 1; NaN if no class occurs.

    Raises
    ------
    ValueError, TypeError
        If the masks are not integers, or differ in number or shape.

    See Also
    --------
    sklearn.metrics.jaccard_score : The same for flat arrays, with ``average="macro"``.

    Examples
    --------
    >>> from sklearn_distill.dense import mean_iou
    >>> mean_iou([[[0, 0], [1, -1]]], [[[0, 1], [1, 1]]])
    0.5
    """
    ious = iou_per_class(y_true, y_pred, labels=labels, ignore_label=ignore_label)
    return macro_mean(list(ious.values()))


def iou_per_class(
    y_true: Any, y_pred: Any, *, labels: Any = None, ignore_label: int | None = -1
) -> dict[Any, float]:
    """Return the intersection over union (Jaccard score) of each class.

    Parameters
    ----------
    y_true, y_pred : array-like of int of shape (n, H, W), or list of arrays
        True and predicted masks.
    labels : array-like, default=None
        The classes. None means all classes in `y_true` and `y_pred`.
    ignore_label : int, default=-1
        Pixels of this label in `y_true` are left out. None leaves out no pixels.

    Returns
    -------
    dict of {label: float}
        NaN for a class that occurs in neither of the masks.

    Raises
    ------
    ValueError, TypeError
        If the masks are not integers, or differ in number or shape.

    Examples
    --------
    >>> from sklearn_distill.dense import iou_per_class
    >>> iou_per_class([[[0, 0], [1, 1]]], [[[0, 1], [1, 1]]])
    {0: 0.5, 1: 0.6666666666666666}
    """
    true = check_masks(y_true, name="y_true")
    predicted = check_masks(y_pred, [mask.shape for mask in true], name="y_pred")
    if labels is None:
        found = [labels_of_masks(m, ignore_label) for m in (true, predicted)]
        labels = np.unique(np.concatenate(found))
    labels = np.unique(np.asarray(labels))
    confusion = sum(
        confusion_of_masks(t, p, labels, ignore_label)
        for t, p in zip(true, predicted, strict=True)
    )
    values = iou_of_confusion(np.asarray(confusion))
    return dict(zip(labels.tolist(), values.tolist(), strict=True))


def confusion_of_masks(
    true: np.ndarray, predicted: np.ndarray, labels: np.ndarray, ignore_label: Any
) -> np.ndarray:
    """Return the numbers of pixels by true and by predicted class.

    Parameters
    ----------
    true, predicted : ndarray of shape (H, W)
    labels : ndarray of shape (n_classes,)
        Sorted.
    ignore_label : int or None

    Returns
    -------
    ndarray of int of shape (n_classes + 1, n_classes + 1)
        The last row and column count pixels of all other labels.
    """
    n_classes = len(labels)
    size = n_classes + 1
    total = np.zeros(size * size, dtype=np.int64)
    if n_classes == 0:
        return total.reshape(size, size)
    encode = MaskEncoder(labels)
    for start in range(0, true.size, PIECE):
        t = true.reshape(-1)[start : start + PIECE]
        p = predicted.reshape(-1)[start : start + PIECE]
        if ignore_label is not None and t.dtype.kind != "b":
            t, p = t[t != ignore_label], p[t != ignore_label]
        # The code -1 of other labels becomes the last position.
        pairs = (encode(t) % size) * size + encode(p) % size
        total += np.bincount(pairs, minlength=size * size)
    return total.reshape(size, size)


def iou_of_confusion(confusion: np.ndarray) -> np.ndarray:
    """Return the intersection over union of each class.

    Parameters
    ----------
    confusion : ndarray of int of shape (n_classes + 1, n_classes + 1)
        From `confusion_of_masks`.

    Returns
    -------
    ndarray of shape (n_classes,)
        NaN for classes without pixels.
    """
    both = np.diag(confusion)[:-1]
    either = confusion.sum(axis=0)[:-1] + confusion.sum(axis=1)[:-1] - both
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def macro_mean(values: Sequence[float] | np.ndarray) -> float:
    """Return the mean of the values that are not NaN, or NaN if there are none."""
    known = np.asarray(values)[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
