"""A sample of the labeled pixels of images, as rows of features."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.random import sample_without_replacement

from .images import Images

# Label maps are read in pieces of this many pixels, so that the memory needed does not
# depend on the size of the images.
PIECE = 1 << 20


class PixelSample(NamedTuple):
    """Positions of sampled pixels.

    Attributes
    ----------
    image : ndarray of int of shape (m,)
        The number of the image of each pixel, in ascending order.
    position : ndarray of int of shape (m,)
        The position in the flattened image, ascending within an image.
    code : ndarray of int of shape (m,)
        The class of each pixel.
    counts : ndarray of int of shape (n_classes,)
        How many pixels of each class there are in all images.
    """

    image: np.ndarray
    position: np.ndarray
    code: np.ndarray
    counts: np.ndarray

    def weights(self) -> np.ndarray | None:
        """Return how many pixels each sampled one represents, or None if all are 1."""
        sampled = np.bincount(self.code, minlength=len(self.counts))
        if np.array_equal(sampled, self.counts):
            return None
        return (self.counts / np.maximum(sampled, 1))[self.code]

    def positions(
        self, indices: np.ndarray, sizes: list[tuple[int, int]]
    ) -> np.ndarray:
        """Return the image, row and column of some of the sampled pixels.

        Parameters
        ----------
        indices : ndarray of int of shape (m,)
        sizes : list of (int, int)
            Height and width of each image.

        Returns
        -------
        ndarray of int of shape (m, 3)
        """
        image = self.image[indices]
        widths = np.array([width for _, width in sizes])[image]
        rows, columns = np.divmod(self.position[indices], widths)
        return np.stack([image, rows, columns], axis=1)


def sample_pixels(
    maps: Sequence[np.ndarray],
    encode: Callable[[np.ndarray], np.ndarray],
    n_classes: int,
    max_pixels: int,
    random_state: np.random.RandomState,
) -> PixelSample:
    """Draw at most `max_pixels` pixels, equally many of each class if possible.

    Parameters
    ----------
    maps : list of ndarray of shape (H_i, W_i)
        The labels of all pixels.
    encode : callable
        Maps an array of labels to classes 0, 1, ...; -1 marks pixels without a label.
    n_classes : int
    max_pixels : int
    random_state : RandomState

    Returns
    -------
    PixelSample
    """
    pieces = [
        (i, start) for i, m in enumerate(maps) for start in range(0, m.size, PIECE)
    ]
    counts = np.array(
        [_count(encode(_piece(maps, *p)), n_classes) for p in pieces], dtype=np.int64
    )
    totals = counts.sum(axis=0)
    ranks = [
        np.sort(sample_without_replacement(total, size, random_state=random_state))
        for total, size in zip(totals, _shares(totals, max_pixels), strict=True)
    ]
    before = np.cumsum(counts, axis=0) - counts
    found = []
    for number, (i, start) in enumerate(pieces):
        codes = encode(_piece(maps, i, start))
        for code in range(n_classes):
            low, high = (
                before[number, code],
                before[number, code] + counts[number, code],
            )
            first, last = np.searchsorted(ranks[code], [low, high])
            if first < last:
                chosen = ranks[code][first:last] - low
                position = start + np.flatnonzero(codes == code)[chosen]
                found.append((np.full(len(position), i), position, code))
    image = np.concatenate([f[0] for f in found])
    position = np.concatenate([f[1] for f in found])
    of_class = np.concatenate([np.full(len(f[1]), f[2]) for f in found])
    order = np.lexsort((position, image))
    return PixelSample(image[order], position[order], of_class[order], totals)


def _piece(maps: Sequence[np.ndarray], i: int, start: int) -> np.ndarray:
    """Return a piece of a flattened label map."""
    return maps[i].reshape(-1)[start : start + PIECE]


def _count(codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Return the number of pixels of each class."""
    return np.bincount(codes[codes >= 0], minlength=n_classes)


def _shares(totals: np.ndarray, size: int) -> np.ndarray:
    """Return how many pixels of each class are sampled, equally many if possible."""
    shares = np.zeros(len(totals), dtype=np.int64)
    order = np.argsort(totals, kind="stable")
    for done, code in enumerate(order):
        # Classes with fewer pixels than their share leave the rest to the others.
        equal = (size - shares.sum()) // (len(totals) - done)
        shares[code] = min(totals[code], max(1, equal))
    return shares


def rows_of_pixels(
    features: Any, images: Images, image: np.ndarray, position: np.ndarray
) -> np.ndarray:
    """Return the features of sampled pixels.

    Parameters
    ----------
    features : PixelFeatures
        Fitted.
    images : Images
    image, position : ndarray of int of shape (m,)
        As in `PixelSample`.

    Returns
    -------
    ndarray of float32 of shape (m, n_features)
    """
    rows = np.empty((len(image), features.n_features_out_), dtype=np.float32)
    for i in np.unique(image):
        array = images.arrays[i]
        of_image = np.flatnonzero(image == i)
        y, x = np.divmod(position[of_image], array.shape[1])
        for block in features.blocks(array):
            is_inside = (
                (y >= block.top) & (y < block.bottom)
                & (x >= block.left) & (x < block.right)
            )  # fmt: skip
            if is_inside.any():
                values = features.features_of_block(array, block)
                at = y[is_inside] - block.top, x[is_inside] - block.left
                rows[of_image[is_inside]] = values[at]
    return rows
