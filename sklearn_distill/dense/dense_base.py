"""What the segmenter and the detector share: pixel rows, and models fitted on them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier

from ..base.growing import training_set
from ..distilled_set.distilled_set import DistilledSet
from .blocks import Block
from .images import Images
from .pixel_features import PixelFeatures
from .pixel_rows import PixelSample
from .pixel_weights import fit_weighted_by_mass, represented_mass

# Estimators predict at most about this many pixels in one call.
ROWS_PER_CALL = 1 << 18


class BaseDense(MetaEstimatorMixin, BaseEstimator):
    """Base class of estimators that are fitted on distilled pixels."""

    def _fit_features(self, images: Any) -> Images:
        """Fit the features of pixels, and return the checked images."""
        features = self.features
        if not isinstance(features, PixelFeatures):
            features = PixelFeatures("basic" if features is None else features)
        self.features_ = clone(features).fit(images)
        self.n_channels_ = self.features_.n_channels_
        return self.features_.check(images)

    def _fit_distiller(
        self, rows: np.ndarray, y: np.ndarray, weights: np.ndarray | None, **params: Any
    ) -> DistilledSet:
        """Fit the distiller on rows of pixels, and return the distilled set."""
        if isinstance(self.distiller, type):
            raise TypeError(
                f"distiller of {type(self).__name__} must be an instance; got the "
                f"class {self.distiller.__name__}. Create it first: "
                f"{self.distiller.__name__}(budget=10)."
            )
        distiller = clone(self.distiller)
        if distiller.task not in ("auto", "classification"):
            raise ValueError(
                f"{type(self).__name__} classifies pixels, but its distiller has "
                f"task={distiller.task!r}. Set the task of the distiller to 'auto'."
            )
        distiller.set_params(task="classification")
        self.distiller_ = distiller.fit(rows, y, sample_weight=weights, **params)
        self.distilled_ = self.distiller_.distilled_
        return self.distilled_

    def _fit_on_distilled(
        self, estimator: Any, rows: np.ndarray, y: np.ndarray, weights: Any
    ) -> tuple[Any, np.ndarray | None]:
        """Fit a classifier on the distilled pixels, grown if `densify` is an int.

        Returns the fitted classifier and the factors for its probabilities, or None.
        """
        self.mass_ = represented_mass(self.distilled_, rows, y, weights)
        train, mass = training_set(self.distiller_), self.mass_
        if len(train) != len(self.distilled_):
            mass = represented_mass(train, rows, y, weights)
        return fit_weighted_by_mass(estimator, train, mass, self.weights)

    def _store_positions(self, sample: PixelSample, images: Images) -> None:
        """Set `distilled_positions_` if the distilled pixels are labeled real ones."""
        self.__dict__.pop("distilled_positions_", None)
        indices = getattr(self.distiller_, "sample_indices_", None)
        if indices is None or (indices >= len(sample.image)).any():
            return
        self.distilled_positions_ = sample.positions(indices, images.sizes)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.no_validation = True
        return tags


def check_pixel_classifier(owner: Any, estimator: Any, name: str) -> None:
    """Raise TypeError if an estimator is not a classifier."""
    if isinstance(estimator, type) or not (
        is_classifier(estimator) or hasattr(estimator, "predict_proba")
    ):
        raise TypeError(
            f"{name} of {type(owner).__name__} must be a classifier; got {estimator!r}."
        )


def batches_of_pixels(
    features: PixelFeatures, images: Images, margin: int = 0
) -> Iterator[tuple[list[tuple[int, Block, Block]], np.ndarray]]:
    """Yield blocks of pixels and the features of all their pixels.

    Small images are united, so that an estimator is not called for each of them.

    Parameters
    ----------
    features : PixelFeatures
    images : Images
    margin : int, default=0
        The number of pixels around each block whose features are also needed.

    Yields
    ------
    parts : list of (int, Block, Block)
        The number of the image, the block, and the block with its margin.
    rows : ndarray of shape (n_pixels, n_features)
        The features of the pixels of the blocks with their margins.
    """
    parts: list[tuple[int, Block, Block]] = []
    rows: list[np.ndarray] = []
    size = 0
    for i, image in enumerate(images.arrays):
        for block in features.blocks(image):
            outer = block.grown(margin, (image.shape[0], image.shape[1]))
            values = features.features_of_block(image, outer)
            if size and size + values.shape[0] * values.shape[1] > ROWS_PER_CALL:
                yield parts, np.concatenate(rows)
                parts, rows, size = [], [], 0
            parts.append((i, block, outer))
            rows.append(values.reshape(-1, values.shape[2]))
            size += len(rows[-1])
    yield parts, np.concatenate(rows)
