"""DistilledDetector: detection of objects by a classifier of distilled pixels."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from functools import partial
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state, get_tags

from .._utils._sklearn_private import HasMethods, Interval, StrOptions, _fit_context
from ..soft_labels.data_prior import correct_proba
from .blocks import Block
from .boxes import check_targets
from .center_points import boxes_of_sides, margin_of_peaks, smoothed
from .dense_base import BaseDense, check_pixel_classifier
from .detection_base import DetectorMixin, ScoreMaps
from .object_pixels import (
    BACKGROUND_NAME,
    check_background,
    classes_of,
    maps_of_objects,
    sides_of_sample,
)
from .pixel_features import PixelFeatures
from .pixel_rows import rows_of_pixels, sample_pixels


class DistilledDetector(DetectorMixin, BaseDense):
    """A detector of objects whose classifier is fitted on distilled pixels.

    A classifier tells whether a pixel is at the center of an object of some class, and
    a regressor predicts the distances from there to the four sides of the box, as in
    CenterNet [1]_. Both are ordinary scikit-learn estimators, which are fitted on
    distilled pixels.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin. Its budget is a number of pixels for
        each class of objects and for the background; a dict has the keys "background"
        and the labels as strings.
    classifier : classifier
        A classifier that predicts probabilities.
    regressor : regressor, default=None
        Predicts the distances to the sides of a box. None means extremely randomized
        trees.
    features : PixelFeatures, callable or torch.nn.Module, default=None
        The features of a pixel. A callable or a network is passed to `PixelFeatures`.
        None means ``PixelFeatures()``.
    center : float, default=0.03
        Pixels are at the center of an object if their squared distance from the center
        of its box, in units of its width and height, is less.
    ignore : float, default=0.12
        Pixels in a ring of this squared distance around the center are not used.
    smooth : float, default=1.5
        The standard deviation, in pixels, of the Gaussian that smooths the predicted
        probabilities before their local maxima become objects.
    nms : float, default=0.35
        Of two boxes of a class whose intersection over union is larger, only the one
        with the higher score is kept (non-maximum suppression).
    score_threshold : float, default=0.02
        The smallest smoothed probability of an object.
    max_detections : int, default=300
        The largest number of boxes in an image.
    weights : {"sqrt", "mass"} or None, default=None
        The sample weights of the distilled pixels; see `DistilledSegmenter`. With
        "mass" the predicted probabilities, and with them the scores, are small, because
        few pixels are centers.
    max_pixels : int, default=200_000
        The largest number of pixels that are distilled. If there are more, a random
        sample is drawn with equally many pixels of each class.
    random_state : int, RandomState instance or None, default=None
        Draws the pixels and seeds the default regressor. Pass an int for reproducible
        results.

    Attributes
    ----------
    distilled_ : DistilledSet
        The distilled pixels. Their labels are "background" and the labels of the
        objects as strings.
    distilled_sides_ : ndarray of shape (m, 4)
        The distances of each distilled pixel from the left, top, right and bottom side
        of its box; NaN for the background.
    distilled_positions_ : ndarray of int of shape (m, 3)
        The image, row and column of each distilled pixel. Defined only if the distilled
        pixels are real ones.
    distiller_ : distiller
        The fitted distiller.
    classifier_ : classifier
        The classifier, fitted on the distilled pixels.
    regressor_ : regressor
        The regressor, fitted on the distilled pixels that are at centers of objects.
    features_ : PixelFeatures
        The fitted features.
    classes_ : ndarray of shape (n_classes,)
        The labels of the objects.
    mass_ : ndarray of shape (m,)
        The number of pixels that each distilled pixel represents.
    prior_ratio_ : ndarray of shape (n_classes + 1,) or None
        The factors by which predicted probabilities are multiplied; None for none.
    n_pixels_ : int
        The number of pixels that were distilled.
    n_channels_ : int
        Number of channels of the images.

    See Also
    --------
    DistilledSegmenter : Masks instead of boxes.
    CenterPointDetector : A network that is trained on whole images.

    References
    ----------
    .. [1] X. Zhou, D. Wang, P. Krahenbuhl, "Objects as Points", arXiv:1904.07850, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.ensemble import ExtraTreesClassifier
    >>> from sklearn_distill import DistilledDetector, KMeansSelection
    >>> images = np.zeros((1, 48, 48))
    >>> boxes = [[4, 4, 14, 14], [28, 10, 38, 20], [12, 30, 22, 40]]
    >>> for left, top, right, bottom in boxes:
    ...     images[0, top:bottom, left:right] = 1
    >>> detector = DistilledDetector(
    ...     KMeansSelection(budget=20, random_state=0),
    ...     ExtraTreesClassifier(10, random_state=0),
    ...     random_state=0,
    ... ).fit(images, [{"boxes": boxes, "labels": ["square"] * 3}])
    >>> len(detector.distilled_), detector.score(
    ...     images, [{"boxes": boxes, "labels": ["square"] * 3}]
    ... )
    (40, 1.0)
    """

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        "classifier": [HasMethods(["fit", "predict_proba"])],
        "regressor": [None, HasMethods(["fit", "predict"])],
        "features": [None, PixelFeatures, callable],
        "center": [Interval(Real, 0, None, closed="neither")],
        "ignore": [Interval(Real, 0, None, closed="left")],
        "smooth": [Interval(Real, 0, None, closed="left")],
        "nms": [Interval(Real, 0, 1, closed="both")],
        "score_threshold": [Interval(Real, 0, 1, closed="left")],
        "max_detections": [Interval(Integral, 1, None, closed="left")],
        "weights": [None, StrOptions({"mass", "sqrt"})],
        "max_pixels": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        distiller: Any,
        classifier: Any,
        regressor: Any = None,
        *,
        features: Any = None,
        center: float = 0.03,
        ignore: float = 0.12,
        smooth: float = 1.5,
        nms: float = 0.35,
        score_threshold: float = 0.02,
        max_detections: int = 300,
        weights: str | None = None,
        max_pixels: int = 200_000,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.distiller = distiller
        self.classifier = classifier
        self.regressor = regressor
        self.features = features
        self.center = center
        self.ignore = ignore
        self.smooth = smooth
        self.nms = nms
        self.score_threshold = score_threshold
        self.max_detections = max_detections
        self.weights = weights
        self.max_pixels = max_pixels
        self.random_state = random_state

    # The distiller and the estimators validate their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, images: Any, targets: Any) -> Self:
        """Distill the pixels, and fit classifier and regressor on the distilled ones.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
            Booleans, integers or floats; images of a list may have different sizes.
        targets : list of dict
            For each image {"boxes": (m, 4), "labels": (m,)}, with boxes as (left, top,
            right, bottom) in pixels. An image without objects has m = 0; all its pixels
            are background.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and targets do not match, if a box is not finite, has no area or
            lies outside its image, if there are no boxes, or if the pixels cannot be
            distilled.
        """
        check_pixel_classifier(self, self.classifier, "classifier")
        if self.regressor is not None and (
            isinstance(self.regressor, type) or is_classifier(self.regressor)
        ):
            raise TypeError(
                "regressor of DistilledDetector must be a regressor, which predicts "
                f"the sides of boxes; got {self.regressor!r}."
            )
        checked = self._fit_features(images)
        checked_targets = check_targets(targets, checked.sizes)
        self.classes_, names = classes_of(checked_targets)
        rng = check_random_state(self.random_state)
        maps, boxes, codes = maps_of_objects(
            checked_targets, checked, self.classes_, self.center, self.ignore
        )
        sample = sample_pixels(
            maps,
            lambda numbers: codes[numbers],
            len(names),
            max(self.max_pixels, len(names)),
            rng,
        )
        check_background(sample)
        rows = rows_of_pixels(self.features_, checked, sample.image, sample.position)
        self.n_pixels_ = len(rows)
        y = names[sample.code]
        self._fit_distiller(rows, y, sample.weights())
        self.classifier_, self.prior_ratio_ = self._fit_on_distilled(
            self.classifier, rows, y, sample.weights()
        )
        sides = sides_of_sample(sample, maps, boxes, checked)
        self._store_positions(sample, checked)
        self.distilled_sides_ = self._sides_of_distilled(rows, y, sides)
        self._fit_regressor(rng)
        return self

    def _sides_of_distilled(
        self, rows: np.ndarray, y: np.ndarray, sides: np.ndarray
    ) -> np.ndarray:
        """Return the distances of the distilled pixels from the sides of their boxes.

        Learned pixels receive the mean of the nearest real ones of their class.
        """
        result = np.full((len(self.distilled_), 4), np.nan)
        indices = getattr(self.distiller_, "sample_indices_", None)
        if indices is not None:
            return sides[indices]
        X, labels = np.asarray(self.distilled_.X), self.distilled_.y
        for name in np.unique(labels[labels != BACKGROUND_NAME]):
            members = np.flatnonzero(y == name)
            nearest = KNeighborsRegressor(min(5, len(members)))
            model = make_pipeline(StandardScaler(), nearest)
            model.fit(rows[members], sides[members])
            result[labels == name] = model.predict(X[labels == name])
        return result

    def _fit_regressor(self, rng: np.random.RandomState) -> None:
        """Fit the regressor on the distilled pixels at centers of objects."""
        seed = rng.randint(np.iinfo(np.int32).max)
        regressor = (
            ExtraTreesRegressor(random_state=seed)
            if self.regressor is None
            else clone(self.regressor)
        )
        if not get_tags(regressor).target_tags.multi_output:
            regressor = MultiOutputRegressor(regressor)
        is_center = self.distilled_.y != BACKGROUND_NAME
        X = np.asarray(self.distilled_.X)[is_center]
        self.regressor_ = regressor.fit(X, self.distilled_sides_[is_center])

    @property
    def _peak_width(self) -> float:
        return self.smooth

    def _score_maps(self, image: np.ndarray) -> Iterator[ScoreMaps]:
        """Yield the smoothed probabilities of the pixels of each block."""
        known = self.classifier_.classes_.tolist()
        columns = [known.index(str(label)) for label in self.classes_]
        for block in self.features_.blocks(image):
            outer = block.grown(margin_of_peaks(self.smooth) + 1, image.shape[:2])
            features = self.features_.features_of_block(image, outer)
            rows = features.reshape(-1, features.shape[2])
            proba = self.classifier_.predict_proba(rows)
            proba = correct_proba(proba, self.prior_ratio_)[:, columns]
            maps = proba.T.reshape(len(columns), *outer.shape)
            scores = np.stack([smoothed(m, self.smooth) for m in maps])
            boxes_at = partial(self._boxes_of_peaks, features, scores, outer)
            yield ScoreMaps(block, outer, scores, boxes_at)

    def _boxes_of_peaks(
        self,
        features: np.ndarray,
        maps: np.ndarray,
        outer: Block,
        code: int,
        y: np.ndarray,
        x: np.ndarray,
    ) -> np.ndarray:
        """Return the mean box that the pixels at and around each peak predict.

        The pixels are weighted by their scores.
        """
        steps, scores = np.arange(-1, 2), maps[code]
        height, width = scores.shape
        rows = np.clip(y[:, None, None] + steps[:, None], 0, height - 1)
        columns = np.clip(x[:, None, None] + steps, 0, width - 1)
        rows, columns = np.broadcast_arrays(rows, columns)
        shape, rows, columns = rows.shape, rows.ravel(), columns.ravel()
        sides = self.regressor_.predict(features[rows, columns])
        boxes = boxes_of_sides(sides, rows, columns).reshape(len(y), -1, 4)
        weights = scores[rows, columns].reshape(len(y), shape[1] * shape[2], 1)
        means = (weights * boxes).sum(axis=1) / weights.sum(axis=1)
        return means + [outer.left, outer.top, outer.left, outer.top]
