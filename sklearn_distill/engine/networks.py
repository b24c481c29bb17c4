"""Networks for tables and images, and one trained on real rows as a proxy."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from torch import Tensor, nn
from torch.utils.data import WeightedRandomSampler

from .randomness import own_randomness


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


class AfterEpoch(Callback):
    """Call a function with the net after each epoch."""

    def __init__(self, function: Callable[[Any], None]):
        self.function = function

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        self.function(net)


def train_proxy(
    net: Any,
    Z: np.ndarray,
    y: np.ndarray,
    *,
    sample_weight: np.ndarray,
    max_epochs: int,
    device: str,
    seed: int,
    after_epoch: Callable[[Any], None] | None = None,
) -> Any:
    """Train a classifier on real rows, and look at it after each epoch.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier or None
        Unfitted; a clone is trained. None is an `MLP` with Adam and batches of 128.
    Z : float32 ndarray of shape (n, ...)
    y : int64 ndarray of shape (n,)
    sample_weight : ndarray of shape (n,)
        How often a row is drawn, relative to others.
    max_epochs : int
    device : str
    seed : int
        For the network's start and the order of rows; global generators are left alone.
    after_epoch : callable, default=None
        Called with the net.

    Returns
    -------
    skorch.NeuralNetClassifier
    """
    with own_randomness(device, seed):
        if net is None:
            n_inputs = int(np.prod(Z.shape[1:]))
            net = NeuralNetClassifier(
                MLP,
                module__n_inputs=n_inputs,
                module__n_outputs=int(y.max()) + 1,
                criterion=nn.CrossEntropyLoss,
                optimizer=torch.optim.Adam,
                lr=1e-3,
                batch_size=128,
                iterator_train__shuffle=True,
            )
        else:
            net = clone(net)
            fit_to_data(net, Z, int(y.max()) + 1)
            with own_randomness():
                tried = clone(net).set_params(device=device, verbose=0).initialize()
            check_probabilities(tried, Z)
        # "disable", skorch's word for none, would also take our look from us.
        own = [] if isinstance(net.callbacks, str) else net.callbacks or []
        watch = [("after_epoch", AfterEpoch(after_epoch))] if after_epoch else []
        net.callbacks = [*own, *watch]
        net.set_params(
            max_epochs=max_epochs,
            device=device,
            train_split=None,
            verbose=0,
        )
        draw_by_weight(net, sample_weight)
        return net.fit(Z, y)


def draw_by_weight(net: Any, sample_weight: np.ndarray) -> None:
    """Let a net's batches hold rows as often as their weights say."""
    if (sample_weight == sample_weight[0]).all():
        return
    weights = torch.as_tensor(sample_weight, dtype=torch.float64)
    net.set_params(
        iterator_train__shuffle=False,
        iterator_train__sampler=WeightedRandomSampler(weights, len(weights)),
    )


def fit_to_data(net: Any, Z: np.ndarray, n_outputs: int) -> None:
    """Tell a net's module how many inputs and outputs, if it takes and lacks them."""
    known = inspect.signature(net.module).parameters
    given = net.get_params()
    fitting = {"n_inputs": int(np.prod(Z.shape[1:])), "n_outputs": n_outputs}
    net.set_params(
        **{
            f"module__{name}": value
            for name, value in fitting.items()
            if name in known and f"module__{name}" not in given
        }
    )


@torch.no_grad()
def check_probabilities(net: Any, Z: np.ndarray) -> None:
    """Raise ValueError if a net takes outputs for probabilities that are none.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        Initialized.
    Z : float32 ndarray of shape (n, ...)
        Its first rows are tried.
    """
    if not isinstance(net.criterion_, nn.NLLLoss):
        return
    net.module_.eval()
    outputs = net.module_(torch.as_tensor(Z[:2], device=net.device))
    outputs = outputs[0] if isinstance(outputs, tuple) else outputs
    off = (outputs.flatten(1).sum(1) - 1).abs()
    if (outputs < 0).any() or not (off < 1e-3).all():
        raise ValueError(
            f"{type(net).__name__} has skorch's default criterion, NLLLoss, which is "
            "for modules that end in a softmax, but the outputs of "
            f"{getattr(net.module, '__name__', net.module)} are no probabilities. Give "
            "the net criterion=torch.nn.CrossEntropyLoss."
        )


def as_logits(net: Any, outputs: Tensor) -> Tensor:
    """Return a net's raw outputs before the softmax, up to a constant.

    skorch's default criterion is for modules that end in one.
    """
    if isinstance(net.criterion_, nn.NLLLoss):
        return outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
    return outputs


@torch.no_grad()
def all_outputs(net: Any, Z: np.ndarray, chunk: int = 8_192) -> Tensor:
    """Return a net's raw outputs for all rows, on the CPU."""
    net.module_.eval()
    parts = [
        net.module_(torch.as_tensor(Z[i : i + chunk], device=net.device)).cpu()
        for i in range(0, len(Z), chunk)
    ]
    return torch.cat(parts)
