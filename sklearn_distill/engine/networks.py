"""Networks for tables and images."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from itertools import pairwise

import torch
from torch import nn


class MLP(nn.Sequential):
    """A multilayer perceptron with rectifiers between its linear layers.

    Parameters
    ----------
    n_inputs, n_outputs : int
        The number of values per row, and the number of outputs.
    width : int, default=128
        The number of units in each hidden layer.
    depth : int, default=2
        The number of hidden layers.
    """

    def __init__(self, n_inputs: int, n_outputs: int, width: int = 128, depth: int = 2):
        sizes = [n_inputs] + depth * [width]
        layers: list[nn.Module] = [nn.Flatten()]
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        super().__init__(*layers, nn.Linear(sizes[-1], n_outputs))


class ConvNet(nn.Sequential):
    """The convolutional network of the dataset distillation literature.

    The network consists of blocks and a linear layer. A block is a 3 x 3 convolution, a
    normalization, a rectifier and an average pooling that halves the image. As in the
    literature, the first convolution pads images of one channel and 28 x 28 pixels to
    32 x 32 pixels.

    Parameters
    ----------
    image_shape : tuple (C, H, W)
        The shape of one image.
    n_outputs : int
        The number of outputs.
    width : int, default=128
        The number of channels of each block.
    depth : int, default=None
        The number of blocks. None is the number that leaves about 4 x 4 pixels: three
        blocks for images of 28 x 28 or 32 x 32 pixels.
    norm : {"instance", "batch", "none"}, default="instance"
        The normalization: "instance" normalizes each channel of each image, and
        "batch" normalizes each channel of the batch.

    Raises
    ------
    ValueError
        If the blocks would halve the images to less than one pixel, or if `norm` is not
        one of the names above.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        n_outputs: int,
        width: int = 128,
        depth: int | None = None,
        norm: str = "instance",
    ):
        channels, *size = image_shape
        if depth is None:
            depth = max(1, round(math.log2(min(size))) - 2)
        if min(size) >> depth < 1:
            raise ValueError(
                f"The {depth} blocks of ConvNet would halve images of {size[0]} x "
                f"{size[1]} pixels to less than one pixel. Lower depth."
            )
        blocks = []
        for block in range(depth):
            padding = 3 if block == 0 and image_shape == (1, 28, 28) else 1
            size = [(side + 2 * padding - 2) // 2 for side in size]
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(channels, width, 3, padding=padding),
                    _normalization(norm, width),
                    nn.ReLU(inplace=True),
                    nn.AvgPool2d(2),
                )
            )
            channels = width
        head = nn.Linear(width * size[0] * size[1], n_outputs)
        super().__init__(*blocks, nn.Flatten(), head)
        # This memory format makes the network twice as fast on a CPU, mostly in the
        # pooling layers.
        self.to(memory_format=torch.channels_last)


def _normalization(norm: str, width: int) -> nn.Module:
    """Return the normalization layer of a block with `width` channels."""
    if norm == "instance":
        return nn.GroupNorm(width, width)
    if norm == "batch":
        return nn.BatchNorm2d(width)
    if norm == "none":
        return nn.Identity()
    raise ValueError(
        f"ConvNet expects norm to be 'instance', 'batch' or 'none'; got norm={norm!r}."
    )
