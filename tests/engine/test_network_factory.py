"""NetworkFactory: the parameter `network` as a function that makes networks."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.networks import MLP, ConvNet


class OwnNet(nn.Module):
    """A network that a user could define."""

    def __init__(self, n_inputs, n_outputs, width=7):
        super().__init__()
        self.inner = nn.Linear(n_inputs, width)
        self.outer = nn.Linear(width, n_outputs)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x)))


def test_factory_accepts_names_classes_functions_and_skorch_nets():
    given = [
        ("auto", MLP),
        ("mlp", MLP),
        (OwnNet, OwnNet),
        (lambda n_inputs, n_outputs: OwnNet(n_inputs, n_outputs), OwnNet),
        (NeuralNetClassifier(OwnNet, module__width=3), OwnNet),
    ]
    for network, cls in given:
        make = NetworkFactory(network, (5,), 2, "cpu")
        assert isinstance(make(), cls)
    assert make().inner.out_features == 3
    assert isinstance(NetworkFactory("auto", (1, 8, 8), 2, "cpu")(), ConvNet)


def test_factory_uses_the_global_generator_only_for_new_networks():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    make = NetworkFactory("auto", (5,), 2, "cpu")
    assert torch.equal(before, torch.get_rng_state())
    one, other = make(), make()
    assert not torch.equal(one[-1].weight, other[-1].weight)


@pytest.mark.parametrize(
    ("network", "error", "match"),
    [
        (OwnNet(5, 2), TypeError, "module instance"),
        (NeuralNetClassifier(OwnNet(5, 2)), TypeError, "module instance"),
        ("resnet", ValueError, "got 'resnet'"),
        ("convnet", ValueError, "X is a table"),
        (lambda n_inputs: nn.Linear(n_inputs, 9), ValueError, r"shape \(2, 2\)"),
        (lambda: nn.Linear(3, 2), ValueError, "could not be made or run"),
        (3, ValueError, "got 3"),
    ],
)
def test_factory_raises_when_network_is_invalid(network, error, match):
    with pytest.raises(error, match=match):
        NetworkFactory(network, (5,), 2, "cpu")


class Dropping(nn.Module):
    """A network with all types of dropout layers."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.drop = nn.Sequential(nn.Dropout(), nn.AlphaDropout(), nn.Dropout1d())
        self.attend = nn.MultiheadAttention(n_inputs, 1, dropout=0.5, batch_first=True)
        self.recur = nn.GRU(
            n_inputs, n_outputs, num_layers=2, dropout=0.5, batch_first=True
        )

    def forward(self, x):
        x = self.drop(x)[:, None].repeat(1, 3, 1)
        return self.recur(self.attend(x, x, x)[0])[0][:, -1]


def test_factory_disables_dropout_in_training_mode():
    network, x = NetworkFactory(Dropping, (5,), 2, "cpu")().train(), torch.randn(6, 5)
    assert torch.equal(network(x), network(x))
    dropping = Dropping(5, 2)
    assert not torch.equal(dropping(x), dropping(x))
