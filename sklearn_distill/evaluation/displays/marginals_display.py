"""The class MarginalsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..._utils.optional import import_matplotlib
from ...distilled_set.distilled_set import DistilledSet
from ..measures.preprocessing import dense_rows
from .drawing import DISTILLED_COLOR, REAL_COLOR, as_plain_text, fitted_set

# Maximum number of column names in an error message.
MAX_NAMES = 20


class MarginalsDisplay:
    """Distribution of each column in the real rows and in the distilled rows.

    Numeric columns are drawn as histograms. Categorical columns are drawn as bars for
    the real rows and markers for the distilled rows.

    Parameters
    ----------
    columns : dict of str to (ndarray, ndarray)
        Real and distilled values of each column.

    Attributes
    ----------
    figure_ : matplotlib Figure
    axes_ : ndarray of matplotlib Axes
        Axes of each column.
    ax_ : matplotlib Axes
        Axes of the first column.

    See Also
    --------
    DistilledRowsDisplay : Plot of all columns on two principal components.

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
        """Plot the columns of a fitted distiller's rows and of real rows.

        Parameters
        ----------
        distiller : estimator
            Fitted distiller, or a fitted `DistilledClassifier` or `DistilledRegressor`
            that contains one.
        X : array-like or DataFrame
            Real rows.
        columns : list, default=None
            Names of columns, or positions if X is an array. None selects the first
            `max_columns` columns.
        max_columns : int, default=12

        Returns
        -------
        MarginalsDisplay

        Raises
        ------
        ValueError
            If X does not have one of the columns.
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
        """Plot the columns of a distilled set and of real rows.

        Parameters
        ----------
        distilled : DistilledSet
        X : array-like or DataFrame
            Real rows.
        columns : list, default=None
            Names of columns, or positions if X is an array. None selects the first
            `max_columns` columns.
        max_columns : int, default=12

        Returns
        -------
        MarginalsDisplay

        Raises
        ------
        ValueError
            If X does not have one of the columns.
        """
        X, X_distilled = dense_rows(X), dense_rows(distilled.X)
        is_frame = hasattr(X, "iloc")
        real = X
        if not is_frame:
            real = real.reshape(len(real), -1)
            X_distilled = X_distilled.reshape(len(distilled), -1)
        known = list(X.columns) if is_frame else list(range(real.shape[1]))
        if columns is None:
            columns = known[:max_columns]
        allowed = known if is_frame else range(-len(known), len(known))
        if unknown := [name for name in columns if name not in allowed]:
            shown = ", ".join(map(repr, known[:MAX_NAMES]))
            n_more = len(known) - MAX_NAMES
            more = f" and {n_more} more" if n_more > 0 else ""
            raise ValueError(
                f"X does not have the columns {unknown}. Its columns are: "
                f"{shown}{more}."
            )
        pairs = {
            str(name): (real[name], X_distilled[name])
            if is_frame
            else (real[:, name], X_distilled[:, name])
            for name in columns
        }
        return cls({k: tuple(map(np.asarray, v)) for k, v in pairs.items()}).plot()

    def plot(self, *, ax: Any = None) -> "MarginalsDisplay":
        """Plot the distribution of each column.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on if there is a single column. None creates a new figure.

        Returns
        -------
        MarginalsDisplay

        Raises
        ------
        ValueError
            If `ax` is given and there are several columns.
        """
        if ax is not None:
            if len(self.columns) > 1:
                raise ValueError(
                    f"ax can show one column; got {len(self.columns)} columns. Omit ax "
                    "to create a figure with axes for each column."
                )
            self.figure_, self.axes_ = ax.figure, np.array([ax])
        else:
            n_across = min(4, len(self.columns))
            n_down = -(-len(self.columns) // n_across)
            self.figure_, axes = import_matplotlib().subplots(
                n_down, n_across, figsize=(2.6 * n_across, 2.2 * n_down),
                squeeze=False, layout="constrained",
            )  # fmt: skip
            self.axes_ = axes.ravel()
        for axis, (name, pair) in zip(self.axes_, self.columns.items(), strict=False):
            _plot_column(axis, *pair)
            axis.set_title(as_plain_text(name), fontsize="medium")
            axis.set_yticks([])
        for axis in self.axes_[len(self.columns) :]:
            axis.set_visible(False)
        self.ax_ = self.axes_[0]
        if ax is None:
            handles, names = self.ax_.get_legend_handles_labels()
            self.figure_.legend(handles, names, loc="outside upper right", ncols=2)
        return self


def _plot_column(axis: Any, real: np.ndarray, distilled: np.ndarray) -> None:
    """Plot the distribution of one column."""
    if real.dtype.kind in "iuf":
        edges = np.histogram_bin_edges(real.astype(float), bins=20)
        line = {"color": DISTILLED_COLOR, "histtype": "step", "linewidth": 1.8}
        axis.hist(
            real.astype(float), edges, density=True, label="real", color=REAL_COLOR
        )
        axis.hist(
            distilled.astype(float), edges, density=True, label="distilled", **line
        )
        return
    values = sorted(set(real.tolist()), key=str)
    positions = np.arange(len(values))
    shares = [[np.mean(x == v) for v in values] for x in (real, distilled)]
    axis.bar(positions, shares[0], label="real", color=REAL_COLOR)
    axis.plot(positions, shares[1], "D", color=DISTILLED_COLOR, label="distilled")
    names = [as_plain_text(str(v)[:12]) for v in values]
    axis.set_xticks(positions, names if len(names) <= 8 else [""] * len(names))
    axis.tick_params(axis="x", rotation=45 if len(names) > 3 else 0)
