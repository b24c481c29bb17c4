"""Displays of masks, boxes and distilled pixels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .boxes import Target, check_targets
from .drawing import (
    add_legend,
    colors_of,
    draw_image,
    mean_colors,
    new_axes,
    overlay,
    shown_image,
)
from .images import check_images
from .masks import check_masks


class SegmentationDisplay:
    """Images with their predicted masks, beside their true masks.

    Each label has a color of its own, through which the image remains visible.

    Parameters
    ----------
    images : list of ndarray of shape (H_i, W_i, C)
    masks : list of (str, list of ndarray)
        Titles and the masks of all images.
    labels : array-like
        The labels that are drawn, each in a color of its own.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes of shape (n_images, 1 + n_masks)

    See Also
    --------
    DetectionDisplay : The same for boxes.
    DistilledPixelsDisplay : The distilled pixels on their images.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.dense import SegmentationDisplay
    >>> image = np.eye(8)
    >>> display = SegmentationDisplay([image[:, :, None]], [("true", [image > 0])], [1])
    >>> display.plot().axes_.shape
    (1, 2)
    """

    def __init__(self, images: Any, masks: Any, labels: Any):
        self.images = images
        self.masks = masks
        self.labels = labels

    @classmethod
    def from_estimator(
        cls, segmenter: Any, images: Any, masks: Any = None
    ) -> "SegmentationDisplay":
        """Predict masks and plot them beside the true ones.

        Parameters
        ----------
        segmenter : DistilledSegmenter or UNetSegmenter
            Fitted.
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        masks : array-like of int of shape (n, H, W), or list of arrays, default=None
            The true masks. None draws the predicted masks only.

        Returns
        -------
        SegmentationDisplay
        """
        check_is_fitted(segmenter)
        checked = check_images(images, _channels_of(segmenter))
        columns = [("predicted", list(segmenter.predict(images)))]
        if masks is not None:
            columns.insert(0, ("true", check_masks(masks, checked.sizes)))
        return cls(checked.arrays, columns, segmenter.classes_.tolist()).plot()

    def plot(self) -> "SegmentationDisplay":
        """Plot each image in a row, beside its masks.

        Returns
        -------
        SegmentationDisplay
        """
        colors = colors_of(list(self.labels))
        shape = len(self.images), 1 + len(self.masks)
        self.figure_, self.axes_ = new_axes(*shape, self.images[0])
        for i, image in enumerate(self.images):
            gray = shown_image(image)
            draw_image(self.axes_[i, 0], gray, "image")
            for ax, (title, masks) in zip(self.axes_[i, 1:], self.masks, strict=True):
                draw_image(ax, overlay(gray, masks[i], colors), title)
        grays = [shown_image(image) for image in self.images]
        below = [gray for _ in self.masks for gray in grays]
        shown = [mask for _, masks in self.masks for mask in masks]
        add_legend(self.figure_, mean_colors(below, shown, colors))
        return self


class DetectionDisplay:
    """Images with predicted boxes, beside their true boxes.

    Each label has a color of its own.

    Parameters
    ----------
    images : list of ndarray of shape (H_i, W_i, C)
    targets : list of (str, list of dict)
        Titles and the boxes of all images.
    labels : array-like
        The labels, each of which is drawn in a color of its own.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes of shape (n_images, n_targets)

    See Also
    --------
    SegmentationDisplay : The same for masks.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.dense import DetectionDisplay
    >>> target = {"boxes": [[1, 1, 4, 4]], "labels": ["a"]}
    >>> display = DetectionDisplay([np.ones((8, 8, 1))], [("true", [target])], ["a"])
    >>> len(display.plot().axes_[0, 0].patches)
    1
    """

    def __init__(self, images: Any, targets: Any, labels: Any):
        self.images = images
        self.targets = targets
        self.labels = labels

    @classmethod
    def from_estimator(
        cls,
        detector: Any,
        images: Any,
        targets: Any = None,
        *,
        score_threshold: float = 0.3,
    ) -> "DetectionDisplay":
        """Predict boxes and plot them beside the true ones.

        Parameters
        ----------
        detector : DistilledDetector or CenterPointDetector
            Fitted.
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        targets : list of dict, default=None
            The true boxes. None draws the predicted boxes only.
        score_threshold : float, default=0.3
            Predicted boxes with lower scores are not drawn.

        Returns
        -------
        DetectionDisplay
        """
        check_is_fitted(detector)
        checked = check_images(images, _channels_of(detector))
        found = [_above(p, score_threshold) for p in detector.predict(images)]
        columns = [("predicted", found)]
        if targets is not None:
            columns.insert(0, ("true", check_targets(targets, checked.sizes)))
        return cls(checked.arrays, columns, detector.classes_.tolist()).plot()

    def plot(self) -> "DetectionDisplay":
        """Plot each image in a row, once for each kind of boxes.

        Returns
        -------
        DetectionDisplay
        """
        from matplotlib.patches import Rectangle

        colors = colors_of(list(self.labels))
        shape = len(self.images), len(self.targets)
        self.figure_, self.axes_ = new_axes(*shape, self.images[0])
        for i, image in enumerate(self.images):
            gray = shown_image(image)
            for ax, (title, targets) in zip(self.axes_[i], self.targets, strict=True):
                boxes = np.asarray(targets[i]["boxes"], dtype=float).reshape(-1, 4)
                draw_image(ax, gray, f"{title}: {len(boxes)} boxes")
                labels = np.asarray(targets[i]["labels"]).tolist()
                for box, label in zip(boxes, labels, strict=True):
                    left, top, right, bottom = box
                    # matplotlib draws the first pixel from -0.5 to 0.5.
                    corner = left - 0.5, top - 0.5
                    frame = Rectangle(
                        corner,
                        right - left,
                        bottom - top,
                        fill=False,
                        color=colors.get(label, "white"),
                        linewidth=1.2,
                    )
                    ax.add_patch(frame)
        add_legend(self.figure_, colors)
        return self


class DistilledPixelsDisplay:
    """The distilled pixels on the images that they were taken from.

    The plot shows what a method keeps of each class, and from which images.

    Parameters
    ----------
    images : list of ndarray of shape (H_i, W_i, C)
    positions : ndarray of int of shape (m, 3)
        The image, row and column of each distilled pixel.
    labels : ndarray of shape (m,)

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes of shape (1, n_images)

    See Also
    --------
    SegmentationDisplay : Predicted masks.
    DetectionDisplay : Predicted boxes.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.dense import DistilledPixelsDisplay
    >>> display = DistilledPixelsDisplay(
    ...     [np.ones((8, 8, 1))], np.array([[0, 2, 3]]), np.array(["tree"])
    ... )
    >>> display.plot().axes_.shape
    (1, 1)
    """

    def __init__(self, images: Any, positions: Any, labels: Any):
        self.images = images
        self.positions = positions
        self.labels = labels

    @classmethod
    def from_estimator(
        cls, estimator: Any, images: Any, *, max_images: int = 4
    ) -> "DistilledPixelsDisplay":
        """Plot the distilled pixels of a fitted estimator.

        Parameters
        ----------
        estimator : DistilledSegmenter or DistilledDetector
            Fitted on `images` with a distiller that selects real pixels.
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
            The images of `fit`.
        max_images : int, default=4
            The images with the most distilled pixels are drawn.

        Returns
        -------
        DistilledPixelsDisplay

        Raises
        ------
        ValueError
            If the distilled pixels are not real ones, so that they have no positions.
        """
        check_is_fitted(estimator)
        positions = getattr(estimator, "distilled_positions_", None)
        if positions is None:
            raise ValueError(
                f"{type(estimator.distiller_).__name__} learns new pixels, which have "
                "no positions. Use a method that selects real ones, such as "
                "KMeansSelection."
            )
        arrays = check_images(images, _channels_of(estimator)).arrays
        counts = np.bincount(positions[:, 0], minlength=len(arrays))
        chosen = np.sort(np.argsort(-counts, kind="stable")[:max_images])
        is_shown = np.isin(positions[:, 0], chosen)
        shown = positions[is_shown].copy()
        shown[:, 0] = np.searchsorted(chosen, shown[:, 0])
        labels = estimator.distilled_.y[is_shown]
        return cls([arrays[i] for i in chosen], shown, labels).plot()

    def plot(self) -> "DistilledPixelsDisplay":
        """Plot the images with a dot for each distilled pixel.

        Returns
        -------
        DistilledPixelsDisplay
        """
        colors = colors_of(np.unique(self.labels).tolist())
        self.figure_, self.axes_ = new_axes(1, len(self.images), self.images[0])
        for i, image in enumerate(self.images):
            inside = self.positions[:, 0] == i
            ax = self.axes_[0, i]
            draw_image(ax, shown_image(image), f"{inside.sum()} distilled pixels")
            for label, color in colors.items():
                dots = self.positions[inside & (self.labels == label)]
                ax.scatter(
                    dots[:, 2],
                    dots[:, 1],
                    s=14,
                    color=color,
                    edgecolors="white",
                    lw=0.4,
                )
        add_legend(self.figure_, colors)
        return self


def _channels_of(estimator: Any) -> str:
    """Return the position of the channels that an estimator expects."""
    features = getattr(estimator, "features_", None)
    return str(getattr(features, "channels", "last"))


def _above(prediction: Target, threshold: float) -> Target:
    """Return the predicted boxes whose scores are at least the threshold."""
    kept = prediction["scores"] >= threshold
    return {key: values[kept] for key, values in prediction.items()}
