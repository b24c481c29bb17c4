"""Objects, backgrounds and scenes of `SceneComposer`."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.ndimage import binary_dilation

from .boxes import Target, box_iou

# How many places are compared when a background pixel is looked for.
PLACES = 25


class Crop(NamedTuple):
    """An object that can be placed into a scene.

    Attributes
    ----------
    pixels : ndarray of shape (h, w, C)
        The object and some pixels around it.
    inside : ndarray of bool of shape (h, w)
        The pixels that are copied into a scene.
    box : ndarray of shape (4,)
        The box of the object in `pixels`.
    label : object
        The label of the object.
    """

    pixels: np.ndarray
    inside: np.ndarray
    box: np.ndarray
    label: Any


def crop_of(
    image: np.ndarray, box: np.ndarray, label: Any, margin: int, mask: Any
) -> Crop:
    """Return an object with the pixels around it.

    Parameters
    ----------
    image : ndarray of shape (H, W, C)
    box : ndarray of shape (4,)
    label : object
    margin : int
        The number of pixels around the object.
    mask : ndarray of bool of shape (H, W) or None
        The pixels of the object; None for all pixels of the box.

    Returns
    -------
    Crop
    """
    left, top = np.floor(box[:2]).astype(int) - margin
    right, bottom = np.ceil(box[2:]).astype(int) + margin
    left, top = max(left, 0), max(top, 0)
    place = slice(top, bottom), slice(left, right)
    pixels = image[place]
    inside = np.ones(pixels.shape[:2], dtype=bool)
    if mask is not None and mask.any():
        inside = mask[place]
        if margin:
            inside = binary_dilation(inside, iterations=margin)
    return Crop(pixels, inside, box - [left, top, left, top], label)


def background_of(
    images: list[np.ndarray],
    targets: list[Target],
    size: tuple[int, int],
    rng: np.random.RandomState,
) -> np.ndarray:
    """Return a part of a random image in which the objects are covered.

    Parameters
    ----------
    images : list of ndarray of shape (H_i, W_i, C)
    targets : list of dict
    size : tuple (height, width)
    rng : RandomState

    Returns
    -------
    ndarray of shape (height, width, C)
    """
    empty = [i for i, target in enumerate(targets) if len(target["boxes"]) == 0]
    number = (empty or list(range(len(images))))[rng.randint(len(empty or images))]
    image = images[number].copy()
    boxes = targets[number]["boxes"]
    for box in boxes:
        left, top = np.floor(box[:2]).astype(int)
        right, bottom = np.ceil(box[2:]).astype(int)
        patch = image[top:bottom, left:right]
        y, x = _emptiest_place(images[number].shape, patch.shape, boxes, rng)
        source = images[number][y : y + patch.shape[0], x : x + patch.shape[1]]
        image[top:bottom, left:right] = source
    missing = [max(0, size[k] - image.shape[k]) for k in (0, 1)]
    if any(missing):
        image = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    top = rng.randint(image.shape[0] - size[0] + 1)
    left = rng.randint(image.shape[1] - size[1] + 1)
    return image[top : top + size[0], left : left + size[1]].copy()


def _emptiest_place(
    shape: tuple[int, ...],
    size: tuple[int, ...],
    boxes: np.ndarray,
    rng: np.random.RandomState,
) -> tuple[int, int]:
    """Return the row and column of a patch that objects cover the least."""
    y = rng.randint(shape[0] - size[0] + 1, size=PLACES)
    x = rng.randint(shape[1] - size[1] + 1, size=PLACES)
    patches = np.stack([x, y, x + size[1], y + size[0]], axis=1)
    best = box_iou(patches, boxes).sum(axis=1).argmin()
    return int(y[best]), int(x[best])


class Scene:
    """A scene under construction: a background, and objects with their places."""

    def __init__(self, background: np.ndarray):
        self.background = background
        self.image = background.copy()
        self.crops: list[tuple[Crop, int, int]] = []
        self.boxes = np.empty((0, 4))

    def place(
        self, crop: Crop, max_overlap: float, tries: int, rng: np.random.RandomState
    ) -> bool:
        """Try random places for an object; return whether one was free."""
        height, width = self.image.shape[:2]
        h, w = crop.inside.shape
        if h > height or w > width:
            return False
        for _ in range(tries):
            top, left = rng.randint(height - h + 1), rng.randint(width - w + 1)
            box = crop.box + [left, top, left, top]
            overlaps = box_iou(box, self.boxes)
            if overlaps.size == 0 or overlaps.max() <= max_overlap:
                self.crops.append((crop, top, left))
                self.boxes = np.vstack([self.boxes, box])
                self._draw(self.image, crop, top, left)
                return True
        return False

    @staticmethod
    def _draw(image: np.ndarray, crop: Crop, top: int, left: int) -> None:
        """Copy the pixels of an object into an image."""
        h, w = crop.inside.shape
        place = image[top : top + h, left : left + w]
        place[crop.inside] = crop.pixels[crop.inside]

    def remove_unseen(self, seen: np.ndarray) -> list[Crop]:
        """Remove the objects that an observer does not see, and return them."""
        overlaps = box_iou(self.boxes, seen)
        is_seen = np.asarray((overlaps >= 0.5).any(axis=1))
        removed = [c for (c, _, _), s in zip(self.crops, is_seen, strict=True) if not s]
        self.crops = [c for c, s in zip(self.crops, is_seen, strict=True) if s]
        self.boxes = self.boxes[is_seen]
        self.image = self.background.copy()
        for crop, top, left in self.crops:
            self._draw(self.image, crop, top, left)
        return removed

    def target(self) -> Target:
        """Return the boxes and the labels."""
        labels = np.array([crop.label for crop, _, _ in self.crops])
        return {"boxes": self.boxes.copy(), "labels": labels}

    def mask(self) -> np.ndarray:
        """Return the number of the object that each pixel belongs to."""
        mask = np.zeros(self.image.shape[:2], dtype=np.int32)
        for number, (crop, top, left) in enumerate(self.crops, start=1):
            x0, y0, x1, y1 = np.rint(crop.box).astype(int)
            inside = np.zeros_like(crop.inside)
            inside[y0:y1, x0:x1] = crop.inside[y0:y1, x0:x1]
            h, w = inside.shape
            mask[top : top + h, left : left + w][inside] = number
        return mask
