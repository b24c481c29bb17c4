"""Measure the cost of one step of each learned method at the papers' sizes."""

# SPDX-License-Identifier: BSD-3-Clause

import functools
import inspect
import time
import warnings

import numpy as np
import torch
from gpu_meter import StepMeter, matrix_multiply_peak
from gpu_networks import LoopOverClasses
from skorch.callbacks import Callback

import sklearn_distill as sd

N_CLASSES = 10
LOOPS = ("distribution-matching", "gradient-matching")
SELECTIONS = ("random", "herding", "k-means", "k-center")
# Use the image, batch and network sizes of the papers in the full version.
FULL = {
    "n_images": 4_000,
    "side": 28,
    "budget": 10,
    "real_a_class": 256,
    "n_timed": 20,
    "n_profiled": 5,
    "kernel_rows": (260, 1_500, 5_000),
    "n_table": 20_000,
    "n_selected_from": 1_000_000,
    "seconds": 3.0,
    "width": 128,
}
# Use small sizes in the short version so that it is fast on a CPU.
SHORT = {
    "n_images": 100,
    "side": 8,
    "budget": 1,
    "real_a_class": 4,
    "n_timed": 2,
    "n_profiled": 2,
    "kernel_rows": (20, 60),
    "n_table": 600,
    "n_selected_from": 50_000,
    "seconds": 1.0,
    "width": 32,
}
# Keep the work before the first step small because only the steps are measured.
FAST_INITIALIZATION = {"init": "random", "n_experts": 1, "max_epochs": 2}


class Watch(Callback):
    """A skorch callback that measures each step and stops the fit after the last."""

    def __init__(self, meter):
        self.meter = meter

    def on_batch_begin(self, net, training=False, **kwargs):
        if training:
            self.meter.begin()

    def on_batch_end(self, net, training=False, **kwargs):
        if training and self.meter.end():
            # skorch stops a fit without an error if a callback raises this exception.
            raise KeyboardInterrupt


def meter_of(size, device):
    """Return a meter for steps of the given sizes."""
    return StepMeter(device, size["n_timed"], size["n_profiled"], size["seconds"])


def images(n, side):
    """Return random square images with labels from all classes."""
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(n, 1, side, side)).astype(np.float32)
    return X, np.arange(n) % N_CLASSES


def table(n, n_columns=20):
    """Return a random table whose column means depend on the class."""
    rng = np.random.RandomState(0)
    y = np.arange(n) % N_CLASSES
    X = rng.standard_normal((n, n_columns)) + 0.3 * y[:, None]
    return X.astype(np.float32), y


def measured_fit(name, data, batch_size, size, device, precision, **params):
    """Fit a method until the meter has enough steps and return the measurements."""
    cls, meter = sd.get_distiller(name), meter_of(size, device)
    params |= {
        "batch_size": batch_size,
        "callbacks": [Watch(meter)],
        "device": device,
        "max_iter": 10_000,
        "n_iter_no_change": None,
        "random_state": 0,
        **FAST_INITIALIZATION,
    }
    taken = inspect.signature(cls).parameters
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cls(**{k: v for k, v in params.items() if k in taken}).fit(*data)
    return meter.results(batch_size, precision)


def of_images(name, size, device):
    """Measure the steps of a method on images with the method's default network."""
    data = images(size["n_images"], size["side"])
    batch_size = N_CLASSES * size["real_a_class"]
    precision = precision_of(torch.backends.cudnn, device)
    return measured_fit(
        name, data, batch_size, size, device, precision, budget=size["budget"]
    )


def of_table(n_rows, size, device):
    """Measure kernel inducing points on a table with `n_rows` distilled rows."""
    data = table(size["n_table"])
    return measured_fit(
        "kernel-inducing-points",
        data,
        1_024,
        size,
        device,
        precision_of(torch.backends.cuda.matmul, device),
        budget=n_rows // N_CLASSES,
    )


def of_loop(name, size, device):
    """Measure the plain loop over classes that corresponds to a method."""
    X, y = images(size["n_images"], size["side"])
    real = torch.as_tensor(np.stack([X[y == c] for c in range(N_CLASSES)]))
    loop = LoopOverClasses(
        real.to(device), size["budget"], size["real_a_class"], size["width"]
    )
    step = getattr(loop, f"{name.replace('-', '_')}_step")
    meter = meter_of(size, device)
    finished = False
    while not finished:
        meter.begin()
        step()
        finished = meter.end()
    batch_size = N_CLASSES * size["real_a_class"]
    return meter.results(batch_size, precision_of(torch.backends.cudnn, device))


def of_selection(name, size, device):
    """Measure a selection from a table in main memory, and on the device."""
    X, y = table(size["n_selected_from"])
    found = {}
    for place in dict.fromkeys(["cpu", device]):
        rows = torch.as_tensor(X, device=place)
        started = time.perf_counter()
        sd.get_distiller(name)(budget=100, random_state=0).fit(rows, y)
        found[f"seconds_{place.partition(':')[0]}"] = time.perf_counter() - started
    return found


def precision_of(settings, device):
    """Return the precision in which torch computes products or convolutions.

    `settings` is `torch.backends.cuda.matmul` or `torch.backends.cudnn`.
    """
    tf32 = device.startswith("cuda") and settings.allow_tf32
    return "tf32" if tf32 else "float32"


def peak(precision, device):
    """Return the speed of a large matrix product as a row."""
    found = matrix_multiply_peak(device, precision)
    return {"teraflops": found / 1e12}


def learned_methods():
    """Return the names of the methods that train in steps with skorch callbacks."""
    names = []
    for info in sd.list_distillers():
        name = f"{info.distribution}:{info.name}"
        try:
            taken = inspect.signature(sd.get_distiller(name)).parameters
        except ImportError:
            # Skip plugins that cannot be imported. The command `sklearn-distill list
            # --check` reports the reason.
            continue
        if {"callbacks", "device", "max_iter"} <= set(taken):
            own = info.distribution == "sklearn-distill"
            names.append(info.name if own else name)
    return names


def items(settings):
    """Return the functions that measure each item, by the name of the item."""
    size = SHORT if settings["short"] else FULL
    device = settings["device"]
    found = {
        f"matrix product, {precision}": functools.partial(peak, precision, device)
        for precision in ("float32", "tf32", "bfloat16")
    }
    for name in learned_methods():
        found[name] = functools.partial(of_images, name, size, device)
        if name in LOOPS:
            found[f"{name}, plain loop over classes"] = functools.partial(
                of_loop, name, size, device
            )
    for n_rows in size["kernel_rows"]:
        found[f"kernel-inducing-points, table, {n_rows:,} rows"] = functools.partial(
            of_table, n_rows, size, device
        )
    for name in SELECTIONS:
        found[f"{name}, {size['n_selected_from']:,} rows"] = functools.partial(
            of_selection, name, size, device
        )
    return found
