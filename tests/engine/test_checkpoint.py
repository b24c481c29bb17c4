"""Checkpoints: a killed fit resumes and gives the bytes of an uninterrupted fit."""

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
from sklearn_distill.engine.checkpoint import (
    CheckpointFile,
    generator_state,
    set_generator_state,
)

X, y = load_iris(return_X_y=True)


PARAMS = {"budget": 2, "max_iter": 200, "n_iter_no_change": None, "random_state": 0}

FIT = f"""
import sys, numpy as np
from sklearn.datasets import load_iris
from sklearn_distill import KernelInducingPoints
points = KernelInducingPoints(**{PARAMS}, checkpoint=sys.argv[1])
np.save(sys.argv[2], points.fit(*load_iris(return_X_y=True)).distilled_.X)
"""


class KilledError(Exception):
    """The exception that simulates a kill."""


class KillAt(Callback):
    """Raise KilledError at the end of an epoch, so that only the checkpoint is left."""

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


@pytest.fixture
def _save_every_epoch(monkeypatch):
    """Save the checkpoint after every epoch, regardless of the time that this takes."""
    monkeypatch.setattr("sklearn_distill.engine.checkpoint.WRITING_SHARE", 1e9)


@pytest.mark.parametrize("name", DISTILLERS)
@pytest.mark.usefixtures("_save_every_epoch")
def test_resumed_fit_gives_the_bytes_of_an_uninterrupted_fit(name, tmp_path):
    distiller = DISTILLERS[name].set_params(n_iter_no_change=None, callbacks=None)
    uninterrupted = distiller.fit(X, y)
    expected, n_iter = uninterrupted.distilled_.X, uninterrupted.n_iter_
    losses = uninterrupted.history_[:, "valid_loss"]
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


@pytest.mark.slow
def test_resumed_fit_after_sigkill_gives_the_bytes_of_an_uninterrupted_fit(tmp_path):
    def start(output):
        return subprocess.Popen([sys.executable, "-c", FIT, str(path), str(output)])

    path = tmp_path / "fit.ckpt"
    killed = start(tmp_path / "killed.npy")
    deadline = time.monotonic() + 60
    while not path.exists() and killed.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert path.exists()
    assert not (tmp_path / "killed.npy").exists()
    assert start(tmp_path / "resumed.npy").wait() == 0
    uninterrupted = KernelInducingPoints(**PARAMS).fit(X, y).distilled_.X
    np.testing.assert_array_equal(np.load(tmp_path / "resumed.npy"), uninterrupted)


@pytest.mark.usefixtures("_save_every_epoch")
def test_resumed_fit_without_a_seed_has_the_same_validation_rows(tmp_path):
    """Other validation rows could contain training rows of the interrupted fit."""
    path = tmp_path / "fit.ckpt"
    points = KernelInducingPoints(2, checkpoint=path, max_iter=60)
    with pytest.raises(KilledError):
        points.set_params(callbacks=[KillAt(3)]).fit(X, y)
    other_path = tmp_path / "copy.ckpt"
    other_path.write_bytes(path.read_bytes())
    one = points.set_params(callbacks=None).fit(X, y).distilled_.X
    other = points.set_params(checkpoint=other_path).fit(X, y).distilled_.X
    np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("_save_every_epoch")
def test_warm_start_resumes_only_from_its_own_checkpoint(tmp_path):
    """A cold start, which has other initial rows, is another fit."""
    path = tmp_path / "fit.ckpt"
    points = KernelInducingPoints(
        9, task="regression", max_iter=60, warm_start=True, random_state=0
    )
    points.fit(X, X[:, 0])
    cold = clone(points).set_params(checkpoint=path)
    uninterrupted = copy.deepcopy(points).fit(X, X[:, 0]).distilled_
    points.set_params(checkpoint=path, callbacks=[KillAt(3)])
    with pytest.raises(KilledError):
        points.fit(X, X[:, 0])
    with pytest.raises(ValueError, match="another fit"):
        cold.fit(X, X[:, 0])
    resumed = points.set_params(callbacks=None).fit(X, X[:, 0]).distilled_
    np.testing.assert_array_equal(resumed.X, uninterrupted.X)
    np.testing.assert_array_equal(resumed.y, uninterrupted.y)


@pytest.mark.usefixtures("_save_every_epoch")
def test_directory_holds_one_file_per_fit(tmp_path):
    for seed in (0, 1):
        killed = KernelInducingPoints(
            2,
            max_iter=60,
            random_state=seed,
            checkpoint=tmp_path,
            callbacks=[KillAt(3)],
        )
        with pytest.raises(KilledError):
            killed.fit(X, y)
    assert len(list(tmp_path.iterdir())) == 2
    for seed in (0, 1):
        killed.set_params(random_state=seed, callbacks=None).fit(X, y)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("_save_every_epoch")
def test_fit_raises_when_the_checkpoint_belongs_to_another_fit(tmp_path):
    """The file is not changed."""
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


def test_fit_raises_when_the_checkpoint_is_damaged(tmp_path):
    path = tmp_path / "fit.ckpt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match="cannot be read"):
        KernelInducingPoints(2, checkpoint=path).fit(X, y)


def test_fit_raises_when_the_directory_of_the_checkpoint_is_missing(tmp_path):
    with pytest.raises(ValueError, match="Make the directory first"):
        KernelInducingPoints(2, checkpoint=tmp_path / "none" / "fit.ckpt").fit(X, y)


def test_generator_state_restores_the_sequence_of_random_numbers():
    rng = np.random.RandomState(3)
    rng.standard_normal()
    state, expected = generator_state(rng), rng.standard_normal(5)
    other = np.random.RandomState(4)
    set_generator_state(other, state)
    np.testing.assert_array_equal(other.standard_normal(5), expected)


def test_failed_save_keeps_the_previous_file(tmp_path):
    file = CheckpointFile(tmp_path / "fit.ckpt", "fingerprint")
    file.save({"rows": torch.ones(2)})
    with pytest.raises(Exception, match="pickle"):
        file.save({"rows": lambda: None})
    assert file.load()["rows"].tolist() == [1.0, 1.0]
    assert [path.name for path in tmp_path.iterdir()] == ["fit.ckpt"]
    file.remove()
    assert file.load() is None
