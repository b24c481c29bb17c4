"""Searches on distilled rows beside searches on all rows: time and regret.

    python docs/benchmarks/search.py --data DIR --sets magic,letter \
        --learners svc,boosting --folds 3 --output scores/search.jsonl

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Of each table 70 % of the rows are for the searches, at most
100,000, and 30 % for testing. Every search returns a winner that is fitted on all
training rows. Its regret is the test score (accuracy or R^2) of the winner of
GridSearchCV minus its own. The time of a search contains distilling, searching,
confirming and the final fit; it is the processor time of the one process, so that other
programs on the machine do not matter. The searches:

- "grid": GridSearchCV, which trains every candidate on all rows;
- "halving": HalvingGridSearchCV over the number of rows;
- "METHOD SHARE": DistilledSearchCV with a method and a share of the rows that confirms
  five candidates; "random SHARE" draws the same number of rows at random;
- "METHOD auto": the same with budget="auto";
- "METHOD SHARE fast": the same with search_folds=2, confirm_folds=2 and
  validation_rows=2000;
- "METHOD SHARE single": the same with confirm_folds=1;
- "METHOD SHARE three": the same with confirm_folds=1 and three confirmed candidates;
- "METHOD SHARE one": with search_folds=1, confirm_folds=2 and validation_rows=5000;
- "k-means grown" grows the rows to 5,000.

Each result is appended to the output as a JSON line, and a run continues from the file.
`--summary` prints the table of an output file.
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
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    KFold,
    StratifiedKFold,
    train_test_split,
)
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from sklearn_distill import (
    DistilledSearchCV,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
)

REGRESSION = ("diamonds",)
MAX_TRAIN = 100_000
# Identifiers, which are not one-hot encoded.
DROPPED = {"flights": ["tailnum", "time_hour"]}
OPTIONS = {
    "default": {},
    "fast": {"search_folds": 2, "confirm_folds": 2, "validation_rows": 2000},
    "single": {"search_folds": 2, "confirm_folds": 1, "validation_rows": 2000},
    "three": {
        "search_folds": 2,
        "confirm_folds": 1,
        "validation_rows": 2000,
        "top_k": 3,
    },
    "one": {"search_folds": 1, "confirm_folds": 2, "validation_rows": 5000},
}
METHODS = {
    "random": RandomSelection(random_state=0),
    "herding": HerdingSelection(random_state=0),
    "k-means": KMeansSelection(random_state=0),
    "k-means grown": KMeansSelection(densify=5000, random_state=0),
}


def learner(name, regression):
    """Return an estimator and its grid: 20, 36, 18 or 12 candidates."""
    if name == "svc":
        return SVR() if regression else SVC(), {
            "C": [0.1, 1, 10, 100],
            "gamma": [0.003, 0.01, 0.03, 0.1, 0.3],
        }
    if name == "boosting":
        kind = (
            HistGradientBoostingRegressor
            if regression
            else HistGradientBoostingClassifier
        )
        return kind(max_iter=60, early_stopping=False, random_state=0), {
            "learning_rate": [0.03, 0.1, 0.3],
            "max_leaf_nodes": [7, 15, 31],
            "min_samples_leaf": [5, 30],
            "l2_regularization": [0, 3],
        }
    if name == "mlp":
        kind = MLPRegressor if regression else MLPClassifier
        return kind(max_iter=30, random_state=0), {
            "hidden_layer_sizes": [(32,), (128,), (64, 64)],
            "alpha": [1e-4, 1e-2, 1],
            "learning_rate_init": [1e-3, 1e-2],
        }
    kind = RandomForestRegressor if regression else RandomForestClassifier
    return kind(n_estimators=50, random_state=0), {
        "max_features": [0.2, 0.5, 1.0],
        "min_samples_leaf": [1, 3, 10, 30],
    }


def model(name, regression):
    """Return the learner in a pipeline that encodes categories, and its grid."""
    estimator, grid = learner(name, regression)
    numbers = make_column_selector(dtype_include="number")
    words = make_column_selector(dtype_exclude="number")
    if name in ("boosting", "forest"):
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        columns = make_column_transformer((encoder, words), remainder="passthrough")
    else:
        columns = make_column_transformer(
            (StandardScaler(), numbers),
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        )
    pipeline = make_pipeline(columns, estimator)
    step = pipeline.steps[-1][0]
    return pipeline, {f"{step}__{key}": values for key, values in grid.items()}


def load(folder, name, seed, max_train):
    """Return the training rows and the test rows of a table."""
    table = pd.read_csv(Path(folder, f"{name}.csv.gz")).dropna()
    X = table.drop(columns=["target", *DROPPED.get(name, [])])
    y = table["target"]
    if name not in REGRESSION:
        y = y.astype(str)
    stratify = None if name in REGRESSION else y
    parts = train_test_split(X, y, test_size=0.3, random_state=seed, stratify=stratify)
    X_train, X_test, y_train, y_test = parts
    return X_train[:max_train], X_test, y_train[:max_train], y_test


def searches(args, pipeline, grid, regression):
    """Return the searches by name."""
    folds = KFold if regression else StratifiedKFold
    cv = folds(args.folds, shuffle=True, random_state=0)
    plain = GridSearchCV(pipeline, grid, cv=cv)
    made = {"grid": plain}
    for share in args.shares:
        for method in args.methods:
            budget = share if share == "auto" else float(share)
            search = DistilledSearchCV(plain, clone(METHODS[method]), budget=budget)
            for option in args.options:
                name = f"{method} {share} {option}".removesuffix(" default")
                made[name] = clone(search).set_params(**OPTIONS[option])
    made["halving"] = HalvingGridSearchCV(pipeline, grid, cv=cv, random_state=0)
    return {name: made[name] for name in made if name not in args.skip}


def run(args):
    """Run all searches that the output file does not contain."""
    done = {key(record) for record in records(args.output)}
    for name in args.sets:
        regression = name in REGRESSION
        for seed in range(args.seeds):
            data = load(args.data, name, seed, args.max_train)
            for learner_name in args.learners:
                pipeline, grid = model(learner_name, regression)
                made = searches(args, pipeline, grid, regression)
                for search_name, search in made.items():
                    record = {
                        "set": name,
                        "learner": learner_name,
                        "seed": seed,
                        "search": search_name,
                        "folds": args.folds,
                        "n": len(data[0]),
                    }
                    if key(record) in done:
                        continue
                    record |= measured(search, *data)
                    with open(args.output, "a") as file:
                        file.write(json.dumps(record) + "\n")
                    print(record["set"], learner_name, search_name, flush=True)


def key(record):
    """Return what identifies a result."""
    names = ("set", "learner", "seed", "search", "folds", "n")
    return tuple(record[name] for name in names)


def measured(search, X_train, X_test, y_train, y_test):
    """Return the time, the test score and the scores of all candidates of a search."""
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = clone(search).fit(X_train, y_train)
    record = {
        "seconds": time.process_time() - started,
        "test": float(fitted.score(X_test, y_test)),
        "params": str(fitted.best_params_),
    }
    if not isinstance(search, HalvingGridSearchCV):
        results = fitted.cv_results_
        record["scores"] = np.round(results["mean_test_score"], 6).tolist()
        record["fit times"] = np.round(results["mean_fit_time"], 3).tolist()
        record["score times"] = np.round(results["mean_score_time"], 3).tolist()
    if isinstance(search, DistilledSearchCV):
        record["rows"] = len(fitted.distilled_[0])
        record["budget"] = fitted.budget_
        record["stages"] = [
            round(s, 2)
            for s in (
                fitted.distill_time_,
                fitted.search_time_,
                fitted.confirm_time_,
                fitted.refit_time_,
            )
        ]
        first = int(np.argmin(fitted.cv_results_["rank_distilled"]))
        record["first"] = first
    return record


def records(path):
    """Return the results in a file."""
    if not Path(path).is_file():
        return []
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def summary(path):
    """Return a table: one row for each search, means over seeds."""
    rows = []
    plain = {key(r)[:3] + key(r)[4:]: r for r in records(path) if r["search"] == "grid"}
    for r in records(path):
        reference = plain.get(key(r)[:3] + key(r)[4:])
        if reference is None:
            continue
        row = {k: r[k] for k in ("set", "learner", "folds", "search", "n")}
        row["rows"] = r.get("rows", r["n"])
        row["seconds"] = r["seconds"]
        row["time"] = r["seconds"] / reference["seconds"]
        row["regret"] = 100 * (reference["test"] - r["test"])
        if "first" in r:
            truth = np.array(reference["scores"])
            row["rho"] = spearmanr(r["scores"], truth).statistic
            # In cross-validation on all rows, without and with confirmation.
            row["cv regret of first"] = 100 * (truth.max() - truth[r["first"]])
            kept = np.argsort(-np.array(r["scores"]), kind="stable")[:5]
            row["cv regret after 5"] = 100 * (truth.max() - truth[kept].max())
        rows.append(row)
    groups = ["set", "learner", "folds", "n", "search"]
    return pd.DataFrame(rows).groupby(groups, sort=False).mean().round(3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    folder = os.environ.get("SKLEARN_DISTILL_DATA")
    parser.add_argument("--data", default=folder, help="the folder of the data")
    parser.add_argument("--sets", default="adult,letter,magic,flights,diamonds")
    parser.add_argument("--learners", default="svc,boosting,mlp,forest")
    parser.add_argument("--methods", default="random,herding,k-means")
    parser.add_argument("--shares", default="0.02,0.05,auto")
    parser.add_argument("--options", default="default,fast")
    parser.add_argument("--skip", default="", help="names of searches")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--max-train", type=int, default=MAX_TRAIN)
    parser.add_argument("--output", default="search.jsonl")
    parser.add_argument("--summary", action="store_true", help="print the table only")
    args = parser.parse_args()
    for name in ("sets", "learners", "methods", "shares", "options", "skip"):
        setattr(args, name, getattr(args, name).split(","))
    if not args.summary:
        if args.data is None:
            parser.error("pass --data, the folder of the data")
        run(args)
    print(summary(args.output).to_string())


if __name__ == "__main__":
    main()
