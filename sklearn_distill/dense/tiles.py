"""TileSelection: a few real tiles of images, as a training set for networks."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import euclidean_distances
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from .._utils._sklearn_private import Interval, StrOptions, _fit_context
from .blocks import Block, blocks_of
from .boxes import Target, check_one_type, check_targets
from .images import Images
from .masks import check_masks
from .pixel_features import PixelFeatures

# A box belongs to a tile if at least this share of its area is inside.
MIN_SHARE = 0.5


class TileSelection(BaseEstimator):
    """Keep a few tiles of images that together resemble all tiles.

    Images are cut into tiles, and the tiles are chosen one by one. Each tile brings the
    mean of the chosen ones nearer to the mean of all tiles (kernel herding [1]_, with
    the mean and the standard deviation of the features of a tile, and the number of
    objects or the share of pixels of each class). Every class is in at least
    `min_per_class` tiles, if there are so many.

    Parameters
    ----------
    budget : int, default=10
        The number of tiles.
    tile_size : int, default=128
        The height and width of a tile. Tiles at the lower and the right border of an
        image are moved inside; smaller images are one tile.
    method : {"herding", "random"}, default="herding"
        How tiles are chosen. "random" draws them, as a baseline.
    min_per_class : int, default=1
        The number of tiles that contain each class.
    features : PixelFeatures, callable or torch.nn.Module, default=None
        The features of pixels that are pooled. None means ``PixelFeatures()``.
    ignore_label : int, default=-1
        The label of pixels in masks that is not a class.
    random_state : int, RandomState instance or None, default=None
        Draws the tiles of "random". Pass an int for reproducible results.

    Attributes
    ----------
    images_ : ndarray of shape (m, tile_size, tile_size[, C]) or list of ndarray
        The chosen tiles; a list if their sizes differ.
    targets_ : list of dict or list of ndarray
        The boxes or the masks of the chosen tiles.
    tiles_ : ndarray of int of shape (m, 5)
        The image, top, bottom, left and right of each chosen tile.
    n_tiles_ : int
        The number of tiles of all images.

    See Also
    --------
    SceneComposer : Compose scenes from objects.

    References
    ----------
    .. [1] M. Welling, "Herding dynamical weights to learn", ICML 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill import TileSelection
    >>> images = np.random.RandomState(0).rand(1, 64, 64)
    >>> selection = TileSelection(budget=3, tile_size=16)
    >>> selection.fit(images, (images > 0.5).astype(int)).images_.shape
    (3, 16, 16)
    """

    _parameter_constraints: dict[str, Any] = {
        "budget": [Interval(Integral, 1, None, closed="left")],
        "tile_size": [Interval(Integral, 1, None, closed="left")],
        "method": [StrOptions({"herding", "random"})],
        "min_per_class": [Interval(Integral, 0, None, closed="left")],
        "features": [None, PixelFeatures, callable],
        "ignore_label": [None, Integral],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        budget: int = 10,
        *,
        tile_size: int = 128,
        method: str = "herding",
        min_per_class: int = 1,
        features: Any = None,
        ignore_label: int | None = -1,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.budget = budget
        self.tile_size = tile_size
        self.method = method
        self.min_per_class = min_per_class
        self.features = features
        self.ignore_label = ignore_label
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, images: Any, targets: Any) -> Self:
        """Choose tiles.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict, or array-like of int of shape (n, H, W)
            Boxes as for `DistilledDetector`, or masks as for `DistilledSegmenter`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and targets do not match.
        """
        features = self.features
        if not isinstance(features, PixelFeatures):
            features = PixelFeatures("basic" if features is None else features)
        features = clone(features).fit(images)
        checked = features.check(images)
        boxed = hasattr(targets, "__len__") and any(
            hasattr(target, "keys") for target in targets
        )
        y: Any = (check_targets if boxed else check_masks)(targets, checked.sizes)
        tiles = [
            (i, tile)
            for i, size in enumerate(checked.sizes)
            for tile in _tiles_of(size, self.tile_size)
        ]
        self.n_tiles_ = len(tiles)
        if boxed:
            check_one_type([target["labels"] for target in y])
        parts = [(_boxes_in if boxed else _mask_in)(y[i], tile) for i, tile in tiles]
        counts = _class_counts(parts, boxed, self.ignore_label)
        rng = check_random_state(self.random_state)
        n = min(self.budget, len(tiles))
        if self.method == "random":
            chosen = rng.permutation(len(tiles))[:n].tolist()
        else:
            pooled = _pooled(features, checked, tiles)
            chosen = _herd(pooled, counts, n, self.min_per_class)
        self._store(checked, tiles, parts, chosen)
        return self

    def fit_distill(self, images: Any, targets: Any) -> tuple[Any, Any]:
        """Fit and return the chosen tiles and their boxes or masks.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict, or array-like of int of shape (n, H, W)

        Returns
        -------
        images : ndarray of shape (m, tile_size, tile_size[, C]) or list of ndarray
        targets : list of dict or list of ndarray
        """
        self.fit(images, targets)
        return self.images_, self.targets_

    def _store(
        self, images: Images, tiles: list[Any], parts: list[Any], chosen: list[int]
    ) -> None:
        """Set the fitted attributes."""
        arrays = [
            images.arrays[i][tile.slices] for i, tile in (tiles[k] for k in chosen)
        ]
        if arrays[0].shape[2] == 1:
            arrays = [array[:, :, 0] for array in arrays]
        same = len({(array.shape, array.dtype) for array in arrays}) == 1
        self.images_ = np.stack(arrays) if same else arrays
        self.targets_ = [parts[k] for k in chosen]
        self.tiles_ = np.array([(tiles[k][0], *tiles[k][1]) for k in chosen])


def _tiles_of(shape: tuple[int, int], size: int) -> list[Block]:
    """Return tiles that cover an image; those at the borders are moved inside."""
    found = []
    for block in blocks_of(shape, size):
        top = max(0, min(block.top, shape[0] - size))
        left = max(0, min(block.left, shape[1] - size))
        bottom, right = min(top + size, shape[0]), min(left + size, shape[1])
        found.append(Block(top, bottom, left, right))
    return found


def _mask_in(mask: np.ndarray, tile: Block) -> np.ndarray:
    """Return the mask of a tile."""
    return mask[tile.slices]


def _boxes_in(target: Target, tile: Block) -> Target:
    """Return the boxes in a tile, clipped to it."""
    offset = np.array([tile.left, tile.top] * 2)
    height, width = tile.shape
    boxes = target["boxes"]
    clipped = np.clip(boxes - offset, 0, [width, height, width, height])
    areas = [np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (clipped, boxes)]
    inside = areas[0] >= MIN_SHARE * areas[1]
    return {"boxes": clipped[inside], "labels": target["labels"][inside]}


def _class_counts(parts: list[Any], boxed: bool, ignore_label: Any) -> np.ndarray:
    """Return the number of objects, or the share of pixels, of each class by tile."""
    labels = [part["labels"] if boxed else part.ravel() for part in parts]
    if not boxed and ignore_label is not None:
        labels = [label[label != ignore_label] for label in labels]
    present = [label for label in labels if len(label)]
    classes = np.unique(np.concatenate(present)) if present else np.array([])
    counts = np.zeros((len(parts), len(classes)))
    for row, label in zip(counts, labels, strict=True):
        if len(label):
            found, number = np.unique(label, return_counts=True)
            row[np.searchsorted(classes, found)] = number
    return counts


def _pooled(features: Any, images: Images, tiles: list[Any]) -> np.ndarray:
    """Return the mean and the standard deviation of the features of each tile."""
    rows = []
    for i, tile in tiles:
        values = features.features_of_block(images.arrays[i], tile)
        values = values.reshape(-1, values.shape[2]).astype(np.float64)
        rows.append(np.concatenate([values.mean(axis=0), values.std(axis=0)]))
    return np.array(rows)


def _herd(pooled: np.ndarray, counts: np.ndarray, n: int, k: int) -> list[int]:
    """Return tiles whose mean is near the mean of all tiles, with k of each class.

    Objects or pixels of a class enter by the logarithm of their number.
    """
    parts = [StandardScaler().fit_transform(pooled)]
    parts[0] /= np.sqrt(max(1, parts[0].shape[1]))
    if counts.shape[1]:
        numbers = StandardScaler().fit_transform(np.log1p(counts))
        parts.append(numbers / np.sqrt(counts.shape[1]))
    X = np.hstack(parts)
    distances = euclidean_distances(X, squared=True)
    positive = distances[distances > 0]
    kernel = np.exp(-distances / (np.median(positive) if len(positive) else 1.0))
    attraction, repulsion = kernel.mean(axis=1), np.zeros(len(X))
    chosen: list[int] = []
    while len(chosen) < n:
        gain = attraction - repulsion / (len(chosen) + 1)
        gain[chosen] = -np.inf
        # The rarest class that is not yet in enough tiles decides first.
        have = (counts[chosen] > 0).sum(axis=0)
        lacking = (have < k) & ((counts > 0).sum(axis=0) > have)
        if lacking.any():
            totals = np.where(lacking, (counts > 0).sum(axis=0), np.inf)
            gain[counts[:, totals.argmin()] == 0] -= 1e6
        best = int(gain.argmax())
        chosen.append(best)
        repulsion += kernel[best]
    return chosen
