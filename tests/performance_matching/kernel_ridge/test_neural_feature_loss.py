"""The objective of neural feature regression: the closed form and the networks."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import Ridge

from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_sources import NetworkQueue
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.kernel_ridge.neural_feature_loss import (
    NeuralFeatureLoss,
    feature_ridge,
    label_margin,
)


def normal_rows(n, d=3, seed=0):
    """Return standard normal rows."""
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def make_loss(clear_labels=False, **queue):
    """Return the objective for three columns and two classes, and its networks."""
    torch.manual_seed(0)

    def make():
        return MLP(3, 2, width=8, depth=1)

    settings = {"n_train_steps": 1, "task_loss": F.mse_loss, "size": 3, **queue}
    source = NetworkQueue(make, **settings)
    features = LayerOutputs(source.fixed[0], torch.zeros(2, 3))
    augmentation = SiameseAugmentation(None, of_images=False)
    return NeuralFeatureLoss(source, features, 0.1, augmentation, clear_labels), source


def make_batch(n, seed=0):
    """Return rows of two classes with centered one-hot labels."""
    return normal_rows(n, seed=seed), torch.eye(2)[torch.arange(n) % 2] - 0.5


@pytest.mark.parametrize("n_features", [3, 20])
def test_feature_ridge_agrees_with_ridge_of_scikit_learn(n_features):
    """The number of features is smaller or larger than the number of rows."""
    f_S, y_S, f_R = (
        normal_rows(8, n_features),
        normal_rows(8, 2, 1),
        normal_rows(5, n_features, 2),
    )
    alpha = 0.3 * float(f_S.square().sum(1).mean())
    theirs = Ridge(alpha=alpha, fit_intercept=False).fit(f_S, y_S).predict(f_R)
    ours = feature_ridge(f_S, y_S, f_R, 0.3)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_label_margin_by_hand():
    """The margins are 0.1 and 0.8; the second one is clipped to 1/3."""
    targets = torch.tensor([[0.1, 0.0, -0.1], [0.6, -0.4, -0.2]])
    assert float(label_margin(targets)) == pytest.approx(-(0.1 + 1 / 3) / 2)


def test_gradients_of_rows_and_labels_agree_with_finite_differences():
    """The weights of the networks, which a step size of 0 fixes, get no gradients."""
    loss, source = make_loss(clear_labels=True, learning_rate=0.0)
    loss.eval()
    real = make_batch(6, seed=1)
    S, y_S = (t.requires_grad_() for t in make_batch(4))
    networks = source.fixed
    value = loss((S, y_S), real)
    of_S, of_y = torch.autograd.grad(value, (S, y_S))
    assert all(p.grad is None for network in networks for p in network.parameters())
    for tensor, gradient in ((S, of_S), (y_S, of_y)):
        direction = F.normalize(gradient, dim=(0, 1))
        with torch.no_grad():
            original = tensor.clone()
            values = []
            for sign in (1, -1):
                tensor.copy_(original + sign * 1e-2 * direction)
                values.append(float(loss((S, y_S), real)))
            tensor.copy_(original)
        slope = (values[0] - values[1]) / 2e-2
        assert slope == pytest.approx(float(gradient.norm()), rel=0.05)


def test_pool_trains_networks_on_distilled_rows_and_replaces_them():
    """Every draw is one training step, and old networks are replaced by new ones."""
    loss, source = make_loss(max_steps=4, size=2, learning_rate=0.01)
    loss.train()
    S, real = make_batch(4), make_batch(6, seed=1)
    (oldest,) = [member for member in source.pool if member["left"] == 2]
    first = oldest["network"]

    def error():
        with torch.no_grad():
            return float(F.mse_loss(first(S[0]), S[1]))

    before = error()
    networks = []
    for _ in range(40):
        loss(S, real)
        networks += [member["network"] for member in source.pool]
    assert error() < before
    assert first not in [member["network"] for member in source.pool]
    # A network makes four steps, so that about ten networks are used in forty draws.
    assert 9 <= len({id(network) for network in networks}) <= 12
    assert not any(p.requires_grad for n in networks for p in n.parameters())


def test_validation_loss_of_equal_rows_is_constant():
    """Training steps in between do not change the validation loss."""
    loss, _ = make_loss()
    S, real = make_batch(4), make_batch(6, seed=1)
    with torch.no_grad():
        first = loss.eval()(S, real)
    for seed in range(3):
        loss.train()(make_batch(4, seed=seed), real)
    with torch.no_grad():
        loss.eval()(make_batch(4, seed=9), real)
        torch.testing.assert_close(loss.eval()(S, real), first, rtol=0, atol=0)
