"""Networks that get new random weights in place."""

import pytest
import torch
from torch import nn

from sklearn_distill.engine.network_factory import NetworkFactory
from sklearn_distill.engine.network_renewal import can_be_reset, copy_weights, reset
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.networks import MLP, ConvNet

IMAGE = (1, 8, 8)


class Scaled(nn.Module):
    """A network whose weights have another distribution than after a reset."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(n_inputs, 8), nn.Linear(8, n_outputs))
        nn.init.normal_(self.layers[0].weight)

    def forward(self, x):
        return self.layers(x)


class Counting(nn.Linear):
    """A layer with a state that is not a tensor."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.n_calls = 0

    def forward(self, x):
        self.n_calls += 1
        return super().forward(x) + self.n_calls


def counting_network(n_inputs, n_outputs):
    return nn.Sequential(nn.Flatten(), Counting(n_inputs, 4), nn.Linear(4, n_outputs))


def weights(network):
    return torch.cat(
        [value.double().flatten() for value in network.state_dict().values()]
    )


@pytest.mark.parametrize("norm", ["instance", "batch", "none"])
def test_reset_draws_the_weights_of_a_new_network(norm):
    used = ConvNet(IMAGE, 3, width=4, norm=norm).requires_grad_(False)
    used(torch.rand(5, *IMAGE))
    torch.manual_seed(3)
    new = ConvNet(IMAGE, 3, width=4, norm=norm)
    after = torch.get_rng_state()
    torch.manual_seed(3)
    reset(used)
    assert torch.equal(weights(used), weights(new))
    assert torch.equal(torch.get_rng_state(), after)


def test_can_be_reset_compares_the_weights_and_the_generator():
    assert can_be_reset(lambda: MLP(4, 3), torch.zeros(2, 4))
    assert not can_be_reset(lambda: Scaled(4, 3), torch.zeros(2, 4))


def test_can_be_reset_is_false_for_layers_with_other_states():
    assert not can_be_reset(lambda: counting_network(4, 3), torch.zeros(2, 4))


def test_can_be_reset_leaves_the_generator_unchanged():
    before = torch.get_rng_state()
    can_be_reset(lambda: MLP(4, 3), torch.zeros(2, 4))
    assert torch.equal(torch.get_rng_state(), before)


def test_copy_weights_copies_all_types_and_memory_formats():
    source, target = (ConvNet(IMAGE, 3, width=4, norm="batch") for _ in range(2))
    source(torch.rand(5, *IMAGE))
    copy_weights(source, target)
    assert torch.equal(weights(source), weights(target))
    blocks = target[0][0].weight
    assert blocks.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("network", "shape", "same_module"),
    [
        ("mlp", (4,), True),
        ("convnet", IMAGE, True),
        (Scaled, (4,), False),
        (counting_network, (4,), False),
    ],
)
def test_renewed_networks_equal_new_networks(network, shape, same_module):
    factory = NetworkFactory(network, shape, 3, "cpu")
    old = factory().requires_grad_(False)
    torch.manual_seed(5)
    new = factory()
    torch.manual_seed(5)
    renewed = factory.renewed(old)
    assert torch.equal(weights(renewed), weights(new))
    assert (renewed is old) == same_module
    assert not any(p.requires_grad for p in renewed.parameters())


def test_random_networks_reuse_modules_with_the_weights_of_new_ones():
    factory = NetworkFactory("mlp", (4,), 3, "cpu")
    torch.manual_seed(0)
    source = RandomNetworks(factory, 2)
    first = source.draw()
    fixed = [weights(network) for network in source.fixed]
    second = [weights(network) for network in source.draw()]
    torch.manual_seed(0)
    new = RandomNetworks(lambda: factory(), 2)
    new.draw()
    expected = [weights(network) for network in new.draw()]
    assert all(map(torch.equal, second, expected))
    assert source.drawn[0] is first[0]
    assert all(map(torch.equal, fixed, map(weights, source.fixed)))
