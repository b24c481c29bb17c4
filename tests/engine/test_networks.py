"""MLP and ConvNet."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
from torch import nn

from sklearn_distill.engine.networks import MLP, ConvNet


@pytest.mark.parametrize(
    ("shape", "n_blocks"),
    [((1, 28, 28), 3), ((3, 32, 32), 3), ((3, 64, 64), 4), ((1, 8, 8), 1)],
)
def test_convnet_depth_follows_the_image_size(shape, n_blocks):
    net = ConvNet(shape, 10, width=4)
    assert sum(isinstance(m, nn.Conv2d) for m in net.modules()) == n_blocks
    assert net(torch.zeros(2, *shape)).shape == (2, 10)


def test_convnet_embedding_of_mnist_has_2048_features():
    assert ConvNet((1, 28, 28), 10)[-1].in_features == 2048


@pytest.mark.parametrize(
    ("norm", "dims"),
    [("instance", (2, 3)), ("batch", (0, 2, 3))],
    ids=["instance", "batch"],
)
def test_convnet_normalizes_each_channel(norm, dims):
    net = ConvNet((1, 8, 8), 2, width=3, norm=norm)
    convolution, normalization = net[0][:2]
    outputs = normalization(convolution(torch.randn(4, 1, 8, 8)))
    means, variances = outputs.mean(dims), outputs.var(dims, correction=0)
    torch.testing.assert_close(means, torch.zeros_like(means), rtol=0, atol=1e-5)
    torch.testing.assert_close(variances, torch.ones_like(variances), rtol=0, atol=1e-3)


def test_convnet_without_normalization():
    net = ConvNet((1, 8, 8), 2, width=3, norm="none")
    maps = torch.randn(4, 3, 8, 8)
    assert net[0][1](maps) is maps


def test_convnet_raises_when_norm_or_depth_is_invalid():
    with pytest.raises(ValueError, match="norm='layer'"):
        ConvNet((1, 8, 8), 2, norm="layer")
    with pytest.raises(ValueError, match="Lower depth"):
        ConvNet((1, 8, 8), 2, depth=5)


def test_mlp_applies_linear_layers_and_rectifiers():
    net, x = MLP(6, 2, width=4, depth=1), torch.randn(3, 2, 3)
    assert [p.shape for p in net.parameters()] == [(4, 6), (4,), (2, 4), (2,)]
    hidden = (x.flatten(1) @ net[1].weight.T + net[1].bias).clamp_min(0.0)
    torch.testing.assert_close(net(x), hidden @ net[3].weight.T + net[3].bias)
