"""Kernel inducing points: the kernels, the objective, and that it learns."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from sklearn_distill import HerdingSelection, KernelInducingPoints
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.kernel_ridge.kernels import (
    BIAS_VARIANCE,
    WEIGHT_VARIANCE,
    gaussian,
    laplacian,
    linear,
    wide_network,
)
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import (
    KernelRidgeLoss,
    mean_discrepancy,
    ridge_weights,
)


def rows(n, d=3, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=dtype)


def test_ridge_weights_are_those_of_kernel_ridge_regression():
    """Against scikit-learn's KernelRidge with the same kernel and penalty."""
    S, y, R = rows(8), rows(8, 2, 1), rows(5, 3, 2)
    kernel = gaussian(2.0)
    ours = kernel(R, S) @ ridge_weights(kernel(S, S), y, 0.3)
    theirs = KernelRidge(kernel="rbf", gamma=0.5, alpha=0.3).fit(S, y).predict(R)
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize("tangent", [False, True])
@pytest.mark.parametrize("depth", [1, 2])
def test_kernels_of_wide_networks_are_limits_of_networks(depth, tangent):
    """A network of width 4,096 with random weights comes close, in both kernels."""
    torch.manual_seed(0)
    a = rows(3, 4, dtype=torch.float32)
    expected = wide_network(depth, tangent)(a, a)
    total = torch.zeros(3, 3)
    n_networks = 4 if tangent else 30
    for _ in range(n_networks):
        net = MLP(4, 1 if tangent else 1_024, width=4_096, depth=depth)
        layers = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
        for layer in layers:
            torch.nn.init.normal_(layer.weight)
            torch.nn.init.normal_(layer.bias)

        # In the limit's own parametrisation: unit normal weights, scaled in forward.
        def forward(x, layers=layers):
            for i, layer in enumerate(layers):
                scale = (WEIGHT_VARIANCE / layer.in_features) ** 0.5
                x = scale * x @ layer.weight.T + BIAS_VARIANCE**0.5 * layer.bias
                x = x.relu() if i < len(layers) - 1 else x
            return x

        if tangent:
            gradients = []
            for row in a:
                grads = torch.autograd.grad(
                    forward(row[None]).sum(),
                    [p for layer in layers for p in layer.parameters()],
                )
                gradients.append(torch.cat([g.ravel() for g in grads]))
            G = torch.stack(gradients)
            total += G @ G.T
        else:
            with torch.no_grad():
                out = forward(a)
            total += out @ out.T / out.shape[1]
    np.testing.assert_allclose(total / n_networks, expected, rtol=0.1, atol=0.05)


@pytest.mark.parametrize(
    "kernel", [linear, gaussian(2.0), laplacian(2.0), wide_network(2, True)]
)
def test_gradients_agree_with_finite_differences(kernel):
    """In double precision, through the solve and through the discrepancy."""
    y_S, y_R = (
        torch.eye(2).double()[[0, 1, 0, 1]] - 0.5,
        torch.eye(2).double()[[0, 1, 1]],
    )
    loss = KernelRidgeLoss([kernel], ridge=0.2, mmd_weight=1.0, has_classes=True)
    R = rows(3, seed=5)

    def objective(S):
        # The module's own sum starts in single precision; its terms are double.
        return loss((S, y_S), (R, y_R - 0.5)).double()

    assert torch.autograd.gradcheck(
        objective, rows(4).requires_grad_(), eps=1e-4, atol=1e-3, rtol=1e-3
    )


def test_discrepancy_by_hand():
    """Two classes with a row each: the definition, term by term."""
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6, 0.1], [0.2, 0.4, 0.9]])
    like_SR = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = mean_discrepancy(K_SS, K_SR, torch.eye(2), like_SR)
    assert float(found) == pytest.approx(1.0 - 2 * (0.7 + 0.9) / 2)


def test_discrepancy_leaves_out_classes_without_real_rows():
    """Else rows of a class that a look does not show would gain by fleeing apart."""
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6], [0.2, 0.4]])
    like_SR = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    found = mean_discrepancy(K_SS, K_SR, torch.eye(2), like_SR)
    assert float(found) == pytest.approx(1.0 - 2 * 0.7)


@pytest.mark.parametrize("seed", [0, 1])
def test_learned_labels_serve_as_their_rows_own_do(seed):
    """Labels that are learned are those that the rows are returned with."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=seed)
    points = KernelInducingPoints(3, learn_labels=True, max_iter=150, random_state=seed)
    X_few, y_few, weights = points.fit(X, y).distilled_.expand()
    scale = MinMaxScaler().fit(X)
    model = LogisticRegression(max_iter=1000)
    model.fit(scale.transform(X_few), y_few, sample_weight=weights)
    assert model.score(scale.transform(X_test), y_test) > 0.8


def test_learned_rows_beat_those_they_start_from():
    """On digits a nearest neighbour on learned rows beats one on herded rows."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    start = HerdingSelection(5, random_state=0).fit(X, y).score(X_test, y_test)
    points = KernelInducingPoints(5, max_iter=100, random_state=0).fit(X, y)
    assert points.score(X_test, y_test) > start + 0.02
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("init", ["auto", "herding", "k-means", "random"])
def test_rows_start_where_init_says(init):
    """For classes "auto" is herding; only centroids are no real rows."""
    X, y = load_digits(return_X_y=True)
    points = KernelInducingPoints(
        2, init=init, max_iter=1, learning_rate=1e-9, random_state=0
    )
    small = points.fit_distill(X, y)
    is_real = [(row == X).all(axis=1).any() for row in small.X]
    assert all(is_real) == (init != "k-means")
    np.testing.assert_array_equal(np.bincount(small.y), 2)
    if init == "auto":
        other = clone(points).set_params(init="herding").fit_distill(X, y)
        np.testing.assert_array_equal(small.X, other.X)
