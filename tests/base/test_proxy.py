"""Proxies: networks that are trained on real rows in order to score them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import get_distiller
from sklearn_distill.base.proxy import (
    MAX_BATCHES,
    all_outputs,
    as_logits,
    train_proxy,
)
from sklearn_distill.engine.networks import MLP


@pytest.mark.parametrize("method", ["forgetting", "gradient-norm"])
def test_proxy_needs_a_criterion_that_fits_its_outputs(method):
    """The default criterion of skorch expects probabilities; MLP returns logits."""
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(MLP, module__width=8, lr=0.01)
    distiller = get_distiller(method)(2, max_epochs=2, proxy=net, random_state=0)
    with pytest.raises(ValueError, match="CrossEntropyLoss"):
        distiller.fit(X, y)
    distiller.set_params(proxy__criterion=nn.CrossEntropyLoss)
    assert len(distiller.fit_distill(X, y)) == 6


def test_as_logits_takes_the_logarithm_of_probabilities():
    net = NeuralNetClassifier(nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1)))
    net.initialize()
    outputs = torch.tensor([[0.7, 0.2, 0.1]])
    torch.testing.assert_close(as_logits(net, outputs).softmax(dim=1), outputs)


@pytest.mark.parametrize("callbacks", [None, "disable"])
def test_train_proxy_draws_rows_in_proportion_to_their_weights(callbacks):
    """Two classes overlap completely, so that the heavier class is always predicted."""
    rng = np.random.RandomState(0)
    Z = rng.randn(400, 2).astype(np.float32)
    y = np.arange(400) % 2
    weights = np.where(y == 1, 20.0, 1.0)
    proxy = NeuralNetClassifier(
        MLP,
        module__n_inputs=2,
        module__n_outputs=2,
        criterion=nn.CrossEntropyLoss,
        iterator_train__shuffle=True,
        callbacks=callbacks,
    )
    nets = []
    net = train_proxy(
        proxy,
        Z,
        y,
        sample_weight=weights,
        max_epochs=3,
        device="cpu",
        seed=0,
        after_epoch=nets.append,
    )
    assert len(nets) == 3
    assert (all_outputs(net, Z).argmax(dim=1) == 1).all()


def test_train_proxy_trains_a_clone_and_keeps_the_global_generator():
    X, y = load_iris(return_X_y=True)
    Z, before = X.astype(np.float32), torch.get_rng_state()
    proxy = NeuralNetClassifier(MLP, criterion=nn.CrossEntropyLoss, callbacks="disable")
    params = {"sample_weight": np.ones(150), "max_epochs": 2, "device": "cpu"}
    net = train_proxy(proxy, Z, y, seed=0, **params)
    again = train_proxy(proxy, Z, y, seed=0, **params)
    assert not proxy.initialized_
    assert torch.equal(torch.get_rng_state(), before)
    assert all_outputs(net, Z).shape == (150, 3)
    assert torch.equal(all_outputs(net, Z), all_outputs(again, Z))
    torch.testing.assert_close(all_outputs(net, Z, chunk=7), all_outputs(net, Z))


def trained_on(n, net=None):
    """Return a proxy that is trained for two epochs on n rows."""
    rng = np.random.RandomState(0)
    Z = rng.randn(n, 3).astype(np.float32)
    y = (Z[:, 0] > 0).astype(np.int64)
    settings = {"sample_weight": np.ones(n), "max_epochs": 2, "device": "cpu"}
    return train_proxy(net, Z, y, seed=0, **settings), Z


def test_default_proxy_learns_like_a_net_that_fetches_rows_one_by_one():
    fast, Z = trained_on(300)
    slow = NeuralNetClassifier(
        MLP,
        module__n_inputs=3,
        module__n_outputs=2,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=1e-3,
        batch_size=128,
        iterator_train__shuffle=True,
    )
    slow, _ = trained_on(300, slow)
    assert torch.equal(all_outputs(fast, Z), all_outputs(slow, Z))


def test_default_proxy_makes_a_limited_number_of_steps_per_epoch():
    for n, batch_size in ((300, 128), (128 * MAX_BATCHES, 128), (32_896, 257)):
        net, _ = trained_on(n)
        assert net.batch_size == batch_size
        assert len(net.history[-1, "batches"]) <= MAX_BATCHES
