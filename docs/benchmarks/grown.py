"""Score learners on distilled rows and on rows grown from them.

    python docs/benchmarks/grown.py --data DIR --sets magic,adult --budget 10 --seeds 2

Every score is appended to a file of JSON lines (`--output`), from which a run resumes;
`--table` prints the tables of a file without a run. Tables, splits, the full data and
the learners are those of `panel.py`; `--boosters` adds LightGBM and XGBoost with their
default settings. A table named "grid+30" is grid with 30 more columns, of independent
normal noise. Nothing is selected on test rows: "auto" chooses between distilled and
grown rows, for each learner, on training rows that are not distilled.

Learners that predict probabilities are trained on the soft labels of grown rows, other
learners on hard labels. "numbers" counts everything that is stored: rows times columns,
labels, encoder, sampler and decoder. "±" is the standard deviation of the mean over the
seeds. The last table, on the sets and seeds that all of its lines have, is the curve of
score against numbers stored and training time.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from panel import MAX_FULL, load, split

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)
from sklearn_distill.base.growing import grown_set, held_back_rows
from sklearn_distill.evaluation import panel_learners
from sklearn_distill.evaluation.measures.full_data import weighted_full_data
from sklearn_distill.evaluation.measures.preprocessing import preprocessor
from sklearn_distill.evaluation.measures.utility import better_scores, learner_scores

FULL = "full data"
# Each distiller, and the names of its ungrown and grown sets in the tables.
DISTILLERS = {
    "random": (RandomSelection, {}),
    "herding": (HerdingSelection, {}),
    "kip": (KernelInducingPoints, {}),
    "centroids": (KMeansSelection, {"representative": "centroid"}),
}


def load_with_noise(folder, name):
    """Return the rows and labels of NAME, or of NAME+K with K columns of noise."""
    name, _, n_noise = name.partition("+")
    X, y = load(folder, name)
    rng = np.random.RandomState(0)
    columns = [f"noise {j}" for j in range(int(n_noise or 0))]
    noise = rng.standard_normal((len(X), len(columns)))
    return X.join(pd.DataFrame(noise, index=X.index, columns=columns)), y


def distiller(name, budget, seed, task, densify):
    """Return an unfitted distiller."""
    cls, parameters = DISTILLERS[name]
    return cls(
        budget, task=task, random_state=seed, densify=densify, **parameters
    )  # fmt: skip


def learners_for(task, n_rows, seed, args):
    """Return the learners of the panel, and gradient boosting libraries if wanted."""
    learners = panel_learners(task, n_rows, random_state=seed)
    learners = {name: learners[name] for name in args.learners or learners}
    if args.boosters:
        import lightgbm
        import xgboost

        kind = "Classifier" if task == "classification" else "Regressor"
        seeds = {"random_state": seed, "n_jobs": 1}
        learners["LightGBM"] = getattr(lightgbm, f"LGBM{kind}")(verbose=-1, **seeds)
        learners["XGBoost"] = getattr(xgboost, f"XGB{kind}")(**seeds)
    return learners


def as_codes(y, classes):
    """Return labels as integers, which XGBoost requires."""
    return y if classes is None else np.searchsorted(classes, y)


def scores_of(methods, X, y, X_test, y_test, classes, budget, seed, args):
    """Yield (method, stored set, seconds to distill, rows of scores)."""
    task = args.task
    prepare = preprocessor(X)
    common = {"prepare": prepare, "random_state": seed}

    def evaluate(train):
        learners = learners_for(task, len(train), seed, args)
        return learner_scores(train, X_test, y_test, learners=learners, **common)

    if FULL in methods:
        full = weighted_full_data(
            X, y, classes=classes, max_rows=MAX_FULL, random_state=seed
        )
        yield FULL, full, 0.0, evaluate(full)
    for name in DISTILLERS:
        if f"{name} auto" in methods:
            codes = None if classes is None else y
            held = held_back_rows(codes, np.ones(len(y)), seed)
            weights = np.ones(len(y))
            weights[held] = 0.0
            started = time.perf_counter()
            fitted = distiller(name, budget, seed, task, "auto")
            fitted.fit(X, y, sample_weight=weights)
            seconds = time.perf_counter() - started
            small, grown = fitted.distilled_, grown_set(fitted)
            yield f"{name} auto", small, seconds, better_scores(
                small, grown, X_test, y_test, held_back=(X.iloc[held], y[held]),
                learners=learners_for(task, len(small), seed, args), **common,
            )  # fmt: skip
        if not {name, f"{name} grown"} & set(methods):
            continue
        started = time.perf_counter()
        densify = "auto" if f"{name} grown" in methods else None
        fitted = distiller(name, budget, seed, task, densify).fit(X, y)
        seconds = time.perf_counter() - started
        if name in methods:
            yield name, fitted.distilled_, seconds, evaluate(fitted.distilled_)
        if f"{name} grown" in methods:
            scored = evaluate(grown_set(fitted))
            yield f"{name} grown", fitted.distilled_, seconds, scored


def n_numbers(name, stored):
    """Return how many numbers a set consists of."""
    numbers = int(np.prod(stored.X.shape)) + len(stored)
    if name.endswith((" grown", " auto")):
        numbers += stored.growth.n_numbers
    return numbers


def run(args):
    """Append the scores that the output file lacks."""
    done = set()
    if args.output.is_file():
        rows = map(json.loads, args.output.read_text().splitlines())
        done = {(r["set"], r["seed"], r["budget"], r["method"]) for r in rows}
    for name in args.sets.split(","):
        X_all, y_all = load_with_noise(args.data, name)
        is_classes = args.task == "classification"
        for seed in range(args.seeds):
            train, test = split(y_all, seed, is_classes)
            X, X_test = X_all.iloc[train], X_all.iloc[test]
            y, y_test = y_all.to_numpy()[train], y_all.to_numpy()[test]
            classes = np.unique(y) if is_classes else None
            y, y_test = as_codes(y, classes), as_codes(y_test, classes)
            codes = None if classes is None else np.arange(len(classes))
            for budget in map(int, args.budget.split(",")):
                missing = []
                for method in args.methods.split(","):
                    known = 0 if method == FULL else budget
                    if (name, seed, known, method) not in done:
                        missing.append(method)
                        done.add((name, seed, known, method))
                results = scores_of(
                    missing, X, y, X_test, y_test, codes, budget, seed, args
                )
                for method, stored, seconds, rows in results:
                    about = {
                        "set": name, "seed": seed, "method": method,
                        "budget": 0 if method == FULL else budget,
                        "rows": len(stored), "numbers": n_numbers(method, stored),
                        "seconds": round(seconds, 2),
                    }  # fmt: skip
                    append(args.output, about, rows)


def append(path, about, rows):
    """Append one JSON line for each learner."""
    with open(path, "a") as file:
        for row in rows:
            kept = {
                "learner": row["learner"],
                "score": round(100 * max(row["score"], 0.0), 3),
                "fit_seconds": round(row["fit_seconds"], 3),
            }
            file.write(json.dumps(about | kept) + "\n")
    mean = np.mean([100 * max(row["score"], 0.0) for row in rows])
    print(*about.values(), f"{mean:.1f}", flush=True)


def print_tables(path):
    """Print the mean scores of each method by learner, for each budget."""
    frame = pd.read_json(path, lines=True)
    for budget in sorted(set(frame["budget"]) - {0}):
        chosen = frame[frame["budget"].isin([0, budget])]
        # Compare on the sets and seeds that all methods have.
        methods = chosen[chosen["budget"] == budget]["method"].nunique()
        cells = chosen.groupby(["set", "seed"])["method"].nunique()
        complete = cells[cells == cells.max()].index
        keys = pd.MultiIndex.from_frame(chosen[["set", "seed"]])
        chosen = chosen[keys.isin(complete)]
        order = chosen["learner"].drop_duplicates().tolist()
        table = chosen.groupby(["method", "learner"])["score"].mean().unstack()[order]
        table["mean"] = table.mean(axis=1)
        if chosen["seed"].nunique() > 1:
            by_seed = chosen.groupby(["method", "seed"])["score"].mean().unstack()
            table["±"] = by_seed.std(axis=1)
        if FULL in table.index:
            table["of full"] = 100 * table["mean"] / table.loc[FULL, "mean"]
        first = chosen.drop_duplicates(["set", "seed", "method"]).groupby("method")
        table["numbers"] = first["numbers"].mean()
        table["seconds to distill"] = first["seconds"].mean()
        seconds = chosen.groupby(["set", "seed", "method"])["fit_seconds"].sum()
        table["seconds to train"] = seconds.groupby("method").mean()
        sets = ", ".join(chosen["set"].drop_duplicates())
        seeds = chosen["seed"].nunique()
        print(f"\nBudget {budget}: {methods} methods, {sets}; {seeds} seeds\n")
        print(table.sort_values("mean").round(1).to_markdown())


def print_curve(path):
    """Print the mean score of each method and budget against the numbers stored."""
    frame = pd.read_json(path, lines=True)
    keys = ["method", "budget"]
    runs = frame.groupby(["set", "seed", *keys], as_index=False).agg(
        score=("score", "mean"),
        numbers=("numbers", "first"),
        train=("fit_seconds", "sum"),
    )
    lines = runs.groupby(["set", "seed"])["method"].count()
    runs = runs.set_index(["set", "seed"]).loc[lines[lines == lines.max()].index]
    curve = runs.groupby(keys)[["numbers", "score", "train"]].mean()
    curve = curve.sort_values("numbers").reset_index()
    curve["of full"] = 100 * curve["score"] / curve["score"].iloc[-1]
    names = runs.index.get_level_values("set").unique()
    print(f"\nScore against numbers stored: {', '.join(names)}\n")
    print(curve.round(1).to_markdown(index=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    add("--sets", default="letter,satimage,spambase,magic,phoneme,texture,page-blocks,"
        "adult,nursery,german")  # fmt: skip
    add("--task", choices=["classification", "regression"], default="classification")
    add("--budget", default="10")
    add("--seeds", type=int, default=2)
    add("--methods", default="full data,random,herding,kip,kip grown,centroids,"
        "centroids grown")  # fmt: skip
    add("--learners", type=lambda text: text.split(","), help="default: all")
    add("--boosters", action="store_true", help="add LightGBM and XGBoost")
    add("--output", type=Path, default=Path("grown.jsonl"))
    add("--table", action="store_true", help="only print the tables of --output")
    args = parser.parse_args()
    if not args.table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(args)
    print_tables(args.output)
    print_curve(args.output)


if __name__ == "__main__":
    main()
