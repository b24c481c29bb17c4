"""Seconds and memory of the methods against rows, columns and budget (Linux).

    OMP_NUM_THREADS=1 python docs/benchmarks/scaling.py [--methods random,herding]

From a common point (10,000 rows of 20 columns, 10 classes, 10 rows a class) one of the
three sizes is changed at a time. Seconds are those of the processor, which other work
on the machine changes less than the clock's. Memory is the peak of the process during
`fit` less what it held before, with the rows themselves already there; each method has
a process of its own, whose later fits may reuse what earlier ones freed, so that small
figures are lower bounds. The exponent is the slope of log seconds on log size over the
last two sizes, where constant costs matter least.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

METHODS = "random,k-means,herding,k-center,submodular,kernel-inducing-points"
COMMON = {"rows": 10_000, "columns": 20, "budget": 10}
SIZES = {
    "columns": [20, 80, 320],
    "budget": [3, 10, 30],
    "rows": [1_000, 10_000, 100_000, 1_000_000],
}
# Beyond these a fit takes minutes.
MOST_ROWS = {"submodular": 100_000}


def megabytes(what):
    """Return this process's memory: "VmRSS", what it holds, or "VmHWM", its peak."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def measured(method, rows, columns, budget):
    """Return the seconds and megabytes of a fit."""
    import numpy as np

    from sklearn_distill import get_distiller

    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns), dtype=np.float32)
    y = X[:, :10].argmax(axis=1)
    distiller = get_distiller(method)(budget=budget, random_state=0)
    # Makes the peak start anew.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = megabytes("VmRSS"), time.process_time()
    distiller.fit(X, y)
    return time.process_time() - started, megabytes("VmHWM") - before


def measure(method, max_rows):
    """Print a line of JSON for each fit of a method."""
    # What is loaded at the first fit, torch above all, is no cost of the others.
    measured(method, 500, 10, 1)
    at_common = measured(method, **COMMON)
    for what, values in SIZES.items():
        for value in values:
            if what == "rows" and value > min(max_rows, MOST_ROWS.get(method, value)):
                continue
            is_common = value == COMMON[what]
            cell = (
                at_common if is_common else measured(method, **{**COMMON, what: value})
            )
            print(json.dumps([what, value, *cell]), flush=True)


def line(method, values, cells):
    """Return a method's row of a table; `cells` are by size."""
    texts = [
        f"{cells[v][0]:.2f} s, {cells[v][1]:,.0f} MB" if v in cells else "-"
        for v in values
    ]
    first, last = sorted(cells)[-2:]
    slope = math.log(cells[last][0] / cells[first][0]) / math.log(last / first)
    return f"| {method} | {' | '.join(texts)} | {slope:.1f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--max-rows", type=int, default=1_000_000)
    parser.add_argument("--one", help="only this method, in this process")
    args = parser.parse_args()
    if args.one:
        measure(args.one, args.max_rows)
        return
    found = {}
    for method in args.methods.split(","):
        command = [sys.executable, "-W", "ignore", __file__, "--one", method]
        command += ["--max-rows", str(args.max_rows)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for answer in process.stdout:
                print(method, answer.strip(), file=sys.stderr, flush=True)
                what, value, *cell = json.loads(answer)
                found.setdefault((what, method), {})[value] = cell
    print(f"{platform.machine()}, {os.cpu_count()} cores")
    for what, values in SIZES.items():
        print(f"\n| {what} |", *(f"{v:,} |" for v in values), "exponent |")
        print("|---|" + "---|" * (len(values) + 1))
        for method in args.methods.split(","):
            print(line(method, values, found[what, method]))


if __name__ == "__main__":
    main()
