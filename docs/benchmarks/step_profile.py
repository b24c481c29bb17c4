"""Profile training steps on a CPU, and measure what the training loop adds to them.

    OMP_NUM_THREADS=1 python docs/benchmarks/step_profile.py

For a step of `DistributionMatching` on a table and on images the script prints

- the time of a step, and of a bare loop that draws the same batches, evaluates the same
  objective and takes the same optimizer steps, without skorch, callbacks and checks;
- the ten functions of the profile that take most of the time themselves;
- the floating-point operations of a step per second, beside the fastest product of
  large matrices on this machine.

Times are processor seconds of one thread, which depend less on other work on the
machine than wall-clock seconds.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import cProfile
import pstats
import statistics
import time
from pathlib import Path

import torch
from engine import images, match_means, table
from gpu_meter import Operations, matrix_multiply_peak
from skorch.callbacks import Callback

from sklearn_distill.engine.loop import DistillationLoop

CASES = {
    "table, 10,000 x 20, 1,000 rows a step": (lambda: table(10_000), 1_000, 300),
    "images, 28 x 28, 640 a step": (lambda: images(2_000), 640, 40),
}


class Epochs(Callback):
    """Record the processor seconds per step of each epoch's training part."""

    def __init__(self):
        self.seconds = []

    def on_train_begin(self, net, X=None, **kwargs):
        self.net, self.batches = net, X
        run = net.run_single_epoch

        def timed(iterator, training, prefix, step_fn, **kwargs):
            before, started = net.n_steps_, time.process_time()
            run(iterator, training=training, prefix=prefix, step_fn=step_fn, **kwargs)
            if training:
                seconds = time.process_time() - started
                self.seconds.append(seconds / (net.n_steps_ - before))

        net.run_single_epoch = timed


def fitted(X, y, batch_size, n_steps):
    """Fit distribution matching, and return the callback with its times."""
    epochs = Epochs()
    match_means(X, y, n_steps, batch_size, epochs)
    return epochs


def bare_epoch(net, batches):
    """Take the steps of an epoch without skorch, and return seconds per step."""
    batches.n_left = len(batches)
    started = time.process_time()
    for batch in batches:
        bare_step(net, batch)
    return (time.process_time() - started) / len(batches)


def bare_step(net, batch):
    """Take one step of the objective and the optimizer."""
    net.optimizer_.zero_grad()
    loss = net.criterion_(net.module_(), batch)
    loss.backward()
    net.optimizer_.step()
    net.module_.clamp_()


def share_of_the_loop(X, y, batch_size, n_steps, repeats):
    """Print the times of a step in the package and in the bare loop."""
    of_loop, of_bare = [], []
    for _ in range(repeats):
        epochs = fitted(X, y, batch_size, n_steps)
        epochs.net._set_training(True)
        bare = [
            bare_epoch(epochs.net, epochs.batches) for _ in range(len(epochs.seconds))
        ]
        # The fastest epochs are those that other processes disturbed least.
        of_loop.append(1e3 * min(epochs.seconds[1:]))
        of_bare.append(1e3 * min(bare))
    shares = [100 * (1 - b / a) for a, b in zip(of_loop, of_bare, strict=True)]
    print(
        f"a step {statistics.median(of_loop):.2f} ms, bare loop "
        f"{statistics.median(of_bare):.2f} ms; the loop's own share "
        f"{statistics.median(shares):.1f} % ({min(shares):.1f} to {max(shares):.1f})"
    )


def top_ten(X, y, batch_size, n_steps):
    """Print the ten functions with the largest share of a fit's training."""
    profiler = cProfile.Profile(time.process_time)
    train = DistillationLoop.fit_loop

    def profiled(*args, **kwargs):
        return profiler.runcall(train, *args, **kwargs)

    DistillationLoop.fit_loop = profiled
    try:
        fitted(X, y, batch_size, n_steps)
    finally:
        DistillationLoop.fit_loop = train
    stats = pstats.Stats(profiler)
    print("| function | ms a step | share, % |\n|:---|---:|---:|")
    rows = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:10]
    for (file, _, name), (_, _, own, _, _) in rows:
        place = "" if file == "~" else f"{Path(file).name}: "
        share = 100 * own / stats.total_tt
        print(f"| `{place}{name}` | {1e3 * own / n_steps:.3f} | {share:.0f} |")


def operations(X, y, batch_size):
    """Print the operations per second of a bare step, and the machine's peak."""
    epochs = fitted(X, y, batch_size, 20)
    epochs.net._set_training(True)
    epochs.batches.n_left = len(epochs.batches)
    batch = next(iter(epochs.batches))
    with Operations() as counted:
        bare_step(epochs.net, batch)
    seconds = min(bare_epoch(epochs.net, epochs.batches) for _ in range(3))
    peak = matrix_multiply_peak("cpu", "float32", repeats=20)
    rate = counted.total / seconds
    print(
        f"{counted.total / 1e9:.3f} GFLOP a step, {rate / 1e9:.1f} GFLOP/s, which is "
        f"{100 * rate / peak:.0f} % of the {peak / 1e9:.0f} GFLOP/s of matrix products"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--case", type=int, help="run only the case of this number")
    args = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for number, (name, case) in enumerate(CASES.items()):
        if args.case not in (None, number):
            continue
        make, batch_size, n_steps = case
        X, y = make()
        print(f"\n{name}", flush=True)
        share_of_the_loop(X, y, batch_size, n_steps, args.repeats)
        operations(X, y, batch_size)
        top_ten(X, y, batch_size, n_steps)


if __name__ == "__main__":
    main()
