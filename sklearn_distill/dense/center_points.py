"""Center points: from boxes to classes of pixels, and back."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from .boxes import Target, suppress_duplicates

# Pixels of a map of centers that belong to no object, or to the ring around a center.
BACKGROUND, IGNORED = 0, -1


def map_of_centers(
    boxes: np.ndarray, shape: tuple[int, int], center: float, ignore: float
) -> np.ndarray:
    """Return the object at whose center each pixel lies.

    The squared distance of a pixel from the center of a box is measured in units of the
    width and the height of the box.

    Parameters
    ----------
    boxes : ndarray of shape (m, 4)
    shape : tuple of int
        Height and width of the image.
    center : float
        Pixels with a smaller squared distance are at the center of the box. The pixel
        at the center itself always is.
    ignore : float
        Other pixels with a smaller squared distance are ignored.

    Returns
    -------
    ndarray of int32 of shape (H, W)
        1 + the number of the box; 0 for the background and -1 for ignored pixels.
    """
    result = np.full(shape, BACKGROUND, dtype=np.int32)
    nearest = np.full(shape, np.inf, dtype=np.float32)
    for number, box in enumerate(boxes, start=1):
        left, top = np.floor(box[:2]).astype(int)
        right, bottom = np.ceil(box[2:]).astype(int)
        place = slice(max(top, 0), bottom), slice(max(left, 0), right)
        distance = squared_distance(box, place, shape)
        # The pixel at the center belongs to the box, even if the box is tiny or inside
        # another one.
        distance[np.unravel_index(distance.argmin(), distance.shape)] = 0
        core = distance < center
        ring = ~core & (distance < ignore)
        result[place][ring & (result[place] == BACKGROUND)] = IGNORED
        wins = core & (distance < nearest[place])
        result[place][wins] = number
        nearest[place][wins] = distance[wins]
    return result


def squared_distance(
    box: np.ndarray, place: tuple[slice, slice], shape: tuple[int, int]
) -> np.ndarray:
    """Return the squared distance of pixels from the center of a box, in its units.

    Parameters
    ----------
    box : ndarray of shape (4,)
    place : tuple of slice
        The rows and columns of the pixels.
    shape : tuple of int
        Height and width of the image.

    Returns
    -------
    ndarray of float32
    """
    rows = np.arange(*place[0].indices(shape[0])) + 0.5
    columns = np.arange(*place[1].indices(shape[1])) + 0.5
    width, height = box[2:] - box[:2]
    middle_x, middle_y = (box[:2] + box[2:]) / 2
    vertical = ((rows - middle_y) / height) ** 2
    horizontal = ((columns - middle_x) / width) ** 2
    return (vertical[:, None] + horizontal[None, :]).astype(np.float32)


def sides_of_boxes(
    boxes: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Return the distances of pixels from the sides of their boxes.

    Parameters
    ----------
    boxes : ndarray of shape (m, 4)
        The box of each pixel.
    rows, columns : ndarray of int of shape (m,)

    Returns
    -------
    ndarray of shape (m, 4)
        The distances to the left, top, right and bottom side.
    """
    x, y = columns + 0.5, rows + 0.5
    return np.stack(
        [x - boxes[:, 0], y - boxes[:, 1], boxes[:, 2] - x, boxes[:, 3] - y], axis=1
    )


def boxes_of_sides(
    sides: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """Return the boxes of pixels, which is the inverse of `sides_of_boxes`.

    Parameters
    ----------
    sides : ndarray of shape (m, 4)
    rows, columns : ndarray of int of shape (m,)

    Returns
    -------
    ndarray of shape (m, 4)
        Boxes as (left, top, right, bottom), which contain their pixels.
    """
    sides = np.maximum(sides, 0.5)
    x, y = columns + 0.5, rows + 0.5
    return np.stack(
        [x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], axis=1
    )


def margin_of_peaks(smooth: float) -> int:
    """Return how many pixels around a pixel decide whether it is a peak."""
    return int(4 * smooth + 0.5) + _radius(smooth)


def smoothed(scores: np.ndarray, smooth: float) -> np.ndarray:
    """Return the scores of one class after Gaussian smoothing."""
    if smooth == 0:
        return scores
    return gaussian_filter(scores, smooth, mode="nearest", truncate=4.0)


def peaks_of(
    scores: np.ndarray, smooth: float, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of local maxima above a threshold.

    Parameters
    ----------
    scores : ndarray of shape (H, W)
    smooth : float
        The standard deviation by which the scores were smoothed.
    threshold : float

    Returns
    -------
    rows, columns : ndarray of int
    """
    highest = maximum_filter(scores, 2 * _radius(smooth) + 1, mode="nearest")
    rows, columns = np.nonzero((scores == highest) & (scores > threshold))
    return rows, columns


def _radius(smooth: float) -> int:
    """Return the distance within which a peak is the largest value."""
    return max(1, round(smooth))


def best_boxes(
    found: list[Target], classes: np.ndarray, nms: float, max_detections: int
) -> Target:
    """Return the best boxes of an image, without duplicates.

    Parameters
    ----------
    found : list of dict
        {"boxes", "labels", "scores"} of parts of the image.
    classes : ndarray of shape (n_classes,)
    nms : float
        The largest overlap of two boxes of a class; see `suppress_duplicates`.
    max_detections : int

    Returns
    -------
    dict
        In the order of descending scores.
    """
    empty = {
        "boxes": np.empty((0, 4)),
        "labels": classes[:0],
        "scores": np.empty(0),
    }
    parts = [empty, *found]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in empty}
    kept = []
    for label in classes:
        members = np.flatnonzero(joined["labels"] == label)
        boxes, scores = joined["boxes"][members], joined["scores"][members]
        # Plateaus have many peaks of equal scores; limit the pairs to compare.
        first = np.argsort(-scores, kind="stable")[: 20 * max_detections]
        chosen = suppress_duplicates(boxes[first], scores[first], nms)
        kept.append(members[first[chosen]])
    order = np.concatenate(kept)
    order = order[np.argsort(-joined["scores"][order], kind="stable")]
    order = order[:max_detections]
    return {key: values[order] for key, values in joined.items()}
