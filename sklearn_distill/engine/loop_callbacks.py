"""The callbacks of the training loop: the best rows, and when to stop."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import math
import time
from collections import deque
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch
from skorch import NeuralNet
from skorch.callbacks import BatchScoring, Callback, EpochScoring

from .deadline import Deadline, OutOfTime
from .real_rows import Batches


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


class KeepBest(Callback):
    """A callback that stores the rows with the lowest validation loss.

    The initial rows take part in the comparison, so that the result never has a higher
    validation loss than the initial rows. If the time limit passes before the loss of
    the initial rows is known, they are the result.
    """

    def on_train_begin(self, net: NeuralNet, X: Any = None, **kwargs: Any) -> None:
        valid = net.train_split(X)[1]
        started = time.monotonic()
        try:
            self.first_loss_ = mean_loss(net, valid)
        except OutOfTime:
            self.first_loss_ = math.nan
            net.stop_reason_ = "max_time"
        self.seconds_ = time.monotonic() - started
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
        """Store the state of the rows and the parameters of the objective."""
        self.best_state_ = copy.deepcopy(net.module_.state_dict())
        self.best_objective_ = {
            name: parameter.detach().clone()
            for name, parameter in net.criterion_.named_parameters()
        }


class StopWhen(Callback):
    """A callback that ends the training, and stores why in ``net.stop_reason_``.

    The history gets a column "seconds_left", the expected time until `max_iter` or the
    time limit ends the training. It is an upper bound if `patience` ends it earlier. If
    the time limit is expected to end the training, the schedule of the step size is
    shortened, so that the step size decreases to zero within the limit.

    The training always ends at the end of an epoch, which is cut short if necessary, so
    that the validation loss after the last step is known.

    Parameters
    ----------
    max_iter : int
        The maximal number of steps.
    deadline : Deadline
        The time limit.
    patience : int or None
        The number of steps without an improvement after which the training ends.
    tol : float
        The relative decrease of the validation loss that counts as an improvement.
    """

    def __init__(
        self,
        max_iter: int,
        deadline: Deadline,
        patience: int | None,
        tol: float,
    ):
        self.max_iter = max_iter
        self.deadline = deadline
        self.patience = patience
        self.tol = tol

    def on_train_begin(self, net: NeuralNet, X: Any = None, **kwargs: Any) -> None:
        keep = dict(net.callbacks_)["keep_best"]
        self.batches_ = X
        self.reference_ = keep.best_loss_
        self.improved_at_ = 0
        # The last durations, of which the median counts: a single step that takes long
        # because the machine is busy must not end the training.
        self.step_seconds_: deque[float] = deque(maxlen=3)
        self.validation_seconds_ = deque([keep.seconds_], maxlen=3)
        self.last_step_at_ = time.monotonic()
        # The number of steps and the time at the end of each epoch.
        self.epoch_ends_ = [(net.n_steps_, self.last_step_at_)]
        self.deadline.grace = self.deadline.GRACE

    def on_batch_begin(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if training and not self.deadline.allows(median(self.validation_seconds_)):
            raise OutOfTime

    def on_batch_end(
        self, net: NeuralNet, training: bool = False, **kwargs: Any
    ) -> None:
        if not training:
            return
        # The training ends with a validation pass, for which time must be left.
        now = time.monotonic()
        self.step_seconds_.append(now - self.last_step_at_)
        self.last_step_at_ = now
        needed = median(self.step_seconds_) + median(self.validation_seconds_)
        is_over = self.deadline.is_over() or not self.deadline.allows(needed)
        if net.stop_reason_ is None and is_over:
            net.stop_reason_ = "max_time"
        if net.stop_reason_ is not None:
            self.batches_.end()
        elif self.deadline.max_time is not None:
            schedule = dict(net.callbacks_)["schedule"]
            schedule.lr_scheduler_.T_max = self._expected_steps(net.n_steps_)

    def on_epoch_end(self, net: NeuralNet, **kwargs: Any) -> None:
        now = time.monotonic()
        self.validation_seconds_.append(now - self.last_step_at_)
        self.last_step_at_ = now
        self.epoch_ends_.append((net.n_steps_, now))
        net.history.record("seconds_left", self._seconds_left())
        if net.stop_reason_ is None:
            net.stop_reason_ = self._reason_to_stop(net)
        if net.stop_reason_ is not None:
            # skorch ends the training when a callback raises this exception.
            raise KeyboardInterrupt

    def _seconds_left(self) -> float:
        """Return the expected time until the last step or the time limit."""
        seconds = max(0.0, self.deadline.seconds_left())
        a_step = self._seconds_per_step()
        if a_step is not None:
            n_left = max(0, self.max_iter - self.epoch_ends_[-1][0])
            seconds = min(seconds, a_step * n_left)
        return seconds

    def _seconds_per_step(self) -> float | None:
        """Return the mean time of the latest steps, with validation, if it is known."""
        # The later half of the epochs excludes the first steps, in which torch loads
        # its kernels, and follows changes of the load of the machine.
        n_then, then = self.epoch_ends_[(len(self.epoch_ends_) - 1) // 2]
        n_now, now = self.epoch_ends_[-1]
        return (now - then) / (n_now - n_then) if n_now > n_then else None

    def _expected_steps(self, n_steps: int) -> int:
        """Return the number of steps at the end of the training, after `n_steps`."""
        a_step = self._seconds_per_step()
        if not a_step:
            return self.max_iter
        seconds = self.deadline.seconds_left() - median(self.validation_seconds_)
        expected = n_steps + int(max(0.0, seconds) / a_step)
        # With one more step the step size stays positive until the training ends.
        return min(self.max_iter, max(expected, n_steps + 1) + 1)

    def _reason_to_stop(self, net: NeuralNet) -> str | None:
        """Return why the training ends after this epoch, or None."""
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
        """Return whether the loss is lower than the best one by more than `tol`."""
        if math.isinf(self.reference_):
            return math.isfinite(loss)
        return loss < self.reference_ - self.tol * abs(self.reference_)


@torch.no_grad()
def mean_loss(net: NeuralNet, batches: Batches) -> float:
    """Return the mean loss of a net over batches of real rows, without a step."""
    losses = [net.validation_step(batch)["loss"] for batch in batches]
    return float(torch.stack(losses).mean())
