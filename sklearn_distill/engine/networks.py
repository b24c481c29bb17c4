"""Networks for tables and images."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from itertools import pairwise

import torch
from torch import nn


class MLP(nn.Sequential):
    """Fully connected layers with rectifiers between them.

    Parameters
    ----------
    n_inputs, n_outputs : int
    width : int
        Units of each hidden layer.
    depth : int
        Hidden layers.
    """

    def __init__(self, n_inputs: int, n_outputs: int, width: int = 128, depth: int = 2):
        sizes = [n_inputs] + depth * [width]
        layers: list[nn.Module] = [nn.Flatten()]
        for n_in, n_out in pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), nn.ReLU()]
        super().__init__(*layers, nn.Linear(sizes[-1], n_outputs))


class ConvNet(nn.Sequential):
    """The convolutional network of the dataset distillation literature.

    Blocks of a 3 x 3 convolution, normalisation, a rectifier and average pooling that
    halves the image, then a linear layer. Without `depth` there are as many blocks as
    leave about 4 x 4 pixels: three for 28 x 28 and for 32 x 32. One channel of 28 x 28
    is padded to 32 x 32 by the first convolution, as is usual.

    Parameters
    ----------
    image_shape : tuple (C, H, W)
    n_outputs : int
    width : int
        Channels of each block.
    depth : int, default=None
        Blocks.
    norm : {"instance", "batch", "none"}
        Normalisation: of each channel of each image, of each channel of the batch, or
        none.
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
                f"ConvNet: depth={depth} halves images of {size[0]} x {size[1]} to "
                "nothing. Lower depth."
            )
        blocks = []
        for block in range(depth):
            padding = 3 if block == 0 and image_shape == (1, 28, 28) else 1
            size = [(side + 2 * padding - 2) // 2 for side in size]
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(channels, width, 3, padding=padding),
                    _normalisation(norm, width),
                    nn.ReLU(inplace=True),
                    nn.AvgPool2d(2),
                )
            )
            channels = width
        head = nn.Linear(width * size[0] * size[1], n_outputs)
        super().__init__(*blocks, nn.Flatten(), head)
        # Twice as fast on a CPU, most of it in pooling.
        self.to(memory_format=torch.channels_last)


def _normalisation(norm: str, width: int) -> nn.Module:
    if norm == "instance":
        return nn.GroupNorm(width, width)
    if norm == "batch":
        return nn.BatchNorm2d(width)
    if norm == "none":
        return nn.Identity()
    raise ValueError(f"ConvNet: norm={norm!r} is none of 'instance', 'batch', 'none'.")
