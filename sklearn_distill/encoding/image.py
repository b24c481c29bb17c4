"""The encoder of images: standardizes each channel."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np

from .columns import ROUNDING, check_decodable, standardized
from .grid import grid_of, nearest_valid, rounding_error

# Look for an even grid of pixel values in a sample of about this many pixels.
MAX_GRID_SAMPLE = 1_000_000


class ImageEncoder:
    """Encode each channel of images to mean 0 and variance 1.

    Images have shape (n, C, H, W), or are flat rows of `image_shape`.

    Parameters
    ----------
    image_shape : tuple (C, H, W), default=None
        The shape of one image, for flat rows. None uses the shape of the rows of X.

    Attributes
    ----------
    shape_ : tuple (C, H, W)
        The shape of one encoded image.
    row_shape_ : tuple
        The shape of one row of X.
    lower_, upper_ : float32 ndarray of shape (C, H, W)
        The range of each encoded pixel.
    """

    def __init__(self, image_shape: tuple[int, ...] | None = None):
        self.image_shape = image_shape

    def fit(self, X: np.ndarray, sample_weight: np.ndarray) -> "ImageEncoder":
        """Learn the mean and scale of each channel and the range of each pixel.

        Parameters
        ----------
        X : ndarray of shape (n, C, H, W) or (n, C * H * W)
        sample_weight : float64 ndarray of shape (n,)

        Returns
        -------
        ImageEncoder
        """
        self.shape_ = tuple(self.image_shape or X.shape[1:])
        self.row_shape_ = X.shape[1:]
        images = X.reshape(len(X), self.shape_[0], -1)
        self._fit_scale(images, sample_weight / sample_weight.sum())
        self.min_, self.max_ = X.min(axis=0), X.max(axis=0)
        sample = images.ravel()[:: max(1, images.size // MAX_GRID_SAMPLE)]
        self.grid_ = grid_of(sample.astype(np.float64), rounding_error(X.dtype))
        self.lower_, self.upper_ = self.encode(np.stack([self.min_, self.max_]))
        return self

    def _fit_scale(self, images: np.ndarray, weights: np.ndarray) -> None:
        """Set `mean_` and `scale_` from images of shape (n, C, H * W)."""
        # Subtract the minimum of each channel and divide by its range before squaring,
        # so that channels of any magnitude stay exact.
        low = images.min(axis=(0, 2)).astype(np.float64)
        span = images.max(axis=(0, 2)) - low
        varies = span > ROUNDING * np.abs(low)
        unit = np.where(varies, span, np.where(low == 0.0, 1.0, np.abs(low)))
        moments = []
        for block in _blocks(images):
            scaled = (block - low[:, None]) / unit[:, None]
            moments.append(np.stack([scaled.mean(axis=2), scaled.var(axis=2)]))
        means, variances = np.concatenate(moments, axis=1)
        mean = weights @ means
        variance = weights @ (variances + (means - mean) ** 2)
        self.mean_ = low + unit * mean
        self.scale_ = unit * np.where(varies, np.sqrt(variance), 1.0)

    def check_known(self, X: np.ndarray) -> None:
        """Do nothing: images have no categories that could be unknown."""

    def encode(self, X: np.ndarray) -> np.ndarray:
        """Return images or flat rows as a float32 array of shape (n, C, H, W)."""
        images = X.reshape(len(X), self.shape_[0], -1)
        Z = np.empty(images.shape, dtype=np.float32)
        start = 0
        for block in _blocks(images):
            z = standardized(block, self.mean_[:, None], self.scale_[:, None])
            Z[start : start + len(z)] = z
            start += len(z)
        return Z.reshape(len(X), *self.shape_)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        """Return valid images in the shape and dtype of X.

        Parameters
        ----------
        Z : ndarray of shape (m, C, H, W)

        Returns
        -------
        ndarray of shape (m, C, H, W) or (m, C * H * W)

        Raises
        ------
        ValueError
            If Z contains NaN.
        """
        check_decodable(Z)
        z = Z.reshape(len(Z), self.shape_[0], -1).astype(np.float64)
        x = z * self.scale_[:, None] + self.mean_[:, None]
        x = x.reshape(len(Z), *self.row_shape_)
        return nearest_valid(x, self.min_, self.max_, self.grid_)

    def snap(self, Z: np.ndarray) -> np.ndarray:
        """Return the encoding of the decoded rows: the nearest valid encoded rows."""
        return self.encode(self.decode(Z))


def _blocks(images: np.ndarray, rows: int = 4_096) -> Iterator[np.ndarray]:
    """Yield consecutive blocks of images as float64, to bound the memory in use."""
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)
