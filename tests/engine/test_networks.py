"""Networks, factories and what layers give."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.networks import MLP, ConvNet


@pytest.mark.parametrize(
    ("shape", "n_blocks"),
    [((1, 28, 28), 3), ((3, 32, 32), 3), ((3, 64, 64), 4), ((1, 8, 8), 1)],
)
def test_convnet_has_the_usual_depth(shape, n_blocks):
    net = ConvNet(shape, 10, width=4)
    assert sum(isinstance(m, nn.Conv2d) for m in net.modules()) == n_blocks
    assert net(torch.zeros(2, *shape)).shape == (2, 10)


def test_mnist_embeddings_have_the_size_of_the_literature():
    assert ConvNet((1, 28, 28), 10)[-1].in_features == 2048


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_convnet_norms(norm):
    net = ConvNet((1, 8, 8), 2, width=3, norm=norm)
    assert torch.isfinite(net(torch.randn(4, 1, 8, 8))).all()


def test_convnet_refuses_what_cannot_be():
    with pytest.raises(ValueError, match="norm='layer'"):
        ConvNet((1, 8, 8), 2, norm="layer")
    with pytest.raises(ValueError, match="Lower depth"):
        ConvNet((1, 8, 8), 2, depth=5)


class OwnNet(nn.Module):
    def __init__(self, n_inputs, n_outputs, width=7):
        super().__init__()
        self.inner = nn.Linear(n_inputs, width)
        self.outer = nn.Linear(width, n_outputs)

    def forward(self, x):
        return self.outer(torch.tanh(self.inner(x)))


def test_factory_takes_names_classes_functions_and_skorch_nets():
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


def test_new_networks_follow_the_global_seed_and_trying_one_out_does_not_move_it():
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
        ("resnet", ValueError, "'resnet' is no network"),
        ("convnet", ValueError, "X is a table"),
        (lambda n_inputs: nn.Linear(n_inputs, 9), ValueError, r"shape \(2, 2\)"),
        (lambda: nn.Linear(3, 2), ValueError, "could not be made or run"),
        (3, ValueError, "no network"),
    ],
)
def test_factory_refuses_with_a_reason(network, error, match):
    with pytest.raises(error, match=match):
        NetworkFactory(network, (5,), 2, "cpu")


def test_embedding_is_what_the_last_linear_layer_is_handed():
    net = OwnNet(5, 2)
    x = torch.randn(6, 5)
    (embedding,) = LayerOutputs(net)([net], x)
    torch.testing.assert_close(embedding[0], torch.tanh(net.inner(x)))


def test_layers_by_name_all_layers_and_logits():
    net = MLP(5, 2, width=4, depth=2)
    x = torch.randn(6, 5)
    first, second, logits = LayerOutputs(net, "all", with_logits=True)([net], x)
    torch.testing.assert_close(first[0], nn.Sequential(*list(net)[:3])(x))
    torch.testing.assert_close(second[0], nn.Sequential(*list(net)[:5])(x))
    torch.testing.assert_close(logits[0], net(x))
    (before_rectifier,) = LayerOutputs(net, ["1"])([net], x)
    torch.testing.assert_close(before_rectifier[0], nn.Sequential(*list(net)[:2])(x))


def test_outputs_are_those_before_a_rectifier_that_works_in_place():
    net = ConvNet((1, 8, 8), 2, width=3)
    x = torch.randn(4, 1, 8, 8)
    (normalised,) = LayerOutputs(net, ["0.1"])([net], x)
    assert normalised.min() < 0


def test_several_networks_in_one_call_give_what_they_give_one_by_one():
    x = torch.randn(6, 1, 8, 8)
    networks = [ConvNet((1, 8, 8), 2, width=3) for _ in range(3)]
    outputs = LayerOutputs(networks[0], "all", with_logits=True)
    x.requires_grad_(True)
    batched = outputs(networks, x, batched=True)
    for one, other in zip(batched, outputs(networks, x, batched=False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    batched[0].sum().backward()
    assert x.grad.abs().sum() > 0


def test_parts_give_what_the_whole_gives():
    net = ConvNet((1, 28, 28), 2, width=2)
    outputs = LayerOutputs(net)
    x = torch.randn(200, 1, 28, 28)
    with torch.no_grad():
        (in_parts,) = outputs([net], x)
    (whole,) = outputs([net], x)
    torch.testing.assert_close(in_parts, whole)


def test_unknown_layers_and_networks_without_embedding_are_refused():
    with pytest.raises(ValueError, match="this network's layers are"):
        LayerOutputs(MLP(5, 2), ["head"])
    with pytest.raises(ValueError, match="no layer whose output"):
        LayerOutputs(nn.Sequential(nn.Linear(5, 2)))
