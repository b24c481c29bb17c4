"""Nets that cannot be trained raise an error before training."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_iris
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from torch import nn

from sklearn_distill import KnowledgeDistillationClassifier
from sklearn_distill.engine.networks import MLP

NAMES = np.array(["setosa", "versicolor", "virginica"])


def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), NAMES[y]


def net(width=16, max_epochs=15, **params):
    params = {"lr": 0.02, "batch_size": 32, "iterator_train__shuffle": True} | params
    params = {"criterion": nn.CrossEntropyLoss, "optimizer": torch.optim.Adam} | params
    params = {"module": MLP} | params
    return NeuralNetClassifier(
        module__width=width, module__depth=1, max_epochs=max_epochs, **params
    )


def forest():
    return ExtraTreesClassifier(20, random_state=0)


def kd(teacher, student, **params):
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params)


@pytest.mark.parametrize(
    ("student", "error", "message"),
    [
        (MLP(4, 3), TypeError, "module instance"),
        (NeuralNetClassifier(MLP(4, 3)), TypeError, "module of the net is an instance"),
        (LRScheduler, TypeError, "is a class, but not a torch module"),
        (net(criterion=nn.BCELoss), ValueError, "criterion of the net is BCELoss"),
        (
            net(criterion__weight=torch.ones(3)),
            ValueError,
            "criterion of the net is CrossEntropyLoss with criterion__weight",
        ),
        (net(module__n_outputs=2), ValueError, "must have 3 outputs"),
        (net(module__n_inputs=7), ValueError, "cannot take rows of shape"),
    ],
)
def test_invalid_nets_raise_before_training(student, error, message):
    """Invalid nets are rejected as student and as teacher."""
    X, y = iris()
    trained = []

    class Watched(ExtraTreesClassifier):
        def fit(self, X, y, sample_weight=None):
            trained.append(self)
            return super().fit(X, y, sample_weight)

    with pytest.raises(error, match=message):
        kd(Watched(5), student).fit(X, y)
    with pytest.raises(error, match=message):
        kd(student, Watched(5)).fit(X, y)
    assert trained == []


@pytest.mark.parametrize("hints", [{"9": "1"}, {"1": "9"}])
def test_hints_with_unknown_layers_raise(hints):
    X, y = iris()
    with pytest.raises(
        ValueError, match=r"the layer '9', but the layers of MLP are 0, 1, 2, 3"
    ):
        kd(net(), net(), hints=hints).fit(X, y)


@pytest.mark.parametrize("loss", ["dkd", "standardized_kl"])
def test_uninformative_losses_for_two_classes_raise(loss):
    X, y = iris()
    with pytest.raises(ValueError, match="cannot be used for two classes"):
        kd(forest(), net(), loss=loss).fit(X[:100], y[:100])


def test_categories_raise_for_a_net_without_encoder():
    X = np.array([["a", "b"], ["b", "a"]] * 10, dtype=object)
    with pytest.raises(ValueError, match="A net requires numeric rows"):
        kd(forest(), net()).fit(X, ["x", "y"] * 10)


def test_default_criterion_with_logits_raises():
    """skorch's default criterion is for modules that end in a softmax."""
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(MLP, module__width=8, max_epochs=2)
    model = KnowledgeDistillationClassifier(GaussianNB(), net, check_teacher=False)
    with pytest.raises(ValueError, match="CrossEntropyLoss"):
        model.fit(X, y)
