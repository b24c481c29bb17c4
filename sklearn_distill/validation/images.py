"""Checks of the shapes of images and of image_shape."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any

import numpy as np


def check_image_shape(X: Any, image_shape: Any) -> None:
    """Check the rows that an estimator is fitted on against its `image_shape`.

    Parameters
    ----------
    X : ndarray or DataFrame
    image_shape : tuple (C, H, W) or None
        None if X contains no images, or images of shape (n, C, H, W).

    Raises
    ------
    ValueError, TypeError
        If X is neither 2-D nor 4-D, if the channels seem to be last, or if
        `image_shape` is invalid or does not match the rows of X.
    """
    ndim = getattr(X, "ndim", 2)
    if ndim not in (2, 4):
        raise ValueError(
            f"Found array with dim {ndim}. X must be 2-D, (n_rows, n_columns), or, for "
            "images, 4-D, (n_images, channels, height, width). Pass grayscale images "
            "as X[:, None]."
        )
    _check_channels_first(X.shape[1:] if ndim == 4 else image_shape)
    if image_shape is None:
        return
    if len(image_shape) != 3 or not all(
        isinstance(s, Integral) and int(s) > 0 for s in image_shape
    ):
        raise ValueError(
            "image_shape must be (channels, height, width), three positive integers; "
            f"got {image_shape}."
        )
    if hasattr(X, "iloc"):
        raise TypeError(
            "Images must be passed as an array, but X is a DataFrame. Pass "
            "X.to_numpy(), or leave out image_shape."
        )
    if X.dtype.kind not in "biuf":
        raise ValueError(f"Images must be numeric, but X has dtype {X.dtype}.")
    if np.prod(X.shape[1:]) != np.prod(image_shape):
        raise ValueError(
            f"image_shape={image_shape} has {np.prod(image_shape)} pixels, but "
            f"rows of X have {np.prod(X.shape[1:])}."
        )
    if ndim == 4 and tuple(X.shape[1:]) != tuple(image_shape):
        raise ValueError(
            f"image_shape={image_shape} does not match X, which contains images of "
            f"shape {X.shape[1:]}."
        )


def check_image_values(X: np.ndarray, image_shape: Any) -> None:
    """Raise ValueError if X contains images with missing pixels."""
    is_image = X.ndim > 2 or image_shape is not None
    if is_image and X.dtype.kind == "f" and np.isnan(X).any():
        raise ValueError(
            "Images must not contain missing values (NaN). Replace them, for example "
            "by the mean of the channel."
        )


def check_row_shape(estimator: Any, X: Any) -> None:
    """Raise ValueError if new rows do not have the shape of the rows in `fit`."""
    expected = getattr(estimator, "row_shape_", None)
    if expected is not None and X.shape[1:] != expected:
        raise ValueError(
            f"X has rows of shape {X.shape[1:]}, but {type(estimator).__name__} was "
            f"fitted with rows of shape {expected}."
        )


def _check_channels_first(shape: Any) -> None:
    """Raise ValueError if the channels seem to be in the last axis."""
    if shape is None or len(shape) != 3:
        return
    first, *_, last = shape
    if last in (1, 3, 4) and first not in (1, 2, 3, 4):
        raise ValueError(
            f"Images must have the shape (channels, height, width), but {tuple(shape)} "
            "seems to have the channels last. Pass np.moveaxis(X, -1, 1)."
        )
