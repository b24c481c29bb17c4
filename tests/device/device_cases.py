"""Small data sets, small networks and fast distillers for the device tests."""

# SPDX-License-Identifier: BSD-3-Clause

import gc
import inspect
import pickle
import warnings

import numpy as np
import torch
from sklearn.datasets import load_digits, make_blobs, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from sklearn_distill import get_distiller, list_distillers

DATA = ("table", "images", "regression")
# These parameters make a fit fast. Each distiller receives those that its constructor
# accepts. The number of steps is large enough for a checkpoint to be written and used.
QUICK = {
    "max_iter": 25,
    "n_iter_no_change": None,
    "batch_size": 60,
    "n_networks": 1,
    "max_epochs": 3,
    "n_experts": 1,
    "student_steps": 2,
    "horizon": 3,
    "window": 2,
    "proxy": None,
    "random_state": 0,
}
QUICK_PROXIES = {"uncertainty": DecisionTreeClassifier(max_depth=3, random_state=0)}


def names():
    """Return the names of all registered distillers without importing them."""
    return [f"{info.distribution}:{info.name}" for info in list_distillers()]


def parameters(name):
    """Return the names of the constructor parameters of a distiller."""
    return set(inspect.signature(get_distiller(name)).parameters)


def data(kind):
    """Return a table or images with three classes, or a table for regression."""
    if kind == "images":
        X, y = load_digits(n_class=3, return_X_y=True)
        X, y = X[:150].reshape(-1, 1, 8, 8) / 16.0, y[:150]
        # Add noise so that the gray levels are not evenly spaced. Distilled images are
        # rounded to evenly spaced gray levels, and the rounding would hide or enlarge
        # small differences between devices.
        noise = np.random.RandomState(0).uniform(0.0, 0.1, X.shape)
        return (X + noise).astype(np.float32), y
    if kind == "regression":
        return make_regression(120, 4, noise=5.0, random_state=0)
    return make_blobs([60, 50, 40], n_features=4, cluster_std=3.0, random_state=0)


class SmallConvNet(nn.Sequential):
    """A network with two convolutional blocks that is the same on every device.

    The default network of the distillers has more channels on a GPU than on a CPU.
    """

    def __init__(self, image_shape, n_outputs):
        channels, height, width = image_shape
        super().__init__(
            nn.Sequential(nn.Conv2d(channels, 8, 3, padding=1), nn.ReLU()),
            nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2)),
            nn.Flatten(),
            nn.Linear(8 * (height // 2) * (width // 2), n_outputs),
        )


class SmallMLP(nn.Sequential):
    """A network with one hidden layer for tables and for flattened images."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__(
            nn.Flatten(), nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs)
        )


def distiller(name, kind, **params):
    """Return a fast distiller for a kind of data.

    Parameters in `params` that the distiller does not accept are ignored.
    """
    budget = 12 if kind == "regression" else 3
    params = {"budget": budget, **QUICK, **params}
    if name.rpartition(":")[2] in QUICK_PROXIES:
        params["proxy"] = QUICK_PROXIES[name.rpartition(":")[2]]
    taken = parameters(name)
    return get_distiller(name)(**{k: v for k, v in params.items() if k in taken})


def fit(estimator, X, y):
    """Fit an estimator and ignore convergence warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(X, y)


def rows(estimator):
    """Return the distilled rows and their targets as one matrix."""
    small = estimator.distilled_
    X = np.asarray(small.X, dtype=np.float64).reshape(len(small.X), -1)
    return np.column_stack([X, np.asarray(small.y, dtype=np.float64)])


def bytes_of(estimator):
    """Return the bytes of the arrays of a distilled set, such as rows and labels."""
    small = estimator.distilled_
    parts = [small.X, small.y, small.soft_labels, small.sample_weight]
    return [None if part is None else np.asarray(part).tobytes() for part in parts]


def held_on(device):
    """Return the number of tensors and of allocated bytes on a device.

    The number of bytes is 0 on a CPU because torch counts only the memory of GPUs.
    """
    gc.collect()
    kind = torch.device(device).type
    n_tensors = sum(
        issubclass(type(one), torch.Tensor) and one.device.type == kind
        for one in gc.get_objects()
    )
    if kind != "cuda":
        return n_tensors, 0
    torch.cuda.synchronize(device)
    return n_tensors, torch.cuda.memory_allocated(device)


def save(path, estimator, X, expected):
    """Write a pickle for the process without access to a GPU and return its path."""
    path.write_bytes(pickle.dumps((estimator, X, expected)))
    return path
