"""The class RecoveryCurveDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._utils.names import kebab_case
from ..comparison.compare_distillers import compare_distillers
from ..comparison.comparison import Comparison
from ..measures.full_data import FULL_DATA
from .drawing import as_plain_text, figure_and_axes

# Number of colors of matplotlib's default cycle. Further lines have other dash styles.
N_COLORS = 10
DASH_STYLES = ("-", "--", ":", "-.")
# Maximum number of curves whose deviation is drawn as a band.
MAX_BANDS = 3


class RecoveryCurveDisplay:
    """Plot of the score against the number of distilled rows.

    A horizontal line shows the score of the full data. The band around a curve, or bars
    if there are more than three curves, is the standard deviation over folds.

    Parameters
    ----------
    curves : dict of str to array of shape (n_budgets, 3)
        Number of rows, mean score and standard deviation over folds, by method.
    full : float, default=None
        Score of the full data.
    score_name : str, default="Balanced accuracy"
        Label of the vertical axis.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : dict of str to matplotlib Line2D
        The curve of each method.

    See Also
    --------
    compare_distillers : Compute the scores.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection, RecoveryCurveDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> display = RecoveryCurveDisplay.from_estimator(
    ...     HerdingSelection(), X, y, budgets=[1, 5], cv=2, learners=["naive Bayes"]
    ... )
    >>> sorted(display.curves)
    ['herding', 'random']
    """

    def __init__(
        self, curves: Any, full: Any = None, score_name: str = "Balanced accuracy"
    ):
        self.curves = curves
        self.full = full
        self.score_name = score_name

    @classmethod
    def from_comparison(
        cls, comparison: Comparison, *, learner: str = "mean", ax: Any = None
    ) -> "RecoveryCurveDisplay":
        """Plot a comparison of several budgets.

        Parameters
        ----------
        comparison : Comparison
        learner : str, default="mean"
            Name of a learner, or "mean" over all learners.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        RecoveryCurveDisplay
        """
        table = comparison.recovery_curve(learner)
        curves = {m: table.loc[m].to_numpy(dtype=float) for m in comparison.methods}
        full = comparison.full_data()
        if full is not None:
            full = float(full.mean() if learner == "mean" else full[learner])
        name = "R²" if comparison.is_regression else "Balanced accuracy"
        return cls(curves, full, name).plot(ax=ax)

    @classmethod
    def from_estimator(
        cls,
        distiller: Any,
        X: Any,
        y: Any,
        *,
        budgets: Sequence[Any] = (1, 2, 5, 10, 20, 50),
        ax: Any = None,
        **settings: Any,
    ) -> "RecoveryCurveDisplay":
        """Distill at several budgets, and plot the scores with those of random rows.

        Parameters
        ----------
        distiller : estimator
            Unfitted distiller.
        X, y : array-like
            Real rows, for training and for testing.
        budgets : sequence, default=(1, 2, 5, 10, 20, 50)
            Rows per class (images per class, IPC), or shares of the rows.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.
        **settings : dict
            Parameters of `compare_distillers`, such as `learners`, `cv` and `n_jobs`.

        Returns
        -------
        RecoveryCurveDisplay
        """
        name = kebab_case(type(distiller).__name__)
        distillers = {"random": "random", name: distiller}
        comparison = compare_distillers(
            X, y, distillers, budgets=list(budgets), **settings
        )
        return cls.from_comparison(comparison, ax=ax)

    def plot(self, *, ax: Any = None) -> "RecoveryCurveDisplay":
        """Plot the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        RecoveryCurveDisplay
        """
        self.figure_, self.ax_ = figure_and_axes(ax, (6.0, 4.0))
        self.lines_ = {}
        for i, (method, curve) in enumerate(self.curves.items()):
            rows, score, deviation = np.asarray(curve, dtype=float).T
            style = DASH_STYLES[i // N_COLORS % len(DASH_STYLES)]
            name = as_plain_text(method)
            (line,) = self.ax_.plot(rows, score, style, marker="o", label=name)
            deviation = np.nan_to_num(deviation)
            self._draw_deviation(rows, score, deviation, line.get_color())
            self.lines_[method] = line
        if self.full is not None:
            self.ax_.axhline(self.full, color="0.5", linestyle="--", label=FULL_DATA)
        self.ax_.set_xscale("log")
        ticks = sorted({int(row[0]) for curve in self.curves.values() for row in curve})
        if len(ticks) <= 12:
            self.ax_.set_xticks(ticks, map(str, ticks))
            self.ax_.minorticks_off()
        self.ax_.set(xlabel="Distilled rows", ylabel=self.score_name)
        self.ax_.legend(fontsize="small")
        return self

    def _draw_deviation(
        self, rows: np.ndarray, score: np.ndarray, deviation: np.ndarray, color: Any
    ) -> None:
        """Draw the deviation of a curve as a band, or as a bar if bands overlap."""
        if len(self.curves) <= MAX_BANDS:
            low, high = score - deviation, score + deviation
            self.ax_.fill_between(rows, low, high, alpha=0.15, color=color)
        else:
            self.ax_.errorbar(
                *(rows, score, deviation),
                **{"fmt": "none", "ecolor": color, "elinewidth": 1, "capsize": 2},
            )
