"""Measure the accuracy of networks trained on distilled MNIST images."""

# SPDX-License-Identifier: BSD-3-Clause

import functools
import inspect
import os
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from gpu_networks import accuracy, trained
from gpu_runner import SkipItem, selected
from skorch.callbacks import Callback

import sklearn_distill as sd

# The papers report these accuracies (in percent, by number of images per class) for
# networks with 128 channels.
DC = "Zhao et al., ICLR 2021"
DM = "Zhao and Bilen, WACV 2023, quoted from memory"
FREPO = "Zhou et al., NeurIPS 2022, quoted from memory"
PAPERS = {
    "gradient-matching": (DC, {1: 91.7, 10: 97.4, 50: 98.8}),
    "distribution-matching": (DM, {1: 89.7, 10: 97.5, 50: 98.6}),
    "neural-feature-regression": (FREPO, {1: 93.0, 10: 98.6, 50: 99.2}),
}
METHODS = (
    "distribution-matching",
    "neural-feature-regression",
    "gradient-matching",
    "multi-layer-distribution-matching",
)
FULL = {
    "budgets": (1, 10, 50),
    "n_train": 60_000,
    "n_test": 10_000,
    "max_steps": 20_000,
    "batch_size": 2_560,
    "width": 128,
    "epochs": 300,
    "n_networks": 3,
}
SHORT = {
    "budgets": (1,),
    "n_train": 400,
    "n_test": 200,
    "max_steps": 5,
    "batch_size": 40,
    "width": 8,
    "epochs": 4,
    "n_networks": 3,
}
# Spend this fraction of the time of a benchmark cell on the fit. The remaining time is
# needed for the initialization and for the evaluation.
FIT_SHARE = 0.6


def mnist_path():
    """Return the path of mnist.npz, whether or not the file exists."""
    return Path(os.environ.get("SKLEARN_DISTILL_DATA", ""), "mnist.npz")


def skip_mnist():
    """Skip the item because the data set is missing."""
    raise SkipItem(
        "mnist.npz was not found; set the environment variable SKLEARN_DISTILL_DATA to "
        "a folder that contains mnist.npz."
    )


@functools.cache
def mnist(n_train, n_test):
    """Return the training images and labels and the test images and labels.

    The images have the shape (n, 1, 28, 28) and values in [0, 1].
    """
    with np.load(mnist_path()) as file:
        found = []
        for part, n in (("train", n_train), ("test", n_test)):
            X = file[f"X_{part}"][:n].reshape(-1, 1, 28, 28).astype(np.float32)
            found += [X / 255.0, file[f"y_{part}"][:n].astype(np.int64)]
    return tuple(found)


class StepSeconds(Callback):
    """A skorch callback that records the time at the end of each training step."""

    def on_train_begin(self, net, **kwargs):
        self.times = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.times.append(time.perf_counter())


def distiller(name, budget, size, device, **params):
    """Return a distiller with the settings of this benchmark."""
    cls = sd.get_distiller(name)
    taken = inspect.signature(cls).parameters
    params = {
        "batch_size": size["batch_size"],
        "device": device,
        "n_iter_no_change": None,
        "random_state": 0,
        **params,
    }
    return cls(budget, **{k: v for k, v in params.items() if k in taken})


def steps_within(name, budget, size, device, seconds):
    """Return how many steps a fit can make within a number of seconds.

    The number of steps must be known before the fit because the learning rate decreases
    to zero at the last step.
    """
    X, y, _, _ = mnist(size["n_train"], size["n_test"])
    watch = StepSeconds()
    some = distiller(
        name,
        budget,
        size,
        device,
        callbacks=[watch],
        init="random",
        max_iter=min(20, size["max_steps"]),
        max_time=seconds / 5,
    )
    some.fit(X, y)
    # Use the median because the first steps also load and select GPU kernels.
    a_step = np.median(np.diff(watch.times)) if len(watch.times) > 2 else seconds
    return int(np.clip(seconds / a_step, 5, size["max_steps"]))


def cell(name, budget, size, device, share):
    """Distill images, train networks on the distilled set and return a result row."""
    X, y, X_test, y_test = mnist(size["n_train"], size["n_test"])
    seconds = FIT_SHARE * share()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n_steps = steps_within(name, budget, size, device, seconds)
        learner = distiller(
            name, budget, size, device, max_iter=n_steps, max_time=1.5 * seconds
        )
        started = time.perf_counter()
        small = learner.fit(X, y).distilled_
        seconds = time.perf_counter() - started
    scores = 100.0 * scores_of(small, X, X_test, y_test, size, device)
    source, papers = PAPERS.get(name, (None, {}))
    return {
        "accuracy": float(scores.mean()),
        "deviation": float(scores.std(ddof=1)),
        "paper": papers.get(budget),
        "paper_source": source,
        "networks": len(scores),
        "steps": learner.n_iter_,
        "steps_planned": n_steps,
        "fit_seconds": round(seconds, 2),
    }


def scores_of(small, X, X_test, y_test, size, device):
    """Return the test accuracies of networks that are trained on a distilled set."""
    n_classes = len(small.classes)
    labels = small.soft_labels
    if labels is None:
        labels = np.eye(n_classes)[np.searchsorted(small.classes, small.y)]
    labels = torch.as_tensor(labels.astype(np.float32), device=device)
    mean, scale = X.mean(), X.std()
    images, tests = (
        torch.as_tensor((np.asarray(Z, np.float32) - mean) / scale, device=device)
        for Z in (small.X, X_test)
    )
    y_test = torch.as_tensor(np.searchsorted(small.classes, y_test), device=device)
    networks = (
        trained(images, labels, width=size["width"], epochs=size["epochs"], seed=seed)
        for seed in range(size["n_networks"])
    )
    return np.array([accuracy(network.eval(), tests, y_test) for network in networks])


def items(settings):
    """Return one benchmark cell for each method and number of images per class."""
    if not mnist_path().is_file():
        return {"MNIST": skip_mnist}
    size = SHORT if settings["short"] else FULL
    deadline = time.monotonic() + settings["seconds"]
    names = [
        f"{method}, {budget} a class"
        for budget in size["budgets"]
        for method in METHODS
    ]
    left = selected(names, settings["only"])
    left = [name for name in left if name not in settings["done"]]

    def share():
        """Return the time limit of the next cell, a share of the remaining time."""
        seconds = (deadline - time.monotonic()) / len(left)
        left.pop()
        return max(1.0, seconds)

    return {
        f"{method}, {budget} a class": functools.partial(
            cell, method, budget, size, settings["device"], share
        )
        for budget in size["budgets"]
        for method in METHODS
    }
