"""Trajectory matching: the student's steps, the experts, and that it learns."""

import weakref

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sklearn_distill import TrajectoryMatching
from sklearn_distill.engine.augmentation import SiameseAugmentation, crop
from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.network_sources import frozen, task_loss
from sklearn_distill.engine.networks import MLP, ConvNet
from sklearn_distill.engine.real_rows import RealRows
from sklearn_distill.parameter_matching.multi_step import experts as experts_module
from sklearn_distill.parameter_matching.multi_step.experts import (
    Training,
    train_expert,
    train_experts,
)
from sklearn_distill.parameter_matching.multi_step.inner_training import (
    FlatNetwork,
    flat_weights,
    weights_in_constant_memory,
    weights_with_graph,
)
from sklearn_distill.parameter_matching.multi_step.trajectory_loss import (
    MAX_LOSS,
    TrajectoryMatchingLoss,
)


def path_of(way, network, shape, n_steps=12):
    """Return a matching loss, and its gradients for rows, targets and step size."""
    torch.manual_seed(0)
    flat, start = FlatNetwork(frozen(network)), flat_weights(network)
    rows = torch.randn(9, *shape).requires_grad_()
    targets = (torch.eye(3).repeat(3, 1) - 1 / 3).requires_grad_()
    step_size = torch.tensor(0.2, requires_grad=True)
    goal = start + 0.05 * torch.randn_like(start)
    changes = [crop() if len(shape) == 3 else torch.sin for _ in range(n_steps)]
    steps = [(torch.randperm(9)[:5], change) for change in changes]
    end = way(flat, start, rows, targets, step_size, steps)
    loss = (end - goal).square().sum() / (start - goal).square().sum()
    return loss.detach(), *torch.autograd.grad(loss, (rows, targets, step_size))


@pytest.mark.parametrize(
    ("network", "shape"),
    [(MLP(4, 3, width=16), (4,)), (ConvNet((1, 8, 8), 3, width=4), (1, 8, 8))],
    ids=["mlp", "convnet"],
)
def test_constant_memory_has_the_gradient_of_the_graph(network, shape):
    """For rows, labels and step size, through minibatches and augmentation."""
    for one, other in zip(
        path_of(weights_in_constant_memory, network, shape),
        path_of(weights_with_graph, network, shape),
        strict=True,
    ):
        assert (one - other).norm() <= 1e-4 * other.norm()
        assert other.norm() > 0


def test_a_student_makes_the_steps_of_gradient_descent():
    """Against torch's own SGD."""
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    flat, start = FlatNetwork(network), flat_weights(network)
    rows, targets = torch.randn(6, 4), torch.eye(3).repeat(2, 1) - 1 / 3
    everything = torch.arange(6)
    found = weights_in_constant_memory(
        flat, start, rows, targets, torch.tensor(0.3), [(everything, torch.sin)] * 5
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    for _ in range(5):
        optimizer.zero_grad()
        task_loss(network(rows.sin()), targets).backward()
        optimizer.step()
    torch.testing.assert_close(found, flat_weights(network))


class Kept:
    """A tensor that autograd keeps for the way back, for as long as it does."""

    def __init__(self, tensor):
        self.tensor = tensor


def bytes_kept(way, n_steps):
    """Return the size of what is kept for the way back, and of the weights."""
    alive = weakref.WeakSet()

    def pack(tensor):
        kept = Kept(tensor)
        alive.add(kept)
        return kept

    torch.manual_seed(0)
    network = ConvNet((1, 8, 8), 3, width=8)
    flat, start = FlatNetwork(frozen(network)), flat_weights(network)
    rows = torch.randn(60, 1, 8, 8).requires_grad_()
    targets = torch.eye(3).repeat(20, 1) - 1 / 3
    steps = [(torch.arange(60), torch.sin)] * n_steps
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda kept: kept.tensor):
        end = way(flat, start, rows, targets, torch.tensor(0.1), steps)
    assert end.requires_grad
    storages = [kept.tensor.untyped_storage() for kept in alive]
    sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
    return sum(sizes.values()), start.nbytes


def test_memory_grows_by_nothing_but_the_weights_of_each_step():
    few, size = bytes_kept(weights_in_constant_memory, 4)
    many, _ = bytes_kept(weights_in_constant_memory, 12)
    assert many - few == 8 * size
    few_in_graph, _ = bytes_kept(weights_with_graph, 4)
    many_in_graph, _ = bytes_kept(weights_with_graph, 12)
    assert many_in_graph > 2.5 * few_in_graph > 20 * few


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.fixture
def real(digits):
    X, _, y, _ = digits
    targets = (np.eye(10)[y] - 0.1).astype(np.float32)
    return RealRows(X, targets, y, np.ones(len(y)), "cpu")


@pytest.fixture
def make():
    return NetworkFactory("mlp", (64,), 10, "cpu")


TRAINING = Training(3, 20, 128, 0.1, flat=False, augmentation=None)


def test_experts_are_recorded_epoch_by_epoch_and_learn(real, make):
    """And the same number gives the same expert, whoever drew before."""
    path = train_expert(make, real, TRAINING, seed=3)
    network = FlatNetwork(frozen(make()))
    losses = [float(task_loss(network(w, real.Z), real.targets)) for w in path]
    assert len(path) == 4
    assert losses == sorted(losses, reverse=True)
    torch.manual_seed(99)
    assert torch.equal(train_expert(make, real, TRAINING, seed=3), path)
    assert not torch.equal(train_expert(make, real, TRAINING, seed=4), path)


def test_flat_experts_take_the_steps_of_gsam(real, make):
    """A step by hand: up to the worst point near by, down from there, and across."""
    training = Training(1, 1, 200, 0.1, flat=True, augmentation=None)
    start, end = train_expert(make, real, training, seed=3)
    torch.manual_seed(3)
    network = FlatNetwork(frozen(make()))
    rows, targets = real.draw(200, torch.Generator().manual_seed(3))

    def slope(weights):
        return network.gradient(
            weights.clone().requires_grad_(), rows, targets, create_graph=False
        )

    here = slope(start)
    there = slope(start + experts_module.RADIUS * here / here.norm())
    across = here - (here @ there) / there.square().sum() * there
    expected = start - 0.1 * (there - experts_module.ACROSS * across)
    torch.testing.assert_close(end, expected, rtol=1e-4, atol=1e-6)


def test_experts_are_read_from_the_cache_and_damaged_ones_trained_again(
    real, make, tmp_path
):
    first = train_experts(make, real, TRAINING, 2, cache=tmp_path, n_jobs=None)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2
    times = [file.stat().st_mtime_ns for file in files]
    files[0].write_bytes(b"no expert")
    again = train_experts(make, real, TRAINING, 3, cache=tmp_path, n_jobs=None)
    assert torch.equal(again[:2], first)
    assert files[1].stat().st_mtime_ns == times[1]
    assert len(list(tmp_path.iterdir())) == 3
    other = Training(3, 20, 128, 0.2, flat=False, augmentation=None)
    assert not torch.equal(
        train_experts(make, real, other, 1, cache=tmp_path, n_jobs=None)[0], first[0]
    )


def test_experts_that_diverge_are_named(real, make):
    wild = Training(3, 20, 128, 1e6, flat=False, augmentation=None)
    with pytest.raises(ValueError, match="Lower expert_learning_rate"):
        train_expert(make, real, wild, seed=0)


def loss_of(step_size, n_epochs=1):
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    start = flat_weights(network)
    path = torch.stack([start + 0.01 * epoch for epoch in range(4)])
    return TrajectoryMatchingLoss(
        FlatNetwork(frozen(network)),
        path[None],
        n_steps=4,
        n_epochs=n_epochs,
        max_start=3 - n_epochs,
        grow_until=10,
        step_size=step_size,
        augmentation=SiameseAugmentation(None, of_images=False),
    )


def rows_of_three_classes():
    torch.manual_seed(1)
    targets = torch.eye(3).repeat(2, 1) - 1 / 3
    return torch.randn(6, 4).requires_grad_(), targets


def test_a_step_size_that_explodes_moves_no_rows_and_is_halved():
    """Until it is small enough, and no further than its range."""
    synthetic = rows_of_three_classes()
    for step_size in (1e3, float("1e30")):
        loss = loss_of(step_size)
        value = loss(synthetic, synthetic)
        assert float(value.detach()) == MAX_LOSS
        (gradient,) = torch.autograd.grad(value, synthetic[0])
        assert not gradient.any()
        assert float(loss.step_size.detach()) == pytest.approx(step_size / 2, rel=1e-5)
    with torch.no_grad():
        loss.log_step_size.fill_(-1e9)
    assert loss.step_size > 0


def test_starts_come_later_and_later():
    loss, synthetic = loss_of(1e-3), rows_of_three_classes()
    begun = set()
    loss.train_student = lambda network, start, *_: begun.add(float(start[0])) or start
    loss(synthetic, synthetic)
    assert len(begun) == 1
    for _ in range(60):
        loss(synthetic, synthetic)
    assert len(begun) == 3


def test_frozen_weights_of_a_network_stay_where_they_are():
    """In both forms of a student's steps."""
    torch.manual_seed(0)
    net = MLP(4, 3, width=8)
    net[0].requires_grad_(False)
    n_frozen = sum(p.numel() for p in net[0].parameters())
    flat, start = FlatNetwork(net), flat_weights(net)
    rows, targets = rows_of_three_classes()
    everything = [(torch.arange(len(rows)), lambda rows: rows)] * 3
    step_size = torch.tensor(0.1)
    for train in (weights_with_graph, weights_in_constant_memory):
        end = train(flat, start, rows, targets, step_size, everything).detach()
        assert torch.equal(end[:n_frozen], start[:n_frozen])
        assert not torch.equal(end[n_frozen:], start[n_frozen:])


@pytest.mark.filterwarnings("ignore:TrajectoryMatching moved the rows without")
def test_students_learn_more_from_learned_rows(digits):
    """On digits a network errs less than one on the rows that they start from."""
    X, _, y, _ = digits
    losses = []
    for learning_rate in ("auto", 1e-5):
        matching = TrajectoryMatching(
            2, n_experts=2, learning_rate=learning_rate, max_iter=40, random_state=0
        ).fit(X, y)
        losses.append(matching.distilled_.info["loss"])
        assert matching.student_step_size_ > 0
    assert losses[0] < 0.8 * losses[1]


def test_learned_labels_start_from_the_experts(digits):
    X, _, y, _ = digits
    matching = TrajectoryMatching(
        2, learn_labels=True, n_experts=1, max_epochs=3, max_iter=1, random_state=0
    )
    # So small a step leaves rows and labels where they start.
    matching.set_params(learning_rate=1e-6).fit(X, y)
    soft = matching.distilled_.soft_labels
    own = soft[np.arange(20), matching.distilled_.y]
    assert (own > 0.5).all()
    assert (own < 0.999).any()
    assert not hasattr(matching, "_teacher")


def test_regression_lowers_the_loss():
    """On held-back rows, or fit would warn."""
    X, y = load_diabetes(return_X_y=True)
    matching = TrajectoryMatching(
        10, n_experts=2, max_epochs=4, max_iter=40, random_state=0
    ).fit(X, y)
    assert len(matching.distilled_) == 10
    assert matching.distilled_.info["loss"] < 1.0


def test_what_cannot_be_matched_is_refused(digits):
    X, _, y, _ = digits

    def normalised(n_inputs, n_outputs):
        return nn.Sequential(nn.BatchNorm1d(n_inputs), nn.Linear(n_inputs, n_outputs))

    with pytest.raises(ValueError, match="batch normalization"):
        TrajectoryMatching(1, network=normalised).fit(X, y)
    with pytest.raises(ValueError, match="expert_epochs=5 is more"):
        TrajectoryMatching(1, max_epochs=4, expert_epochs=5).fit(X, y)
