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
