"""Score Wasserstein barycenters and other methods: the tables of the README.

    python plugins/transport/benchmark.py --data DIR

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`; digits and diabetes come with scikit-learn. Each seed is a
different split: 70 % of the rows are for training, of which at most 10,000 are used,
and 30 % for testing, at most 4,000. Nothing is selected on test rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import time
import warnings
from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from sklearn_distill_transport import WassersteinBarycenter

import sklearn_distill as sd
from sklearn_distill.evaluation import preprocessor, utility

CLASSES = ("digits", "phoneme", "magic", "satimage", "spambase", "german")
CONTINUOUS = ("diabetes", "ccpp", "wine", "grid")


def methods(budget, seed, task):
    common = {"budget": budget, "random_state": seed, "task": task}
    return {
        "random": sd.RandomSelection(**common),
        "herding": sd.HerdingSelection(**common),
        "k-means centroids": sd.KMeansSelection(representative="centroid", **common),
        "wasserstein barycenter": WassersteinBarycenter(**common),
        "kernel inducing points": sd.KernelInducingPoints(**common),
    }


def load(folder, name):
    if name == "digits":
        return load_digits(return_X_y=True)
    if name == "diabetes":
        return load_diabetes(return_X_y=True)
    table = pd.read_csv(Path(folder, f"{name}.csv.gz"), keep_default_na=False)
    return table.drop(columns="target"), table["target"]


def scores(name, X, y, seed, budget, task):
    """Yield a row of results for each method on one split."""
    X_train, X_test, y_train, y_test = train_test_split(
        X,
        y,
        test_size=0.3,
        random_state=seed,
        stratify=y if task == "classification" else None,
    )
    X_train, y_train = X_train[:10_000], y_train[:10_000]
    X_test, y_test = X_test[:4_000], y_test[:4_000]
    for method, distiller in methods(budget, seed, task).items():
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            small = distiller.fit_distill(X_train, y_train)
        seconds = time.perf_counter() - started
        scores_of_learners = utility(
            small,
            X_test,
            y_test,
            prepare=preprocessor(X_train),
            random_state=seed,
        )
        scores_of_learners.pop("mean")
        mean = pd.Series(scores_of_learners).clip(lower=0).mean()
        yield {
            "set": name,
            "seed": seed,
            "method": method,
            "score": 100 * mean,
            "seconds": seconds,
        }
        print(f"{name:10} {seed} {method:24} {100 * mean:5.1f} {seconds:6.1f} s")


def table(results):
    """Return mean scores by method and data set, and their deviation over the seeds."""
    by_set = results.groupby(["method", "set"])["score"].mean().unstack()
    by_seed = results.groupby(["method", "seed"])["score"].mean().unstack()
    by_set["mean"], by_set["±"] = by_seed.mean(axis=1), by_seed.std(axis=1)
    by_set["seconds"] = results.groupby("method")["seconds"].mean()
    return by_set.sort_values("mean", ascending=False).to_markdown(floatfmt=".1f")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    for task, sets, budget in (
        ("classification", CLASSES, 10),
        ("regression", CONTINUOUS, 50),
    ):
        rows = []
        for name in sets:
            X, y = load(args.data, name)
            for seed in range(args.seeds):
                rows += scores(name, X, y, seed, budget, task)
        print(f"\n{task}, budget={budget}, {args.seeds} seeds\n")
        print(table(pd.DataFrame(rows)), flush=True)


if __name__ == "__main__":
    main()
