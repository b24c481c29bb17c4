"""Part 3 of gpu.py: what networks trained on distilled MNIST images score."""

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

# Accuracies in percent at 1, 10 and 50 images a class, networks of 128 channels.
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
# The share of a cell's time for learning; the rest is for starting and evaluating.
FIT_SHARE = 0.6


def mnist_path():
    return Path(os.environ.get("SKLEARN_DISTILL_DATA", ""), "mnist.npz")


def no_mnist():
    raise SkipItem("SKLEARN_DISTILL_DATA names no folder that holds mnist.npz")


@functools.cache
def mnist(n_train, n_test):
    """Return training and test images, (n, 1, 28, 28) in [0, 1], and their labels."""
    with np.load(mnist_path()) as file:
        found = []
        for part, n in (("train", n_train), ("test", n_test)):
            X = file[f"X_{part}"][:n].reshape(-1, 1, 28, 28).astype(np.float32)
            found += [X / 255.0, file[f"y_{part}"][:n].astype(np.int64)]
    return tuple(found)


class StepSeconds(Callback):
    """Note the seconds from step to step."""

    def on_train_begin(self, net, **kwargs):
        self.times = []

    def on_batch_end(self, net, training=False, **kwargs):
        if training:
            self.times.append(time.perf_counter())


def distiller(name, budget, size, device, **params):
    """Return a method with the settings of this benchmark."""
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
    """Return how many steps a fit can make.

    The step size falls to zero at the last step, so their number has to be known.
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
    # The first steps also load and choose kernels.
    a_step = np.median(np.diff(watch.times)) if len(watch.times) > 2 else seconds
    return int(np.clip(seconds / a_step, 5, size["max_steps"]))


def cell(name, budget, size, device, share):
    """Distill, train networks on the distilled images, and test them."""
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
    """Return the accuracies of networks trained on a distilled set."""
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
    """Return a cell for each method and number of images a class, by name."""
    if not mnist_path().is_file():
        return {"MNIST": no_mnist}
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
        """Return the seconds for the next cell: an equal part of what is left."""
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
