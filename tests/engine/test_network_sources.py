"""Network sources: random, partly trained and trained networks."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import numpy as np
import pytest
import torch

from sklearn_distill.engine.network_sources import (
    NetworkQueue,
    make_source,
    thawed,
    train_step,
    trainable_names,
)
from sklearn_distill.engine.networks import MLP
from sklearn_distill.engine.real_rows import RealRows


@pytest.fixture
def real():
    """Real rows of two classes that a network can learn."""
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
    """Return a new network."""
    return MLP(3, 2, width=32, depth=1)


def batch(real):
    """Return a batch of real rows."""
    return real.draw(64, torch.Generator().manual_seed(0))


def accuracy(network, real):
    """Return the accuracy of a network on all real rows."""
    correct = network(real.Z).argmax(1) == real.targets.argmax(1)
    return correct.float().mean().item()


def same(one, other):
    """Tell whether two networks have equal states."""
    return all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


def test_random_networks_are_new_in_every_step_and_fixed_for_validation(real):
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


def test_queue_holds_networks_of_all_ages_and_replaces_old_ones(real):
    source = NetworkQueue(make, size=3, max_steps=200)
    ages = {member["left"] for member in source.pool}
    assert len(ages) == len(source.pool)
    initial = [member["network"] for member in source.pool]
    for _ in range(250):
        source.draw(batch(real))
    assert all(member["network"] not in initial for member in source.pool)
    oldest = min(source.pool, key=lambda member: member["left"])
    assert accuracy(oldest["network"], real) > 0.85


def test_queue_trains_one_step_on_a_batch_of_two_rows(real):
    """A batch of two rows is too small for five steps."""
    source = NetworkQueue(make, n_train_steps=5, size=1)
    (member,) = source.pool
    expected = thawed(copy.deepcopy(member["network"]), trainable_names(make()))
    optimizer = torch.optim.Adam(expected.parameters(), lr=source.learning_rate)
    train_step(expected, optimizer, real.Z[:2], real.targets[:2])
    (network,) = source.draw((real.Z[:2], real.targets[:2]))
    assert same(network, expected)


def test_trained_networks_are_between_initial_and_final_weights(real):
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
def test_drawn_and_fixed_networks_have_no_gradients(training, real):
    source = make_source(
        training, make, real, has_targets=True, n_networks=2, batch_size=64
    )
    for network in [*source.draw(batch(real)), *source.fixed]:
        assert not any(p.requires_grad for p in network.parameters())


@pytest.mark.parametrize("training", ["none", "queue", "full"])
def test_restored_source_draws_the_same_networks(training, real):
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


@pytest.mark.parametrize("n_rows", [3, 6, 9])
def test_queue_never_trains_on_a_single_row(HeadFirstNet, n_rows):
    """Batch normalization raises an error for a single row."""
    queue = NetworkQueue(HeadFirstNet, n_train_steps=5, size=1)
    queue.draw((torch.randn(n_rows, 5), torch.randn(n_rows, 2)))
    n_steps = int(queue.pool[0]["network"].normalize.num_batches_tracked)
    assert n_steps == min(5, n_rows // 2)
