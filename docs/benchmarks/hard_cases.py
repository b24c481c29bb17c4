"""Compare methods on hard data: imbalanced classes, wrong labels, few labels.

    python docs/benchmarks/hard_cases.py --data DIR --seeds 3 --output scores.csv

- imbalanced: magic with 50 rows of one class for each row of the other; - flipped:
satimage with a fifth of the training labels replaced by those of other classes; - few
labels: satimage with a twentieth of the training rows labeled. Distillers get only
  the labeled rows, or ("+ unlabeled") also the others, as `X_unlabeled`.

Labels are changed in the training rows only, differently for each seed; scores are on
unchanged test rows. "all rows" trains on all rows with the labels of the case, "full
data" on all rows with the true labels. The splits are those of `panel.py`. 2,000
training rows are used in the first two cases; in the last, all 4,504 are used, of which
225 keep their label. Nothing is selected on test rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import platform
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
from panel import SHORT, can_do, load, split
from sklearn.base import BaseEstimator, clone

import sklearn_distill as sd
from sklearn_distill import Comparison, compare_distillers
from sklearn_distill.evaluation import weighted_full_data

MAX_TRAIN = {"imbalanced": 2_000, "flipped": 2_000, "few labels": 20_000}
LEARNERS = ["logistic", "neighbors", "naive Bayes", "support vectors", "random forest"]
# The methods that are also run with unlabeled rows in the case "few labels".
UNLABELED = [
    "random",
    "herding",
    "k-means",
    "k-means centroids",
    "distribution-matching",
    "neural-feature-regression",
    "kip",
    "kip, soft labels",
]
SETS = {"imbalanced": "magic", "flipped": "satimage", "few labels": "satimage"}


class DistillerOfHardCase(BaseEstimator):
    """A distiller whose training labels are changed as the case requires."""

    def __init__(self, distiller=None, case="flipped", budget=10, random_state=0):
        self.distiller = distiller
        self.case = case
        self.budget = budget
        self.random_state = random_state

    def fit_distill(self, X, y):
        """Change or remove labels, and distill the result."""
        rng = np.random.RandomState(self.random_state)
        if self.case == "flipped":
            y = flipped(y, 0.2, rng)
        more = {}
        if self.case in ("few labels", "+ unlabeled"):
            known = few_of_each(y, 0.05, rng)
            if self.case == "+ unlabeled":
                more["X_unlabeled"] = X.drop(index=X.index[known])
            X, y = X.iloc[known].reset_index(drop=True), y[known]
        if self.distiller is None:
            return weighted_full_data(X, y, classes=np.unique(y))
        settings = {"budget": self.budget, "random_state": self.random_state}
        distiller = clone(self.distiller).set_params(**settings)
        return distiller.fit_distill(X, y, **more)


def flipped(y, share, rng):
    """Replace a share of the labels by those of random other classes."""
    classes, codes = np.unique(y, return_inverse=True)
    wrong = rng.rand(len(y)) < share
    codes[wrong] += rng.randint(1, len(classes), size=wrong.sum())
    return classes[codes % len(classes)]


def few_of_each(y, share, rng):
    """Return the positions of a random share of the rows of each class."""
    of_class = [rng.permutation(np.flatnonzero(y == c)) for c in np.unique(y)]
    return np.sort(np.concatenate([r[: round(share * len(r))] for r in of_class]))


def unbalanced(X, y, ratio, seed):
    """Return rows whose smallest class is `ratio` times smaller than the rest."""
    y = y.to_numpy()
    names, counts = np.unique(y, return_counts=True)
    small = np.flatnonzero(y == names[counts.argmin()])
    others = np.flatnonzero(y != names[counts.argmin()])
    kept = np.random.RandomState(seed).permutation(small)[: len(others) // ratio]
    rows = np.sort(np.concatenate([others, kept]))
    return X.iloc[rows].reset_index(drop=True), pd.Series(y[rows])


def methods(case):
    """Return the distillers to compare; the keys are their names in the tables."""
    task = {"task": "classification"}
    made = {}
    for info in sd.list_distillers():
        distiller = sd.get_distiller(f"{info.distribution}:{info.name}")(**task)
        if info.distribution == "sklearn-distill" and can_do(distiller, **task):
            made[SHORT.get(info.name, info.name)] = distiller
    made["k-means centroids"] = sd.KMeansSelection(representative="centroid", **task)
    for name in ("random", "herding", "k-means", "kip"):
        soft = clone(made[name]).set_params(soft_labels="teacher")
        made[f"{name}, soft labels"] = soft
    compared = {name: DistillerOfHardCase(one, case) for name, one in made.items()}
    if case == "few labels":
        for name in UNLABELED:
            with_unlabeled = DistillerOfHardCase(made[name], "+ unlabeled")
            compared[f"{name} + unlabeled"] = with_unlabeled
    if case != "imbalanced":
        compared["all rows"] = DistillerOfHardCase(None, case)
    return compared


def run(args):
    """Compare the methods in each case and return all scores."""
    parts = []
    for case in args.cases.split(","):
        X, y = load(args.data, SETS[case])
        if case == "imbalanced":
            X, y = unbalanced(X, y, 50, seed=0)
        splits = [split(y, seed, stratified=True) for seed in range(args.seeds)]
        parts.append(
            compare_distillers(
                X,
                y,
                methods(case),
                learners=LEARNERS,
                budgets=args.budget,
                cv=[(train[: MAX_TRAIN[case]], test) for train, test in splits],
                path=args.output,
                name=case,
                n_jobs=args.jobs,
            )
        )
        print(case, "done", flush=True)
    return Comparison.concat(parts)


def table(results, case):
    """Return the table of a case in percent, compared with random rows and herding."""
    comparison = Comparison(results[results["set"] == case])
    budget = comparison.budgets[0]
    summary = comparison.summary(budget)
    cells = comparison.block_scores(budget, over="fold")
    for baseline in ("random", "herding"):
        summary[f"above {baseline}"] = summary["mean"] - summary.loc[baseline, "mean"]
        ahead = cells.gt(cells[baseline], axis=0).sum()
        summary[f"seeds ahead of {baseline}"] = ahead
    shares = [*comparison.learners, "mean", "±", "above random", "above herding"]
    full = comparison.full_data()
    summary.loc["full data", full.index] = full
    summary.loc["full data", "mean"] = full.mean()
    summary[shares] *= 100
    ahead = ["seeds ahead of random", "seeds ahead of herding"]
    columns = [*shares, *ahead, "seconds"]
    return summary[columns].sort_values("mean", ascending=False)


def overview(results, cases):
    """Return mean and deviation of each method in each case, as text."""
    tables = {case: table(results, case) for case in cases}
    texts = {
        case: one["mean"].map("{:.1f}".format)
        + one["±"].map(lambda v: "" if np.isnan(v) else f" ± {v:.1f}")
        for case, one in tables.items()
    }
    above = sum(one["above herding"].fillna(0) for one in tables.values())
    joined = pd.DataFrame(texts).reindex(above.sort_values(ascending=False).index)
    return joined.fillna("").rename_axis("method")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--cases", default=",".join(SETS))
    parser.add_argument("--budget", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, help="number of parallel processes")
    parser.add_argument(
        "--output",
        type=Path,
        help="a CSV file of every score, from which a run resumes",
    )
    args = parser.parse_args()
    results = run(args).results
    print(
        f"\nscikit-learn {sklearn.__version__}, Python {platform.python_version()}, "
        f"{platform.machine()}, {os.cpu_count()} cores; {args.seeds} seeds; "
        f"{args.budget} rows per class"
    )
    for case in args.cases.split(","):
        print(f"\n{case} ({SETS[case]})\n")
        shown = table(results, case)
        digits = [".0f" if "seeds" in column else ".1f" for column in shown]
        print(shown.to_markdown(floatfmt=["", *digits]))
    print("\nMean balanced accuracy in percent, by case\n")
    print(overview(results, args.cases.split(",")).to_markdown())


if __name__ == "__main__":
    main()
