"""Pictures of a distilled set: its images, and its soft labels.

In scikit-learn's form: `__init__` takes what was computed, classmethods compute it,
`plot` draws it and can be called again.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.containers import take_rows
from ..distilled_set.distilled_set import DistilledSet
from .drawing import as_written, axes_to_draw_on, fitted_distiller, fitted_set


class DistilledImagesDisplay:
    """The distilled images of each class, a class a row.

    Grey levels and colours run from the darkest value of all images to the brightest.

    Parameters
    ----------
    images : ndarray of shape (m, C, H, W)
    labels : ndarray of shape (m,) or None
        Images of one label share a row of the grid.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        All images are drawn as one.

    See Also
    --------
    DistilledRowsDisplay : The same for tables.

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
        """Draw the images of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted on images, or on flat rows with an `image_shape`; a fitted
            `DistilledClassifier` stands for the distiller in it.
        max_images : int, default=10
            So many of each class at most.
        ax : matplotlib Axes, default=None

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
        """Draw the images of a set.

        Parameters
        ----------
        distilled : DistilledSet
        image_shape : tuple (C, H, W), default=None
            For flat rows.
        max_images : int, default=10
            So many of each class at most.
        ax : matplotlib Axes, default=None

        Returns
        -------
        DistilledImagesDisplay

        Raises
        ------
        ValueError
            If the rows are no images of one or three channels.
        """
        X = np.asarray(distilled.X)
        if image_shape is not None:
            X = X.reshape(len(X), *image_shape)
        if X.ndim != 4 or X.shape[1] not in (1, 3):
            raise ValueError(
                f"rows of shape {X.shape[1:]} are no images of 1 or 3 channels. Say "
                "image_shape=(C, H, W) if they are."
            )
        labels = distilled.y if distilled.classes is not None else None
        groups = np.zeros(len(X)) if labels is None else labels
        kept = np.concatenate(
            [np.flatnonzero(groups == g)[:max_images] for g in np.unique(groups)]
        )
        shown = None if labels is None else labels[kept]
        return cls(X[kept], shown).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "DistilledImagesDisplay":
        """Draw the grid.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.

        Returns
        -------
        DistilledImagesDisplay
        """
        labels = np.zeros(len(self.images)) if self.labels is None else self.labels
        names = np.unique(labels)
        columns = max(np.sum(labels == name) for name in names)
        c, h, w = self.images.shape[1:]
        low, high = self.images.min(), self.images.max()
        scaled = (self.images - low) / (high - low or 1.0)
        # A margin of a pixel between images, and nothing where a class has fewer.
        grid = np.full((len(names) * (h + 1), columns * (w + 1), c), np.nan)
        for i, name in enumerate(names):
            for j, image in enumerate(scaled[labels == name]):
                top, left = i * (h + 1), j * (w + 1)
                grid[top : top + h, left : left + w] = np.moveaxis(image, 0, 2)
        if c == 3:
            grid = np.dstack([np.nan_to_num(grid), ~np.isnan(grid[..., 0])])
        size = (1 + 0.6 * columns, 0.6 * len(names) * h / w)
        self.figure_, self.ax_ = axes_to_draw_on(ax, size)
        self.ax_.imshow(grid[..., 0] if c == 1 else grid, cmap="gray")
        self.ax_.set_xticks([])
        ticks = [i * (h + 1) + (h - 1) / 2 for i in range(len(names))]
        self.ax_.set_yticks(ticks if self.labels is not None else [])
        if self.labels is not None:
            self.ax_.set_yticklabels(list(map(as_written, names)))
        self.ax_.tick_params(length=0)
        for spine in self.ax_.spines.values():
            spine.set_visible(False)
        return self


class SoftLabelsDisplay:
    """The class probabilities of distilled rows, as a heat map.

    A method that learns its labels, or a teacher, gave them.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)
    classes : ndarray of shape (n_classes,)

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    image_ : matplotlib AxesImage

    See Also
    --------
    DistilledRowsDisplay : The rows that have these labels.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_distill import HerdingSelection, SoftLabelsDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> herding = HerdingSelection(budget=4, soft_labels=GaussianNB()).fit(X, y)
    >>> SoftLabelsDisplay.from_estimator(herding).soft_labels.shape
    (12, 3)
    """

    def __init__(self, soft_labels: Any, classes: Any):
        self.soft_labels = soft_labels
        self.classes = classes

    @classmethod
    def from_estimator(cls, distiller: Any, *, ax: Any = None) -> "SoftLabelsDisplay":
        """Draw the soft labels of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted, with soft labels, or a fitted `DistilledClassifier` that holds one.
        ax : matplotlib Axes, default=None

        Returns
        -------
        SoftLabelsDisplay
        """
        return cls.from_set(fitted_set(distiller), ax=ax)

    @classmethod
    def from_set(
        cls, distilled: DistilledSet, *, ax: Any = None
    ) -> "SoftLabelsDisplay":
        """Draw the soft labels of a set, rows sorted by their hard label.

        Parameters
        ----------
        distilled : DistilledSet
        ax : matplotlib Axes, default=None

        Returns
        -------
        SoftLabelsDisplay

        Raises
        ------
        ValueError
            If the set has none.
        """
        if distilled.soft_labels is None or distilled.y is None:
            raise ValueError(
                "This set has no soft labels. Distill with soft_labels='teacher', or "
                "with learn_labels=True where the method can."
            )
        order = np.argsort(distilled.y, kind="stable")
        return cls(take_rows(distilled.soft_labels, order), distilled.classes).plot(
            ax=ax
        )

    def plot(self, *, ax: Any = None, cmap: str = "viridis") -> "SoftLabelsDisplay":
        """Draw the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.
        cmap : str, default="viridis"

        Returns
        -------
        SoftLabelsDisplay
        """
        self.figure_, self.ax_ = axes_to_draw_on(ax, (4.5, 4.5))
        self.image_ = self.ax_.imshow(
            self.soft_labels, aspect="auto", vmin=0, vmax=1, cmap=cmap,
            interpolation="nearest",
        )  # fmt: skip
        self.figure_.colorbar(self.image_, ax=self.ax_, label="probability")
        ticks = np.arange(len(self.classes))
        self.ax_.set_xticks(ticks, list(map(as_written, self.classes)))
        if len(self.classes) > 5:
            self.ax_.tick_params(axis="x", rotation=90)
        self.ax_.set(xlabel="class", ylabel="distilled row, sorted by class")
        return self
