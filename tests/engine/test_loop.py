"""The training loop: rollback after losses that are not finite, skorch callbacks."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from skorch.callbacks import BatchScoring, Callback, EarlyStopping, EpochScoring

from sklearn_distill import KernelInducingPoints
from sklearn_distill.engine.loop import DivergedError

X, y = load_iris(return_X_y=True)


def kernel_with_factor(value, calls):
    """Return a kernel whose result is multiplied by a value in some of its calls."""
    n_calls = 0

    def kernel(a, b):
        nonlocal n_calls
        n_calls += 1
        return torch.exp(-torch.cdist(a, b) / 8.0) * (value if calls(n_calls) else 1.0)

    return kernel


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "calls", [lambda n: n in (7, 31, 32), lambda n: n == 1], ids=["some", "first"]
)
def test_loop_rolls_back_when_the_loss_is_not_finite(
    few_digits, are_real_rows, value, calls
):
    """The fit continues from the best rows with half the step size."""
    X, y = few_digits
    kernel = kernel_with_factor(value, calls)
    points = KernelInducingPoints(1, kernel=kernel, max_iter=40, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points.fit(X, y)
    assert points.n_iter_ == 40
    assert np.isfinite(points.distilled_.info["loss"])
    assert not are_real_rows(points.distilled_.X, X)


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_loop_raises_when_the_loss_is_never_finite(make_classes, value):
    """The kernel is NaN everywhere, or its linear system is singular."""
    X, y = make_classes()
    kernel = kernel_with_factor(value, lambda n: True)
    with pytest.raises(DivergedError, match="not finite 6 times"):
        KernelInducingPoints(3, kernel=kernel, random_state=0).fit(X, y)


class EpochCounter(Callback):
    """Count the calls of `on_epoch_end`."""

    def on_train_begin(self, net, **kwargs):
        self.n_epochs_ = 0

    def on_epoch_end(self, net, **kwargs):
        self.n_epochs_ += 1


def test_user_callbacks_are_called_for_the_last_epoch():
    counter = EpochCounter()
    points = KernelInducingPoints(2, max_iter=30, callbacks=[counter], random_state=0)
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert counter.n_epochs_ == len(points.history_) == 3


def test_early_stopping_of_skorch_is_not_an_interruption(tmp_path):
    """No warning is raised, the checkpoint is deleted, and all callbacks are called."""
    counter = EpochCounter()
    early = EarlyStopping(patience=2, threshold=1e9, threshold_mode="abs")
    points = KernelInducingPoints(
        2, max_iter=500, callbacks=[early, counter], checkpoint=tmp_path, random_state=0
    )
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert counter.n_epochs_ == len(points.history_) == points.n_iter_ / 10 < 50
    assert not list(tmp_path.iterdir())


def test_fit_raises_when_callbacks_are_not_skorch_callbacks():
    with pytest.raises(TypeError, match="a list of skorch callbacks"):
        KernelInducingPoints(2, callbacks=[print]).fit(X, y)
    for scoring in (EpochScoring("accuracy"), EpochScoring, BatchScoring("accuracy")):
        with pytest.raises(TypeError, match="scores a net's predictions"):
            KernelInducingPoints(2, callbacks=[scoring]).fit(X, y)
    named = [("stop", EarlyStopping(patience=2)), EarlyStopping]
    KernelInducingPoints(2, max_iter=20, callbacks=named, random_state=0).fit(X, y)


class Recorder(Callback):
    """Record the calls of the methods of a step, and the mode of the module."""

    def on_train_begin(self, net, **kwargs):
        self.calls_ = []

    def on_batch_begin(self, net, training=False, **kwargs):
        self.calls_.append(("begin", training))

    def on_grad_computed(self, net, named_parameters, **kwargs):
        names = [name for name, _ in named_parameters]
        self.calls_.append(("gradients", names, net.module_.training))

    def on_batch_end(self, net, training=False, **kwargs):
        losses = net.history[-1, "batches", -1]
        name = "train_loss" if training else "valid_loss"
        self.calls_.append(("end", training, name in losses, net.module_.training))


def test_user_callbacks_are_called_in_every_step():
    recorder = Recorder()
    points = KernelInducingPoints(2, max_iter=10, callbacks=[recorder], random_state=0)
    points.fit(X, y)
    step = [("begin", True), ("gradients", ["rows", "targets"], True)]
    step.append(("end", True, True, True))
    validation = [("begin", False), ("end", False, True, False)]
    assert recorder.calls_ == step * 10 + validation


class FakeClock:
    """A clock that only the steps of a training move on."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)


class TakeTime(Callback):
    """Let a step take some seconds of a fake clock, more in the first steps."""

    def __init__(self, clock, seconds):
        self.clock = clock
        self.seconds = seconds
        self.ends = []
        self.step_sizes = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.step_sizes.append(net.optimizer_.param_groups[0]["lr"])
        first = net.n_steps_ <= 5
        self.clock.now += (3.0 if first else 1.0) * self.seconds if training else 0.5

    def on_epoch_end(self, net, **kwargs):
        self.ends.append(self.clock.now)


@pytest.mark.parametrize(("max_time", "total"), [(None, 223.0), (120.0, 120.0)])
def test_history_has_the_remaining_time(monkeypatch, max_time, total):
    """After the first epochs, the estimate is right within a third."""
    clock = FakeClock(monkeypatch)
    take_time = TakeTime(clock, 1.0)
    points = KernelInducingPoints(
        2, max_iter=200, max_time=max_time, n_iter_no_change=None, random_state=0
    )
    points.set_params(callbacks=[take_time]).fit(X, y)
    estimates = np.array(points.history_[:, "seconds_left"])
    actual = clock.now - np.array(take_time.ends)
    assert clock.now == pytest.approx(total, abs=8.0)
    lasting = actual > 10.0
    lasting[:2] = False
    assert lasting.sum() >= 7
    np.testing.assert_allclose(estimates[lasting], actual[lasting], rtol=1 / 3)
    assert estimates[-1] == pytest.approx(0.0, abs=8.0)


def test_step_size_decreases_to_zero_within_max_time(monkeypatch):
    """It is about a half after half of the steps; max_iter is not reached."""
    take_time = TakeTime(FakeClock(monkeypatch), 1.0)
    points = KernelInducingPoints(
        2, max_iter=10_000, max_time=120.0, n_iter_no_change=None, random_state=0
    )
    points.set_params(callbacks=[take_time]).fit(X, y)
    sizes = np.array(take_time.step_sizes) / take_time.step_sizes[0]
    assert 80 <= len(sizes) == points.n_iter_ <= 120
    assert sizes[len(sizes) // 2] == pytest.approx(0.5, abs=0.2)
    assert 0.0 < sizes[-1] < 0.02


def test_step_size_is_unchanged_if_max_time_suffices(monkeypatch):
    step_sizes = []
    for max_time in (None, 1_000.0):
        take_time = TakeTime(FakeClock(monkeypatch), 1.0)
        points = KernelInducingPoints(
            2, max_iter=200, max_time=max_time, n_iter_no_change=None, random_state=0
        )
        points.set_params(callbacks=[take_time]).fit(X, y)
        step_sizes.append(take_time.step_sizes)
    assert step_sizes[0] == step_sizes[1]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_fused_optimizer_skips_non_finite_steps(few_digits, monkeypatch, value):
    """The loop checks the losses after each epoch, as on a GPU."""
    monkeypatch.setattr("sklearn_distill.engine.loop.uses_fused", lambda *args: True)
    X, y = few_digits
    watch = RowsAreFinite()
    kernel = kernel_with_factor(value, lambda n: n in (31, 32, 71))
    points = KernelInducingPoints(1, kernel=kernel, max_iter=40, random_state=0)
    points.set_params(callbacks=[watch]).fit(X, y)
    assert watch.are_finite == [True] * 40
    assert np.isfinite(points.distilled_.info["loss"])
    assert 1 <= watch.n_rollbacks <= 3


def test_fused_optimizer_raises_when_the_loss_is_never_finite(
    make_classes, monkeypatch
):
    monkeypatch.setattr("sklearn_distill.engine.loop.uses_fused", lambda *args: True)
    kernel = kernel_with_factor(float("nan"), lambda n: True)
    with pytest.raises(DivergedError, match="not finite 6 times"):
        KernelInducingPoints(3, kernel=kernel, random_state=0).fit(*make_classes())


class RowsAreFinite(Callback):
    """Record after each step whether the rows are finite."""

    def on_train_begin(self, net, **kwargs):
        self.are_finite = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.are_finite.append(bool(torch.isfinite(net.module_.rows).all()))

    def on_train_end(self, net, **kwargs):
        self.n_rollbacks = net.n_rollbacks_


def test_losses_are_the_same_with_and_without_a_callback_in_each_step():
    """Without such a callback, the losses are recorded at the end of an epoch."""
    histories = []
    for callbacks in (None, [RowsAreFinite()]):
        points = KernelInducingPoints(2, max_iter=20, random_state=0)
        points.set_params(callbacks=callbacks).fit(X, y)
        histories.append(points.history_)
    for column in ("train_loss", "train_batch_size"):
        rows = [history[:, "batches", :, column] for history in histories]
        assert rows[0] == rows[1]
        assert [len(losses) for losses in rows[0]] == [10, 10]
    assert histories[0][:, "valid_loss"] == histories[1][:, "valid_loss"]
    assert histories[0][:, "train_loss"] == histories[1][:, "train_loss"]


class Stall(TakeTime):
    """Let one step and one validation take much longer than the others."""

    def on_batch_end(self, net, training=False, **kwargs):
        super().on_batch_end(net, training=training, **kwargs)
        if training and net.n_steps_ == 30:
            self.clock.now += 60.0

    def on_epoch_end(self, net, **kwargs):
        super().on_epoch_end(net, **kwargs)
        if net.n_steps_ == 40:
            self.clock.now += 60.0


def test_a_single_slow_step_does_not_end_the_fit_before_max_time(monkeypatch):
    clock = FakeClock(monkeypatch)
    points = KernelInducingPoints(
        2, max_iter=10_000, max_time=200.0, n_iter_no_change=None, random_state=0
    )
    points.set_params(callbacks=[Stall(clock, 1.0)]).fit(X, y)
    assert points.n_iter_ >= 55
    assert clock.now == pytest.approx(200.0, abs=8.0)
