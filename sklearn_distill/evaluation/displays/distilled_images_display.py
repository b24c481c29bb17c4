"""The class DistilledImagesDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ...distilled_set.distilled_set import DistilledSet
from .drawing import as_plain_text, figure_and_axes, fitted_distiller


class DistilledImagesDisplay:
    """Grid of distilled images with one row for each class.

    All images share one gray scale or color scale, from their smallest to their largest
    value.

    Parameters
    ----------
    images : ndarray of shape (m, C, H, W)
    labels : ndarray of shape (m,), default=None
        Images with equal labels are drawn in one row of the grid.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        Axes that contain the whole grid as one image.

    See Also
    --------
    DistilledRowsDisplay : Plot of the distilled rows of a table.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_distill import DistilledImagesDisplay, HerdingSelection
    >>> X, y = load_digits(return_X_y=True)
    >>> herding = HerdingSelection(budget=4, image_shape=(1, 8, 8)).fit(X, y)
    >>> display = DistilledImagesDisplay.from_estimator(herding)
    >>> display.images.shape
    (40, 1, 8, 8)
    """

    def __init__(self, images: Any, labels: Any = None):
        self.images = images
        self.labels = labels

    @classmethod
    def from_estimator(
        cls, distiller: Any, *, max_images: int = 10, ax: Any = None
    ) -> "DistilledImagesDisplay":
        """Plot the images of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Distiller that was fitted on images, or on flat rows with `image_shape`; or
            a fitted `DistilledClassifier` that contains one.
        max_images : int, default=10
            Maximum number of images of each class.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledImagesDisplay
        """
        distiller = fitted_distiller(distiller)
        shape = getattr(distiller, "image_shape", None)
        return cls.from_set(
            distiller.distilled_, image_shape=shape, max_images=max_images, ax=ax
        )

    @classmethod
    def from_set(
        cls,
        distilled: DistilledSet,
        *,
        image_shape: Any = None,
        max_images: int = 10,
        ax: Any = None,
    ) -> "DistilledImagesDisplay":
        """Plot the images of a distilled set.

        Parameters
        ----------
        distilled : DistilledSet
        image_shape : tuple (C, H, W), default=None
            Shape of an image if the rows are flat.
        max_images : int, default=10
            Maximum number of images of each class.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledImagesDisplay

        Raises
        ------
        ValueError
            If the rows are not images with one or three channels.
        """
        X = np.asarray(distilled.X)
        if image_shape is not None:
            X = X.reshape(len(X), *image_shape)
        if X.ndim != 4 or X.shape[1] not in (1, 3):
            raise ValueError(
                "Rows must be images of shape (C, H, W) with C = 1 or C = 3 channels; "
                f"got rows of shape {X.shape[1:]}. Pass image_shape=(C, H, W) if the "
                "rows are flat images."
            )
        labels = distilled.y if distilled.classes is not None else None
        groups = np.zeros(len(X)) if labels is None else labels
        shown = np.concatenate(
            [np.flatnonzero(groups == g)[:max_images] for g in np.unique(groups)]
        )
        return cls(X[shown], None if labels is None else labels[shown]).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "DistilledImagesDisplay":
        """Plot the grid of images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledImagesDisplay
        """
        labels = np.zeros(len(self.images)) if self.labels is None else self.labels
        names = np.unique(labels)
        n_columns = max(np.sum(labels == name) for name in names)
        c, h, w = self.images.shape[1:]
        low, high = self.images.min(), self.images.max()
        scaled = (self.images - low) / (high - low or 1.0)
        # NaN marks the margin of one pixel between images, and the cells of the grid
        # that stay empty because a class has fewer images.
        grid = np.full((len(names) * (h + 1), n_columns * (w + 1), c), np.nan)
        for i, name in enumerate(names):
            for j, image in enumerate(scaled[labels == name]):
                top, left = i * (h + 1), j * (w + 1)
                grid[top : top + h, left : left + w] = np.moveaxis(image, 0, 2)
        if c == 3:
            grid = np.dstack([np.nan_to_num(grid), ~np.isnan(grid[..., 0])])
        size = (1 + 0.6 * n_columns, 0.6 * len(names) * h / w)
        self.figure_, self.ax_ = figure_and_axes(ax, size)
        self.ax_.imshow(grid[..., 0] if c == 1 else grid, cmap="gray")
        self.ax_.set_xticks([])
        ticks = [i * (h + 1) + (h - 1) / 2 for i in range(len(names))]
        self.ax_.set_yticks(ticks if self.labels is not None else [])
        if self.labels is not None:
            self.ax_.set_yticklabels(list(map(as_plain_text, names)))
        self.ax_.tick_params(length=0)
        for spine in self.ax_.spines.values():
            spine.set_visible(False)
        return self
