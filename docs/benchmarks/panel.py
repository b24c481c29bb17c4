"""Score a panel of learners on distilled sets, by method: the tables of the docs.

    python docs/benchmarks/panel.py --data DIR --sets letter,magic --budget 10 --seeds 5

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Classification is scored by balanced accuracy, regression
(`--task regression`) by R^2 clipped at 0. The full data are class-weighted, so that
"retention" compares balanced training sets. Each seed is a different split: 70 % of the
rows are for training, of which at most 20,000 are used, and 30 % for testing, at most
6,000. Nothing is selected on test rows.

With `--output`, every score is written to a file as soon as it is computed, and a run
resumes from the file. The file identifies a method by its name and parameters, not by
its code: use a new file after changing the code.
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
from sklearn.datasets import fetch_openml, load_diabetes
from sklearn.model_selection import train_test_split

import sklearn_distill as sd
from sklearn_distill import Comparison, compare_distillers

MAX_TRAIN, MAX_TEST, MAX_FULL = 20_000, 6_000, 10_000
# Shorter names for the tables.
SHORT = {"gradient-norm": "gradient norm", "kernel-inducing-points": "kip"}


def methods(task, wanted=None):
    """Return the distillers to compare; the keys are their names in the tables.

    Methods that do not support the task are left out. To save time, only the methods in
    `wanted` are tested for this if it is given.
    """
    made = {}
    for info in sd.list_distillers():
        try:
            distiller = sd.get_distiller(f"{info.distribution}:{info.name}")(task=task)
        except ImportError as error:
            print(f"skipped: {error}")
            continue
        name = SHORT.get(info.name, info.name)
        if (wanted and name not in wanted) or can_do(distiller, task):
            made[name] = distiller
    made["k-means centroids"] = sd.KMeansSelection(representative="centroid", task=task)
    kernels = sd.KernelInducingPoints._parameter_constraints["kernel"][0].options
    for kernel in sorted(kernels):
        made[f"kip {kernel}"] = sd.KernelInducingPoints(kernel=kernel, task=task)
    parameters = sd.DistributionMatching._parameter_constraints
    for discrepancy in sorted(parameters["discrepancy"][0].options - {"auto"}):
        made[f"distribution-matching {discrepancy}"] = sd.DistributionMatching(
            discrepancy=discrepancy, task=task
        )
    learned = [name for name in made if name.startswith("kip")]
    for name in ["random", "herding", *learned]:
        soft = sklearn.clone(made[name]).set_params(soft_labels="teacher")
        made[f"{name}, soft labels"] = soft
    return made


def can_do(distiller, task):
    """Return whether a method supports the task, by fitting it on a few rows."""
    y = np.arange(20) % 2 if task == "classification" else np.linspace(0, 1, 20)
    trial = sklearn.clone(distiller).set_params(budget=2, random_state=0)
    if "max_iter" in trial.get_params(deep=False):
        trial.set_params(max_iter=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            trial.fit(np.random.RandomState(0).randn(20, 2), y)
        except ValueError:
            return False
    return True


def load(folder, name):
    """Load X and y from `folder`, from scikit-learn, or from OpenML."""
    path = Path(folder, f"{name}.csv.gz") if folder else None
    if path is not None and path.is_file():
        table = pd.read_csv(path, keep_default_na=False)
        return table.drop(columns="target"), table["target"]
    if name == "diabetes":
        return load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    return fetch_openml(name, version=1, return_X_y=True, as_frame=True)


def split(y, seed, stratified):
    """Return the positions of the training and test rows for a seed."""
    train, test = train_test_split(
        np.arange(len(y)),
        test_size=0.3,
        random_state=seed,
        stratify=y if stratified else None,
    )
    return (
        capped(train, y, MAX_TRAIN, seed, stratified),
        capped(test, y, MAX_TEST, seed, stratified),
    )


def capped(rows, y, n, seed, stratified):
    """Return at most n of the rows, stratified by class if `stratified`."""
    if len(rows) <= n:
        return rows
    stratify = y.iloc[rows] if stratified else None
    return train_test_split(rows, train_size=n, random_state=seed, stratify=stratify)[0]


def run(args):
    """Compare the methods on each data set and return all scores."""
    wanted = args.methods.split(";") if args.methods else None
    compared = methods(args.task, wanted)
    if wanted:
        if unknown := [name for name in wanted if name not in compared]:
            raise SystemExit(
                f"Unknown methods {unknown}. Choose from {list(compared)}."
            )
        compared = {name: compared[name] for name in wanted}
    parts = []
    for name in args.sets.split(","):
        started = time.perf_counter()
        X, y = load(args.data, name)
        splits = [split(y, s, args.task == "classification") for s in range(args.seeds)]
        parts.append(
            compare_distillers(
                X,
                y,
                compared,
                budgets=[int(budget) for budget in args.budget.split(",")],
                cv=splits,
                task=args.task,
                full_data=not args.no_full,
                max_full_rows=MAX_FULL,
                n_jobs=args.jobs,
                path=args.output,
                name=name,
            )
        )
        print(f"{name:12} {time.perf_counter() - started:7.0f} s", flush=True)
    return Comparison.concat(parts)


def table(comparison, budget):
    """Return the table for one budget in percent, including the full data."""
    summary = comparison.summary(budget)
    shares = [
        *comparison.learners, "mean", "±", "auc", "accuracy (data prior)", "retention",
        "worst", "invalid",
    ]  # fmt: skip
    full = comparison.full_data()
    if full is not None:
        summary.loc["full data", full.index] = full
        summary.loc["full data", "mean"] = full.mean()
        rows = comparison.results
        for column in {"auc", "log loss"} & set(summary):
            scores = rows.loc[rows["method"] == "full data", column.replace(" ", "_")]
            summary.loc["full data", column] = scores.mean()
    present = [column for column in shares if column in summary]
    summary[present] *= 100
    return summary.sort_values("mean", ascending=False)


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
    parser.add_argument("--methods", help="names of methods, separated by ';'")
    parser.add_argument(
        "--no-full", action="store_true", help="do not train on the full data"
    )
    parser.add_argument("--jobs", type=int, help="number of parallel processes")
    parser.add_argument(
        "--output",
        type=Path,
        help="a CSV file of every single score, from which a run resumes",
    )
    parser.add_argument(
        "--scores",
        help="print tables from such CSV files, separated by ',', without a run",
    )
    args = parser.parse_args()
    if args.scores:
        comparison = Comparison.read(*args.scores.split(","))
    else:
        comparison = run(args)
    results = comparison.results
    print(
        f"\nscikit-learn {sklearn.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores; {results['fold'].nunique()} "
        f"seeds; {', '.join(results['set'].unique())}"
    )
    for budget in map(int, args.budget.split(",")):
        print(f"\nBudget {budget}\n")
        shown = table(comparison, budget)
        digits = [".3f" if c.startswith(("p ", "log loss")) else ".1f" for c in shown]
        print(shown.to_markdown(floatfmt=["", *digits]))


if __name__ == "__main__":
    main()
