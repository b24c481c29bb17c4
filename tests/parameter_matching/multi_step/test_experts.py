"""Experts: training on real rows, flat minima, and the cache."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_iris

from sklearn_distill.engine.deadline import Deadline
from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.network_training import task_loss
from sklearn_distill.engine.real_rows import RealRows
from sklearn_distill.parameter_matching.multi_step import experts as experts_module
from sklearn_distill.parameter_matching.multi_step.experts import (
    Training,
    train_expert,
    train_experts,
)
from sklearn_distill.parameter_matching.multi_step.inner_training import FlatNetwork


@pytest.fixture
def real():
    """The digits as real rows."""
    X, y = load_digits(return_X_y=True)
    targets = (np.eye(10)[y] - 0.1).astype(np.float32)
    return RealRows((X / 16).astype(np.float32), targets, y, np.ones(len(y)), "cpu")


@pytest.fixture
def make():
    """A factory of perceptrons for the digits."""
    return NetworkFactory("mlp", (64,), 10, "cpu")


TRAINING = Training(3, 20, 128, 0.1, flat=False, augmentation=None)


def test_expert_weights_of_each_epoch_have_a_smaller_loss(real, make):
    """The same seed gives the same expert, regardless of the global generator."""
    path = train_expert(make, real, TRAINING, seed=3)
    network = FlatNetwork(make())
    losses = [float(task_loss(network(w, real.Z), real.targets)) for w in path]
    assert len(path) == 4
    assert losses == sorted(losses, reverse=True)
    torch.manual_seed(99)
    assert torch.equal(train_expert(make, real, TRAINING, seed=3), path)
    assert not torch.equal(train_expert(make, real, TRAINING, seed=4), path)


def test_flat_experts_take_the_steps_of_gsam(real, make):
    """The expected step is computed from three gradients."""
    training = Training(1, 1, 200, 0.1, flat=True, augmentation=None)
    start, end = train_expert(make, real, training, seed=3)
    torch.manual_seed(3)
    network = FlatNetwork(make())
    rows, targets = real.draw(200, torch.Generator().manual_seed(3))

    def gradient(weights):
        return network.gradient(
            weights.clone().requires_grad_(), rows, targets, create_graph=False
        )

    here = gradient(start)
    there = gradient(start + experts_module.RADIUS * here / here.norm())
    orthogonal = here - (here @ there) / there.square().sum() * there
    expected = start - 0.1 * (there - experts_module.ACROSS * orthogonal)
    torch.testing.assert_close(end, expected, rtol=1e-4, atol=1e-6)


def test_experts_are_read_from_the_cache_unless_files_are_damaged(real, make, tmp_path):
    first = train_experts(make, real, TRAINING, 2, cache=tmp_path, n_jobs=None)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    times = [file.stat().st_mtime_ns for file in files]
    files[0].write_bytes(b"not an expert")
    again = train_experts(make, real, TRAINING, 3, cache=tmp_path, n_jobs=None)
    assert torch.equal(again[:2], first)
    assert files[1].stat().st_mtime_ns == times[1]
    assert len(list(tmp_path.iterdir())) == 3
    other = Training(3, 20, 128, 0.2, flat=False, augmentation=None)
    assert not torch.equal(
        train_experts(make, real, other, 1, cache=tmp_path, n_jobs=None)[0], first[0]
    )


def test_cached_experts_of_a_changed_network_are_trained_again(tmp_path):
    """A class is identified by its name, so that cached weights may not fit."""
    X, y = load_iris(return_X_y=True)
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


def test_train_expert_raises_when_the_training_diverges(real, make):
    training = Training(3, 20, 128, 1e6, flat=False, augmentation=None)
    with pytest.raises(ValueError, match="Lower expert_learning_rate"):
        train_expert(make, real, training, seed=0)


def test_experts_are_trained_until_half_of_the_time_has_passed(real, make, tmp_path):
    with Deadline(1e-9):
        first = train_experts(make, real, TRAINING, 3, cache=tmp_path, n_jobs=None)
        loaded = train_experts(make, real, TRAINING, 3, cache=tmp_path, n_jobs=None)
    assert len(first) == 1
    assert torch.equal(loaded, first)
    with Deadline(1e9):
        experts = train_experts(make, real, TRAINING, 3, cache=tmp_path, n_jobs=None)
    assert len(experts) == 3
    assert torch.equal(experts[:1], first)
