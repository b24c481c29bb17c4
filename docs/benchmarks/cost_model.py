"""Fit the time of a fit as a function of the sizes of data, set and training.

    OMP_NUM_THREADS=1 python docs/benchmarks/cost_model.py [--methods a,b]

The model of a method is

    seconds = start * n**a * d**b * m**c + steps * step * d**e * m**f,

where n is the number of rows, d the number of columns, m the number of distilled rows,
and the first term is what precedes the steps. Selections have the first term only. The
two terms are fitted separately, by least squares in logarithms: the first to fits of a
single step, the second to what each further step adds. The table has the mean deviation
of the model from sizes that were not used in the fit. Times are processor seconds of
one thread.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import inspect
import itertools
import time
import warnings

import numpy as np

from sklearn_distill import get_distiller

METHODS = (
    "herding,k-means,k-center,submodular,kernel-inducing-points,"
    "distribution-matching,multi-layer-distribution-matching,gradient-matching,"
    "neural-feature-regression"
)
N_CLASSES = 5
N_STEPS = 20
SIZES = {"n": (2_000, 16_000), "d": (10, 80), "m": (10, 80)}
# The model is tested on sizes inside and outside the range of the fitted ones.
TESTED = [(6_000, 30, 30), (30_000, 30, 30), (6_000, 150, 30), (6_000, 30, 150)]


def data(n, d):
    """Return a random table with five classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d), dtype=np.float32)
    return X, X[:, :N_CLASSES].argmax(axis=1)


def seconds(method, n, d, m, n_steps):
    """Return the processor seconds of a fit, the smaller of two."""
    cls = get_distiller(method)
    params = {"budget": m // N_CLASSES, "random_state": 0, "max_iter": n_steps}
    params["n_iter_no_change"] = None
    accepted = inspect.signature(cls).parameters
    distiller = cls(**{k: v for k, v in params.items() if k in accepted})
    X, y = data(n, d)
    times = []
    for _ in range(2):
        started = time.process_time()
        distiller.fit(X, y)
        times.append(time.process_time() - started)
    return min(times)


def measured(method, sizes):
    """Return the seconds of a fit of one step, and of each further step."""
    first = seconds(method, *sizes, 1)
    if "max_iter" not in inspect.signature(get_distiller(method)).parameters:
        return first, 0.0
    steps = seconds(method, *sizes, 1 + N_STEPS) - first
    return first, max(steps, 1e-4) / N_STEPS


def fitted(sizes, values):
    """Return a function of sizes, and its exponents, by least squares in logarithms."""
    design = np.c_[np.ones(len(sizes)), np.log(sizes)]
    coefficients, *_ = np.linalg.lstsq(design, np.log(values), rcond=None)

    def predict(size):
        return float(np.exp(coefficients @ np.r_[1.0, np.log(size)]))

    return predict, coefficients[1:]


def row(method):
    """Return the row of a method in the table."""
    corners = list(itertools.product(*SIZES.values()))
    first, step = np.transpose([measured(method, sizes) for sizes in corners])
    start, powers = fitted(corners, first)
    texts = [f"{start((6_000, 30, 30)):.2f}", *(f"{p:.1f}" for p in powers)]
    add = None
    if step.any():
        # The time of a step does not depend on the number of rows.
        add, powers = fitted([sizes[1:] for sizes in corners], step)
        texts += [f"{1e3 * add((30, 30)):.1f}", *(f"{p:.1f}" for p in powers)]
    else:
        texts += ["", "", ""]
    ratios = []
    for sizes in TESTED:
        a_fit, a_step = measured(method, sizes)
        true, predicted = a_fit + 200 * a_step, start(sizes)
        predicted += 200 * add(sizes[1:]) if add else 0.0
        ratios.append(abs(np.log(predicted / true)))
    texts.append(f"{100 * (np.exp(np.mean(ratios)) - 1):.0f}")
    return f"| {method} | {' | '.join(texts)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", default=METHODS)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print("| method | start, s | n | d | m | a step, ms | d | m | deviation, % |")
    print("|:---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for method in args.methods.split(","):
        # Fit once beforehand, so that importing torch is not measured.
        seconds(method, 500, 10, 10, 1)
        print(row(method), flush=True)


if __name__ == "__main__":
    main()
