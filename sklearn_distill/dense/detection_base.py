"""Detection of objects at the local maxima of maps of scores."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .blocks import Block
from .boxes import Target, check_targets
from .center_points import best_boxes, peaks_of
from .detection_metrics import mean_average_precision


class ScoreMaps(NamedTuple):
    """The scores of the pixels of a block, and the boxes that they predict.

    Attributes
    ----------
    block : Block
        The centers of objects outside of this block belong to other blocks.
    shown : Block
        The block with a margin, of whose pixels the scores are known.
    scores : ndarray of shape (n_classes, height, width)
        The scores of the pixels in `shown`.
    boxes_at : callable
        Receives the code of a class and the rows and columns of pixels in `shown`, and
        returns their boxes, of shape (m, 4), in the coordinates of the image.
    """

    block: Block
    shown: Block
    scores: np.ndarray
    boxes_at: Callable[[int, np.ndarray, np.ndarray], np.ndarray]

    def peaks_inside(
        self, code: int, smooth: float, threshold: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows and columns, in `shown`, of the peaks in `block`."""
        y, x = peaks_of(self.scores[code], smooth, threshold)
        rows, columns = y + self.shown.top, x + self.shown.left
        is_inside = (
            (rows >= self.block.top)
            & (rows < self.block.bottom)
            & (columns >= self.block.left)
            & (columns < self.block.right)
        )
        return y[is_inside], x[is_inside]


class DetectorMixin(ABC):
    """`predict` and `score` of detectors that compute maps of scores.

    Detectors have the parameters `score_threshold`, `nms` and `max_detections`, and the
    attributes `features_` and `classes_`.
    """

    @abstractmethod
    def _score_maps(self, image: np.ndarray) -> Iterator[ScoreMaps]:
        """Yield the maps of scores of the blocks of an image."""

    @property
    @abstractmethod
    def _peak_width(self) -> float:
        """The standard deviation, in pixels, of the smoothing of the scores."""

    def predict(self, images: Any) -> list[Target]:
        """Predict the boxes of the objects in each image.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        list of dict
            For each image {"boxes": (m, 4), "labels": (m,), "scores": (m,)}, in the
            order of descending scores.
        """
        check_is_fitted(self)
        checked = self.features_.check(images)  # type: ignore[attr-defined]
        return [self._predict_image(image) for image in checked.arrays]

    def score(self, images: Any, targets: Any) -> float:
        """Return the mean average precision at an intersection over union of 0.5.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict
            For each image {"boxes": (m, 4), "labels": (m,)}.

        Returns
        -------
        float
            Value of mAP50 for at most `max_detections` boxes for each image; NaN if the
            targets contain no boxes.
        """
        check_is_fitted(self)
        sizes = self.features_.check(images).sizes  # type: ignore[attr-defined]
        return mean_average_precision(
            check_targets(targets, sizes),
            self.predict(images),
            iou_thresholds=(0.5,),
            max_detections=self.max_detections,  # type: ignore[attr-defined]
        )

    def _predict_image(self, image: np.ndarray) -> Target:
        """Return the boxes in one image, which is processed in blocks."""
        estimator: Any = self
        classes, found = estimator.classes_, []
        for maps in self._score_maps(image):
            for code, label in enumerate(classes):
                y, x = maps.peaks_inside(
                    code, self._peak_width, estimator.score_threshold
                )
                if len(y) == 0:
                    continue
                boxes = maps.boxes_at(code, y, x)
                labels = np.full(len(boxes), label, dtype=classes.dtype)
                scores = maps.scores[code][y, x]
                found.append({"boxes": boxes, "labels": labels, "scores": scores})
        result = best_boxes(found, classes, estimator.nms, estimator.max_detections)
        height, width = image.shape[:2]
        result["boxes"] = np.clip(result["boxes"], 0, [width, height, width, height])
        return result
