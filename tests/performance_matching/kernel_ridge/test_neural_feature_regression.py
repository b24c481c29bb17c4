"""Neural feature regression: the closed form, the pool, and that it learns."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from sklearn_distill import (
    HerdingSelection,
    NeuralFeatureRegression,
    RandomSelection,
)
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_sources import NetworkQueue
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.kernel_ridge.neural_feature_loss import (
    NeuralFeatureLoss,
    feature_ridge,
    label_margin,
)


def rows(n, d=3, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def make_loss(clear_labels=False, **queue):
    """The objective on three columns and two classes, with a small network."""
    torch.manual_seed(0)

    def make():
        return MLP(3, 2, width=8, depth=1)

    settings = {"n_train_steps": 1, "task_loss": F.mse_loss, "size": 3, **queue}
    source = NetworkQueue(make, **settings)
    features = LayerOutputs(source.fixed[0], torch.zeros(2, 3))
    augmentation = SiameseAugmentation(None, of_images=False)
    return NeuralFeatureLoss(source, features, 0.1, augmentation, clear_labels), source


def batch(n, seed=0):
    return rows(n, seed=seed), torch.eye(2)[torch.arange(n) % 2] - 0.5


@pytest.mark.parametrize("n_features", [3, 20])
def test_closed_form_is_ridge_regression(n_features):
    """Against scikit-learn, with fewer and with more features than rows."""
    f_S, y_S, f_R = rows(8, n_features), rows(8, 2, 1), rows(5, n_features, 2)
    alpha = 0.3 * float(f_S.square().sum(1).mean())
    theirs = Ridge(alpha=alpha, fit_intercept=False).fit(f_S, y_S).predict(f_R)
    ours = feature_ridge(f_S, y_S, f_R, 0.3)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_label_margin_by_hand():
    """Margins 0.1 and 0.8 of three classes; the second counts as 1/3."""
    targets = torch.tensor([[0.1, 0.0, -0.1], [0.6, -0.4, -0.2]])
    assert float(label_margin(targets)) == pytest.approx(-(0.1 + 1 / 3) / 2)


def test_gradients_reach_rows_and_labels_and_no_network():
    """And they agree with finite differences through features and solve."""
    loss, source = make_loss(clear_labels=True)
    loss.eval()
    real = batch(6, seed=1)
    S, y_S = (t.requires_grad_() for t in batch(4))
    networks = source.fixed
    loss.validation_networks = lambda *_: networks
    value = loss((S, y_S), real)
    of_S, of_y = torch.autograd.grad(value, (S, y_S))
    assert all(p.grad is None for network in networks for p in network.parameters())
    for tensor, gradient in ((S, of_S), (y_S, of_y)):
        ahead = F.normalize(gradient, dim=(0, 1))
        with torch.no_grad():
            original = tensor.clone()
            values = []
            for sign in (1, -1):
                tensor.copy_(original + sign * 1e-2 * ahead)
                values.append(float(loss((S, y_S), real)))
            tensor.copy_(original)
        slope = (values[0] - values[1]) / 2e-2
        assert slope == pytest.approx(float(gradient.norm()), rel=0.05)


def test_pool_trains_on_synthetic_rows_and_is_renewed():
    """A step a draw, on their squared error; the old make room for the new."""
    loss, source = make_loss(max_steps=4, size=2, learning_rate=0.01)
    loss.train()
    S, real = batch(4), batch(6, seed=1)
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
    # Two lives of four steps in forty draws: about ten networks came and went.
    assert 9 <= len({id(network) for network in networks}) <= 12
    assert not any(p.requires_grad for n in networks for p in n.parameters())


def test_looks_are_comparable():
    """The same rows give the same loss, whatever steps were made in between."""
    loss, _ = make_loss()
    S, real = batch(4), batch(6, seed=1)
    with torch.no_grad():
        first = loss.eval()(S, real)
    for seed in range(3):
        loss.train()(batch(4, seed=seed), real)
    with torch.no_grad():
        loss.eval()(batch(4, seed=9), real)
        torch.testing.assert_close(loss.eval()(S, real), first, rtol=0, atol=0)


def test_learned_rows_beat_those_they_start_from():
    """On digits as images a nearest neighbour does better with every learned row."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    start = HerdingSelection(2, random_state=0).fit(X, y).score(X_test, y_test)
    points = NeuralFeatureRegression(2, max_iter=200, random_state=0).fit(X, y)
    assert points.score(X_test, y_test) > start + 0.02


def test_learned_labels_are_probabilities_that_stay_clear():
    """With their own class first, and more than nothing for the others."""
    X, y = load_digits(return_X_y=True)
    points = NeuralFeatureRegression(
        1, learn_labels=True, max_iter=60, random_state=0
    ).fit(X, y)
    soft = points.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    np.testing.assert_array_equal(soft.argmax(axis=1), np.arange(10))
    assert 0.3 < soft.max(axis=1).mean() < 0.999


def test_images_go_through_a_convolutional_network():
    """Images keep their shape, with the same change made to both batches."""
    X, y = load_digits(return_X_y=True)
    points = NeuralFeatureRegression(
        1,
        image_shape=(1, 8, 8),
        augmentation="auto",
        max_iter=20,
        batch_size=100,
        random_state=0,
    ).fit(X[:500], y[:500])
    assert points.distilled_.X.shape == (10, 64)
    assert np.isfinite(points.history_[:, "valid_loss"]).all()


def test_regression_learns_rows_and_y():
    """On diabetes ridge regression does better on 20 learned rows than on real ones."""
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    points = NeuralFeatureRegression(
        20, learn_labels=True, max_iter=100, random_state=0
    )
    scores = [
        Ridge(alpha=0.1).fit(Xs, ys).score(X_test, y_test)
        for Xs, ys in (
            RandomSelection(20, random_state=0).fit_distill(X, y),
            points.fit_distill(X, y),
        )
    ]
    assert scores[1] > scores[0] + 0.03


def test_needs_y():
    with pytest.raises(ValueError, match="y"):
        NeuralFeatureRegression(2).fit(np.zeros((10, 2)))
