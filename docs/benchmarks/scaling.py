"""Measure time and memory of methods by rows, columns and budget (Linux).

    OMP_NUM_THREADS=1 python docs/benchmarks/scaling.py [--methods random,herding]

Each table starts from 10,000 rows of 20 columns in 10 classes with 10 rows per class,
and changes one of these sizes. Times are processor seconds, which depend less on other
work on the machine than wall-clock seconds. Memory is the peak of the process during
`fit` less its memory before `fit`, when the rows are already loaded. Each method has a
separate process, whose later fits may reuse memory that earlier fits freed, so small
values are lower bounds. The exponent is the slope of log seconds on log size over the
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
# With more rows a fit takes minutes.
MOST_ROWS = {"submodular": 100_000}


def megabytes(field):
    """Return the current ("VmRSS") or peak ("VmHWM") memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def measured(method, rows, columns, budget):
    """Return the processor seconds and megabytes of a fit."""
    import numpy as np

    from sklearn_distill import get_distiller

    rng = np.random.default_rng(0)
    X = rng.standard_normal((rows, columns), dtype=np.float32)
    y = X[:, :10].argmax(axis=1)
    distiller = get_distiller(method)(budget=budget, random_state=0)
    # Reset the recorded peak.
    Path("/proc/self/clear_refs").write_text("5")
    before, started = megabytes("VmRSS"), time.process_time()
    distiller.fit(X, y)
    return time.process_time() - started, megabytes("VmHWM") - before


def measure(method, max_rows):
    """Fit a method at all sizes and print a line of JSON for each fit."""
    # Fit once beforehand, so that importing torch is not measured.
    measured(method, 500, 10, 1)
    at_common = measured(method, **COMMON)
    for size, values in SIZES.items():
        for value in values:
            if size == "rows" and value > min(max_rows, MOST_ROWS.get(method, value)):
                continue
            is_common = value == COMMON[size]
            cell = (
                at_common if is_common else measured(method, **{**COMMON, size: value})
            )
            print(json.dumps([size, value, *cell]), flush=True)


def line(method, values, cells):
    """Return the row of a method; `cells` maps a value to (seconds, megabytes)."""
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
    parser.add_argument("--one", help="run only this method, in this process")
    args = parser.parse_args()
    if args.one:
        measure(args.one, args.max_rows)
        return
    results = {}
    for method in args.methods.split(","):
        command = [sys.executable, "-W", "ignore", __file__, "--one", method]
        command += ["--max-rows", str(args.max_rows)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for text in process.stdout:
                print(method, text.strip(), file=sys.stderr, flush=True)
                size, value, *cell = json.loads(text)
                results.setdefault((size, method), {})[value] = cell
    print(f"{platform.machine()}, {os.cpu_count()} cores")
    for size, values in SIZES.items():
        print(f"\n| {size} |", *(f"{v:,} |" for v in values), "exponent |")
        print("|---|" + "---|" * (len(values) + 1))
        for method in args.methods.split(","):
            print(line(method, values, results[size, method]))


if __name__ == "__main__":
    main()
