"""Kernels of random networks: scale, limit, and renewal in every step."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_distill import HerdingSelection, KernelInducingPoints
from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.kernel_ridge.random_features import (
    INTERCEPT,
    FeatureKernel,
)


def make_kernel(width=16, n_networks=2, n_columns=3):
    """Return a kernel of random networks and the rows that set its scale."""
    torch.manual_seed(0)
    source = RandomNetworks(lambda: MLP(n_columns, 2, width, 1), n_networks)
    reference = torch.randn(32, n_columns)
    features = LayerOutputs(source.fixed[0], reference)
    return FeatureKernel(source, features, reference), reference


@pytest.fixture(scope="module")
def digits():
    """Training and test data of the digits."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


def test_kernel_is_symmetric_positive_and_has_unit_scale():
    kernel, reference = make_kernel()
    K = kernel(reference, reference)
    torch.testing.assert_close(K, K.T)
    assert torch.linalg.eigvalsh(K.double()).min() > -1e-6
    assert float(K.diagonal().mean()) == pytest.approx(1.0 + INTERCEPT, rel=1e-4)


def test_kernels_of_more_networks_vary_less():

    def spread(n_networks):
        kernel, reference = make_kernel(n_networks=n_networks)
        drawn = []
        for _ in range(8):
            kernel.renew(training=True)
            drawn.append(kernel(reference, reference))
        return float(torch.stack(drawn).std(dim=0).mean())

    assert spread(16) < 0.5 * spread(1)


def test_renew_replaces_networks_in_training_but_not_in_validation():
    kernel, reference = make_kernel()
    kernel.renew(training=False)
    fixed = kernel(reference, reference)
    kernel.renew(training=True)
    assert not torch.allclose(kernel(reference, reference), fixed)
    kernel.renew(training=False)
    torch.testing.assert_close(kernel(reference, reference), fixed, rtol=0, atol=0)


@pytest.mark.parametrize("image_shape", [None, (1, 8, 8)])
def test_learned_rows_score_higher_than_herded_rows(digits, image_shape):
    """Networks are perceptrons for flat rows and convolutional networks for images."""
    X, X_test, y, y_test = digits
    start = HerdingSelection(2, random_state=0).fit(X, y).score(X_test, y_test)
    points = KernelInducingPoints(
        2,
        kernel="random_features",
        n_networks=2,
        image_shape=image_shape,
        max_iter=60 if image_shape is None else 20,
        batch_size=500,
        random_state=0,
    ).fit(X, y)
    score = points.score(X_test, y_test)
    assert score > start if image_shape is None else score > 0.5
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]
