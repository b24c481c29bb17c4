"""A killed fit goes on, and ends with the bytes of an unbroken one."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_iris
from skorch.callbacks import Callback

from sklearn_distill import DistributionMatching, KernelInducingPoints
from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.real_rows import RealRows
from sklearn_distill.parameter_matching.multi_step.experts import (
    Training,
    train_experts,
)

X, y = load_iris(return_X_y=True)

FIT = """
import sys, numpy as np
from sklearn.datasets import load_iris
from sklearn_distill import DistributionMatching
X, y = load_iris(return_X_y=True)
matching = DistributionMatching(
    2, max_iter=400, n_iter_no_change=None, random_state=0, network_training="queue",
    discrepancy="adversarial", checkpoint=sys.argv[1] or None,
)
np.save(sys.argv[2], matching.fit(X, y).distilled_.X)
"""


class KilledError(Exception):
    pass


class KillAt(Callback):
    """Stands in for a kill: nothing of the fit survives but its file."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == self.epoch:
            raise KilledError


DISTILLERS = {
    "kernel": KernelInducingPoints(2, max_iter=60, random_state=0),
    "labels": KernelInducingPoints(2, max_iter=60, learn_labels=True, random_state=0),
    "random networks": DistributionMatching(2, max_iter=100, random_state=0),
    "queue": DistributionMatching(
        2, max_iter=100, network_training="queue", random_state=0
    ),
    "adversary": DistributionMatching(
        2, max_iter=100, discrepancy="characteristic", random_state=0
    ),
}


def every_epoch(monkeypatch):
    monkeypatch.setattr("sklearn_distill.engine.checkpoint.WRITING_SHARE", 1e9)


@pytest.mark.parametrize("name", DISTILLERS)
def test_a_killed_fit_ends_as_an_unbroken_one(name, tmp_path, monkeypatch):
    every_epoch(monkeypatch)
    distiller = DISTILLERS[name].set_params(n_iter_no_change=None, callbacks=None)
    unbroken = distiller.fit(X, y)
    expected, n_iter = unbroken.distilled_.X, unbroken.n_iter_
    losses = unbroken.history_[:, "valid_loss"]
    path = tmp_path / "fit.ckpt"
    distiller.set_params(checkpoint=path, callbacks=[KillAt(3)])
    with pytest.raises(KilledError):
        distiller.fit(X, y)
    assert path.is_file()
    distiller.set_params(callbacks=None).fit(X, y)
    np.testing.assert_array_equal(distiller.distilled_.X, expected)
    assert distiller.n_iter_ == n_iter
    assert distiller.history_[:, "valid_loss"] == losses
    assert not path.exists()
    distiller.set_params(checkpoint=None)


def test_kill_minus_nine(tmp_path):
    def start(checkpoint, output):
        command = [sys.executable, "-c", FIT, str(checkpoint), str(output)]
        return subprocess.Popen(command)

    assert start("", tmp_path / "unbroken.npy").wait() == 0
    path = tmp_path / "fit.ckpt"
    killed = start(path, tmp_path / "killed.npy")
    deadline = time.monotonic() + 60
    while not path.exists() and killed.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed.npy").exists()
    assert start(path, tmp_path / "resumed.npy").wait() == 0
    unbroken = np.load(tmp_path / "unbroken.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "resumed.npy"), unbroken)


def test_without_a_seed_the_same_rows_stay_held_back(tmp_path, monkeypatch):
    """Rows drawn anew would show the picked rows what they are judged on."""
    every_epoch(monkeypatch)
    path = tmp_path / "fit.ckpt"
    points = KernelInducingPoints(2, checkpoint=path, max_iter=60)
    with pytest.raises(KilledError):
        points.set_params(callbacks=[KillAt(3)]).fit(X, y)
    copy = tmp_path / "copy.ckpt"
    copy.write_bytes(path.read_bytes())
    one = points.set_params(callbacks=None).fit(X, y).distilled_.X
    other = points.set_params(checkpoint=copy).fit(X, y).distilled_.X
    np.testing.assert_array_equal(one, other)


def test_a_warm_start_goes_on_from_its_own_checkpoint_alone(tmp_path, monkeypatch):
    """Rows that start elsewhere have other labels; a cold fit is another fit too."""
    every_epoch(monkeypatch)
    path = tmp_path / "fit.ckpt"
    points = KernelInducingPoints(
        9, task="regression", max_iter=60, warm_start=True, random_state=0
    )
    points.fit(X, X[:, 0])
    cold = clone(points).set_params(checkpoint=path)
    unbroken = copy.deepcopy(points).fit(X, X[:, 0]).distilled_
    points.set_params(checkpoint=path, callbacks=[KillAt(3)])
    with pytest.raises(KilledError):
        points.fit(X, X[:, 0])
    with pytest.raises(ValueError, match="another fit"):
        cold.fit(X, X[:, 0])
    resumed = points.set_params(callbacks=None).fit(X, X[:, 0]).distilled_
    np.testing.assert_array_equal(resumed.X, unbroken.X)
    np.testing.assert_array_equal(resumed.y, unbroken.y)


def test_a_directory_holds_a_file_a_fit(tmp_path, monkeypatch):
    every_epoch(monkeypatch)
    for seed in (0, 1):
        killed = KernelInducingPoints(
            2, random_state=seed, checkpoint=tmp_path, callbacks=[KillAt(3)]
        )
        with pytest.raises(KilledError):
            killed.fit(X, y)
    assert len(list(tmp_path.iterdir())) == 2
    for seed in (0, 1):
        KernelInducingPoints(2, random_state=seed, checkpoint=tmp_path).fit(X, y)
    assert not list(tmp_path.iterdir())


def test_another_fits_file_is_refused_and_kept(tmp_path, monkeypatch):
    every_epoch(monkeypatch)
    path = tmp_path / "fit.ckpt"
    killed = KernelInducingPoints(2, ridge=0.2, random_state=0, checkpoint=path)
    with pytest.raises(KilledError):
        killed.set_params(callbacks=[KillAt(3)]).fit(X, y)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="of another fit"):
        killed.set_params(callbacks=None, ridge=0.3).fit(X, y)
    with pytest.raises(ValueError, match="of another fit"):
        killed.set_params(ridge=0.2).fit(2 * X, y[::-1])
    assert path.read_bytes() == before


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "fit.ckpt"
    path.write_bytes(b"no checkpoint")
    with pytest.raises(ValueError, match="cannot be read"):
        KernelInducingPoints(2, checkpoint=path).fit(X, y)


def test_a_path_without_a_directory_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Make the directory first"):
        KernelInducingPoints(2, checkpoint=tmp_path / "none" / "fit.ckpt").fit(X, y)


def test_experts_of_a_network_that_has_changed_are_trained_again(tmp_path):
    """A class counts by its name alone, so what is found need not fit."""
    rows = RealRows(
        X.astype(np.float32),
        (np.eye(3)[y] - 1 / 3).astype(np.float32),
        y,
        np.ones(len(X)),
        "cpu",
    )
    make = NetworkFactory("mlp", (4,), 3, "cpu")
    training = Training(1, 2, 30, 0.1, flat=False, augmentation=None)
    (first,) = train_experts(make, rows, training, 1, cache=tmp_path, n_jobs=None)
    (file,) = tmp_path.iterdir()
    torch.save(first[:, :-1].clone(), file)
    before = torch.get_rng_state()
    (again,) = train_experts(make, rows, training, 1, cache=tmp_path, n_jobs=None)
    assert torch.equal(again, first)
    assert torch.equal(torch.get_rng_state(), before)
