"""Gradient matching: the gradients, the objective, and that it learns."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sklearn_distill import GradientMatching, RandomSelection
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import RandomNetworks, frozen
from sklearn_distill.engine.networks import MLP, ConvNet
from sklearn_distill.parameter_matching.single_step.distances import DISTANCES, cosine
from sklearn_distill.parameter_matching.single_step.gradient_matching import (
    GradientMatchingLoss,
)
from sklearn_distill.parameter_matching.single_step.gradients import (
    Groups,
    _by_outer_products,
    _by_transformation,
    group_gradients,
)


def mlp():
    torch.manual_seed(0)
    return MLP(4, 3, width=8).double()


def convnet():
    torch.manual_seed(0)
    return ConvNet((1, 8, 8), 3, width=4).double()


def labelled(shape, counts, seed=0):
    """Rows of three classes, class after class, with centred one-hots."""
    torch.manual_seed(seed)
    codes = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    return torch.randn(len(codes), *shape).double(), torch.eye(3).double()[
        codes
    ] - 1 / 3


@pytest.mark.parametrize(
    ("make", "shape"), [(mlp, (4,)), (convnet, (1, 8, 8))], ids=["mlp", "convnet"]
)
def test_gradients_of_groups_are_those_of_a_loop_over_classes(make, shape):
    """Class by class and layer by layer, with unequal classes, through autograd."""
    network, counts = make(), [3, 1, 2]
    rows, targets = labelled(shape, counts)
    groups = Groups(torch.tensor(counts))
    found = group_gradients(frozen(network), *groups.of(torch.arange(3), rows, targets))
    network.requires_grad_(True)
    for c, (x, t) in enumerate(
        zip(rows.split(counts), targets.split(counts), strict=True)
    ):
        loss = F.cross_entropy(network(x), t + 1 / 3)
        expected = [
            g.flatten(1)
            for g in torch.autograd.grad(loss, list(network.parameters()))
            if g.ndim > 1
        ]
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(ours[c], theirs)


def test_gradients_of_regression_are_those_of_the_squared_error():
    torch.manual_seed(0)
    network = MLP(4, 1, width=8).double()
    rows, targets = torch.randn(5, 4).double(), torch.randn(5, 1).double()
    loss = F.mse_loss(network(rows), targets)
    expected = torch.autograd.grad(loss, network[1].weight)[0]
    found = group_gradients(
        frozen(network), rows[None], targets[None], torch.full((1, 5), 0.2).double()
    )
    torch.testing.assert_close(found[0][0], expected)


@pytest.mark.parametrize("between", [nn.ReLU(inplace=True), nn.LayerNorm(8)])
def test_both_ways_to_the_gradients_agree_to_second_order(between):
    """Outer products against torch.func, in what they give and what flows back."""
    network = frozen(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 8), between, nn.Linear(8, 3)).double()
    )
    rows, targets = labelled((4,), [2, 2, 2])
    slopes = []
    for way in (_by_outer_products, _by_transformation):
        S = rows.clone().requires_grad_()
        weights = torch.full((3, 2), 0.5).double()
        gradients = way(network, S.view(3, 2, 4), targets.view(3, 2, 3), weights)
        slopes.append(torch.autograd.grad(sum(g.pow(3).sum() for g in gradients), S))
    torch.testing.assert_close(slopes[0], slopes[1])


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_distances_are_zero_between_equals_and_positive_between_others(name):
    torch.manual_seed(0)
    one, other = torch.randn(2, 3, 4, 5).double()
    assert float(DISTANCES[name](one, one)) == pytest.approx(0.0, abs=1e-9)
    assert DISTANCES[name](one, other) > 0.1


def test_cosine_by_hand():
    """Units at right angles and at 180 degrees, of real gradients of length 5 and 1."""
    one = torch.tensor([[[2.0, 0.0], [0.0, 3.0]]])
    other = torch.tensor([[[0.0, 5.0], [0.0, -1.0]]])
    assert float(cosine(one, other)) == pytest.approx((5 * 1.0 + 1 * 2.0) / 6)


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_gradients_for_rows_agree_with_finite_differences(name):
    """In double precision, through the gradient of a smooth network."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    loss = GradientMatchingLoss(
        RandomNetworks(lambda: network.double(), keep=True),
        "none",
        Groups(torch.tensor([2, 1, 2])),
        DISTANCES[name],
        SiameseAugmentation(None, of_images=False),
        has_classes=True,
    )
    S, y_S = labelled((4,), [2, 1, 2])
    real = labelled((4,), [4, 4, 4], seed=1)
    assert torch.autograd.gradcheck(
        lambda S: loss((S, y_S), real), S.requires_grad_(), atol=1e-4
    )


def test_classes_without_real_rows_in_a_look_are_left_out():
    """A look at rows of two classes is one at those classes' synthetic rows."""
    make = mlp

    def loss_of(S, real, counts):
        source = RandomNetworks(make)
        loss = GradientMatchingLoss(
            source,
            "none",
            Groups(torch.tensor(counts)),
            cosine,
            SiameseAugmentation(None, of_images=False),
            has_classes=True,
        )
        return loss.eval()(S, real)

    S, y_S = labelled((4,), [2, 1, 2])
    R, y_R = labelled((4,), [4, 0, 4], seed=1)
    whole = loss_of((S, y_S), (R, y_R), [2, 1, 2])
    kept = y_S.argmax(1) != 1
    part = loss_of((S[kept], y_S[kept]), (R, y_R), [2, 0, 2])
    torch.testing.assert_close(whole, part)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


def test_learned_rows_beat_those_they_start_from(digits):
    """On digits a nearest neighbour on learned rows beats one on random rows."""
    X, X_test, y, y_test = digits
    matching = GradientMatching(3, init="random", max_iter=80, random_state=0).fit(X, y)
    start = RandomSelection(3, random_state=0).fit(X, y).score(X_test, y_test)
    assert matching.score(X_test, y_test) > start + 0.1


@pytest.mark.parametrize("trained_on", ["real", "synthetic", "none"])
def test_networks_trained_on_anything_lower_the_loss(digits, trained_on):
    """On held-back rows, or fit would warn; with one row a class, of images."""
    X, _, y, _ = digits
    matching = GradientMatching(
        1,
        trained_on=trained_on,
        image_shape=(1, 8, 8),
        batch_size=100,
        max_iter=40,
        random_state=0,
    )
    matching.fit(X[:400], y[:400])
    assert matching.distilled_.info["loss"] > 0
    assert matching.n_iter_ == 40


def test_regression_lowers_the_loss():
    X, y = load_diabetes(return_X_y=True)
    matching = GradientMatching(10, max_iter=60, random_state=0).fit(X, y)
    losses = matching.history_[:, "valid_loss"]
    assert min(losses) < losses[0]
    assert len(matching.distilled_) == 10


def test_a_callable_distance_sees_all_classes_of_a_layer(digits):
    X, _, y, _ = digits
    seen = set()

    def squared(synthetic, real):
        seen.add(tuple(real.shape))
        return (synthetic - real).square().sum()

    GradientMatching(1, distance=squared, max_iter=40, random_state=0).fit(X, y)
    assert seen == {(10, 128, 64), (10, 128, 128), (10, 10, 128)}


def test_batch_normalisation_and_dropout_are_taken_as_in_evaluation(digits):
    X, _, y, _ = digits

    def make(n_inputs, n_outputs):
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(n_inputs, 16),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(16, n_outputs),
        )

    for trained_on in ("none", "real"):
        matching = GradientMatching(
            1, network=make, trained_on=trained_on, max_iter=20, random_state=0
        ).fit(X, y)
        losses = matching.history_[:, "valid_loss"]
        assert np.isfinite(losses).all()


class Squared(nn.Sequential):
    def forward(self, x):
        return super().forward(x).square()


class ScaledLinear(nn.Linear):
    def forward(self, x):
        return 3.0 * super().forward(x)


@pytest.mark.parametrize("own", ["network", "layer"])
def test_an_overridden_forward_counts(own):
    """In the network as a whole and in one of its layers."""
    torch.manual_seed(0)
    linear, whole = nn.Linear, nn.Sequential
    if own == "layer":
        linear = ScaledLinear
    else:
        whole = Squared
    network = whole(nn.Flatten(), linear(4, 5), nn.Tanh(), linear(5, 3)).double()
    rows, targets = labelled((4,), [2, 2, 2])
    groups = Groups(torch.tensor([2, 2, 2])).of(torch.arange(3), rows, targets)
    found = group_gradients(frozen(network), *groups)
    expected = _by_transformation(network, *groups)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
