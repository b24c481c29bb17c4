"""DistilledSegmenter: semantic segmentation by a classifier of distilled pixels."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import HasMethods, Interval, StrOptions, _fit_context
from ..soft_labels.data_prior import correct_proba
from .blocks import Block
from .dense_base import BaseDense, batches_of_pixels, check_pixel_classifier
from .images import Images
from .masks import MaskEncoder, check_masks, labels_of_masks
from .pixel_features import PixelFeatures
from .pixel_rows import rows_of_pixels, sample_pixels
from .segmentation_metrics import confusion_of_masks, iou_of_confusion, macro_mean

# A Gaussian reaches this many standard deviations far.
TRUNCATE = 4.0


def _predicts_probabilities(self: Any) -> bool:
    """Return whether the estimator predicts probabilities."""
    return hasattr(getattr(self, "estimator_", self.estimator), "predict_proba")


class DistilledSegmenter(BaseDense):
    """A segmentation of images by a classifier that is fitted on distilled pixels.

    `fit` computes features of the labeled pixels, distills these rows, and fits the
    estimator on the distilled rows. A few hundred pixels then replace a hundred
    thousand, and `predict` is faster, because the estimator is smaller.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin. Its budget is a number of pixels per
        class.
    estimator : classifier
        Any scikit-learn classifier, or a Pipeline that ends in a classifier.
    features : PixelFeatures, callable or torch.nn.Module, default=None
        The features of a pixel. A callable or a network is passed to `PixelFeatures`.
        None means ``PixelFeatures()``.
    ignore_label : int, default=-1
        The label of pixels whose class is unknown, such as 255 in Pascal VOC or 0 in
        images with scribbles. None means that all pixels are labeled.
    weights : {"sqrt", "mass"} or None, default="sqrt"
        The sample weights of the distilled pixels. If the estimator does not take
        sample weights, its probabilities are corrected to the same class shares.

        - "mass": the number of labeled pixels for which the distilled pixel is the
          nearest one of their class. This choice restores the class shares of the
          labeled pixels.
        - "sqrt": the square root of "mass", which gives small classes more weight, as
          the mean intersection over union does.
        - None: equal weights, for scribbles, whose class shares mean nothing.
    max_pixels : int, default=200_000
        The largest number of labeled pixels that are distilled. If there are more, a
        random sample is drawn with equally many pixels of each class.
    max_unlabeled : int, default=0
        The number of pixels of `ignore_label` that the distiller receives as
        `X_unlabeled`.
    smooth : float, default=0.0
        The standard deviation, in pixels, of a Gaussian that smooths the predicted
        probabilities. Small values remove single wrong pixels; large ones remove thin
        parts.
    random_state : int, RandomState instance or None, default=None
        Draws the pixels. Pass an int for reproducible results.

    Attributes
    ----------
    distilled_ : DistilledSet
        The distilled pixels: one row of features for each.
    distiller_ : distiller
        The fitted distiller.
    estimator_ : classifier
        The classifier, fitted on the distilled pixels.
    features_ : PixelFeatures
        The fitted features.
    classes_ : ndarray of shape (n_classes,)
        The labels in the masks, without `ignore_label`.
    prior_ratio_ : ndarray of shape (n_classes,) or None
        The factors by which predicted probabilities are multiplied; None for none.
    mass_ : ndarray of shape (m,)
        The number of labeled pixels that each distilled pixel represents.
    n_pixels_ : int
        The number of pixels that were distilled.
    pixel_counts_ : ndarray of int of shape (n_classes,)
        The number of labeled pixels of each class.
    distilled_positions_ : ndarray of int of shape (m, 3)
        The image, row and column of each distilled pixel. Defined only if the distilled
        pixels are real ones.
    n_channels_ : int
        Number of channels of the images.

    See Also
    --------
    DistilledDetector : Boxes of objects instead of masks.
    PixelFeatures : The features of a pixel.
    UNetSegmenter : A network that is trained on whole images.

    Notes
    -----
    `predict` works in blocks, so that the memory needed beside the image and the mask
    does not depend on the size of the image.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_distill import DistilledSegmenter, KMeansSelection
    >>> rng = np.random.RandomState(0)
    >>> masks = np.zeros((2, 32, 32), dtype=int)
    >>> masks[:, 8:24, 8:24] = 1
    >>> images = masks + rng.normal(scale=0.3, size=masks.shape)
    >>> model = DistilledSegmenter(
    ...     KMeansSelection(budget=10, random_state=0), LogisticRegression()
    ... ).fit(images[:1], masks[:1])
    >>> len(model.distilled_), bool(model.score(images[1:], masks[1:]) > 0.8)
    (20, True)
    """

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        "estimator": [HasMethods(["fit"])],
        "features": [None, PixelFeatures, callable],
        "ignore_label": [None, Integral],
        "weights": [None, StrOptions({"mass", "sqrt"})],
        "max_pixels": [Interval(Integral, 1, None, closed="left")],
        "max_unlabeled": [Interval(Integral, 0, None, closed="left")],
        "smooth": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        distiller: Any,
        estimator: Any,
        *,
        features: Any = None,
        ignore_label: int | None = -1,
        weights: str | None = "sqrt",
        max_pixels: int = 200_000,
        max_unlabeled: int = 0,
        smooth: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.distiller = distiller
        self.estimator = estimator
        self.features = features
        self.ignore_label = ignore_label
        self.weights = weights
        self.max_pixels = max_pixels
        self.max_unlabeled = max_unlabeled
        self.smooth = smooth
        self.random_state = random_state

    # The distiller and the estimator validate their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, images: Any, masks: Any) -> Self:
        """Distill the labeled pixels, and fit the estimator on the distilled ones.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
            Booleans, integers or floats; images of a list may have different sizes.
        masks : array-like of int of shape (n, H, W), or list of arrays
            The label of each pixel.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and masks do not match, if fewer than two classes are labeled, or
            if the pixels cannot be distilled.
        """
        check_pixel_classifier(self, self.estimator, "estimator")
        if self.smooth > 0 and not hasattr(self.estimator, "predict_proba"):
            raise TypeError(
                f"smooth={self.smooth} requires predicted probabilities, but "
                f"{self.estimator!r} does not predict any. Set smooth=0.0, or use "
                "another estimator."
            )
        checked = self._fit_features(images)
        arrays = check_masks(masks, checked.sizes)
        self.classes_ = self._check_classes(arrays)
        rng = check_random_state(self.random_state)
        sample = sample_pixels(
            arrays,
            MaskEncoder(self.classes_),
            len(self.classes_),
            max(self.max_pixels, len(self.classes_)),
            rng,
        )
        rows = rows_of_pixels(self.features_, checked, sample.image, sample.position)
        self.n_pixels_, self.pixel_counts_ = len(rows), sample.counts
        params = self._unlabeled_rows(checked, arrays, rng)
        y = self.classes_[sample.code]
        self._fit_distiller(rows, y, sample.weights(), **params)
        self._store_positions(sample, checked)
        self.estimator_, self.prior_ratio_ = self._fit_on_distilled(
            self.estimator, rows, y, sample.weights()
        )
        return self

    def _check_classes(self, masks: list[np.ndarray]) -> np.ndarray:
        """Return the labels in the masks; raise ValueError for fewer than two."""
        classes = labels_of_masks(masks, self.ignore_label)
        if len(classes) < 2:
            found = classes.tolist() or "none"
            raise ValueError(
                "The masks must label pixels of at least two classes beside "
                f"ignore_label={self.ignore_label}; got {found}. Label some pixels of "
                "the background as a class of their own."
            )
        return classes

    def _unlabeled_rows(
        self, images: Images, masks: list[np.ndarray], rng: np.random.RandomState
    ) -> dict[str, np.ndarray]:
        """Return rows of pixels without a label, as a parameter for the distiller."""
        if self.max_unlabeled == 0 or self.ignore_label is None:
            return {}
        encode = MaskEncoder(np.array([self.ignore_label]))
        sample = sample_pixels(masks, encode, 1, self.max_unlabeled, rng)
        if len(sample.image) == 0:
            return {}
        rows = rows_of_pixels(self.features_, images, sample.image, sample.position)
        return {"X_unlabeled": rows}

    def predict(self, images: Any) -> Any:
        """Predict the class of each pixel.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        ndarray of shape (n, H, W), or list of ndarray of shape (H_i, W_i)
            A list if `images` is a list.
        """
        check_is_fitted(self)
        checked = self.features_.check(images)
        masks = [np.empty(size, dtype=self.classes_.dtype) for size in checked.sizes]
        for i, block, classes in self._predicted_blocks(checked):
            masks[i][block.slices] = classes
        return np.stack(masks) if checked.stacked else masks

    @available_if(_predicts_probabilities)
    def predict_proba(self, images: Any) -> Any:
        """Predict the class probabilities of each pixel.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        ndarray of shape (n, H, W, n_classes), or list of ndarray
            As float32; a list of arrays of shape (H_i, W_i, n_classes) if `images` is a
            list.
        """
        check_is_fitted(self)
        checked = self.features_.check(images)
        shape = (len(self.classes_),)
        maps = [np.empty(size + shape, dtype=np.float32) for size in checked.sizes]
        for i, block, proba in self._blocks_of_proba(checked):
            maps[i][block.slices] = proba
        return np.stack(maps) if checked.stacked else maps

    def score(self, images: Any, masks: Any) -> float:
        """Return the mean intersection over union (mIoU) of predicted masks.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        masks : array-like of int of shape (n, H, W), or list of arrays
            The true labels; pixels of `ignore_label` are left out.

        Returns
        -------
        float
            The mean over the classes that occur in the true or predicted masks.
        """
        check_is_fitted(self)
        checked = self.features_.check(images)
        arrays = check_masks(masks, checked.sizes)
        labels = np.union1d(labels_of_masks(arrays, self.ignore_label), self.classes_)
        confusion = np.zeros((len(labels) + 1, len(labels) + 1), dtype=np.int64)
        for i, block, classes in self._predicted_blocks(checked):
            true = arrays[i][block.slices]
            confusion += confusion_of_masks(true, classes, labels, self.ignore_label)
        return macro_mean(iou_of_confusion(confusion))

    def _predicted_blocks(
        self, images: Images
    ) -> Iterator[tuple[int, Block, np.ndarray]]:
        """Yield the number of an image, a block, and the classes of its pixels."""
        if self.prior_ratio_ is not None or self.smooth > 0:
            for i, block, proba in self._blocks_of_proba(images):
                yield i, block, self.classes_[proba.argmax(axis=2)]
            return
        for parts, rows in batches_of_pixels(self.features_, images):
            classes = np.asarray(self.estimator_.predict(rows))
            for (i, block, _), part in zip(parts, _cut(parts, classes), strict=True):
                yield i, block, part

    def _blocks_of_proba(
        self, images: Images
    ) -> Iterator[tuple[int, Block, np.ndarray]]:
        """Yield the number of an image, a block, and its class probabilities."""
        margin = int(TRUNCATE * self.smooth + 0.5)
        for parts, rows in batches_of_pixels(self.features_, images, margin):
            proba = self.estimator_.predict_proba(rows)
            proba = correct_proba(proba, self.prior_ratio_)
            for (i, block, outer), part in zip(parts, _cut(parts, proba), strict=True):
                if self.smooth > 0:
                    sigmas = (self.smooth, self.smooth, 0)
                    part = gaussian_filter(
                        part, sigmas, mode="nearest", truncate=TRUNCATE
                    )
                yield i, block, part[block.inside(outer)]


def _cut(parts: list[Any], values: np.ndarray) -> list[np.ndarray]:
    """Return the values of the pixels of each block, in the shape of the block."""
    shapes = [outer.shape for _, _, outer in parts]
    ends = np.cumsum([height * width for height, width in shapes])
    pieces = np.split(values, ends[:-1])
    return [
        piece.reshape(*shape, *values.shape[1:])
        for piece, shape in zip(pieces, shapes, strict=True)
    ]
