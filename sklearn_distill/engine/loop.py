"""The training loop of synthetic rows: a skorch net whose module is the rows."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Sequence
from typing import Any

import torch
from skorch.callbacks import Callback, EpochTimer, LRScheduler, PassthroughScoring
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
    # The number of non-finite steps of the epoch; on a GPU a tensor.
    n_invalid_: int | Tensor = 0
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

    @property
    def checks_late_(self) -> bool:
        """Whether losses and gradients are checked after an epoch, not after a step.

        A fused optimizer skips non-finite steps on the device, so that the loop need
        not wait for the device in every step.
        """
        return bool(self.optimizer_.defaults.get("fused"))

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

    def run_single_epoch(
        self,
        iterator: Any,
        training: bool,
        prefix: str,
        step_fn: Any,
        **fit_params: Any,
    ) -> None:
        """Run the steps of an epoch, and record their losses when they are over.

        Reading a loss waits for the device. The losses are recorded after each step
        only if a callback of the user is called after each step.
        """
        if iterator is None:
            return
        names = {name for name, _ in self._callbacks_of("on_batch_end")}
        at_once = not names <= OWN_CALLBACKS
        first = len(self.history[-1]["batches"])
        losses: list[Tensor] = []
        sizes: list[int] = []
        try:
            for batch in iterator:
                self.notify("on_batch_begin", batch=batch, training=training)
                step = step_fn(batch, **fit_params)
                losses.append(step["loss"].detach())
                sizes.append(len(batch[0]))
                if at_once:
                    last = first + len(losses) - 1
                    self._record_losses(prefix, last, losses[-1:], sizes[-1:])
                self.notify("on_batch_end", batch=batch, training=training, **step)
        finally:
            if not at_once:
                self._record_losses(prefix, first, losses, sizes)
        self.history.record(f"{prefix}_batch_count", len(losses))
        if training:
            self._roll_back_late()

    def _record_losses(
        self, prefix: str, first: int, losses: Sequence[Tensor], sizes: Sequence[int]
    ) -> None:
        """Store losses of batches in the history, from position `first` on."""
        if not losses:
            return
        batches = self.history[-1]["batches"][first:]
        values = torch.stack(list(losses)).tolist()
        # The last batch has no loss if its step was interrupted.
        for batch, loss, size in zip(batches, values, sizes, strict=False):
            batch[f"{prefix}_loss"] = loss
            batch[f"{prefix}_batch_size"] = size

    def train_step(self, batch: Any, **fit_params: Any) -> dict[str, Any]:
        for p in self._learned():
            p.grad = None
        step: dict[str, Any] = self.train_step_single(batch, **fit_params)
        self._check_finite(step["loss"].detach())
        if self._callbacks_of("on_grad_computed"):
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
        self.optimizer_.step()
        self.module_.clamp_()
        self.n_steps_ += 1
        return step

    def _learned(self) -> list[nn.Parameter]:
        """Return the parameters of the optimizer."""
        return [p for group in self.optimizer_.param_groups for p in group["params"]]

    def _check_finite(self, loss: Tensor) -> None:
        """Prevent a step if the loss or a gradient is non-finite, or if all are zero.

        After a non-finite value, the loop returns to the best rows. Without a gradient,
        the optimizer must not apply its momentum.
        """
        gradients = [p.grad for p in self._learned() if p.grad is not None]
        # Check a single number, which is non-finite if any of the gradients is, because
        # every check waits for the device.
        size = sum((g.abs().sum() for g in gradients), loss.new_zeros(()))
        if self.checks_late_:
            # A fused optimizer reads this flag on the device and skips the step.
            invalid = ~torch.isfinite(loss + size)
            self.optimizer_.found_inf = (invalid | (size == 0)).float()
            self.n_invalid_ = self.n_invalid_ + invalid
            return
        is_finite = math.isfinite((loss + size).item())
        if not is_finite:
            self._roll_back()
        if not is_finite or not size:
            for p in self._learned():
                p.grad = None

    def _roll_back_late(self) -> None:
        """Return to the best rows if a step of the epoch was skipped as non-finite."""
        if self.checks_late_ and int(self.n_invalid_):
            self.n_invalid_ = 0
            self._roll_back()

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


def uses_fused(device: str, deadline: Deadline) -> bool:
    """Return whether the optimizer is fused, and skips non-finite steps by itself.

    A fused optimizer does not have to wait for a GPU. With a time limit, however, the
    loop must wait, because it does not know otherwise when a step is over.
    """
    return device.startswith("cuda") and deadline.max_time is None


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
        optimizer__fused=uses_fused(device, deadline) or None,
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
