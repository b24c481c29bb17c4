"""Pixels at the centers of objects: their classes, and the sides of their boxes."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from .boxes import Target, check_one_type
from .center_points import map_of_centers, sides_of_boxes
from .images import Images
from .pixel_rows import PixelSample

BACKGROUND_NAME = "background"


def maps_of_objects(
    targets: list[Target],
    images: Images,
    classes: np.ndarray,
    center: float,
    ignore: float,
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return maps of centers, all boxes, and the code of each number in the maps.

    Parameters
    ----------
    targets : list of dict
    images : Images
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    center, ignore : float
        As in `map_of_centers`.

    Returns
    -------
    maps : list of ndarray of int of shape (H_i, W_i)
        1 + the number of a box, counted over all images; 0 and -1 as in
        `map_of_centers`.
    boxes : ndarray of shape (n_boxes, 4)
    codes : ndarray of int of shape (n_boxes + 2,)
        1 + the number of the class; 0 for the background. The last code, that of the
        number -1, is -1.
    """
    maps, first = [], 0
    for target, size in zip(targets, images.sizes, strict=True):
        centers = map_of_centers(target["boxes"], size, center, ignore)
        centers[centers > 0] += first
        first += len(target["boxes"])
        maps.append(centers)
    boxes = np.concatenate([target["boxes"] for target in targets])
    labels = np.concatenate([t["labels"] for t in targets if len(t["labels"])])
    codes = 1 + np.searchsorted(classes, labels)
    return maps, boxes, np.concatenate([[0], codes, [-1]])


def classes_of(targets: list[Target]) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of the objects, and the names of the classes of pixels."""
    labels = [t["labels"] for t in targets if len(t["labels"])]
    if not labels:
        raise ValueError(
            "The targets contain no boxes. Pass at least one image with an object."
        )
    check_one_type(labels)
    joined = np.concatenate(labels)
    if joined.dtype.kind == "f":
        raise ValueError(
            "The labels of boxes must be strings, integers or booleans; got floats. "
            "Convert them with numpy.asarray(labels, dtype=int)."
        )
    classes = np.unique(joined)
    names = [BACKGROUND_NAME, *map(str, classes.tolist())]
    if len(set(names)) < len(names):
        raise ValueError(
            f"The label {BACKGROUND_NAME!r} is reserved for pixels outside of all "
            "objects. Rename the label of these boxes, or remove them."
        )
    return classes, np.array(names)


def check_background(sample: PixelSample) -> None:
    """Raise ValueError if a class of pixels is empty."""
    if sample.counts[0] == 0:
        raise ValueError(
            "No pixel is background, because the boxes cover all images. Lower ignore, "
            "or pass larger images."
        )
    if (sample.counts == 0).any():
        raise ValueError(
            "The centers of all boxes of a class are hidden by other boxes. Lower "
            "center, or remove boxes that repeat others."
        )


def sides_of_sample(
    sample: PixelSample, maps: list[np.ndarray], boxes: np.ndarray, images: Images
) -> np.ndarray:
    """Return the distances of pixels from the sides of their boxes.

    The distances of pixels of the background are NaN.
    """
    sides = np.full((len(sample.image), 4), np.nan)
    centers = np.flatnonzero(sample.code)
    if len(centers):
        image, rows, columns = sample.positions(centers, images.sizes).T
        numbers = [maps[i][r, c] for i, r, c in zip(image, rows, columns, strict=True)]
        of_pixels = boxes[np.array(numbers) - 1]
        sides[centers] = sides_of_boxes(of_pixels, rows, columns)
    return sides
