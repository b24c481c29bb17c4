"""Meta-learning: gradients through training, memory, labels, and that it learns."""

import weakref

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_blobs
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from torch import nn
from torch.func import functional_call

from sklearn_distill import HerdingSelection, MetaLearning
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import RandomNetworks, task_loss
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.meta_learning.meta_learning import (
    MetaLearningLoss,
)
from sklearn_distill.performance_matching.meta_learning.unrolling import (
    ClippedGradients,
    UnrolledTraining,
)


def small_problem(n_targets=2):
    """Rows, targets, real rows and a smooth network, in double precision."""
    generator = torch.Generator().manual_seed(0)
    S, R = (torch.randn(n, 3, generator=generator).double() for n in (4, 6))
    y_S, y_R = (torch.randn(n, n_targets, generator=generator) for n in (4, 6))
    if n_targets > 1:
        y_S, y_R = (y.softmax(1) - 1 / n_targets for y in (y_S, y_R))
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, n_targets))
    return S, y_S.double(), R, y_R.double(), network.double()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_meta_gradients_agree_with_finite_differences(optimizer, recompute, n_targets):
    """Of rows, labels and step size, in double precision, through four steps."""
    S, y_S, R, y_R, network = small_problem(n_targets)
    train = UnrolledTraining(task_loss, optimizer, recompute)

    def objective(S, y_S, step_size):
        return task_loss(train(network, S, y_S, step_size, 0, 4)(R), y_R)

    given = S, y_S, torch.tensor(0.05).double()
    assert torch.autograd.gradcheck(
        objective, [t.requires_grad_() for t in given], eps=1e-6, atol=1e-7, rtol=1e-4
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_is_that_of_torch(optimizer):
    """Ten steps end where torch's own optimiser ends."""
    S, y_S, R, _, network = small_problem()
    step_size = torch.tensor(0.01).double()
    ours = UnrolledTraining(task_loss, optimizer)(network, S, y_S, step_size, 4, 6)(R)
    theirs = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    }[optimizer](network.parameters())
    for _ in range(10):
        theirs.zero_grad()
        task_loss(network(S), y_S).backward()
        theirs.step()
    # Our Adam has its guard inside the root.
    torch.testing.assert_close(ours, network(R), atol=1e-3, rtol=1e-3)


def test_gradients_flow_through_the_window_alone():
    """They are those of one step of SGD from where torch's own has come to."""
    S, y_S, R, y_R, network = small_problem()
    S.requires_grad_()
    train = UnrolledTraining(task_loss, "sgd")
    step_size = torch.tensor(0.1).double()
    loss = task_loss(train(network, S, y_S, step_size, 3, 1)(R), y_R)
    (found,) = torch.autograd.grad(loss, S)

    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        task_loss(network(S.detach()), y_S).backward()
        optimizer.step()
    named = dict(network.named_parameters())
    gradients = torch.autograd.grad(
        task_loss(network(S), y_S), list(named.values()), create_graph=True
    )
    moved = {
        name: p.detach() - 0.1 * (0.9 * optimizer.state[p]["momentum_buffer"] + g)
        for (name, p), g in zip(named.items(), gradients, strict=True)
    }
    last = task_loss(functional_call(network, moved, (R,)), y_R)
    torch.testing.assert_close(found, torch.autograd.grad(last, S)[0])


class Kept:
    """What a graph keeps in place of a tensor; it goes when the graph goes."""

    def __init__(self, tensor):
        self.tensor = tensor


def numbers_kept(n_before, n_window, recompute):
    """How many numbers the graph of a training keeps when it is over."""
    S, y_S, R, y_R, network = small_problem()
    S = S.repeat(50, 1).requires_grad_()
    y_S = y_S.repeat(50, 1)
    kept = weakref.WeakSet()

    def pack(tensor):
        one = Kept(tensor)
        kept.add(one)
        return one

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one.tensor):
        train = UnrolledTraining(task_loss, "adam", recompute)
        step_size = torch.tensor(0.01).double()
        trained = train(network, S, y_S, step_size, n_before, n_window)
        loss = task_loss(trained(R), y_R)
    sizes = {one.tensor.data_ptr(): one.tensor.numel() for one in kept}
    assert loss.requires_grad
    return sum(sizes.values())


def test_memory_is_that_of_the_window():
    """The horizon adds nothing, and with recomputing the window little."""
    assert numbers_kept(50, 5, False) == numbers_kept(0, 5, False)
    growth = numbers_kept(0, 10, False) - numbers_kept(0, 5, False)
    growth_recomputed = numbers_kept(0, 10, True) - numbers_kept(0, 5, True)
    n_weights = 3 * 5 + 5 + 5 * 2 + 2
    assert growth_recomputed <= 5 * 3 * n_weights
    assert growth > 10 * growth_recomputed


def test_gradients_are_held_to_twice_their_usual_norm():
    """All tensors together; a leap counts as what is left of it."""
    clipped = ClippedGradients()
    a, b = torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)

    def gradient_of(scale):
        a.grad = b.grad = None
        one, other = clipped(a, b)
        (scale * (3.0 * one[0] + 4.0 * other[0])).backward()
        return torch.cat([a.grad, b.grad])

    torch.testing.assert_close(gradient_of(1.0), torch.tensor([3.0, 0.0, 4.0]))
    torch.testing.assert_close(gradient_of(100.0), torch.tensor([6.0, 0.0, 8.0]))
    assert float(clipped.usual) == pytest.approx(0.9 * 5.0 + 0.1 * 10.0)
    torch.testing.assert_close(gradient_of(1.0), torch.tensor([3.0, 0.0, 4.0]))


def test_what_is_not_learned_does_not_count_towards_the_norm():
    clipped = ClippedGradients()
    a, fixed = torch.zeros(2, requires_grad=True), torch.ones(1)
    one, other = clipped(a, fixed)
    assert other is fixed
    (3.0 * one[0] + 4.0 * other[0]).backward()
    assert float(clipped.usual) == pytest.approx(3.0)


def test_frozen_weights_stay_as_they_are():
    """Those that a user's module came with; the others are trained."""
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    network[0].requires_grad_(False)
    rows, targets = torch.randn(6, 4), torch.eye(3).repeat(2, 1) - 1 / 3
    for optimizer in ("sgd", "adam"):
        inner = UnrolledTraining(task_loss, optimizer)
        trained = inner(network, rows, targets, torch.tensor(0.1), 2, 2)
        weights = trained.args[1]
        for p, w in zip(network.parameters(), weights, strict=True):
            assert torch.equal(p, w) != p.requires_grad


def test_unused_weights_and_statistics_do_no_harm():
    """A layer that no row goes through, and batch normalisation, left as it was."""

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.used = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
            self.head, self.unused = nn.Linear(4, 2), nn.Linear(7, 7)

        def forward(self, x):
            return self.head(self.used(x))

    S, y_S, R, y_R, _ = small_problem()
    network = Odd().double()
    before = {name: b.clone() for name, b in network.state_dict().items()}
    S.requires_grad_()
    train = UnrolledTraining(task_loss, "adam")
    task_loss(train(network, S, y_S, torch.tensor(0.1), 2, 2)(R), y_R).backward()
    assert torch.isfinite(S.grad).all()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_networks_learn_more_from_learned_rows(loss):
    """On digits the loss on held-back rows falls, for networks that saw no step."""
    X, y = load_digits(return_X_y=True)
    meta = MetaLearning(1, loss=loss, max_iter=60, random_state=0).fit(X, y)
    losses = meta.history_[:, "valid_loss"]
    assert min(losses) < 0.97 * losses[0]
    assert meta.inner_learning_rate_ != MetaLearning().inner_learning_rate


def test_labels_alone():
    """Of classes that overlap: rows stay real ones, labels say how they overlap."""
    X, y = make_blobs(600, centers=[[0, 0], [1, 0], [0, 1]], random_state=0)
    meta = MetaLearning(
        3, learn_rows=False, learn_labels=True, max_iter=40, random_state=0
    ).fit(X, y)
    distances = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(meta.distilled_.X)[0]
    np.testing.assert_allclose(distances, 0.0, atol=1e-5)
    soft = meta.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    assert 0.4 < soft.max(axis=1).mean() < 0.9
    losses = meta.history_[:, "valid_loss"]
    assert min(losses) < losses[0]


@pytest.mark.parametrize(
    ("budget", "window", "expected"), [(2, 15, 20), (2, 30, 30), (150, 15, 75)]
)
def test_many_rows_are_trained_on_for_longer(budget, window, expected, monkeypatch):
    """One step for eight rows, but a window's worth at least, and twenty."""
    seen = []

    def forward(self, synthetic, real):
        seen.append(self.horizon)
        return synthetic[0].square().mean()

    monkeypatch.setattr(MetaLearningLoss, "forward", forward)
    X, y = make_blobs(2_000, centers=4, random_state=0)
    MetaLearning(budget, window=window, max_iter=2, random_state=0).fit(X, y)
    assert set(seen) == {expected}


def test_nothing_to_learn_and_window_beyond_horizon_are_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="nothing to learn"):
        MetaLearning(2, learn_rows=False).fit(X, y)
    with pytest.raises(ValueError, match="window=50 is longer"):
        MetaLearning(2, window=50, horizon=20).fit(X, y)
    with pytest.raises(ValueError, match="y"):
        MetaLearning(2).fit(X)


def test_looks_are_comparable():
    """The same rows give the same loss, whatever steps were made in between."""
    S, y_S, R, y_R, _ = small_problem()
    torch.manual_seed(0)

    def make():
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()

    loss = MetaLearningLoss(
        RandomNetworks(make, n_fixed=2),
        UnrolledTraining(task_loss),
        horizon=6,
        window=2,
        step_size=0.1,
        learn_step_size=True,
        augmentation=SiameseAugmentation(None, of_images=False),
    )
    with torch.no_grad():
        first = loss.eval()((S, y_S), (R, y_R))
        other = loss((S + 1, y_S), (R, y_R))
    loss.train()((S.requires_grad_(), y_S), (R, y_R)).backward()
    assert torch.isfinite(loss.log_step_size.grad)
    with torch.no_grad():
        again = loss.eval()((S, y_S), (R, y_R))
    assert float(first) == float(again) != float(other)


def test_images_and_regression():
    """Images keep their shape; a continuous y is learned with the rows."""
    X, y = load_digits(return_X_y=True)
    meta = MetaLearning(
        1, image_shape=(1, 8, 8), horizon=4, window=2, max_iter=4, batch_size=50
    ).fit(X[:300], y[:300])
    assert meta.distilled_.X.shape == (10, 64)
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    start = HerdingSelection(20, random_state=0).fit_distill(X, y)
    meta = MetaLearning(20, learn_labels=True, max_iter=80, random_state=0)
    scores = [
        Ridge(alpha=0.1).fit(Xs, ys).score(X_test, y_test)
        for Xs, ys in (start, meta.fit_distill(X, y))
    ]
    assert scores[1] > scores[0]
