"""The loop that trains synthetic rows: a skorch net whose module is the rows."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import math
import time
from collections.abc import Sequence
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import (
    BatchScoring,
    Callback,
    EpochScoring,
    EpochTimer,
    LRScheduler,
    PassthroughScoring,
)
from skorch.helper import predefined_split
from torch import Tensor, nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from .batches_net import BatchesNet
from .real_rows import Batches

MAX_ROLLBACKS = 5
# All other callbacks are the user's.
OWN_CALLBACKS = {
    "epoch_timer",
    "train_loss",
    "valid_loss",
    "keep_best",
    "schedule",
    "reports",
    "stop_when",
    "checkpoint",
}


class DivergedError(ArithmeticError):
    """Loss or gradients were not finite, again and again, at ever smaller steps."""


class DistillationLoop(BatchesNet):
    """Train synthetic rows against batches of real ones.

    A skorch net with the roles dealt out anew: the *module* is the `SyntheticRows`, the
    *criterion* is a method's objective, called with (synthetic, real) pairs of (rows,
    targets), and the data are `Batches`, tensors that are on the device already. One
    epoch is one pass over the batches, and ends with the loss on held-back real rows.
    Parameters of the criterion, if it has any, are learned along with the rows.
    A loss or gradient that is not finite takes rows and optimiser back to the best
    epoch and halves the step.

    Parameters
    ----------
    module, criterion, **kwargs
        As for `skorch.NeuralNet`.
    """

    n_steps_ = 0
    n_rollbacks_ = 0
    stop_reason_: str | None = None

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [
            ("epoch_timer", EpochTimer()),
            ("train_loss", PassthroughScoring("train_loss", on_train=True)),
            ("valid_loss", PassthroughScoring("valid_loss")),
        ]

    def notify(self, method_name: str, **cb_kwargs: Any) -> None:
        """Call the callbacks; a user's one may end training as skorch's do.

        Their KeyboardInterrupt is a wish to stop, with the epoch and after all other
        callbacks have seen it, and not the user's hand on the keyboard.
        """
        getattr(self, method_name)(self, **cb_kwargs)
        for name, callback in self.callbacks_:
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                # Before and after training there is nothing that could be stopped.
                if name in OWN_CALLBACKS or method_name.startswith("on_train"):
                    raise
                self.stop_reason_ = "callback"

    def get_loss(
        self,
        y_pred: tuple[Tensor, Tensor],
        y_true: Tensor,
        X: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        loss = self.criterion_(y_pred, (X, y_true))
        if training and not loss.requires_grad:
            # An objective that does not look at the rows leaves them where they are;
            # that is for the caller to notice, not for autograd to fail at.
            loss = loss + 0.0 * y_pred[0].sum()
        return loss

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step_single(batch, **fit_params)
        learned = (p for _, p in self.get_all_learnable_params())
        gradients = [p.grad for p in learned if p.grad is not None]
        # One number decides for all: it is not finite if any of the gradients is not.
        size = sum((g.abs().sum() for g in gradients), step["loss"].new_zeros(()))
        finite = torch.isfinite(step["loss"] + size)
        if not finite:
            self._roll_back()
        if not finite or not size:
            # Without gradients the optimiser's momentum moves nothing either.
            self._zero_grad_optimizer()
        return step

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step(batch, **fit_params)
        self.module_.clamp_()
        self.n_steps_ += 1
        return step

    def _roll_back(self) -> None:
        self.n_rollbacks_ += 1
        if self.n_rollbacks_ > MAX_ROLLBACKS:
            raise DivergedError(
                f"The loss was not finite {self.n_rollbacks_} times, although the step "
                "was halved each time. Lower learning_rate, raise ridge or look for "
                "extreme values in X."
            )
        keep = dict(self.callbacks_)["keep_best"]
        self.module_.load_state_dict(keep.best_state_)
        self.criterion_.load_state_dict(keep.best_objective_, strict=False)
        for group in self.optimizer_.param_groups:
            group["lr"] *= 0.5
        self.optimizer_.state.clear()


class KeepBest(Callback):
    """Remember the rows with the lowest loss on held-back real rows.

    The rows before the first step take part, so that the outcome is never worse than
    the start.
    """

    def on_train_begin(self, net: NeuralNet, X: Any = None, **kwargs: Any) -> None:
        valid = net.train_split(X)[1]
        self.first_loss_ = mean_loss(net, valid)
        self.best_loss_ = (
            self.first_loss_ if math.isfinite(self.first_loss_) else math.inf
        )
        self.best_step_ = 0
        self._keep(net)
        self.first_state_ = self.best_state_

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        loss = net.history[-1, "valid_loss"]
        if loss < self.best_loss_:
            self.best_loss_ = float(loss)
            self.best_step_ = net.n_steps_
            self._keep(net)

    def _keep(self, net: NeuralNet) -> None:
        self.best_state_ = copy.deepcopy(net.module_.state_dict())
        self.best_objective_ = {
            name: parameter.detach().clone()
            for name, parameter in net.criterion_.named_parameters()
        }


class StopWhen(Callback):
    """End training for a reason that is remembered in ``net.stop_reason_``.

    Training ends with an epoch, cut short if need be, so that the last steps too are
    judged on held-back rows.

    Parameters
    ----------
    max_iter : int
        Steps.
    max_time : float or None
        Seconds.
    patience : int or None
        Steps without an improvement of the loss on held-back rows by `tol` of itself.
    tol : float
    """

    def __init__(
        self,
        max_iter: int,
        max_time: float | None,
        patience: int | None,
        tol: float,
    ):
        self.max_iter = max_iter
        self.max_time = max_time
        self.patience = patience
        self.tol = tol

    def on_train_begin(self, net: NeuralNet, X: Any = None, **kwargs: Any) -> None:
        self.seconds_before_ = 0.0
        self.started_ = time.monotonic()
        self.batches_ = X
        self.reference_ = dict(net.callbacks_)["keep_best"].best_loss_
        self.improved_at_ = 0

    def on_batch_end(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if not training:
            return
        if net.stop_reason_ is None and self.max_time is not None:
            if self.seconds() > self.max_time:
                net.stop_reason_ = "max_time"
        if net.stop_reason_ is not None:
            self.batches_.end()

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        if net.stop_reason_ is None:
            net.stop_reason_ = self._reason_to_stop(net)
        if net.stop_reason_ is not None:
            # skorch's own way to end training early.
            raise KeyboardInterrupt

    def seconds(self) -> float:
        """Return how long training has taken, before an interruption too."""
        return self.seconds_before_ + time.monotonic() - self.started_

    def _reason_to_stop(self, net: NeuralNet) -> str | None:
        loss = net.history[-1, "valid_loss"]
        if self._has_improved(loss):
            self.reference_, self.improved_at_ = loss, net.n_steps_
        if net.n_steps_ >= self.max_iter:
            return "max_iter"
        if self.patience is not None:
            if net.n_steps_ - self.improved_at_ >= self.patience:
                return "no improvement"
        return None

    def _has_improved(self, loss: float) -> bool:
        if math.isinf(self.reference_):
            return math.isfinite(loss)
        return loss < self.reference_ - self.tol * abs(self.reference_)


def check_callbacks(callbacks: Sequence[Any] | None) -> None:
    """Raise TypeError for a `callbacks` parameter that holds what cannot be called."""
    for given in callbacks or ():
        one = given[1] if isinstance(given, tuple) and len(given) == 2 else given
        kind = one if isinstance(one, type) else type(one)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks holds {given!r}, which is no skorch callback. "
                "scikit-learn's callbacks go to set_callbacks."
            )
        if issubclass(kind, BatchScoring | EpochScoring):
            raise TypeError(
                f"callbacks holds a {kind.__name__}, which scores a net's predictions, "
                "and rows make none. Their loss on real rows is in the history as "
                "'train_loss' and 'valid_loss'."
            )


@torch.no_grad()
def mean_loss(net: NeuralNet, batches: Batches) -> float:
    """Return a net's loss on real rows, without a step."""
    losses = [net.validation_step(batch)["loss"] for batch in batches]
    return float(torch.stack(losses).mean())


def make_loop(
    rows: nn.Module,
    objective: nn.Module,
    valid: Batches,
    *,
    max_iter: int,
    learning_rate: float,
    max_time: float | None,
    patience: int | None,
    tol: float,
    device: str,
    objective_lr: float = 1e-3,
    callbacks: Sequence[Any] = (),
    reports: Callback | None = None,
    checkpoint: Callback | None = None,
) -> DistillationLoop:
    """Return the loop for these rows, not yet started: Adam on a cosine schedule.

    The rows, named so in their module, learn at `learning_rate`, all else at
    `objective_lr`.
    """
    return DistillationLoop(
        rows,
        criterion=objective,
        optimizer=torch.optim.Adam,
        lr=objective_lr,
        optimizer__param_groups=[
            (name, {"lr": learning_rate}) for name in ("rows", "targets")
        ],
        # An epoch is at least one step, so this many are enough; the batches end them.
        max_epochs=max_iter,
        train_split=predefined_split(valid),
        callbacks=[
            ("keep_best", KeepBest()),
            (
                "schedule",
                LRScheduler(CosineAnnealingLR, T_max=max_iter, step_every="batch"),
            ),
            # The user's callbacks precede the one that ends training, so that they are
            # called for the last epoch too.
            *callbacks,
            *([("reports", reports)] if reports is not None else []),
            ("stop_when", StopWhen(max_iter, max_time, patience, tol)),
            *([("checkpoint", checkpoint)] if checkpoint is not None else []),
        ],
        device=device,
        verbose=0,
    )
