"""What a panel of learners scores on small sets, by method: the tables of the docs.

    python docs/benchmarks/panel.py --data DIR --sets letter,magic --budget 10 --seeds 5

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Classification is scored by balanced accuracy, regression
(`--task regression`) by R^2 clipped at 0. The full data are class-weighted, so that
"retention" compares like with like. Each seed is a split of its own: 70 % train, of
which at most 20,000 rows are used, 30 % test, at most 6,000. Nothing is chosen on
test rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_sample_weight

import sklearn_distill as sd
from sklearn_distill.evaluation import preprocessor, utility

MAX_TRAIN, MAX_TEST, MAX_FULL = 20_000, 6_000, 10_000


def methods(budget, seed, task):
    """Return the distillers to compare, by the name that the table gives them."""
    common = {"budget": budget, "random_state": seed, "task": task}
    made = {
        "random": sd.RandomSelection(**common),
        "k-means": sd.KMeansSelection(**common),
        "k-means centroids": sd.KMeansSelection(representative="centroid", **common),
        "herding": sd.HerdingSelection(**common),
        "submodular": sd.SubmodularSelection(**common),
        "k-center": sd.KCenterSelection(**common),
        "herding, soft labels": sd.HerdingSelection(soft_labels="teacher", **common),
        "kip": sd.KernelInducingPoints(**common),
        "kip, soft labels": sd.KernelInducingPoints(soft_labels="teacher", **common),
    }
    if task == "classification":
        made["uncertainty"] = sd.UncertaintySelection(**common)
        made["forgetting"] = sd.ForgettingSelection(**common)
        made["gradient norm"] = sd.GradientNormSelection(**common)
    for kernel in ("rbf", "linear", "laplacian", "ntk"):
        made[f"kip {kernel}"] = sd.KernelInducingPoints(kernel=kernel, **common)
    return made


def load(folder, name):
    """Return X and y of a table in `folder`, or of a data set with that name online."""
    path = Path(folder, f"{name}.csv.gz") if folder else None
    if path is not None and path.is_file():
        table = pd.read_csv(path, keep_default_na=False)
        return table.drop(columns="target"), table["target"]
    from sklearn.datasets import fetch_openml

    return fetch_openml(name, version=1, return_X_y=True, as_frame=True)


def capped(X, y, n, seed, stratify):
    if len(X) <= n:
        return X, y
    X, _, y, _ = train_test_split(
        X, y, train_size=n, random_state=seed, stratify=y if stratify else None
    )
    return X, y


def full_data(X, y, seed, is_classification):
    """Return the reference: as many real rows as the learners can take, weighted."""
    X, y = capped(X, y, MAX_FULL, seed, is_classification)
    return sd.DistilledSet(
        X,
        y,
        sample_weight=compute_sample_weight("balanced", y)
        if is_classification
        else None,
        classes=np.unique(y) if is_classification else None,
    )


def split_scores(name, X, y, seed, args):
    """Yield a row of scores for each method and budget, on one train/test split."""
    is_classification = args.task == "classification"
    X_train, X_test, y_train, y_test = train_test_split(
        X,
        y,
        test_size=0.3,
        random_state=seed,
        stratify=y if is_classification else None,
    )
    X_train, y_train = capped(X_train, y_train, MAX_TRAIN, seed, is_classification)
    X_test, y_test = capped(X_test, y_test, MAX_TEST, seed, is_classification)
    prepare = preprocessor(X_train)

    def scored(method, budget, small, seconds):
        scores = utility(small, X_test, y_test, prepare=prepare, random_state=seed)
        if not is_classification:
            scores = {k: max(0.0, v) for k, v in scores.items() if k != "mean"}
            scores["mean"] = float(np.mean(list(scores.values())))
        print(
            f"{name:12} seed {seed} budget {budget:>4} {method:24} "
            f"{100 * scores['mean']:5.1f}  {seconds:6.1f} s",
            flush=True,
        )
        about = {"set": name, "seed": seed, "budget": budget, "method": method}
        return {**about, "rows": len(small), "seconds": seconds, **scores}

    if not args.no_full:
        full = full_data(X_train, y_train, seed, is_classification)
        yield scored("full data", 0, full, 0.0)
    for budget in map(int, args.budget.split(",")):
        for method, distiller in methods(budget, seed, args.task).items():
            if args.methods and method not in args.methods.split(";"):
                continue
            started = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                small = distiller.fit_distill(X_train, y_train)
            yield scored(method, budget, small, time.perf_counter() - started)


def run(args):
    rows = []
    for name in args.sets.split(","):
        X, y = load(args.data, name)
        for seed in range(args.seeds):
            rows += split_scores(name, X, y, seed, args)
    return pd.DataFrame(rows)


def summary(results, budget):
    """Return the table for one budget: a row a method, means over sets and seeds."""
    learners = list(results.columns[6:-1])
    full = results[results["method"] == "full data"].set_index(["set", "seed"])
    some = results[results["budget"] == budget]
    by_set = some.groupby(["method", "set"])["mean"].mean().unstack()
    table = 100 * some.groupby("method")[[*learners, "mean"]].mean()
    # Deviation over seeds of the mean over sets.
    table["±"] = (
        100 * some.groupby(["method", "seed"])["mean"].mean().groupby("method").std()
    )
    if len(full):
        reference = full.loc[pd.MultiIndex.from_frame(some[["set", "seed"]])]
        ratios = some[[*learners]].to_numpy() / reference[learners].to_numpy()
        kept = pd.DataFrame(100 * ratios, columns=learners).groupby(
            some["method"].to_numpy()
        )
        table["retention"] = kept.mean().mean(axis=1)
        table["worst"] = kept.mean().min(axis=1)
        table.loc["full data", [*learners, "mean"]] = (
            100 * full[[*learners, "mean"]].mean()
        )
    table["rank"] = by_set.rank(ascending=False).mean(axis=1)
    table["seconds"] = some.groupby("method")["seconds"].mean()
    return table.sort_values("mean", ascending=False).round(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument(
        "--sets",
        default="letter,satimage,spambase,magic,phoneme,texture,"
        "page-blocks,adult,nursery,german",
    )
    parser.add_argument(
        "--task", choices=["classification", "regression"], default="classification"
    )
    parser.add_argument("--budget", default="10")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", help="only these, separated by ';'")
    parser.add_argument(
        "--no-full", action="store_true", help="leave out the full data"
    )
    parser.add_argument("--output", type=Path, help="a CSV file for every single score")
    parser.add_argument(
        "--scores", help="tables from such CSV files, separated by ',', without a run"
    )
    args = parser.parse_args()
    if args.scores:
        results = pd.concat(map(pd.read_csv, args.scores.split(",")))
    else:
        results = run(args)
    if args.output:
        results.to_csv(args.output, index=False)
    print(
        f"\nscikit-learn {sklearn.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores; {results['seed'].nunique()} "
        f"seeds; {', '.join(results['set'].unique())}"
    )
    for budget in map(int, args.budget.split(",")):
        print(f"\nBudget {budget}\n")
        print(summary(results, budget).to_markdown(floatfmt=".1f"))


if __name__ == "__main__":
    main()
