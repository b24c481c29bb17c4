"""The class DistilledRowsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from ..._utils.optional import import_matplotlib
from ...distilled_set.distilled_set import DistilledSet
from ..measures.preprocessing import as_numbers, dense_rows, preprocessor
from .drawing import (
    DISTILLED_COLOR,
    REAL_COLOR,
    as_plain_text,
    figure_and_axes,
    fitted_set,
)

# Maximum number of real rows that are drawn, so that points do not cover each other.
MAX_POINTS = 2_000
# Maximum number of classes with distinct colors and a legend.
MAX_COLORS = 10


class DistilledRowsDisplay:
    """Scatter plot of real and distilled rows on two principal components.

    The principal components are those of the real rows, after numbers are standardized
    and categories are one-hot encoded.

    Parameters
    ----------
    real : ndarray of shape (n, 2)
    distilled : ndarray of shape (m, 2)
    real_labels : ndarray of shape (n,) or None
        Each class has a color, and continuous targets have a color scale.
    distilled_labels : ndarray of shape (m,) or None
    explained : ndarray of shape (2,)
        Share of the real rows' variance that each component explains.
    is_regression : bool, default=None
        Whether labels are continuous targets. None means that they are if their dtype
        is floating-point.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    MarginalsDisplay : Plot of the distribution of each column.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import DistilledRowsDisplay, HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> herding = HerdingSelection(budget=4).fit(X, y)
    >>> display = DistilledRowsDisplay.from_estimator(herding, X, y)
    >>> display.distilled.shape
    (12, 2)
    """

    def __init__(
        self,
        real: Any,
        distilled: Any,
        real_labels: Any,
        distilled_labels: Any,
        explained: Any,
        is_regression: bool | None = None,
    ):
        self.real = real
        self.distilled = distilled
        self.real_labels = real_labels
        self.distilled_labels = distilled_labels
        self.explained = explained
        self.is_regression = is_regression

    @classmethod
    def from_estimator(
        cls, distiller: Any, X: Any, y: Any = None, *, ax: Any = None
    ) -> "DistilledRowsDisplay":
        """Plot the rows of a fitted distiller together with real rows.

        Parameters
        ----------
        distiller : estimator
            Fitted distiller, or a fitted `DistilledClassifier` or `DistilledRegressor`
            that contains one.
        X, y : array-like
            Real rows, of which at most 2,000 are drawn.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledRowsDisplay
        """
        return cls.from_set(fitted_set(distiller), X, y, ax=ax)

    @classmethod
    def from_set(
        cls, distilled: DistilledSet, X: Any, y: Any = None, *, ax: Any = None
    ) -> "DistilledRowsDisplay":
        """Plot the rows of a distilled set together with real rows.

        Parameters
        ----------
        distilled : DistilledSet
        X, y : array-like
            Real rows, of which at most 2,000 are drawn. Rows are colored by the first
            of several targets.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledRowsDisplay
        """
        X = dense_rows(X)
        prepare = preprocessor(X)
        Z, Z_distilled = as_numbers(prepare, X), as_numbers(prepare, distilled.X)
        if Z.shape[1] == 1:
            # Two principal components require a second column.
            Z = np.column_stack([Z, np.zeros(len(Z))])
            Z_distilled = np.column_stack([Z_distilled, np.zeros(len(Z_distilled))])
        pca = PCA(2, random_state=0).fit(Z)
        shown = np.random.RandomState(0).permutation(len(Z))[:MAX_POINTS]
        return cls(
            pca.transform(Z[shown]),
            pca.transform(Z_distilled),
            None if y is None else _first_target(np.asarray(y)[shown]),
            None if distilled.y is None else _first_target(distilled.y),
            pca.explained_variance_ratio_,
            distilled.classes is None,
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "DistilledRowsDisplay":
        """Plot the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        DistilledRowsDisplay
        """
        self.figure_, self.ax_ = figure_and_axes(ax, (6.0, 4.5))
        style = {"s": 45, "edgecolor": "black", "linewidth": 0.8, "zorder": 3}
        if self.distilled_labels is None or self.real_labels is None:
            self.ax_.scatter(*self.real.T, s=8, color=REAL_COLOR, label="real")
            self.ax_.scatter(*self.distilled.T, color=DISTILLED_COLOR, **style)
        elif self._is_regression():
            low, high = np.percentile(self.real_labels, [2, 98])
            scale = {"vmin": low, "vmax": high, "cmap": "viridis"}
            self.ax_.scatter(*self.real.T, s=8, c=self.real_labels, alpha=0.4, **scale)
            points = self.ax_.scatter(
                *self.distilled.T, c=self.distilled_labels, **scale, **style
            )
            self.figure_.colorbar(points, ax=self.ax_, label="y")
        else:
            self._plot_classes(style)
        for axis, share, name in zip("xy", self.explained, ("1st", "2nd"), strict=True):
            getattr(self.ax_, f"set_{axis}label")(
                f"{name} principal component ({100 * share:.0f} % of variance)"
            )
        return self

    def _plot_classes(self, style: dict[str, Any]) -> None:
        """Plot the rows of each class in its own color."""
        names = np.unique(self.real_labels)
        is_few = len(names) <= MAX_COLORS
        colors = import_matplotlib().get_cmap("tab10" if is_few else "hsv")
        for i, name in enumerate(names):
            color = colors(i if is_few else i / len(names))
            own = self.real[self.real_labels == name]
            self.ax_.scatter(*own.T, s=8, color=color, alpha=0.35, linewidth=0)
            own = self.distilled[self.distilled_labels == name]
            self.ax_.scatter(*own.T, color=color, label=as_plain_text(name), **style)
        if is_few:
            self.ax_.legend(title="distilled", fontsize="small")

    def _is_regression(self) -> bool:
        """Return whether labels are continuous targets."""
        if self.is_regression is None:
            return self.real_labels.dtype.kind == "f"
        return self.is_regression


def _first_target(y: np.ndarray) -> np.ndarray:
    """Return the labels, or the first of several targets."""
    return y[:, 0] if y.ndim == 2 else y
