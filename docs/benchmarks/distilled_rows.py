"""Measure time and memory of kernel inducing points by distilled rows (Linux).

    OMP_NUM_THREADS=1 python docs/benchmarks/distilled_rows.py [--compare DIR]

The data are 15,000 rows of 20 columns in 10 classes. Each measurement is a fit of
`--steps` steps in a separate process: the seconds until the first step, the median
seconds of a step and of a validation pass, which follows every tenth step, and the peak
memory of the process. Times are processor seconds, which depend less on other work on
the machine than wall-clock seconds. "A fit of 300 steps" is computed from these times.
With `--compare`, the package in the folder DIR, such as a checkout of an older version,
is measured in turn with the installed one, and the ratio of the times is printed too.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

N_CLASSES, N_STEPS, STEPS_PER_VALIDATION = 10, 300, 10


def step_times():
    """Return a skorch callback that records when steps and validation passes end."""
    from skorch.callbacks import Callback

    class StepTimes(Callback):
        def __init__(self):
            self.steps, self.validation = [], []
            self.began = self.before_validation = None

        def on_batch_begin(self, net, training=False, **kwargs):
            now = time.process_time()
            if self.began is None:
                self.began = self.last = now
            elif not training and self.before_validation is None:
                self.before_validation = self.last

        def on_batch_end(self, net, training=False, **kwargs):
            now = time.process_time()
            if training:
                self.steps.append(now - self.last)
            self.last = now

        def on_epoch_end(self, net, **kwargs):
            self.validation.append(self.last - self.before_validation)
            self.before_validation = None
            self.last = time.process_time()

    return StepTimes()


def measure(rows, steps):
    """Fit once, and print the times and the memory as a line of JSON."""
    import numpy as np

    from sklearn_distill import KernelInducingPoints

    rng = np.random.RandomState(0)
    y = np.arange(15_000) % N_CLASSES
    X = rng.standard_normal((len(y), 20)) + 0.3 * y[:, None]
    # Fit once beforehand, so that importing torch is not measured.
    KernelInducingPoints(1, max_iter=1).fit(X[:500], y[:500])
    times = step_times()
    distiller = KernelInducingPoints(
        rows // N_CLASSES, max_iter=steps, n_iter_no_change=None, callbacks=[times],
        random_state=0,
    )  # fmt: skip
    Path("/proc/self/clear_refs").write_text("5")
    started = time.process_time()
    distiller.fit(X, y)
    status = Path("/proc/self/status").read_text()
    print(
        json.dumps(
            {
                "rows": len(distiller.distilled_),
                "start": times.began - started,
                "step": statistics.median(times.steps),
                "validation": statistics.median(times.validation),
                "megabytes": int(status.split("VmHWM:")[1].split()[0]) / 1024,
            }
        )
    )


def measured(rows, steps, folder):
    """Return the measurement of a package in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", str(rows)]
    path = [str(folder)] if folder else []
    path += filter(None, [os.environ.get("PYTHONPATH")])
    found = subprocess.run(
        [*command, "--steps", str(steps)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(found.stdout.splitlines()[-1])


def fit_seconds(cell):
    """Return the seconds of a fit of `N_STEPS` steps."""
    passes = N_STEPS / STEPS_PER_VALIDATION
    return cell["start"] + N_STEPS * cell["step"] + passes * cell["validation"]


def line(name, cell):
    """Return a row of the table."""
    return (
        f"| {cell['rows']:,} | {name} | {1e3 * cell['step']:,.1f} | "
        f"{1e3 * cell['validation']:,.0f} | {fit_seconds(cell):,.1f} | "
        f"{cell['megabytes']:,.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", default="100,260,650,1500,5000")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--compare", type=Path, help="folder of another version")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        measure(args.one, args.steps)
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores")
    print("| rows | version | step, ms | validation, ms | a fit of 300 steps, s | MB |")
    print("|---:|---|---:|---:|---:|---:|")
    for rows in map(int, args.rows.split(",")):
        folders = {"before": args.compare} if args.compare else {}
        folders["now"] = None
        best = {}
        for _ in range(args.repeats):
            for name, folder in folders.items():
                cell = measured(rows, args.steps, folder)
                if name not in best or cell["step"] < best[name]["step"]:
                    best[name] = cell
        for name, cell in best.items():
            print(line(name, cell), flush=True)
        if args.compare:
            step = best["before"]["step"] / best["now"]["step"]
            fit = fit_seconds(best["before"]) / fit_seconds(best["now"])
            print(f"| | before / now | {step:.1f} | | {fit:.1f} | |", flush=True)


if __name__ == "__main__":
    main()
