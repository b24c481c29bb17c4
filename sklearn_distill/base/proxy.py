"""A network that is trained on real rows in order to score them."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from skorch import NeuralNetClassifier
from skorch.callbacks import Callback
from skorch.dataset import Dataset
from torch import Tensor, nn
from torch.utils.data import WeightedRandomSampler

from ..engine.networks import MLP
from ..engine.randomness import own_randomness
from ..engine.threads import suitable_threads, values_of_step

# The default network is trained on batches of at least this many rows, and on at most
# this many batches per epoch.
MIN_BATCH = 128
MAX_BATCHES = 128


class AfterEpoch(Callback):
    """Call a function with the net after each epoch."""

    def __init__(self, function: Callable[[Any], None]):
        self.function = function

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        self.function(net)


class BatchedRows(Dataset):
    """A data set of skorch that indexes all rows of a batch at once.

    PyTorch would otherwise fetch and stack the rows one by one, which takes longer than
    a step of a small network.
    """

    def __getitems__(self, indices: list[int]) -> tuple[np.ndarray, np.ndarray]:
        return self.X[indices], self.y[indices]


def as_tensors(batch: tuple[np.ndarray, np.ndarray]) -> tuple[Tensor, Tensor]:
    """Return the rows and labels of a batch as tensors."""
    return torch.from_numpy(batch[0]), torch.from_numpy(batch[1])


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
    """Train a classifier on real rows, with a hook after each epoch.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier or None
        An unfitted net, of which a clone is trained. None is an `MLP` that is trained
        by Adam with batches of `MIN_BATCH` rows, or more if an epoch would have more
        than `MAX_BATCHES` of them.
    Z : float32 ndarray of shape (n, ...)
    y : int64 ndarray of shape (n,)
    sample_weight : ndarray of shape (n,)
        Relative probabilities of the rows to be drawn.
    max_epochs : int
    device : str
    seed : int
        The seed of the initial weights and of the order of the rows. The state of the
        global generators does not change.
    after_epoch : callable, default=None
        Called with the net.

    Returns
    -------
    skorch.NeuralNetClassifier
    """
    batch_size = max(MIN_BATCH, len(Z) // MAX_BATCHES)
    n_values = values_of_step(batch_size, 0, Z.shape[1:])
    with own_randomness(device, seed), suitable_threads(n_values):
        if net is None:
            n_inputs = int(np.prod(Z.shape[1:]))
            net = NeuralNetClassifier(
                MLP,
                module__n_inputs=n_inputs,
                module__n_outputs=int(y.max()) + 1,
                criterion=nn.CrossEntropyLoss,
                optimizer=torch.optim.Adam,
                lr=1e-3,
                batch_size=batch_size,
                iterator_train__shuffle=True,
                dataset=BatchedRows,
                iterator_train__collate_fn=as_tensors,
            )
        else:
            net = clone(net)
            fit_to_data(net, Z, int(y.max()) + 1)
            with own_randomness():
                tried = clone(net).set_params(device=device, verbose=0).initialize()
            check_probabilities(tried, Z)
        # The string "disable" switches off all callbacks of a skorch net, which would
        # include the callback that is added here.
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
    """Make a net draw rows with probabilities proportional to their weights."""
    if (sample_weight == sample_weight[0]).all():
        return
    weights = torch.as_tensor(sample_weight, dtype=torch.float64)
    net.set_params(
        iterator_train__shuffle=False,
        iterator_train__sampler=WeightedRandomSampler(weights, len(weights)),
    )


def fit_to_data(net: Any, Z: np.ndarray, n_outputs: int) -> None:
    """Set `n_inputs` and `n_outputs` of a net's module if it takes them."""
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
    """Raise ValueError if a net treats logits as probabilities.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        Initialized.
    Z : float32 ndarray of shape (n, ...)
        The first two rows are used.
    """
    if not isinstance(net.criterion_, nn.NLLLoss):
        return
    net.module_.eval()
    outputs = net.module_(torch.as_tensor(Z[:2], device=net.device))
    outputs = outputs[0] if isinstance(outputs, tuple) else outputs
    off = (outputs.flatten(1).sum(1) - 1).abs()
    if (outputs < 0).any() or not (off < 1e-3).all():
        raise ValueError(
            f"{type(net).__name__} has skorch's default criterion NLLLoss, which "
            "requires a module that returns probabilities, but "
            f"{getattr(net.module, '__name__', net.module)} returns other values. Set "
            "criterion=torch.nn.CrossEntropyLoss on the net."
        )


def as_logits(net: Any, outputs: Tensor) -> Tensor:
    """Return the logits of a net up to a constant.

    A module that is trained by skorch's default criterion returns probabilities, whose
    logarithms are the logits.
    """
    if isinstance(net.criterion_, nn.NLLLoss):
        return outputs.clamp_min(torch.finfo(outputs.dtype).tiny).log()
    return outputs


@torch.no_grad()
def all_outputs(net: Any, Z: np.ndarray, chunk: int = 8_192) -> Tensor:
    """Return the outputs of a net for all rows, on the CPU."""
    net.module_.eval()
    parts = [
        net.module_(torch.as_tensor(Z[i : i + chunk], device=net.device)).cpu()
        for i in range(0, len(Z), chunk)
    ]
    return torch.cat(parts)
