"""CenterPointDetector: a small network that detects the centers of objects."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.special import expit

from .._utils._sklearn_private import Interval, _fit_context
from .blocks import Block
from .boxes import Target, check_targets
from .center_points import boxes_of_sides, squared_distance
from .detection_base import DetectorMixin, ScoreMaps
from .net_base import BaseDenseNet
from .object_pixels import classes_of

# The squared distance, in units of the box, at which the heat of a center has fallen to
# exp(-1/2), and up to which the sides of the box are learned.
HEAT_SCALE, SIDES_WITHIN = 0.01, 0.03
# At first a pixel is a center with a probability of about one percent.
INITIAL_LOGIT = -4.6


class CenterPointDetector(DetectorMixin, BaseDenseNet):
    """A detection of objects by a small network that predicts their centers.

    A U-shaped network predicts a heat map of the centers of each class and, at each
    pixel, the distances to the four sides of the box, as in CenterNet [1]_. It is
    trained through skorch on random patches of images, such as the scenes of
    `SceneComposer` or the tiles of `TileSelection`.

    Parameters
    ----------
    width : int, default=16
        The number of channels of the first block; each halving doubles it.
    depth : int, default=3
        How often the network halves the image.
    max_iter : int, default=300
        The number of optimizer steps.
    batch_size : int, default=8
        The number of patches of a step.
    patch_size : int, default=64
        The height and width of the random patches for training.
    lr : float, default=0.003
        The initial learning rate of Adam, which falls to 0 as a half cosine.
    mirror : bool, default=True
        Whether patches are mirrored at random. Objects such as digits, which change
        their class in a mirror, need False.
    nms : float, default=0.35
        The largest intersection over union of two boxes of a class.
    score_threshold : float, default=0.02
        The smallest probability of an object.
    max_detections : int, default=300
        The largest number of boxes in an image.
    channels : {"last", "first"}, default="last"
        The position of the channels of color images.
    device : str, default="auto"
        The torch device; "auto" uses a GPU if one is available.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible results.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained network.
    classes_ : ndarray of shape (n_classes,)
        The labels of the objects.
    loss_ : float
        The mean training loss.
    n_channels_ : int
        Number of channels of the images.

    See Also
    --------
    DistilledDetector : Estimators of scikit-learn that are fitted on distilled pixels.

    References
    ----------
    .. [1] X. Zhou, D. Wang, P. Krahenbuhl, "Objects as Points", arXiv:1904.07850, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill import CenterPointDetector
    >>> images = np.zeros((2, 32, 32))
    >>> images[:, 6:16, 8:18] = 1
    >>> targets = [{"boxes": [[8, 6, 18, 16]], "labels": ["square"]}] * 2
    >>> detector = CenterPointDetector(
    ...     width=4, depth=2, max_iter=60, patch_size=32, lr=0.03, random_state=0
    ... ).fit(images, targets)
    >>> detector.predict(images)[0]["labels"].tolist()[0]
    'square'
    """

    _parameter_constraints: dict[str, Any] = {
        **BaseDenseNet._parameter_constraints,
        "mirror": ["boolean"],
        "nms": [Interval(Real, 0, 1, closed="both")],
        "score_threshold": [Interval(Real, 0, 1, closed="left")],
        "max_detections": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        width: int = 16,
        depth: int = 3,
        max_iter: int = 300,
        batch_size: int = 8,
        patch_size: int = 64,
        lr: float = 0.003,
        mirror: bool = True,
        nms: float = 0.35,
        score_threshold: float = 0.02,
        max_detections: int = 300,
        channels: str = "last",
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ):
        self.width = width
        self.depth = depth
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.patch_size = patch_size
        self.lr = lr
        self.mirror = mirror
        self.nms = nms
        self.score_threshold = score_threshold
        self.max_detections = max_detections
        self.channels = channels
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, images: Any, targets: Any) -> Self:
        """Train the network.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict
            For each image {"boxes": (m, 4), "labels": (m,)}.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and targets do not match, or if there are no boxes.
        """
        from .networks import CenterLoss

        checked = self._fit_images(images)
        checked_targets = check_targets(targets, checked.sizes)
        self.classes_, _ = classes_of(checked_targets)
        maps = [
            maps_to_learn(target, size, self.classes_)
            for target, size in zip(checked_targets, checked.sizes, strict=True)
        ]
        self._train(
            checked,
            maps,
            len(self.classes_) + 4,
            CenterLoss,
            bias=(INITIAL_LOGIT,) * len(self.classes_) + mean_log_sides(maps),
            mirror=mirrored if self.mirror else None,
        )
        return self

    @property
    def _peak_width(self) -> float:
        return 1.0

    def _score_maps(self, image: np.ndarray) -> Iterator[ScoreMaps]:
        """Yield the heat maps that the network predicts for each block."""
        for block, shown, outputs in self._outputs(image, margin=2):
            scores = expit(outputs[: len(self.classes_)])
            boxes_at = partial(boxes_of_outputs, outputs, shown)
            yield ScoreMaps(block, shown, scores, boxes_at)


def boxes_of_outputs(
    outputs: np.ndarray, shown: Block, code: int, y: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """Return the boxes that the network predicts at some pixels.

    Parameters
    ----------
    outputs : ndarray of shape (n_classes + 4, height, width)
        The last four are the logarithms of the distances to the sides.
    shown : Block
        The pixels of the outputs.
    code : int
        Ignored, because all classes share the sides.
    y, x : ndarray of int of shape (m,)
        Rows and columns in the outputs.

    Returns
    -------
    ndarray of shape (m, 4)
    """
    # The limit keeps the boxes of an untrained network finite.
    sides = np.exp(np.minimum(outputs[-4:, y, x].T, 10.0))
    return boxes_of_sides(sides, y + shown.top, x + shown.left)


def maps_to_learn(
    target: Target, size: tuple[int, int], classes: np.ndarray
) -> np.ndarray:
    """Return the maps that the network learns from the boxes of an image.

    Parameters
    ----------
    target : dict
    size : tuple (height, width)
    classes : ndarray of shape (n_classes,)

    Returns
    -------
    ndarray of float32 of shape (n_classes + 5, H, W)
        Heat maps of the centers, logarithms of the distances to the left, top, right
        and bottom side, and the weight of these distances.
    """
    maps = np.zeros((len(classes) + 5, *size), dtype=np.float32)
    nearest = np.full(size, np.inf, dtype=np.float32)
    codes = np.searchsorted(classes, target["labels"])
    for box, code in zip(target["boxes"], codes, strict=True):
        left, top = np.floor(box[:2]).astype(int)
        right, bottom = np.ceil(box[2:]).astype(int)
        place = slice(top, bottom), slice(left, right)
        distance = squared_distance(box, place, size)
        distance[np.unravel_index(distance.argmin(), distance.shape)] = 0
        heat = np.exp(-distance / (2 * HEAT_SCALE))
        maps[code][place] = np.maximum(maps[code][place], heat)
        wins = (distance < SIDES_WITHIN) & (distance < nearest[place])
        nearest[place][wins] = distance[wins]
        rows, columns = np.nonzero(wins)
        y, x = rows + top + 0.5, columns + left + 0.5
        sides = np.stack([x - box[0], y - box[1], box[2] - x, box[3] - y])
        maps[-5:-1, rows + top, columns + left] = np.log(np.maximum(sides, 0.5))
        maps[-1, rows + top, columns + left] = 1
    return maps


def mean_log_sides(maps: list[np.ndarray]) -> tuple[float, ...]:
    """Return the mean logarithm of each of the four sides, from `maps_to_learn`."""
    weights = np.concatenate([m[-1].ravel() for m in maps]) > 0
    sides = np.concatenate([m[-5:-1].reshape(4, -1) for m in maps], axis=1)
    return tuple(sides[:, weights].mean(axis=1).tolist())


def mirrored(maps: np.ndarray, axis: int) -> np.ndarray:
    """Return maps mirrored at an axis, in which opposite sides change places."""
    order = np.arange(len(maps))
    first = len(maps) - 5 + (0 if axis == 2 else 1)
    order[[first, first + 2]] = first + 2, first
    return np.flip(maps, axis)[order]
