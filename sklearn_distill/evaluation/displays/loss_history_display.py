"""The class LossHistoryDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .drawing import figure_and_axes, fitted_distiller


class LossHistoryDisplay:
    """Plot of the training loss and the validation loss of a method that learns rows.

    A validation loss that rises again shows that further steps overfit.

    Parameters
    ----------
    steps : ndarray of shape (n,)
        Number of steps at which the losses were recorded.
    train_loss : ndarray of shape (n,)
        Mean loss on the batches since the previous record.
    valid_loss : ndarray of shape (n,)
        Loss on the validation set. The rows with the smallest validation loss are
        returned by the method.

    Attributes
    ----------
    figure_ : matplotlib Figure
    ax_ : matplotlib Axes

    See Also
    --------
    RecoveryCurveDisplay : Plot of the scores of learners trained on distilled rows.

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
        """Plot the loss history of a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted distiller with a `history_`, or a fitted `DistilledClassifier` or
            `DistilledRegressor` that contains one.
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        LossHistoryDisplay

        Raises
        ------
        ValueError
            If the distiller did not record losses.
        """
        distiller = fitted_distiller(distiller)
        history = getattr(distiller, "history_", None)
        if not history or "train_loss" not in history[0]:
            raise ValueError(
                f"{type(distiller).__name__} does not have a loss history, because it "
                "selects real rows or its budget covered all rows. Pass a distiller "
                "that learns its rows."
            )
        train = [epoch["train_loss"] for epoch in history]
        valid = [epoch.get("valid_loss", np.nan) for epoch in history]
        steps = np.cumsum([epoch.get("train_batch_count", 1) for epoch in history])
        return cls(steps, np.array(train), np.array(valid)).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> "LossHistoryDisplay":
        """Plot both losses.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on. None creates a new figure.

        Returns
        -------
        LossHistoryDisplay
        """
        self.figure_, self.ax_ = figure_and_axes(ax, (6.0, 4.0))
        self.ax_.plot(self.steps, self.train_loss, label="training", color="0.6")
        self.ax_.plot(self.steps, self.valid_loss, label="validation", color="C0")
        if np.isfinite(self.valid_loss).any():
            best = int(np.nanargmin(self.valid_loss))
            self.ax_.plot(
                self.steps[best], self.valid_loss[best], "o", color="C3", label="best"
            )
        self.ax_.set(xlabel="Step", ylabel="Loss")
        self.ax_.legend(fontsize="small")
        return self
