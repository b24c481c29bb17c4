"""Gradient norms: EL2N and GraNd by definition, and the rows that are selected."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import GradientNormSelection
from sklearn_distill.engine.networks import MLP
from sklearn_distill.selection.gradient_norm import error_norms, gradient_norms


def make_net(module, criterion=nn.CrossEntropyLoss):
    """Return a skorch net with this module."""
    return NeuralNetClassifier(module, criterion=criterion).initialize()


def test_gradient_norms_agree_with_autograd_for_single_rows():
    """Probabilities and logits give the same norms."""
    torch.manual_seed(0)
    module = MLP(3, 4, width=8)
    Z = np.random.RandomState(0).randn(7, 3).astype(np.float32)
    y = np.random.RandomState(1).randint(4, size=7)
    one_by_one = []
    for row, label in zip(Z, y, strict=True):
        module.zero_grad()
        outputs = module(torch.tensor(row)[None])
        torch.nn.functional.cross_entropy(outputs, torch.tensor([label])).backward()
        squares = sum(p.grad.square().sum() for p in module.parameters())
        one_by_one.append(float(squares.sqrt()))
    np.testing.assert_allclose(
        gradient_norms(make_net(module), Z, y, "cpu"), one_by_one, rtol=1e-4
    )
    # The default criterion of skorch is for modules that end with a softmax.
    net = make_net(nn.Sequential(module, nn.Softmax(dim=1)), nn.NLLLoss)
    np.testing.assert_allclose(gradient_norms(net, Z, y, "cpu"), one_by_one, rtol=1e-3)


def test_error_norms_by_hand():
    """A certain, correct prediction scores 0; a certain, wrong one the root of 2."""
    outputs = torch.tensor([[50.0, 0.0], [0.0, 50.0], [0.0, 0.0]])
    norms = error_norms(outputs, np.array([0, 0, 1]))
    np.testing.assert_allclose(norms, [0.0, 2**0.5, 0.5**0.5], atol=1e-6)


@pytest.mark.parametrize("criterion", ["el2n", "grand"])
def test_hard_rows_are_closer_to_the_decision_boundary_than_easy_rows(criterion):
    X, y = make_blobs(200, centers=[[-2, 0], [2, 0]], random_state=0)

    def distance(prefer):
        selection = GradientNormSelection(
            5, criterion=criterion, prefer=prefer, n_networks=2, random_state=0
        )
        return np.abs(selection.fit(X, y).distilled_.X[:, 0]).mean()

    assert distance("hard") < 1.5 < 2.5 < distance("easy")


def test_fit_raises_when_y_is_continuous():
    X = np.random.RandomState(0).randn(40, 2)
    with pytest.raises(ValueError, match="needs class labels"):
        GradientNormSelection(5).fit(X, X[:, 0])
