"""Pictures of a distilled table: rows in two dimensions, and columns.

In scikit-learn's form: `__init__` takes what was computed, classmethods compute it,
`plot` draws it and can be called again.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from .._utils.optional import import_matplotlib
from ..distilled_set.distilled_set import DistilledSet
from .drawing import as_written, axes_to_draw_on, fitted_set
from .panel import as_numbers, dense_rows, preprocessor

REAL, DISTILLED = "0.6", "C3"
# More real rows than this only make the picture black.
MAX_POINTS = 2_000
# A message names so many columns at most.
MAX_NAMED = 20


class DistilledRowsDisplay:
    """Real and distilled rows on the first two principal components of the real ones.

    Both go through one preprocessor first: numbers standardised, categories one-hot.

    Parameters
    ----------
    real : ndarray of shape (n, 2)
    distilled : ndarray of shape (m, 2)
    real_labels : ndarray of shape (n,) or None
        Classes get a colour each, quantities a scale.
    distilled_labels : ndarray of shape (m,) or None
    explained : ndarray of shape (2,)
        Share of the real rows' variance on each component.
    is_quantity : bool, default=None
        Whether labels are quantities. None says that floating-point ones are.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    MarginalsDisplay : One column at a time.

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
        is_quantity: bool | None = None,
    ):
        self.real = real
        self.distilled = distilled
        self.real_labels = real_labels
        self.distilled_labels = distilled_labels
        self.explained = explained
        self.is_quantity = is_quantity

    @classmethod
    def from_estimator(
        cls, distiller: Any, X: Any, y: Any = None, *, ax: Any = None
    ) -> "DistilledRowsDisplay":
        """Draw the rows of a fitted distiller among real ones.

        Parameters
        ----------
        distiller : estimator
            Fitted, or a fitted `DistilledClassifier` or `DistilledRegressor`.
        X, y : array-like
            Real rows; 2,000 are drawn at most.
        ax : matplotlib Axes, default=None

        Returns
        -------
        DistilledRowsDisplay
        """
        return cls.from_set(fitted_set(distiller), X, y, ax=ax)

    @classmethod
    def from_set(
        cls, distilled: DistilledSet, X: Any, y: Any = None, *, ax: Any = None
    ) -> "DistilledRowsDisplay":
        """Draw the rows of a set among real ones.

        Parameters
        ----------
        distilled : DistilledSet
        X, y : array-like
            Real rows; 2,000 are drawn at most.
        ax : matplotlib Axes, default=None

        Returns
        -------
        DistilledRowsDisplay
        """
        X = dense_rows(X)
        prepare = preprocessor(X)
        Z, made = as_numbers(prepare, X), as_numbers(prepare, distilled.X)
        # A single column is drawn along the first axis.
        if Z.shape[1] == 1:
            Z, made = (np.column_stack([z, np.zeros(len(z))]) for z in (Z, made))
        pca = PCA(2, random_state=0).fit(Z)
        some = np.random.RandomState(0).permutation(len(Z))[:MAX_POINTS]
        return cls(
            pca.transform(Z[some]),
            pca.transform(made),
            None if y is None else np.asarray(y)[some],
            distilled.y,
            pca.explained_variance_ratio_,
            distilled.classes is None,
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "DistilledRowsDisplay":
        """Draw the rows.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.

        Returns
        -------
        DistilledRowsDisplay
        """
        self.figure_, self.ax_ = axes_to_draw_on(ax, (6.0, 4.5))
        made = {"s": 45, "edgecolor": "black", "linewidth": 0.8, "zorder": 3}
        if self.distilled_labels is None or self.real_labels is None:
            self.ax_.scatter(*self.real.T, s=8, color=REAL, label="real")
            self.ax_.scatter(*self.distilled.T, color=DISTILLED, **made)
        elif self._has_quantities():
            low, high = np.percentile(self.real_labels, [2, 98])
            scale = {"vmin": low, "vmax": high, "cmap": "viridis"}
            self.ax_.scatter(*self.real.T, s=8, c=self.real_labels, alpha=0.4, **scale)
            drawn = self.ax_.scatter(
                *self.distilled.T, c=self.distilled_labels, **scale, **made
            )
            self.figure_.colorbar(drawn, ax=self.ax_, label="y")
        else:
            colors = import_matplotlib().get_cmap("tab10" if self._few() else "hsv")
            names = np.unique(self.real_labels)
            for i, name in enumerate(names):
                color = colors(i if self._few() else i / len(names))
                own = self.real[self.real_labels == name]
                self.ax_.scatter(*own.T, s=8, color=color, alpha=0.35, linewidth=0)
                own = self.distilled[self.distilled_labels == name]
                self.ax_.scatter(*own.T, color=color, label=as_written(name), **made)
            if self._few():
                self.ax_.legend(title="distilled", fontsize="small")
        for axis, share, name in zip("xy", self.explained, ("1st", "2nd"), strict=True):
            getattr(self.ax_, f"set_{axis}label")(
                f"{name} principal component ({100 * share:.0f} % of variance)"
            )
        return self

    def _has_quantities(self) -> bool:
        if self.is_quantity is None:
            return self.real_labels.dtype.kind == "f"
        return self.is_quantity

    def _few(self) -> bool:
        return len(np.unique(self.real_labels)) <= 10


class MarginalsDisplay:
    """The distribution of each column, among real and among distilled rows.

    Numbers are drawn as histograms, categories as bars with a mark for distilled rows.

    Parameters
    ----------
    columns : dict of str to pair
        The values of real and of distilled rows, by column: numbers or categories.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
    ax_ : matplotlib Axes
        The first.

    See Also
    --------
    DistilledRowsDisplay : All columns at once.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection, MarginalsDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> herding = HerdingSelection(budget=4).fit(X, y)
    >>> display = MarginalsDisplay.from_estimator(herding, X)
    >>> len(display.columns)
    4
    """

    def __init__(self, columns: Any):
        self.columns = columns

    @classmethod
    def from_estimator(
        cls, distiller: Any, X: Any, *, columns: Any = None, max_columns: int = 12
    ) -> "MarginalsDisplay":
        """Draw the columns of a fitted distiller's rows and of real ones.

        Parameters
        ----------
        distiller : estimator
            Fitted, or a fitted `DistilledClassifier` or `DistilledRegressor`.
        X : array-like or DataFrame
            Real rows.
        columns : list, default=None
            Names of columns, or their places in an array. None is the first ones.
        max_columns : int, default=12

        Returns
        -------
        MarginalsDisplay

        Raises
        ------
        ValueError
            For a column that X does not have.
        """
        return cls.from_set(
            fitted_set(distiller), X, columns=columns, max_columns=max_columns
        )

    @classmethod
    def from_set(
        cls,
        distilled: DistilledSet,
        X: Any,
        *,
        columns: Any = None,
        max_columns: int = 12,
    ) -> "MarginalsDisplay":
        """Draw the columns of a set and of real rows.

        Parameters
        ----------
        distilled : DistilledSet
        X : array-like or DataFrame
            Real rows.
        columns : list, default=None
            Names of columns, or their places in an array. None is the first ones.
        max_columns : int, default=12

        Returns
        -------
        MarginalsDisplay

        Raises
        ------
        ValueError
            For a column that X does not have.
        """
        is_frame = hasattr(X, "iloc")
        real = dense_rows(X)
        real = real if is_frame else real.reshape(len(real), -1)
        made = distilled.X if is_frame else distilled.X.reshape(len(distilled), -1)
        known = list(X.columns) if is_frame else list(range(real.shape[1]))
        if columns is None:
            columns = known[:max_columns]
        places = known if is_frame else range(-len(known), len(known))
        if unknown := [name for name in columns if name not in places]:
            shown = ", ".join(map(repr, known[:MAX_NAMED]))
            rest = len(known) - MAX_NAMED
            more = f" and {rest} more" if rest > 0 else ""
            raise ValueError(f"X has no columns {unknown}. There are: {shown}{more}.")
        pairs = {
            str(name): (real[name], made[name])
            if is_frame
            else (real[:, name], made[:, name])
            for name in columns
        }
        return cls({k: tuple(map(np.asarray, v)) for k, v in pairs.items()}).plot()

    def plot(self, *, ax: Any = None) -> "MarginalsDisplay":
        """Draw a small picture for each column.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            For a single column; by default, and for several, a figure of its own.

        Returns
        -------
        MarginalsDisplay
        """
        if ax is not None:
            if len(self.columns) > 1:
                raise ValueError("ax holds one column. Leave it out to draw several.")
            self.figure_, self.axes_ = ax.figure, np.array([ax])
        else:
            across = min(4, len(self.columns))
            down = -(-len(self.columns) // across)
            self.figure_, axes = import_matplotlib().subplots(
                down, across, figsize=(2.6 * across, 2.2 * down), squeeze=False,
                layout="constrained",
            )  # fmt: skip
            self.axes_ = axes.ravel()
        for axis, (name, pair) in zip(self.axes_, self.columns.items(), strict=False):
            self._draw(axis, *pair)
            axis.set_title(as_written(name), fontsize="medium")
            axis.set_yticks([])
        for axis in self.axes_[len(self.columns) :]:
            axis.set_visible(False)
        self.ax_ = self.axes_[0]
        if ax is None:
            handles, names = self.ax_.get_legend_handles_labels()
            self.figure_.legend(handles, names, loc="outside upper right", ncols=2)
        return self

    def _draw(self, axis: Any, real: np.ndarray, made: np.ndarray) -> None:
        both = {"label": "real", "color": REAL}, {"label": "distilled"}
        if real.dtype.kind in "biuf":
            edges = np.histogram_bin_edges(real.astype(float), bins=20)
            line = {"color": DISTILLED, "histtype": "step", "linewidth": 1.8}
            axis.hist(real.astype(float), edges, density=True, **both[0])
            axis.hist(made.astype(float), edges, density=True, **both[1], **line)
            return
        values = sorted(set(real.tolist()), key=str)
        place = np.arange(len(values))
        shares = [[np.mean(x == v) for v in values] for x in (real, made)]
        axis.bar(place, shares[0], **both[0])
        axis.plot(place, shares[1], "D", color=DISTILLED, **both[1])
        names = [as_written(str(v)[:12]) for v in values]
        axis.set_xticks(place, names if len(names) <= 8 else [""] * len(names))
        axis.tick_params(axis="x", rotation=45 if len(names) > 3 else 0)
