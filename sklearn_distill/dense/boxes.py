"""Boxes of objects: checks, overlaps, suppression of duplicates, boxes of masks."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .images import as_array

Target = dict[str, np.ndarray]


def check_targets(
    targets: Any,
    sizes: Sequence[tuple[int, int]] | None = None,
    name: str = "targets",
    *,
    scored: bool = False,
) -> list[Target]:
    """Return checked boxes and labels.

    Parameters
    ----------
    targets : list of dict
        For each image {"boxes": (m, 4), "labels": (m,)}; m may be 0. Boxes are (left,
        top, right, bottom) in pixels, where the first pixel reaches from 0 to 1.
    sizes : list of (int, int), default=None
        The height and width of each image, inside which every box must lie at least
        partly. Boxes are clipped to the image.
    name : str, default="targets"
        What the messages call the targets.
    scored : bool, default=False
        Whether each dict must have "scores" of shape (m,).

    Returns
    -------
    list of dict
        With float boxes of shape (m, 4).

    Raises
    ------
    TypeError
        If targets are not dicts.
    ValueError
        If numbers or shapes do not match, if a box is not finite, has no area or lies
        outside its image, if all boxes are relative to the size of their image, or if
        a label is missing.
    """
    if isinstance(targets, Mapping):
        raise TypeError(
            f"{name} must be a list with one dict for each image; got a single dict. "
            "Pass [target] for a single image."
        )
    if not hasattr(targets, "__len__") or isinstance(targets, str):
        raise TypeError(
            f"{name} must be a list with one dict for each image; got "
            f"{type(targets).__name__}."
        )
    if sizes is not None and len(targets) != len(sizes):
        raise ValueError(
            f"There must be one dict of {name} for each image; got {len(sizes)} images "
            f"and {len(targets)} {name}. Pass an image without objects as "
            "{'boxes': [], 'labels': []}."
        )
    checked = [_check_target(t, i, name, scored) for i, t in enumerate(targets)]
    if sizes is not None:
        _check_not_relative(checked, sizes, name)
        for i, (target, size) in enumerate(zip(checked, sizes, strict=True)):
            target["boxes"] = _clip(target["boxes"], size, f"{name}[{i}]")
    return checked


def _check_target(target: Any, number: int, name: str, scored: bool) -> Target:
    """Return the boxes, labels and scores of one image."""
    keys = ["boxes", "labels"] + ["scores"] * scored
    if not isinstance(target, Mapping) or not set(keys) <= set(target):
        found = sorted(target) if isinstance(target, Mapping) else type(target).__name__
        raise TypeError(
            f"{name}[{number}] must be a dict with the keys {keys}; got {found}."
        )
    where = f"{name}[{number}]['boxes']"
    boxes = _numbers_of(target["boxes"], where)
    boxes = boxes.reshape(0, 4) if boxes.size == 0 else boxes
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(
            f"{where} must have shape (m, 4), as (left, top, right, bottom); got shape "
            f"{boxes.shape}."
        )
    if not np.isfinite(boxes).all():
        row = int(np.flatnonzero(~np.isfinite(boxes).all(axis=1))[0])
        raise ValueError(
            f"{where} contains NaN or infinite values, first in row {row}. Remove the "
            "box or correct it."
        )
    flat = (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    if flat.any():
        row = int(np.flatnonzero(flat)[0])
        raise ValueError(
            f"Row {row} of {where} has no area: {boxes[row].tolist()}. Boxes are "
            "(left, top, right, bottom) with left < right and top < bottom; convert "
            "boxes that are (left, top, width, height)."
        )
    checked = {"boxes": boxes, "labels": _labels(target["labels"], f"{name}[{number}]")}
    if scored:
        checked["scores"] = np.asarray(target["scores"], dtype=np.float64).reshape(-1)
        if np.isnan(checked["scores"]).any():
            raise ValueError(
                f"{name}[{number}]['scores'] contains NaN. Remove these boxes."
            )
    for key in keys[1:]:
        if len(checked[key]) != len(boxes):
            raise ValueError(
                f"{name}[{number}] has {len(boxes)} boxes, but {len(checked[key])} "
                f"{key}. Pass one for each box."
            )
    return checked


def _numbers_of(boxes: Any, where: str) -> np.ndarray:
    """Return boxes as floats; TypeError if they are not real numbers."""
    try:
        array = as_array(boxes)
        if array.dtype.kind == "c":
            raise TypeError("complex numbers")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{where} must hold numbers of shape (m, 4): {error}. Convert the boxes to "
            "an array of floats."
        ) from error


def _labels(labels: Any, where: str) -> np.ndarray:
    """Return the labels of the boxes of an image as an array of one type."""
    found = as_array(labels).reshape(-1)
    # numpy turns lists of strings and None, NaN or numbers into strings.
    if isinstance(labels, list | tuple):
        found = np.array(labels, dtype=object).reshape(-1)
    values = found.tolist()
    if any(value is None or value != value for value in values):
        raise ValueError(
            f"{where}['labels'] contains None or NaN. Label every box, or remove boxes "
            "without a label."
        )
    if len({isinstance(value, str) for value in values}) > 1:
        raise ValueError(
            f"{where}['labels'] contains strings and numbers. Use labels of one type."
        )
    return np.array(values) if found.dtype.kind == "O" else found


def check_one_type(labels: Sequence[np.ndarray]) -> None:
    """Raise ValueError if some labels are strings and others are numbers.

    Parameters
    ----------
    labels : list of ndarray of shape (m_i,)
    """
    if len({label.dtype.kind in "US" for label in labels if len(label)}) > 1:
        raise ValueError(
            "The labels of some boxes are strings and those of others are numbers. "
            "Use labels of one type for all images, targets and predictions."
        )


def _check_not_relative(
    targets: list[Target], sizes: Sequence[tuple[int, int]], name: str
) -> None:
    """Raise ValueError if all boxes of larger images lie between 0 and 1."""
    shown = [(t["boxes"], min(s)) for t, s in zip(targets, sizes, strict=True)]
    shown = [(boxes, side) for boxes, side in shown if len(boxes)]
    if shown and all(boxes.max() <= 1 < side for boxes, side in shown):
        raise ValueError(
            f"All boxes of {name} lie between 0 and 1, that is, within one pixel. "
            "Boxes are (left, top, right, bottom) in pixels; multiply relative boxes "
            "by the width and the height."
        )


def _clip(boxes: np.ndarray, size: tuple[int, int], where: str) -> np.ndarray:
    """Return boxes clipped to an image; ValueError if one lies outside."""
    height, width = size
    limits = np.array([width, height, width, height], dtype=np.float64)
    clipped = np.clip(boxes, 0, limits)
    outside = (clipped[:, 2] <= clipped[:, 0]) | (clipped[:, 3] <= clipped[:, 1])
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        raise ValueError(
            f"Row {row} of {where}['boxes'] lies outside its image of {height} x "
            f"{width} pixels (height x width): {boxes[row].tolist()}. Boxes are (left, "
            "top, right, bottom) in pixels; multiply relative boxes by the width and "
            "the height."
        )
    return clipped


def box_iou(first: Any, second: Any) -> np.ndarray:
    """Return the intersection over union (IoU) of all pairs of boxes.

    Parameters
    ----------
    first : array-like of shape (n, 4)
        Boxes as (left, top, right, bottom).
    second : array-like of shape (m, 4)

    Returns
    -------
    ndarray of shape (n, m)

    Examples
    --------
    >>> from sklearn_distill.dense import box_iou
    >>> box_iou([[0, 0, 2, 2]], [[0, 0, 2, 2], [1, 0, 3, 2]]).round(2)
    array([[1.  , 0.33]])
    """
    a = np.asarray(first, dtype=np.float64).reshape(-1, 1, 4)
    b = np.asarray(second, dtype=np.float64).reshape(1, -1, 4)
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [np.clip(c[..., 2:] - c[..., :2], 0, None).prod(axis=2) for c in (a, b)]
    either = areas[0] + areas[1] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)


def suppress_duplicates(
    boxes: np.ndarray, scores: np.ndarray, max_overlap: float
) -> np.ndarray:
    """Return the positions of the boxes that non-maximum suppression (NMS) keeps.

    Parameters
    ----------
    boxes : ndarray of shape (n, 4)
    scores : ndarray of shape (n,)
    max_overlap : float
        A box is dropped if its intersection over union with a box of a higher score
        that was kept is larger.

    Returns
    -------
    ndarray of int
        In the order of descending scores.
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        order = order[box_iou(boxes[best], boxes[order])[0] <= max_overlap]
    return np.array(kept, dtype=np.int64)


def boxes_from_masks(instances: Any, labels: Any = None) -> list[Target]:
    """Return the boxes of the objects in masks of instances.

    Parameters
    ----------
    instances : array-like of int of shape (n, H, W), or list of arrays
        The number of the object that each pixel belongs to; 0 is the background.
    labels : list of dict, default=None
        For each mask {number: label}. None gives every object the label "object".

    Returns
    -------
    list of dict
        For each mask {"boxes": (m, 4), "labels": (m,)}, in the order of the numbers.

    Raises
    ------
    ValueError, TypeError
        If the masks are not arrays of integers, or if an object has no label.

    Examples
    --------
    >>> from sklearn_distill.dense import boxes_from_masks
    >>> boxes_from_masks([[[0, 7, 7], [0, 7, 0]]])[0]["boxes"]
    array([[1., 0., 3., 2.]])
    """
    from scipy.ndimage import find_objects

    from .masks import check_masks

    targets = []
    for i, mask in enumerate(check_masks(instances, name="instances")):
        numbers, compact = np.unique(mask, return_inverse=True)
        objects = find_objects(compact.reshape(mask.shape) + 1)
        found = [
            (number, place)
            for number, place in zip(numbers.tolist(), objects, strict=True)
            if number != 0
        ]
        boxes = [(x.start, y.start, x.stop, y.stop) for _, (y, x) in found]
        names = [
            "object" if labels is None else _label_of(labels[i], number, i)
            for number, _ in found
        ]
        targets.append(
            {
                "boxes": np.array(boxes, dtype=np.float64).reshape(-1, 4),
                "labels": np.array(names) if names else np.array([], dtype="<U6"),
            }
        )
    return targets


def _label_of(labels: Mapping[Any, Any], number: int, i: int) -> Any:
    """Return the label of an object."""
    if number not in labels:
        raise ValueError(
            f"Mask {i} contains the object {number}, for which labels[{i}] has no "
            "label. Add it."
        )
    return labels[number]
