"""Checks of images, and conversion to numbers on one scale."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

# Numbers of channels that photographs and micrographs usually have.
USUAL_CHANNELS = (1, 2, 3, 4)
# Images whose dtype is not that of `fit` must have similar values. A photograph in
# [0, 255] instead of [0, 1] is far beyond this factor.
MAX_RATIO = 8.0


class Images(NamedTuple):
    """Checked images.

    Attributes
    ----------
    arrays : list of ndarray of shape (H_i, W_i, C)
        Views of the images in their own dtypes, with the channels last.
    stacked : bool
        Whether the images were one array, so that results are one array, too.
    """

    arrays: list[np.ndarray]
    stacked: bool

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of each image."""
        return [(image.shape[0], image.shape[1]) for image in self.arrays]


def check_images(images: Any, channels: str = "last") -> Images:
    """Return checked images, without copying their pixels.

    Parameters
    ----------
    images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        Images of a list have shape (H_i, W_i) or (H_i, W_i, C).
    channels : {"last", "first"}, default="last"
        The position of the channels.

    Returns
    -------
    Images

    Raises
    ------
    TypeError
        If images are not arrays of numbers.
    ValueError
        If the shapes are not those of images, if an image has no pixels or values that
        are not finite, or if the numbers of channels differ.
    """
    is_table = hasattr(images, "columns")
    is_sequence = hasattr(images, "__len__") and not isinstance(images, Mapping)
    if isinstance(images, str | bytes) or is_table or not is_sequence:
        raise TypeError(
            "images must be an array of shape (n, H, W) or (n, H, W, C), or a list of "
            f"arrays; got {type(images).__name__}. Pass a single image as [image], and "
            "read files first, for example with skimage.io.imread."
        )
    stacked = hasattr(images, "shape") and str(images.dtype) != "object"
    if stacked and np.ndim(images) == 1:
        images, stacked = list(images), False
    if stacked:
        images = as_array(images)
        if images.ndim not in (3, 4):
            raise ValueError(
                "An array of images must have shape (n, H, W) or (n, H, W, C); got "
                f"shape {images.shape}. Pass a single image as [image]."
            )
    if len(images) == 0:
        raise ValueError("There must be at least one image; got none.")
    arrays = [_check_image(image, i, channels) for i, image in enumerate(images)]
    found = sorted({image.shape[2] for image in arrays})
    if len(found) > 1:
        raise ValueError(
            f"All images must have the same number of channels; got {found}. Convert "
            "them, for example with skimage.color.gray2rgb."
        )
    if stacked and images.ndim == 3:
        _check_not_a_single_image(images)
    return Images(arrays, stacked)


def _check_image(image: Any, number: int, channels: str) -> np.ndarray:
    """Return one image with shape (H, W, C)."""
    if isinstance(image, str | bytes | PathLike):
        raise TypeError(
            f"Image {number} is the path {str(image)!r}. Read files first, for example "
            "with skimage.io.imread."
        )
    if np.ma.is_masked(image):
        raise ValueError(
            f"Image {number} is a masked array with masked pixels. Fill them, for "
            "example with image.filled(0), and label them with ignore_label."
        )
    array = as_array(image)
    if array.dtype.kind not in "buif":
        raise TypeError(f"Image {number} must hold numbers; got dtype {array.dtype}.")
    if array.ndim not in (2, 3):
        raise ValueError(
            f"Image {number} must have shape (H, W) or (H, W, C); got shape "
            f"{array.shape}."
        )
    if array.size == 0:
        raise ValueError(f"Image {number} of shape {array.shape} has no pixels.")
    if array.dtype.kind == "f" and not _all_finite(array):
        raise ValueError(
            f"Image {number} contains NaN or infinite values. Replace them, for "
            "example with numpy.nan_to_num."
        )
    if array.ndim == 2:
        return array[:, :, None]
    if channels == "first":
        return np.moveaxis(array, 0, 2)
    if array.shape[0] in USUAL_CHANNELS and array.shape[2] > max(16, array.shape[0]):
        raise ValueError(
            f"Image {number} has shape {array.shape}, which looks like channels first. "
            "Move the channels to the last axis, or set channels='first', a parameter "
            "of PixelFeatures and of the networks."
        )
    return array


def as_array(values: Any) -> np.ndarray:
    """Return an array, also of a tensor on a GPU or with a gradient."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return np.asarray(values)


def _check_not_a_single_image(images: np.ndarray) -> None:
    """Raise ValueError for a single color image in the place of n gray images."""
    if images.shape[2] in (3, 4) and images.shape[1] > 4:
        raise ValueError(
            f"An array of shape {images.shape} means {images.shape[0]} gray images of "
            f"{images.shape[1]} x {images.shape[2]} pixels, but looks like a single "
            "color image. Pass a single image as [image]."
        )


def _all_finite(array: np.ndarray) -> bool:
    """Return whether all values are finite; the memory needed is that of one row."""
    return all(np.isfinite(row).all() for row in array)


def as_float(pixels: np.ndarray) -> np.ndarray:
    """Return pixels as float32 on one scale.

    Booleans and unsigned integers are divided by the largest value of their dtype, so
    that uint8, uint16 and floats in [0, 1] agree. Other numbers keep their values.
    """
    if pixels.dtype.kind == "u":
        return pixels.astype(np.float32) / np.float32(np.iinfo(pixels.dtype).max)
    return np.ascontiguousarray(pixels, dtype=np.float32)


def largest_value(image: np.ndarray) -> float:
    """Return the largest absolute value of an image after `as_float`."""
    if image.dtype.kind == "b":
        return float(image.any())
    largest = max(abs(float(image.max())), abs(float(image.min())))
    if image.dtype.kind == "u":
        return largest / np.iinfo(image.dtype).max
    return largest


def check_scale(
    image: np.ndarray, number: int, dtype: np.dtype, reference: float
) -> None:
    """Raise ValueError if an image of another dtype has values on another scale.

    Parameters
    ----------
    image : ndarray
    number : int
        The position of the image, for the message.
    dtype : dtype
        The dtype of the images of `fit`.
    reference : float
        Their `largest_value`.
    """
    if image.dtype == dtype:
        return
    largest = largest_value(image)
    if largest == 0 or reference == 0:
        return
    if max(largest / reference, reference / largest) > MAX_RATIO:
        raise ValueError(
            f"Image {number} has dtype {image.dtype} and values up to {largest:.3g} "
            f"where the images of fit, of dtype {dtype}, had values up to "
            f"{reference:.3g} (unsigned integers are scaled to [0, 1]). Convert all "
            "images to one dtype."
        )
