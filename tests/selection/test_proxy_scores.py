"""Uncertainty, forgetting and gradient norms: scores against their definitions."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import (
    ForgettingSelection,
    GradientNormSelection,
    UncertaintySelection,
)
from sklearn_distill.base.proxy import all_outputs, as_logits, train_proxy
from sklearn_distill.engine.networks import MLP
from sklearn_distill.selection.forgetting import ForgettingCounter
from sklearn_distill.selection.gradient_norm import error_norms, gradient_norms
from sklearn_distill.selection.uncertainty import uncertainty


@given(n_classes=st.integers(2, 6), seed=st.integers(0, 1_000))
def test_uncertainty_spans_zero_to_one(n_classes, seed):
    """A certain row scores 0, a uniform guess 1, all others lie between."""
    proba = np.random.RandomState(seed).dirichlet(np.ones(n_classes), size=8)
    proba[0], proba[1] = np.eye(n_classes)[0], 1 / n_classes
    for criterion in ("margin", "entropy", "least-confidence"):
        scores = uncertainty(proba, criterion)
        assert scores[0] == pytest.approx(0.0)
        assert scores[1] == pytest.approx(1.0)
        assert ((scores >= 0) & (scores <= 1 + 1e-9)).all()


def test_certain_rows_lie_inside_and_uncertain_ones_at_the_border():
    """On two blobs in a line the kept rows' distance to the border tells them apart."""
    X, y = make_blobs(300, centers=[[-2, 0], [2, 0]], random_state=0)

    def distance(prefer):
        selection = UncertaintySelection(
            10, proxy=LogisticRegression(), prefer=prefer, random_state=0
        )
        return np.abs(selection.fit(X, y).distilled_.X[:, 0]).mean()

    assert distance("certain") > 3 > 1.5 > distance("uncertain")


def test_forgetting_counts_falls_from_right_to_wrong():
    """Four rows: never forgotten, forgotten twice, never learned, learned late."""
    counter = ForgettingCounter(4)
    for right in ([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 1], [1, 0, 0, 1]):
        counter.look(np.array(right, dtype=bool))
    assert list(counter.scores()) == [0, 2, 3, 0]


def test_forgetting_tells_wrong_labels_from_right_ones():
    """Rows with flipped labels are what a network forgets or never learns."""
    X, y = make_blobs(300, centers=2, cluster_std=2.0, random_state=1)
    wrong = np.random.RandomState(0).rand(300) < 0.15
    noisy = np.where(wrong, 1 - y, y)

    def share_wrong(prefer):
        selection = ForgettingSelection(
            20, prefer=prefer, n_networks=1, max_epochs=8, random_state=0
        )
        rows = selection.fit(X, noisy).distilled_.X
        return np.mean([wrong[(X == row).all(axis=1)][0] for row in rows])

    assert share_wrong("easy") < 0.05
    assert share_wrong("hard") > 0.3


def test_gradient_norms_are_those_of_autograd_row_by_row():
    """All rows at once give what a loop over rows gives."""
    torch.manual_seed(0)
    module = MLP(3, 4, width=8)
    Z = np.random.RandomState(0).randn(7, 3).astype(np.float32)
    y = np.random.RandomState(1).randint(4, size=7)
    one_by_one = []
    for row, label in zip(Z, y, strict=True):
        module.zero_grad()
        said = module(torch.tensor(row)[None])
        torch.nn.functional.cross_entropy(said, torch.tensor([label])).backward()
        squares = sum(p.grad.square().sum() for p in module.parameters())
        one_by_one.append(float(squares.sqrt()))
    np.testing.assert_allclose(
        gradient_norms(fitted(module), Z, y, "cpu"), one_by_one, rtol=1e-4
    )
    # skorch's own criterion is for modules that end in a softmax.
    sure = fitted(nn.Sequential(module, nn.Softmax(dim=1)), nn.NLLLoss)
    np.testing.assert_allclose(gradient_norms(sure, Z, y, "cpu"), one_by_one, rtol=1e-3)


def fitted(module, criterion=nn.CrossEntropyLoss):
    return NeuralNetClassifier(module, criterion=criterion).initialize()


def test_probabilities_are_taken_for_what_they_are():
    net = fitted(nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1)), nn.NLLLoss)
    outputs = torch.tensor([[0.7, 0.2, 0.1]])
    torch.testing.assert_close(as_logits(net, outputs).softmax(dim=1), outputs)


@pytest.mark.parametrize("callbacks", [None, "disable"])
def test_rows_of_more_weight_train_a_proxy_more(callbacks):
    """Of two clouds in one place with opposite labels the heavier is believed."""
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
    seen = []
    net = train_proxy(
        proxy,
        Z,
        y,
        sample_weight=weights,
        max_epochs=3,
        device="cpu",
        seed=0,
        after_epoch=seen.append,
    )
    assert len(seen) == 3
    assert (all_outputs(net, Z).argmax(dim=1) == 1).all()


def test_error_norms_by_hand():
    """A sure right answer has no error, a sure wrong one the root of 2."""
    outputs = torch.tensor([[50.0, 0.0], [0.0, 50.0], [0.0, 0.0]])
    norms = error_norms(outputs, np.array([0, 0, 1]))
    np.testing.assert_allclose(norms, [0.0, 2**0.5, 0.5**0.5], atol=1e-6)


@pytest.mark.parametrize(
    "selection", [UncertaintySelection, ForgettingSelection, GradientNormSelection]
)
def test_quantities_are_refused(selection):
    """Scores of classes say nothing of quantities, and fit says so."""
    X = np.random.RandomState(0).randn(40, 2)
    with pytest.raises(ValueError, match="needs classes"):
        selection(5).fit(X, X[:, 0])
