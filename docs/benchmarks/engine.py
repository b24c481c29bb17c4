"""Measure the time and memory of a training step, as ratios within one run.

    python docs/benchmarks/engine.py

The script measures the time of a step of `DistributionMatching` relative to a plain
loop over classes; the share of a step that the training loop itself takes; the time per
step at 1,000,000 rows relative to 10,000; and the peak memory of processes that differ
only in the number of steps or of rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import resource
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
import torch
from skorch.callbacks import Callback

import sklearn_distill as sd
from sklearn_distill.engine.networks import MLP, ConvNet

N_CLASSES = 10


def table(n, n_columns=20):
    """Return n rows of numbers and their classes."""
    rng = np.random.RandomState(0)
    y = np.arange(n) % N_CLASSES
    X = rng.standard_normal((n, n_columns)).astype(np.float32) + 0.3 * y[:, None]
    return X.astype(np.float32), y


def images(n):
    """Return n random images of 28 x 28 pixels and their classes."""
    rng = np.random.RandomState(0)
    X = rng.uniform(size=(n, 1, 28, 28)).astype(np.float32)
    return X, np.arange(n) % N_CLASSES


class StepTimes(Callback):
    """Record the seconds of each training step, and of the objective within it."""

    def __init__(self):
        self.steps, self.objective = [], []

    def on_train_begin(self, net, **kwargs):
        forward = net.criterion_.forward

        def timed(synthetic, real):
            self.began = time.perf_counter()
            return forward(synthetic, real)

        net.criterion_.forward = timed
        clamp = net.module_.clamp_
        net.module_.clamp_ = lambda: (self._objective_over(net), clamp())
        self.last = time.perf_counter()

    def _objective_over(self, net):
        self.objective.append(self._now(net) - self.began)

    def on_batch_begin(self, net, training=False, **kwargs):
        if training and not self.steps:
            self.last = self._now(net)

    def on_batch_end(self, net, training=False, **kwargs):
        now = self._now(net)
        if training:
            self.steps.append(now - self.last)
        # Also reset the clock after a validation batch, whose time is not part of a
        # step.
        self.last = now

    @staticmethod
    def _now(net):
        if str(net.device).startswith("cuda"):
            torch.cuda.synchronize()
        return time.perf_counter()


def match_means(X, y, n_steps, batch_size, callback, device="cpu"):
    """Fit distribution matching of means to measure its steps with a callback."""
    distiller = sd.DistributionMatching(
        10,
        discrepancy="mean",
        max_iter=n_steps,
        n_iter_no_change=None,
        batch_size=batch_size,
        augmentation=None,
        init="random",
        device=device,
        random_state=0,
        callbacks=[callback],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        distiller.fit(X, y)


def seconds_of_package(X, y, args, n_steps, batch_size):
    """Return the seconds of each step of a fit, and of the objective within it."""
    times = StepTimes()
    match_means(X, y, n_steps, batch_size, times, args.device)
    return times.steps[2:], times.objective[2:]


def seconds_of_reference(X, y, args, n_steps, batch_size):
    """Return the seconds of each step of a plain loop over classes."""
    of_images = X.ndim == 4
    X = torch.as_tensor(X).to(args.device)
    by_class = [np.flatnonzero(y == c) for c in range(N_CLASSES)]
    per_class = batch_size // N_CLASSES
    initial = [rows[:10] for rows in by_class]
    synthetic = X[np.concatenate(initial)].clone().requires_grad_(True)
    optimizer = torch.optim.SGD([synthetic], lr=1.0, momentum=0.5)
    seconds = []
    for _ in range(n_steps):
        began = time.perf_counter()
        if of_images:
            width = 128 if args.device == "cuda" else 32
            net = ConvNet(X.shape[1:], N_CLASSES, width=width).to(args.device)
        else:
            net = MLP(X.shape[1], N_CLASSES).to(args.device)
        embed = torch.nn.Sequential(*list(net)[:-1])
        for p in net.parameters():
            p.requires_grad_(False)
        loss = torch.zeros((), device=args.device)
        for c, rows in enumerate(by_class):
            chosen = np.random.permutation(rows)[:per_class]
            real = embed(X[chosen]).detach()
            learned = embed(synthetic[10 * c : 10 * (c + 1)])
            loss = loss + (real.mean(0) - learned.mean(0)).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        seconds.append(time.perf_counter() - began)
    return seconds[2:]


def compare_with_a_loop_over_classes(args):
    """Print the time of a plain loop over classes relative to that of the package."""
    for name, (X, y), batch_size, n_steps in (
        ("table, 10,000 x 20, 1,000 rows a step", table(10_000), 1_000, 100),
        ("images, 28 x 28, 640 a step", images(5_000), 640, 12),
    ):
        ratios = []
        for _ in range(args.repeats):
            package, _ = seconds_of_package(X, y, args, n_steps, batch_size)
            reference = seconds_of_reference(X, y, args, n_steps, batch_size)
            ratios.append(statistics.median(reference) / statistics.median(package))
        print(
            f"loop over classes / package, {name}: {statistics.median(ratios):.2f} "
            f"(from {min(ratios):.2f} to {max(ratios):.2f})",
            flush=True,
        )


def overhead_of_the_loop(args):
    """Print the share of a step that is not spent in the objective."""
    for name, (X, y), batch_size, n_steps in (
        ("table", table(10_000), 1_000, 100),
        ("images", images(5_000), 640, 12),
    ):
        steps, objective = seconds_of_package(X, y, args, n_steps, batch_size)
        shares = [1.0 - o / s for s, o in zip(steps, objective, strict=True)]
        print(
            f"overhead of the training loop, {name}: "
            f"{100 * statistics.median(shares):.1f} % of a step",
            flush=True,
        )


def time_by_rows(args):
    """Print the time of a step at a million rows relative to ten thousand."""
    ratios = []
    for _ in range(args.repeats):
        few, many = (
            statistics.median(seconds_of_package(*table(n), args, 60, 1_000)[0])
            for n in (10_000, 1_000_000)
        )
        ratios.append(many / few)
    print(
        f"a step at 1,000,000 rows / at 10,000: {statistics.median(ratios):.2f} "
        f"(from {min(ratios):.2f} to {max(ratios):.2f})",
        flush=True,
    )


def peak_memory(args):
    """Print the peak memory of fits, each in a separate process."""
    for n, n_steps in ((10_000, 40), (10_000, 400), (1_000_000, 40)):
        command = [sys.executable, __file__, "--device", args.device]
        command += ["--one-fit", str(n), str(n_steps)]
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        print(f"peak memory, {n:,} rows, {n_steps} steps: {out.stdout.strip()}")


def one_fit(n, n_steps, args):
    """Fit once and print the peak memory of this process."""
    X, y = table(n)
    seconds_of_package(X, y, args, n_steps, 1_000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:.0f} MB, of which the table {X.nbytes / 2**20:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--device", default="cuda" if torch.cuda.is_available() else "cpu"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--one-fit", nargs=2, type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one_fit:
        return one_fit(*args.one_fit, args)
    print(
        f"torch {torch.__version__}, {args.device}, {torch.get_num_threads()} threads"
    )
    # Measure memory first, because the peak of a process includes the memory that its
    # parent had when the process was started.
    peak_memory(args)
    compare_with_a_loop_over_classes(args)
    overhead_of_the_loop(args)
    time_by_rows(args)


if __name__ == "__main__":
    main()
