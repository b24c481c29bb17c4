"""Networks, factories and what layers give."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import pytest
import torch
from sklearn.datasets import load_iris
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import get_distiller
from sklearn_distill.engine.layer_outputs import LayerOutputs
from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.network_sources import NetworkQueue, frozen, train_step
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
        ("resnet", ValueError, "got 'resnet'"),
        ("convnet", ValueError, "X is a table"),
        (lambda n_inputs: nn.Linear(n_inputs, 9), ValueError, r"shape \(2, 2\)"),
        (lambda: nn.Linear(3, 2), ValueError, "could not be made or run"),
        (3, ValueError, "got 3"),
    ],
)
def test_factory_refuses_with_a_reason(network, error, match):
    with pytest.raises(error, match=match):
        NetworkFactory(network, (5,), 2, "cpu")


def test_embedding_is_what_the_last_linear_layer_is_handed():
    net = OwnNet(5, 2)
    x = torch.randn(6, 5)
    (embedding,) = LayerOutputs(net, x)([net], x)
    torch.testing.assert_close(embedding[0], torch.tanh(net.inner(x)))


def test_layers_by_name_all_layers_and_logits():
    net = MLP(5, 2, width=4, depth=2)
    x = torch.randn(6, 5)
    first, second, logits = LayerOutputs(net, x, "all", with_logits=True)([net], x)
    torch.testing.assert_close(first[0], nn.Sequential(*list(net)[:3])(x))
    torch.testing.assert_close(second[0], nn.Sequential(*list(net)[:5])(x))
    torch.testing.assert_close(logits[0], net(x))
    (before_rectifier,) = LayerOutputs(net, x, ["1"])([net], x)
    torch.testing.assert_close(before_rectifier[0], nn.Sequential(*list(net)[:2])(x))


def test_outputs_are_those_before_a_rectifier_that_works_in_place():
    net = ConvNet((1, 8, 8), 2, width=3)
    x = torch.randn(4, 1, 8, 8)
    (normalised,) = LayerOutputs(net, x, ["0.1"])([net], x)
    assert normalised.min() < 0


def test_several_networks_in_one_call_give_what_they_give_one_by_one():
    x = torch.randn(6, 1, 8, 8)
    networks = [ConvNet((1, 8, 8), 2, width=3) for _ in range(3)]
    outputs = LayerOutputs(networks[0], x, "all", with_logits=True)
    x.requires_grad_(True)
    batched = outputs(networks, x, batched=True)
    for one, other in zip(batched, outputs(networks, x, batched=False), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    batched[0].sum().backward()
    assert x.grad.abs().sum() > 0


def test_parts_give_what_the_whole_gives():
    net = ConvNet((1, 28, 28), 2, width=2)
    x = torch.randn(200, 1, 28, 28)
    outputs = LayerOutputs(net, x[:2])
    with torch.no_grad():
        (in_parts,) = outputs([net], x)
    (whole,) = outputs([net], x)
    torch.testing.assert_close(in_parts, whole)


def test_unknown_layers_and_networks_without_embedding_are_refused():
    with pytest.raises(ValueError, match="this network's layers are"):
        LayerOutputs(MLP(5, 2), torch.zeros(2, 5), ["head"])
    with pytest.raises(ValueError, match="no layer whose output"):
        LayerOutputs(nn.Sequential(nn.Linear(5, 2)), torch.zeros(2, 5))


class HeadFirst(nn.Module):
    """Layers registered in another order than they are called in, and one never."""

    def __init__(self, n_inputs=5, n_outputs=2):
        super().__init__()
        self.head = nn.Linear(6, n_outputs)
        self.normalise = nn.BatchNorm1d(6)
        self.body = nn.Linear(n_inputs, 6)
        self.unused = nn.Linear(3, 3)

    def forward(self, x):
        return self.head(self.normalise(self.body(x)))


@pytest.mark.parametrize("layers", [None, "all"])
def test_layers_are_those_called_in_order_of_their_calls(layers):
    net, x = HeadFirst(), torch.randn(6, 5)
    before = copy.deepcopy(net.state_dict())
    outputs = LayerOutputs(net, x, layers)
    assert net.training
    assert net.normalise.training
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name])
    (embedding,) = outputs([net.eval()], x)
    torch.testing.assert_close(embedding[0], net.normalise(net.body(x)))
    with pytest.raises(ValueError, match="this network's layers are"):
        LayerOutputs(net, x, ["unused"])


def test_a_training_step_leaves_unused_and_frozen_weights_alone():
    """In the network, and in a copy of it, which is how networks are passed on."""
    torch.manual_seed(0)
    net = HeadFirst()
    net.body.requires_grad_(False)
    for network in (frozen(net), copy.deepcopy(net)):
        before = copy.deepcopy(network.state_dict())
        optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
        for _ in range(2):
            train_step(network, optimizer, torch.randn(6, 5), torch.randn(6, 2))
        after = network.state_dict()
        moved = {name for name in after if not torch.equal(after[name], before[name])}
        assert {"head.weight", "head.bias", "normalise.weight"} <= moved
        assert not [name for name in moved if name.startswith(("body", "unused"))]
        assert not any(p.requires_grad for p in network.parameters())


def test_a_network_that_is_frozen_as_a_whole_stays_as_it_is():
    net = frozen(nn.Linear(5, 2).requires_grad_(False))
    before = net.weight.clone()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    train_step(net, optimizer, torch.randn(6, 5), torch.randn(6, 2))
    assert torch.equal(net.weight, before)


@pytest.mark.parametrize("n_rows", [3, 6, 9])
def test_networks_of_a_queue_never_train_on_a_single_row(n_rows):
    """Batch normalisation refuses one; here five steps share few rows."""
    queue = NetworkQueue(HeadFirst, n_train_steps=5, size=1)
    queue.draw((torch.randn(n_rows, 5), torch.randn(n_rows, 2)))
    n_steps = int(queue.pool[0]["network"].normalise.num_batches_tracked)
    assert n_steps == min(5, n_rows // 2)


class Dropping(nn.Module):
    """Every kind of layer that drops something."""

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


def test_networks_of_a_factory_answer_the_same_twice_in_training_mode():
    network, x = NetworkFactory(Dropping, (5,), 2, "cpu")().train(), torch.randn(6, 5)
    assert torch.equal(network(x), network(x))
    dropping = Dropping(5, 2)
    assert not torch.equal(dropping(x), dropping(x))


@pytest.mark.parametrize("method", ["forgetting", "gradient-norm"])
def test_proxies_are_told_the_shape_and_asked_for_probabilities(method):
    """skorch's default criterion takes logits for probabilities, and learns nothing."""
    X, y = load_iris(return_X_y=True)
    net = NeuralNetClassifier(MLP, module__width=8, lr=0.01)
    distiller = get_distiller(method)(2, max_epochs=2, proxy=net, random_state=0)
    with pytest.raises(ValueError, match="CrossEntropyLoss"):
        distiller.fit(X, y)
    distiller.set_params(proxy__criterion=nn.CrossEntropyLoss)
    assert len(distiller.fit_distill(X, y)) == 6
