"""Networks for tables, and one trained on real rows as a proxy for others."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from torch import Tensor, nn


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
    gpus = [device] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=gpus):
        torch.manual_seed(seed)
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
        watch = [("after_epoch", AfterEpoch(after_epoch))] if after_epoch else []
        net.set_params(
            max_epochs=max_epochs,
            device=device,
            train_split=None,
            verbose=0,
            callbacks=[*(net.callbacks or []), *watch],
        )
        return net.fit(Z, y)


@torch.no_grad()
def all_outputs(net: Any, Z: np.ndarray, chunk: int = 8_192) -> Tensor:
    """Return a net's raw outputs for all rows, on the CPU."""
    net.module_.eval()
    parts = [
        net.module_(torch.as_tensor(Z[i : i + chunk], device=net.device)).cpu()
        for i in range(0, len(Z), chunk)
    ]
    return torch.cat(parts)
