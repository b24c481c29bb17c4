"""Checks of segmentation masks."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from .images import as_array
from .pixel_rows import PIECE


def check_masks(
    masks: Any, sizes: Sequence[tuple[int, int]] | None = None, name: str = "masks"
) -> list[np.ndarray]:
    """Return checked masks.

    Parameters
    ----------
    masks : array-like of int of shape (n, H, W), or list of arrays of shape (H_i, W_i)
    sizes : list of (int, int), default=None
        The height and width of each image, which the masks must have.
    name : str, default="masks"
        What the messages call the masks.

    Returns
    -------
    list of ndarray of int or bool of shape (H_i, W_i)

    Raises
    ------
    TypeError
        If the masks do not hold integers or booleans.
    ValueError
        If the number or the sizes of the masks are not those of the images.
    """
    if not hasattr(masks, "__len__") or isinstance(masks, str):
        raise TypeError(
            f"{name} must be an array of shape (n, H, W) or a list of arrays of shape "
            f"(H, W); got {type(masks).__name__}."
        )
    if hasattr(masks, "shape") and np.ndim(masks) == 2:
        raise ValueError(
            f"{name} must have shape (n, H, W); got shape {np.shape(masks)}. Pass a "
            "single mask as [mask]."
        )
    arrays = [_check_mask(mask, i, name) for i, mask in enumerate(masks)]
    if not arrays:
        raise ValueError(f"{name} must contain at least one mask; got none.")
    if sizes is None:
        return arrays
    if len(arrays) != len(sizes):
        raise ValueError(
            f"There must be one mask for each image; got {len(sizes)} images and "
            f"{len(arrays)} {name}."
        )
    for i, (mask, size) in enumerate(zip(arrays, sizes, strict=True)):
        if mask.shape != tuple(size):
            raise ValueError(
                f"Mask {i} of {name} has shape {mask.shape}, but its image has height "
                f"and width {tuple(size)}. Resize the mask without interpolation."
            )
    return arrays


def _check_mask(mask: Any, number: int, name: str) -> np.ndarray:
    """Return one mask as an array of integers or booleans."""
    array = as_array(mask)
    if array.dtype.kind == "f":
        if not np.isfinite(array).all() or (array != np.floor(array)).any():
            raise ValueError(
                f"Mask {number} of {name} contains NaN or fractions, which are not "
                "labels. Use integers, and `ignore_label` for pixels without a label."
            )
        array = array.astype(np.int64)
    if array.dtype.kind not in "bui":
        raise TypeError(
            f"Mask {number} of {name} must hold integer labels; got dtype "
            f"{array.dtype}. Encode names as integers, for example with "
            "numpy.unique(masks, return_inverse=True)."
        )
    if array.dtype == np.uint64 and array.size and array.max() > np.iinfo(int).max:
        raise ValueError(
            f"Mask {number} of {name} contains the label {array.max()}, which is too "
            "large for signed integers of 64 bits. Use smaller labels."
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2:
        raise ValueError(
            f"Mask {number} of {name} must have shape (H, W); got shape {array.shape}. "
            "Convert colors or one-hot masks to one integer per pixel."
        )
    return array


def labels_of_masks(masks: Sequence[np.ndarray], ignore_label: Any) -> np.ndarray:
    """Return the sorted labels in masks, without the label that is ignored."""
    found: set[Any] = set()
    for mask in masks:
        flat = mask.reshape(-1)
        for start in range(0, flat.size, PIECE):
            found.update(np.unique(flat[start : start + PIECE]).tolist())
    # False is not the label 0 that an ignore_label of 0 means.
    is_bool = all(mask.dtype.kind == "b" for mask in masks)
    if ignore_label is not None and not is_bool:
        found.discard(ignore_label)
    return np.array(sorted(found), dtype=bool if is_bool else np.int64)


class MaskEncoder:
    """Map labels to positions in an array of classes, and other labels to -1.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted.
    """

    def __init__(self, classes: np.ndarray):
        self.classes = classes

    def __call__(self, labels: np.ndarray) -> np.ndarray:
        """Return the codes of labels.

        Parameters
        ----------
        labels : ndarray of int or bool

        Returns
        -------
        ndarray of int of the same shape
        """
        labels = labels.astype(self.classes.dtype, copy=False)
        codes = np.searchsorted(self.classes, labels)
        codes[codes == len(self.classes)] = 0
        codes[self.classes[codes] != labels] = -1
        return codes
