"""The class CriticalDifferenceDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..comparison.comparison import Comparison
from ..comparison.significance import rank_test
from .drawing import as_plain_text, figure_and_axes


class CriticalDifferenceDisplay:
    """Critical-difference diagram of the mean ranks of several methods (Demšar, 2006).

    A bar connects methods whose ranks do not differ significantly. The critical
    difference grows with the number of methods, so the diagram is useful for at most
    about eight methods.

    Parameters
    ----------
    names : list of str
        Names of the methods.
    ranks : ndarray of shape (k,)
        Mean ranks; 1 is best.
    critical_difference : float
        Two methods differ by Nemenyi's test if the difference of their ranks is larger.
    p_value : float, default=None
        p-value of Friedman's test that all methods have equal ranks.
    n_blocks : int, default=None
        Number of data sets or folds over which ranks are averaged.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    cliques_ : list of (float, float)
        The smallest and the largest rank that each bar connects.

    See Also
    --------
    Comparison.significance : Wilcoxon's test against one baseline, a more powerful
        test.

    Examples
    --------
    >>> from sklearn_distill import CriticalDifferenceDisplay
    >>> scores = [[0.7, 0.8, 0.9], [0.6, 0.7, 0.8], [0.5, 0.7, 0.6]]
    >>> display = CriticalDifferenceDisplay.from_scores(scores, ["a", "b", "c"])
    >>> display.ranks.round(2).tolist()
    [3.0, 1.67, 1.33]
    """

    def __init__(
        self,
        names: Any,
        ranks: Any,
        critical_difference: float,
        p_value: Any = None,
        n_blocks: Any = None,
    ):
        self.names = names
        self.ranks = ranks
        self.critical_difference = critical_difference
        self.p_value = p_value
        self.n_blocks = n_blocks

    @classmethod
    def from_comparison(
        cls,
        comparison: Comparison,
        budget: Any,
        *,
        over: str = "auto",
        alpha: float = 0.05,
        ax: Any = None,
    ) -> "CriticalDifferenceDisplay":
        """Plot the ranks of the methods of a comparison at one budget.

        Parameters
        ----------
        comparison : Comparison
        budget : int, float or str
        over : {"auto", "set", "fold"}, default="auto"
            Whether ranks are computed on data sets or on folds; see
            `Comparison.block_scores`.
        alpha : float, default=0.05
            Significance level of the critical difference.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        CriticalDifferenceDisplay
        """
        scores = comparison.block_scores(budget, over)
        return cls.from_scores(scores.to_numpy(), list(scores), alpha=alpha, ax=ax)

    @classmethod
    def from_scores(
        cls, scores: Any, names: Sequence[str], *, alpha: float = 0.05, ax: Any = None
    ) -> "CriticalDifferenceDisplay":
        """Rank methods by their scores on several blocks, and plot the mean ranks.

        Parameters
        ----------
        scores : array-like of shape (n_blocks, k)
            Higher scores are better.
        names : sequence of str
            Names of the methods.
        alpha : float, default=0.05
            Significance level of the critical difference.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        CriticalDifferenceDisplay
        """
        tested = rank_test(scores, alpha=alpha)
        return cls(
            list(names),
            tested.ranks,
            tested.critical_difference,
            tested.p_value,
            tested.n_blocks,
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "CriticalDifferenceDisplay":
        """Plot the ranks, with the best method on the left.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        CriticalDifferenceDisplay
        """
        k = len(self.names)
        half = -(-k // 2)
        self.cliques_ = self._cliques()
        # Vertical positions: 0 is the axis, bars follow below, and then the names.
        below = 0.6 + 0.35 * len(self.cliques_)
        self.figure_, self.ax_ = figure_and_axes(ax, (7.0, 1.2 + 0.28 * (below + half)))
        low, high = 1, max(k, 2)
        self.ax_.plot([low, high], [0, 0], color="0.5")
        for rank in range(low, high + 1):
            self.ax_.plot([rank, rank], [0, 0.2], color="0.5")
            self.ax_.text(rank, 0.35, str(rank), ha="center", fontsize="small")
        for i, (first, last) in enumerate(self.cliques_):
            y = -0.4 - 0.35 * i
            self.ax_.plot([first - 0.04, last + 0.04], [y, y], "C3", linewidth=3)
        self._plot_names(low, high, below)
        # Leave space for the longest name on both sides of the axis.
        share = min(0.4, 0.08 * (8 + max(map(len, self.names))) / 7.0)
        space = 0.04 * (high - low) + (high - low) * share / (1 - 2 * share)
        self.ax_.set(xlim=(low - space, high + space), ylim=(-below - 0.8 * half, 2.0))
        self._plot_critical_difference(low, high)
        self.ax_.set_axis_off()
        return self

    def _plot_names(self, low: float, high: float, below: float) -> None:
        """Plot the names beside the axis, each with a line to its rank."""
        k = len(self.names)
        margin = 0.04 * (high - low)
        for position, j in enumerate(np.argsort(self.ranks, kind="stable")):
            on_left = position < -(-k // 2)
            y = -below - 0.8 * (position if on_left else k - 1 - position)
            end = low - margin if on_left else high + margin
            rank = self.ranks[j]
            self.ax_.plot([rank, rank, end], [0, y, y], color="0.5", linewidth=0.8)
            name = as_plain_text(self.names[j])
            self.ax_.text(
                end, y, f" {name} ({rank:.1f}) ", va="center",
                ha="right" if on_left else "left",
            )  # fmt: skip

    def _plot_critical_difference(self, low: float, high: float) -> None:
        """Plot a bar as long as the critical difference, with the test results."""
        text = f"critical difference {self.critical_difference:.2f}"
        if self.p_value is not None:
            text += f"; Friedman p = {self.p_value:.2g}"
        if self.n_blocks is not None:
            text += f"; {self.n_blocks} blocks"
        end = min(low + self.critical_difference, high)
        self.ax_.plot([low, end], [1.1, 1.1], color="C0", linewidth=3)
        self.ax_.text(low, 1.3, text, fontsize="small")

    def _cliques(self) -> list[tuple[float, float]]:
        """Return the largest ranges of ranks that do not differ significantly."""
        ranks = np.sort(self.ranks)
        found: list[tuple[float, float]] = []
        for first in ranks:
            last = ranks[ranks <= first + self.critical_difference].max()
            if last > first and (not found or last > found[-1][1]):
                found.append((float(first), float(last)))
        return found
