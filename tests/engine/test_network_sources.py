"""Where networks come from: random, partly trained, trained."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import numpy as np
import pytest
import torch

from sklearn_distill.engine.network_sources import make_source, task_loss
from sklearn_distill.engine.networks import MLP
from sklearn_distill.engine.real_rows import RealRows


@pytest.fixture
def real():
    rng = np.random.RandomState(0)
    y = np.arange(200) % 2
    Z = (rng.randn(200, 3) + 2.0 * y[:, None]).astype(np.float32)
    targets = (np.eye(2)[y] - 0.5).astype(np.float32)
    return RealRows(Z, targets, y, np.ones(200), "cpu")


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def make():
    return MLP(3, 2, width=32, depth=1)


def batch(real):
    return real.draw(64, torch.Generator().manual_seed(0))


def accuracy(network, real):
    right = network(real.Z).argmax(1) == real.targets.argmax(1)
    return right.float().mean().item()


def same(one, other):
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def test_random_networks_are_new_at_every_step_and_looks_always_the_same(real):
    source = make_source(
        "none", make, real, has_targets=True, n_networks=2, batch_size=64
    )
    first, second = source.draw(batch(real)), source.draw(batch(real))
    assert len(first) == 2
    assert not same(first[0], second[0])
    assert source.fixed is source.fixed
    kept = make_source(
        "none", make, real, has_targets=True, n_networks=2, batch_size=64, keep=True
    )
    assert kept.draw(batch(real))[0] is kept.draw(batch(real))[0]


def test_queue_holds_networks_of_all_ages_and_renews_the_old(real):
    source = make_source(
        "queue", make, real, has_targets=True, n_networks=1, batch_size=64
    )
    ages = {member["left"] for member in source.pool}
    assert len(ages) == len(source.pool)
    born = [member["network"] for member in source.pool]
    for _ in range(1_000):
        source.draw(batch(real))
    assert all(member["network"] not in born for member in source.pool)
    scores = [accuracy(member["network"], real) for member in source.pool]
    assert np.max(scores) > 0.85


def test_a_batch_of_fewer_rows_than_steps_leaves_weights_finite(real):
    source = make_source(
        "queue", make, real, has_targets=True, n_networks=1, batch_size=2
    )
    (network,) = source.draw((real.Z[:2], real.targets[:2]))
    assert all(torch.isfinite(p).all() for p in network.parameters())


def test_trained_networks_lie_between_start_and_end(real):
    source = make_source(
        "full", make, real, has_targets=True, n_networks=1, batch_size=64
    )
    assert all(accuracy(network, real) > 0.85 for network in source.ends)
    (drawn,) = source.draw(batch(real))
    weight = drawn[-1].weight
    gaps = [
        min((weight - end[-1].weight).norm(), (weight - start[-1].weight).norm())
        <= (end[-1].weight - start[-1].weight).norm()
        for start, end in zip(source.starts, source.ends, strict=True)
    ]
    assert any(gaps)


@pytest.mark.parametrize("training", ["none", "queue", "full"])
def test_no_weight_carries_a_gradient(training, real):
    source = make_source(
        training, make, real, has_targets=True, n_networks=2, batch_size=64
    )
    for network in [*source.draw(batch(real)), *source.fixed]:
        assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("training", ["none", "queue", "full"])
def test_a_restored_source_goes_on_alike(training, real):
    source = make_source(
        training, make, real, has_targets=True, n_networks=1, batch_size=64
    )
    source.draw(batch(real))
    saved, seed = copy.deepcopy(source.state_dict()), torch.get_rng_state()
    (expected,) = source.draw(batch(real))
    expected = copy.deepcopy(expected)
    other = make_source(
        training, make, real, has_targets=True, n_networks=1, batch_size=64
    )
    other.load_state_dict(saved)
    torch.set_rng_state(seed)
    (network,) = other.draw(batch(real))
    assert same(network, expected)
    assert same(other.fixed[0], source.fixed[0])


def test_task_loss_is_cross_entropy_for_classes_and_squares_for_numbers():
    logits = torch.randn(4, 3)
    y = torch.tensor([0, 1, 2, 1])
    targets = torch.eye(3)[y] - 1 / 3
    expected = torch.nn.functional.cross_entropy(logits, y)
    torch.testing.assert_close(task_loss(logits, targets), expected)
    numbers = torch.randn(4, 1)
    expected = (logits[:, :1] - numbers).square().mean()
    torch.testing.assert_close(task_loss(logits[:, :1], numbers), expected)
