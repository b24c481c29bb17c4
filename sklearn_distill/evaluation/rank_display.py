"""The picture of ranks: a critical-difference diagram.

In scikit-learn's form: `__init__` takes what was computed, classmethods compute it,
`plot` draws it and can be called again.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from .comparison import Comparison
from .drawing import as_written, axes_to_draw_on
from .significance import rank_test


class CriticalDifferenceDisplay:
    """Mean ranks of methods, and bars over those that do not differ (Demšar, 2006).

    The more methods, the larger the difference that it takes: eight at most, or the
    diagram says nothing.

    Parameters
    ----------
    names : list of str
    ranks : ndarray of shape (k,)
        Mean ranks; 1 is best.
    critical_difference : float
        Ranks further apart than this differ, by Nemenyi's test.
    p_value : float, default=None
        Of Friedman's test that no method differs.
    n_blocks : int, default=None
        How many data sets, or folds, the ranks are means of.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    cliques_ : list of (float, float)
        The first and last rank under each bar.

    See Also
    --------
    Comparison.significance : Wilcoxon's test against one baseline, which sees more.

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
        """Draw the ranks of a comparison's methods at one budget.

        Parameters
        ----------
        comparison : Comparison
        budget : int, float or str
        over : {"auto", "set", "fold"}, default="auto"
            What is ranked on; see `Comparison.block_scores`.
        alpha : float, default=0.05
        ax : matplotlib Axes, default=None

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
        """Rank methods on blocks of scores, and draw it.

        Parameters
        ----------
        scores : array-like of shape (n_blocks, k)
            The higher, the better.
        names : sequence of str
        alpha : float, default=0.05
        ax : matplotlib Axes, default=None

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
        """Draw ranks from left (best) to right.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.

        Returns
        -------
        CriticalDifferenceDisplay
        """
        k = len(self.names)
        half = -(-k // 2)
        self.cliques_ = self._cliques()
        below = 0.6 + 0.35 * len(self.cliques_)
        self.figure_, self.ax_ = axes_to_draw_on(ax, (7.0, 1.2 + 0.28 * (below + half)))
        low, high = 1, max(k, 2)
        self.ax_.plot([low, high], [0, 0], color="0.5")
        for rank in range(low, high + 1):
            self.ax_.plot([rank, rank], [0, 0.2], color="0.5")
            self.ax_.text(rank, 0.35, str(rank), ha="center", fontsize="small")
        for i, (first, last) in enumerate(self.cliques_):
            y = -0.4 - 0.35 * i
            self.ax_.plot([first - 0.04, last + 0.04], [y, y], "C3", linewidth=3)
        # Names stand beside the axis: room for the longest, by its number of letters.
        share = min(0.4, 0.08 * (8 + max(map(len, self.names))) / 7.0)
        margin = 0.04 * (high - low)
        room = margin + (high - low) * share / (1 - 2 * share)
        for place, j in enumerate(np.argsort(self.ranks, kind="stable")):
            on_left = place < half
            y = -below - 0.8 * (place if on_left else k - 1 - place)
            end = low - margin if on_left else high + margin
            rank = self.ranks[j]
            self.ax_.plot([rank, rank, end], [0, y, y], color="0.5", linewidth=0.8)
            name = as_written(self.names[j])
            self.ax_.text(
                end, y, f" {name} ({rank:.1f}) ", va="center",
                ha="right" if on_left else "left",
            )  # fmt: skip
        self.ax_.set(xlim=(low - room, high + room), ylim=(-below - 0.8 * half, 2.0))
        self._draw_difference(low, high)
        self.ax_.set_axis_off()
        return self

    def _draw_difference(self, low: float, high: float) -> None:
        """Draw how far apart is far enough, or say that no ranks are."""
        about = f"critical difference {self.critical_difference:.2f}"
        if self.p_value is not None:
            about += f"; Friedman p = {self.p_value:.2g}"
        if self.n_blocks is not None:
            about += f"; {self.n_blocks} blocks"
        end = min(low + self.critical_difference, high)
        self.ax_.plot([low, end], [1.1, 1.1], color="C0", linewidth=3)
        self.ax_.text(low, 1.3, about, fontsize="small")

    def _cliques(self) -> list[tuple[float, float]]:
        """Return the widest runs of ranks no further apart than the difference."""
        ranks = np.sort(self.ranks)
        found: list[tuple[float, float]] = []
        for first in ranks:
            last = ranks[ranks <= first + self.critical_difference].max()
            if last > first and (not found or last > found[-1][1]):
                found.append((float(first), float(last)))
        return found
