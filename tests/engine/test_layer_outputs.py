"""LayerOutputs: the outputs of chosen layers of one or several networks."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import pytest
import torch
from torch import nn

from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.networks import MLP, ConvNet


def test_embedding_is_the_input_of_the_last_linear_layer():
    net, x = (
        nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 2)),
        torch.randn(6, 5),
    )
    (embedding,) = LayerOutputs(net, x)([net], x)
    torch.testing.assert_close(embedding[0], torch.tanh(net[0](x)))


def test_layers_by_name_all_layers_and_logits():
    net = MLP(5, 2, width=4, depth=2)
    x = torch.randn(6, 5)
    first, second, logits = LayerOutputs(net, x, "all", with_logits=True)([net], x)
    torch.testing.assert_close(first[0], nn.Sequential(*list(net)[:3])(x))
    torch.testing.assert_close(second[0], nn.Sequential(*list(net)[:5])(x))
    torch.testing.assert_close(logits[0], net(x))
    (linear,) = LayerOutputs(net, x, ["1"])([net], x)
    torch.testing.assert_close(linear[0], nn.Sequential(*list(net)[:2])(x))


def test_outputs_are_not_modified_by_rectifiers_that_work_in_place():
    net = ConvNet((1, 8, 8), 2, width=3)
    x = torch.randn(4, 1, 8, 8)
    (normalized,) = LayerOutputs(net, x, ["0.1"])([net], x)
    assert normalized.min() < 0
    torch.testing.assert_close(normalized[0], net[0][1](net[0][0](x)))


def test_batched_networks_give_the_outputs_of_single_networks():
    x = torch.randn(6, 1, 8, 8)
    networks = [ConvNet((1, 8, 8), 2, width=3) for _ in range(3)]
    outputs = LayerOutputs(networks[0], x, "all", with_logits=True)
    x.requires_grad_(True)
    batched = outputs(networks, x, batched=True)
    for one, other in zip(batched, outputs(networks, x, batched=False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    batched[0].sum().backward()
    assert x.grad.abs().sum() > 0


def test_outputs_do_not_depend_on_chunks():
    net = ConvNet((1, 28, 28), 2, width=2)
    x = torch.randn(200, 1, 28, 28)
    outputs = LayerOutputs(net, x[:2])
    with torch.no_grad():
        (chunked,) = outputs([net], x)
    (complete,) = outputs([net], x)
    torch.testing.assert_close(chunked, complete)


def test_layer_outputs_raises_when_layers_are_unknown_or_missing():
    with pytest.raises(ValueError, match="this network's layers are"):
        LayerOutputs(MLP(5, 2), torch.zeros(2, 5), ["head"])
    with pytest.raises(ValueError, match="no layer whose output"):
        LayerOutputs(nn.Sequential(nn.Linear(5, 2)), torch.zeros(2, 5))


@pytest.mark.parametrize("layers", [None, "all"])
def test_layers_are_in_the_order_of_their_calls(HeadFirstNet, layers):
    """Finding the order neither changes the state nor the mode of the network."""
    net, x = HeadFirstNet(), torch.randn(6, 5)
    before = copy.deepcopy(net.state_dict())
    outputs = LayerOutputs(net, x, layers)
    assert net.training
    assert net.normalize.training
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    (embedding,) = outputs([net.eval()], x)
    torch.testing.assert_close(embedding[0], net.normalize(net.body(x)))
    with pytest.raises(ValueError, match="this network's layers are"):
        LayerOutputs(net, x, ["unused"])
