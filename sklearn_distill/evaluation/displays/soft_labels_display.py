"""The class SoftLabelsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..._utils.containers import take_rows
from ...distilled_set.distilled_set import DistilledSet
from .drawing import as_plain_text, figure_and_axes, fitted_set


class SoftLabelsDisplay:
    """Heat map of the soft labels of a distilled set.

    Soft labels are class probabilities that a teacher predicted or that a method
    learned together with the rows.

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
    DistilledRowsDisplay : Plot of the rows of a distilled set.

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
        """Plot the soft labels of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted distiller, or a fitted `DistilledClassifier` that contains one.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        SoftLabelsDisplay
        """
        return cls.from_set(fitted_set(distiller), ax=ax)

    @classmethod
    def from_set(
        cls, distilled: DistilledSet, *, ax: Any = None
    ) -> "SoftLabelsDisplay":
        """Plot the soft labels of a distilled set, sorted by the hard label.

        Parameters
        ----------
        distilled : DistilledSet
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        SoftLabelsDisplay

        Raises
        ------
        ValueError
            If the distilled set does not have soft labels.
        """
        if distilled.soft_labels is None or distilled.y is None:
            raise ValueError(
                "The distilled set does not have soft labels. Distill with "
                "soft_labels='teacher', or with learn_labels=True if the method has "
                "this parameter."
            )
        order = np.argsort(distilled.y, kind="stable")
        return cls(take_rows(distilled.soft_labels, order), distilled.classes).plot(
            ax=ax
        )

    def plot(self, *, ax: Any = None, cmap: str = "viridis") -> "SoftLabelsDisplay":
        """Plot the heat map.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.
        cmap : str, default="viridis"
            Name of a matplotlib colormap.

        Returns
        -------
        SoftLabelsDisplay
        """
        self.figure_, self.ax_ = figure_and_axes(ax, (4.5, 4.5))
        self.image_ = self.ax_.imshow(
            self.soft_labels, aspect="auto", vmin=0, vmax=1, cmap=cmap,
            interpolation="nearest",
        )  # fmt: skip
        self.figure_.colorbar(self.image_, ax=self.ax_, label="Probability")
        self.ax_.yaxis.get_major_locator().set_params(integer=True)
        ticks = np.arange(len(self.classes))
        self.ax_.set_xticks(ticks, list(map(as_plain_text, self.classes)))
        if len(self.classes) > 5:
            self.ax_.tick_params(axis="x", rotation=90)
        self.ax_.set(xlabel="Class", ylabel="Distilled row, sorted by class")
        return self
