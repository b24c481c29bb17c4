"""Maps images to standardized channels, and back."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator

import numpy as np

from .columns import (
    ROUNDING,
    check_decodable,
    grid_of,
    observable,
    rounding_error,
    scaled,
)


class ImageEncoder:
    """Encode images, (n, C, H, W) or flat rows, per channel to mean 0 and variance 1.

    Parameters
    ----------
    image_shape : tuple (C, H, W), default=None
        The shape of one image, for flat rows. None takes it from X.
    """

    def __init__(self, image_shape: tuple[int, ...] | None = None):
        self.image_shape = image_shape

    def fit(self, X: np.ndarray, sample_weight: np.ndarray) -> "ImageEncoder":
        self.shape_ = tuple(self.image_shape or X.shape[1:])
        self.row_shape_ = X.shape[1:]
        images = X.reshape(len(X), self.shape_[0], -1)
        weights = sample_weight / sample_weight.sum()
        # As for a column of numbers: centred on a value of its own, and divided by the
        # range before squaring.
        low = images.min(axis=(0, 2)).astype(np.float64)
        span = images.max(axis=(0, 2)) - low
        varies = span > ROUNDING * np.abs(low)
        unit = np.where(varies, span, np.where(low == 0.0, 1.0, np.abs(low)))
        away = [
            np.stack([part.mean(axis=2), part.var(axis=2)])
            for part in (
                (block - low[:, None]) / unit[:, None] for block in _blocks(images)
            )
        ]
        means, variances = np.concatenate(away, axis=1)
        mean = weights @ means
        variance = weights @ (variances + (means - mean) ** 2)
        self.mean_ = low + unit * mean
        self.scale_ = unit * np.where(varies, np.sqrt(variance), 1.0)
        self.min_, self.max_ = X.min(axis=0), X.max(axis=0)
        sample = images.ravel()[:: max(1, images.size // 1_000_000)]
        self.grid_ = grid_of(sample.astype(np.float64), rounding_error(X.dtype))
        ends = self.encode(np.stack([self.min_, self.max_]))
        self.lower_, self.upper_ = ends
        return self

    def check_known(self, X: np.ndarray) -> None:
        """Pixels have no categories: every image is known."""

    def encode(self, X: np.ndarray) -> np.ndarray:
        images = X.reshape(len(X), self.shape_[0], -1)
        Z = np.empty(images.shape, dtype=np.float32)
        start = 0
        for block in _blocks(images):
            z = scaled(block, self.mean_[:, None], self.scale_[:, None])
            Z[start : start + len(z)] = z
            start += len(z)
        return Z.reshape(len(X), *self.shape_)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        check_decodable(Z)
        z = Z.reshape(len(Z), self.shape_[0], -1).astype(np.float64)
        x = z * self.scale_[:, None] + self.mean_[:, None]
        x = x.reshape(len(Z), *self.row_shape_)
        return observable(x, self.min_, self.max_, self.grid_)

    def snap(self, Z: np.ndarray) -> np.ndarray:
        """Return the encoded rows that `decode` followed by `encode` would give."""
        return self.encode(self.decode(Z))


def _blocks(images: np.ndarray, rows: int = 4_096) -> Iterator[np.ndarray]:
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)
