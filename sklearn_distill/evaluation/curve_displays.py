"""Pictures of curves: scores by number of rows, losses by step.

In scikit-learn's form: `__init__` takes what was computed, classmethods compute it,
`plot` draws it and can be called again.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..base.distiller import kebab_case
from .compare import compare_distillers
from .comparison import Comparison
from .drawing import as_written, axes_to_draw_on, fitted_distiller


class RecoveryCurveDisplay:
    """Score against the number of distilled rows, with the full data's for reference.

    The band around a line is the deviation over folds.

    Parameters
    ----------
    curves : dict of str to array of shape (n_budgets, 3)
        Rows, mean score and deviation over folds, by method.
    full : float, default=None
        The full data's score.
    score_name : str, default="Balanced accuracy"

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes
    lines_ : dict of str to matplotlib Line2D

    See Also
    --------
    compare_distillers : Where the scores come from.

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
        """Draw a comparison of several budgets.

        Parameters
        ----------
        comparison : Comparison
        learner : str, default="mean"
            One learner's name, or "mean" over all.
        ax : matplotlib Axes, default=None

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
        """Distill at several budgets, and draw it beside random rows.

        Parameters
        ----------
        distiller : estimator
            It is cloned.
        X, y : array-like
        budgets : sequence, default=(1, 2, 5, 10, 20, 50)
        ax : matplotlib Axes, default=None
        **settings : dict
            For `compare_distillers`, such as `learners`, `cv` and `n_jobs`.

        Returns
        -------
        RecoveryCurveDisplay
        """
        name = kebab_case(type(distiller).__name__)
        compared = {"random": "random", name: distiller}
        made = compare_distillers(X, y, compared, budgets=list(budgets), **settings)
        return cls.from_comparison(made, ax=ax)

    def plot(self, *, ax: Any = None) -> "RecoveryCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.

        Returns
        -------
        RecoveryCurveDisplay
        """
        self.figure_, self.ax_ = axes_to_draw_on(ax, (6.0, 4.0))
        self.lines_ = {}
        for place, (method, curve) in enumerate(self.curves.items()):
            rows, score, spread = np.asarray(curve, dtype=float).T
            # Past ten lines colours come again: then with another dash.
            style = ("-", "--", ":", "-.")[place // 10 % 4]
            name = as_written(method)
            (line,) = self.ax_.plot(rows, score, style, marker="o", label=name)
            spread = np.nan_to_num(spread)
            self.ax_.fill_between(
                rows, score - spread, score + spread, alpha=0.15, color=line.get_color()
            )
            self.lines_[method] = line
        if self.full is not None:
            self.ax_.axhline(self.full, color="0.5", linestyle="--", label="full data")
        self.ax_.set_xscale("log")
        ticks = sorted({int(row[0]) for curve in self.curves.values() for row in curve})
        if len(ticks) <= 12:
            self.ax_.set_xticks(ticks, map(str, ticks))
            self.ax_.minorticks_off()
        self.ax_.set(xlabel="Distilled rows", ylabel=self.score_name)
        self.ax_.legend(fontsize="small")
        return self


class LossHistoryDisplay:
    """The loss of a method that learns its rows, by step.

    Where the curve of held-back rows rises again, further steps have overfitted.

    Parameters
    ----------
    steps : ndarray of shape (n,)
    train_loss : ndarray of shape (n,)
        On batches, mean over the steps since the last point.
    valid_loss : ndarray of shape (n,)
        On held-back real rows; its least picks the rows that are returned.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    RecoveryCurveDisplay : What the rows are worth.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import KernelInducingPoints, LossHistoryDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> points = KernelInducingPoints(budget=3, max_iter=50, random_state=0).fit(X, y)
    >>> LossHistoryDisplay.from_estimator(points).steps[:3].tolist()
    [10, 20, 30]
    """

    def __init__(self, steps: Any, train_loss: Any, valid_loss: Any):
        self.steps = steps
        self.train_loss = train_loss
        self.valid_loss = valid_loss

    @classmethod
    def from_estimator(cls, distiller: Any, *, ax: Any = None) -> "LossHistoryDisplay":
        """Draw the history of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted, with a `history_`; a fitted `DistilledClassifier` or
            `DistilledRegressor` stands for the distiller in it.
        ax : matplotlib Axes, default=None

        Returns
        -------
        LossHistoryDisplay

        Raises
        ------
        ValueError
            If the method keeps no history of losses.
        """
        distiller = fitted_distiller(distiller)
        history = getattr(distiller, "history_", None)
        if not history or "train_loss" not in history[0]:
            raise ValueError(
                f"{type(distiller).__name__} kept no history of losses: it selects its "
                "rows, or there was nothing to learn."
            )
        train = [epoch["train_loss"] for epoch in history]
        valid = [epoch.get("valid_loss", np.nan) for epoch in history]
        steps = np.cumsum([epoch.get("train_batch_count", 1) for epoch in history])
        return cls(steps, np.array(train), np.array(valid)).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "LossHistoryDisplay":
        """Draw both losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Drawn on; by default a figure of its own.

        Returns
        -------
        LossHistoryDisplay
        """
        self.figure_, self.ax_ = axes_to_draw_on(ax, (6.0, 4.0))
        self.ax_.plot(self.steps, self.train_loss, label="batches", color="0.6")
        self.ax_.plot(self.steps, self.valid_loss, label="held-back rows", color="C0")
        if np.isfinite(self.valid_loss).any():
            best = int(np.nanargmin(self.valid_loss))
            self.ax_.plot(
                self.steps[best], self.valid_loss[best], "o", color="C3", label="kept"
            )
        self.ax_.set(xlabel="Step", ylabel="Loss")
        self.ax_.legend(fontsize="small")
        return self
