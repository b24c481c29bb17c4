"""Measure time and memory of selections on a million rows of 20 columns, 10 classes.

    python docs/benchmarks/million_rows.py [--rows 1000000] [--budget 100]

Each selection runs in a separate process. "Of which the fit" is the peak resident
memory of this process less its memory before `fit`, when the rows (160 MB) are already
loaded.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import platform
import resource
import subprocess
import sys
import time

METHODS = ["random", "k-means", "herding", "k-center"]


def megabytes():
    """Return the peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(method, n_rows, budget):
    """Fit one selection in this process and print its row of the table."""
    import numpy as np

    from sklearn_distill import get_distiller

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_rows, 20))
    y = X[:, :10].argmax(axis=1)
    before = megabytes()
    started = time.perf_counter()
    distiller = get_distiller(method)(budget=budget, random_state=0)
    kept = len(distiller.fit(X, y).distilled_)
    seconds, peak = time.perf_counter() - started, megabytes()
    print(
        f"| {method} | {kept:,} | {seconds:.1f} | {peak:,.0f} | {peak - before:,.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--budget", type=int, default=100, help="rows per class")
    parser.add_argument("--method", help="run only this method, in this process")
    args = parser.parse_args()
    if args.method:
        measure(args.method, args.rows, args.budget)
        return
    print(f"{args.rows:,} rows, {platform.machine()}, {os.cpu_count()} cores\n")
    print("| method | rows kept | seconds | peak MB | of which the fit |")
    print("|---|---|---|---|---|", flush=True)
    options = ["--rows", str(args.rows), "--budget", str(args.budget)]
    for method in METHODS:
        command = [sys.executable, __file__, "--method", method, *options]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
