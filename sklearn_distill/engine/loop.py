"""The training loop of synthetic rows: a skorch net whose module is the rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import torch
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
from .deadline import Deadline, OutOfTime, check_deadline
from .loop_callbacks import KeepBest, StopWhen
from .real_rows import Batches

# The number of non-finite losses or gradients after which the loop raises an error.
MAX_ROLLBACKS = 5
# Names of the loop's own callbacks; all other callbacks are the user's.
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
    """The loss or the gradients stayed non-finite although the step size was halved."""


class DistillationLoop(BatchesNet):
    """Train synthetic rows with batches of real rows.

    The *module* of this skorch net is a `SyntheticRows`. Its *criterion* is the
    objective of a method, which is called with two pairs (rows, targets), the first of
    synthetic and the second of real rows. The data are `Batches`, whose tensors are on
    the device. An epoch is one pass over the batches, and ends with the validation
    loss. Parameters of the criterion are learned together with the rows. After a
    non-finite loss or gradient, the loop returns to the rows of the best epoch, resets
    the optimizer and halves the step size.

    Parameters
    ----------
    module, criterion, **kwargs
        The parameters of `skorch.NeuralNet`.

    Raises
    ------
    DivergedError
        If the loss or the gradients were non-finite more than `MAX_ROLLBACKS` times.
    """

    n_steps_ = 0
    # The callbacks and, for the methods that were called, those that implement them.
    _implementing_: tuple[Any, dict[str, list[tuple[str, Callback]]]] = (None, {})
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
        """Call the callbacks, and let the user's callbacks end the training.

        A callback of skorch, such as early stopping, raises KeyboardInterrupt to end
        the training. The loop then finishes the epoch and calls all other callbacks, so
        that this is not mistaken for an interruption by the user.
        """
        getattr(self, method_name)(self, **cb_kwargs)
        for name, callback in self._callbacks_of(method_name):
            try:
                getattr(callback, method_name)(self, **cb_kwargs)
            except KeyboardInterrupt:
                # Before and after the training, only the user can interrupt the fit.
                if name in OWN_CALLBACKS or method_name.startswith("on_train"):
                    raise
                self.stop_reason_ = "callback"

    def _callbacks_of(self, method_name: str) -> list[tuple[str, Callback]]:
        """Return the callbacks that implement a method, which skorch calls in a step.

        The empty methods of the base class would take a noticeable part of a step.
        """
        if self._implementing_[0] is not self.callbacks_:
            self._implementing_ = self.callbacks_, {}
        found = self._implementing_[1]
        if method_name not in found:
            empty = getattr(Callback, method_name)
            found[method_name] = [
                (name, callback)
                for name, callback in self.callbacks_
                if getattr(getattr(callback, method_name), "__func__", None)
                is not empty
            ]
        return found[method_name]

    def _set_training(self, training: bool = True) -> None:
        """Set the mode of the rows and of the objective, if it changes."""
        modules = self.module_, self.criterion_
        if any(module.training != training for module in modules):
            super()._set_training(training)

    def fit_loop(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Train until a callback ends the training or the time limit passes."""
        if self.stop_reason_ is not None:
            return self
        try:
            return super().fit_loop(X, y, **fit_params)
        except OutOfTime:
            self.stop_reason_ = "max_time"
            if "valid_loss" not in self.history[-1]:
                # The epoch was not validated, so that its rows are not used.
                self.history.pop()
            return self

    def get_loss(
        self,
        y_pred: tuple[Tensor, Tensor],
        y_true: Tensor,
        X: Tensor | None = None,
        training: bool = False,
    ) -> Tensor:
        check_deadline()
        loss = self.criterion_(y_pred, (X, y_true))
        if training and not loss.requires_grad:
            # If the objective does not depend on the rows, they stay unchanged. The
            # caller warns about this, so that autograd must not raise an error here.
            loss = loss + 0.0 * y_pred[0].sum()
        return loss

    def train_step_single(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step_single(batch, **fit_params)
        learned = (p for g in self.optimizer_.param_groups for p in g["params"])
        gradients = [p.grad for p in learned if p.grad is not None]
        # Check a single number, which is non-finite if any of the gradients is, because
        # every check waits for the device.
        size = sum((g.abs().sum() for g in gradients), step["loss"].new_zeros(()))
        finite = torch.isfinite(step["loss"] + size)
        if not finite:
            self._roll_back()
        if not finite or not size:
            # Remove the gradients, so that the optimizer does not apply its momentum.
            self._zero_grad_optimizer()
        return step

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        step = super().train_step(batch, **fit_params)
        self.module_.clamp_()
        self.n_steps_ += 1
        return step

    def _roll_back(self) -> None:
        """Return to the best rows, reset the optimizer and halve the step size."""
        self.n_rollbacks_ += 1
        if self.n_rollbacks_ > MAX_ROLLBACKS:
            raise DivergedError(
                f"The loss was not finite {self.n_rollbacks_} times, although the step "
                "size was halved each time. Lower learning_rate, raise ridge, or check "
                "X for extreme values."
            )
        keep = dict(self.callbacks_)["keep_best"]
        self.module_.load_state_dict(keep.best_state_)
        self.criterion_.load_state_dict(keep.best_objective_, strict=False)
        for group in self.optimizer_.param_groups:
            group["lr"] *= 0.5
        self.optimizer_.state.clear()


def check_callbacks(callbacks: Sequence[Any] | None) -> None:
    """Raise TypeError if the parameter `callbacks` holds unsuitable objects.

    Parameters
    ----------
    callbacks : sequence or None
        Callbacks of skorch: classes or instances, or pairs (name, callback).
    """
    for item in callbacks or ():
        is_named = isinstance(item, tuple) and len(item) == 2
        callback = item[1] if is_named else item
        kind = callback if isinstance(callback, type) else type(callback)
        if not issubclass(kind, Callback):
            raise TypeError(
                f"callbacks must be a list of skorch callbacks; it contains {item!r}. "
                "Pass callbacks of scikit-learn to set_callbacks."
            )
        if issubclass(kind, BatchScoring | EpochScoring):
            raise TypeError(
                f"callbacks contains a {kind.__name__}, which scores a net's "
                "predictions, but synthetic rows make no predictions. Remove it: the "
                "losses are in the history as 'train_loss' and 'valid_loss'."
            )


def make_loop(
    rows: nn.Module,
    objective: nn.Module,
    valid: Batches,
    *,
    max_iter: int,
    learning_rate: float,
    deadline: Deadline,
    patience: int | None,
    tol: float,
    device: str,
    objective_lr: float = 1e-3,
    callbacks: Sequence[Any] = (),
    reports: Callback | None = None,
    checkpoint: Callback | None = None,
) -> DistillationLoop:
    """Return an unfitted loop that uses Adam with a cosine schedule.

    Parameters
    ----------
    rows : SyntheticRows
        The rows and targets to learn.
    objective : nn.Module
        The loss of a method; its parameters are learned too.
    valid : Batches
        The batches of the validation loss.
    max_iter : int
        The maximal number of steps.
    learning_rate : float
        The step size of the rows and targets.
    deadline : Deadline
        The time limit.
    patience : int or None
        The number of steps without an improvement after which the training ends.
    tol : float
        The relative decrease of the validation loss that counts as an improvement.
    device : str
        The device of the tensors.
    objective_lr : float, default=1e-3
        The step size of the objective's parameters.
    callbacks : sequence, default=()
        The user's callbacks.
    reports : Callback, default=None
        A callback that reports the iterations.
    checkpoint : Checkpoint, default=None
        A callback that saves the state of the loop.

    Returns
    -------
    DistillationLoop
    """
    return DistillationLoop(
        rows,
        criterion=objective,
        optimizer=torch.optim.Adam,
        lr=objective_lr,
        optimizer__param_groups=[
            (name, {"lr": learning_rate}) for name in ("rows", "targets")
        ],
        # An epoch has at least one step, so that this number of epochs is never too
        # small. `StopWhen` ends the training.
        max_epochs=max_iter,
        train_split=predefined_split(valid),
        callbacks=[
            ("keep_best", KeepBest()),
            (
                "schedule",
                LRScheduler(CosineAnnealingLR, T_max=max_iter, step_every="batch"),
            ),
            # The user's callbacks precede the callback that ends the training, so that
            # they are called for the last epoch too.
            *callbacks,
            *([("reports", reports)] if reports is not None else []),
            ("stop_when", StopWhen(max_iter, deadline, patience, tol)),
            *([("checkpoint", checkpoint)] if checkpoint is not None else []),
        ],
        device=device,
        verbose=0,
    )
