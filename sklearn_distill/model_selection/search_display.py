"""SearchDisplay: scores on distilled rows against scores on all rows, and the time."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.optional import import_matplotlib
from .candidates import deciding_scores, metrics_of


class SearchDisplay:
    """Scatter plot of the confirmed candidates of a search, and its time by stage.

    Create it with `DistilledSearchCV.plot` or `from_search`.

    Parameters
    ----------
    distilled : array-like of shape (n_candidates,)
        The scores of all candidates on distilled rows.
    confirmed : array-like of shape (n_candidates,)
        Their scores on all rows; NaN where not confirmed.
    best_index : int or None
        The winner.
    seconds : dict of {str: float}
        The time of each stage.
    score_name : str, default="score"

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
        The scores.
    time_ax_ : matplotlib Axes
        The seconds by stage.

    See Also
    --------
    DistilledSearchCV : The search that is drawn.

    Examples
    --------
    >>> from sklearn_distill.model_selection import SearchDisplay
    >>> display = SearchDisplay([0.7, 0.8], [0.8, 0.9], 1, {"search": 2.0})
    >>> display.score_name
    'score'
    """

    def __init__(
        self,
        distilled: Any,
        confirmed: Any,
        best_index: int | None,
        seconds: dict[str, float],
        score_name: str = "score",
    ):
        self.distilled = distilled
        self.confirmed = confirmed
        self.best_index = best_index
        self.seconds = seconds
        self.score_name = score_name

    @classmethod
    def from_search(cls, search: Any, *, ax: Any = None) -> "SearchDisplay":
        """Plot a fitted DistilledSearchCV.

        Parameters
        ----------
        search : DistilledSearchCV
            Fitted.
        ax : sequence of two matplotlib Axes, default=None
            Axes for the scores and for the seconds. None creates a new figure.

        Returns
        -------
        SearchDisplay
        """
        results, refit = search.cv_results_, search._refit()
        small = deciding_scores(results, refit)
        confirmed = np.full(len(small), np.nan)
        if search.confirmation_ is not None:
            scores = deciding_scores(search.confirmation_.cv_results_, refit)
            confirmed[search.confirmed_indices_] = scores
        names = metrics_of(results)
        deciding = refit if isinstance(refit, str) else "mean rank"
        seconds = {
            "distilling": search.distill_time_,
            "searching": search.search_time_,
            "confirming": search.confirm_time_,
            "fitting the best": getattr(search, "refit_time_", 0.0),
        }
        display = cls(
            small,
            confirmed,
            getattr(search, "best_index_", None),
            seconds,
            names[0] if len(names) == 1 else deciding,
        )
        return display.plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "SearchDisplay":
        """Plot scores and seconds.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Axes for the scores and for the seconds. None creates a new figure.

        Returns
        -------
        SearchDisplay
        """
        if ax is None:
            self.figure_, ax = import_matplotlib().subplots(
                1, 2, figsize=(9.0, 3.6), layout="constrained", width_ratios=(3, 2)
            )
        self.ax_, self.time_ax_ = ax
        self.figure_ = self.ax_.figure
        small = np.asarray(self.distilled, dtype=np.float64)
        confirmed = np.asarray(self.confirmed, dtype=np.float64)
        both = np.isfinite(small) & np.isfinite(confirmed)
        only_small = np.isfinite(small) & ~both
        for score in small[only_small]:
            self.ax_.axvline(score, ymax=0.04, color="0.6", linewidth=1)
        self.ax_.plot(small[both], confirmed[both], "o", color="C0", label="confirmed")
        best = self.best_index
        if best is not None and both[best]:
            self.ax_.plot(small[best], confirmed[best], "o", color="C3", label="winner")
        if both.any():
            self.ax_.legend()
        self.ax_.set_xlabel(f"{self.score_name} on distilled rows")
        self.ax_.set_ylabel(f"{self.score_name} on all rows")
        stages = list(self.seconds)[::-1]
        self.time_ax_.barh(stages, [self.seconds[stage] for stage in stages])
        self.time_ax_.set_xlabel("seconds")
        return self
