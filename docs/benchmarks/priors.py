"""Log loss and accuracy of `DistilledClassifier` under the class shares of the data.

    python docs/benchmarks/priors.py --data DIR --sets lending-club,adult --seeds 3

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Rows with missing values are left out. Each seed is a different
split: 70 % of the rows are for training, of which at most 20,000 are used, and 30 % for
testing. Numbers are standardized and categories one-hot encoded. Nothing is selected on
test rows.

Every score is appended to a file of JSON lines (`--output`), from which a run resumes;
`--table` prints the tables of a file without a run. A cell of the tables is the mean
over seeds, with its standard deviation, for the default (prior="data",
calibration="auto") and, in parentheses, the means for calibration=None and for
prior="set". "grown" methods fit their learner on 5,000 grown rows. "all rows" is the
learner without distillation; "decoder" is `DistilledSet.predict_proba`.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import json
import os
import tempfile
import warnings
from pathlib import Path

import pandas as pd
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
)

MAX_TRAIN = 20_000
LEARNERS = {
    "logistic": LogisticRegression(max_iter=2_000),
    "logistic, C=0.1": LogisticRegression(C=0.1, max_iter=2_000),
    "15-NN": KNeighborsClassifier(15),
    "naive Bayes": GaussianNB(),
    "random forest": RandomForestClassifier(random_state=0),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}
# The parameters of DistilledClassifier that are compared.
VARIANTS = {
    "default": {},
    "not calibrated": {"calibration": None},
    "set": {"prior": "set"},
}
METRICS = ("log loss", "accuracy")


def methods(budget, seed):
    """Return the distillers by name."""
    settings = {"budget": budget, "random_state": seed}
    centroids = {"representative": "centroid", **settings}
    return {
        "herding": HerdingSelection(**settings),
        "herding, soft labels": HerdingSelection(soft_labels="teacher", **settings),
        "kip": KernelInducingPoints(**settings),
        "kip, soft labels": KernelInducingPoints(soft_labels="teacher", **settings),
        "centroids": KMeansSelection(**centroids),
        "centroids, grown": KMeansSelection(densify=5_000, **centroids),
    }


def preprocessed(learner):
    """Return a pipeline that standardizes numbers and encodes categories."""
    is_number = make_column_selector(dtype_include="number")
    is_category = make_column_selector(dtype_exclude="number")
    encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_pipeline(
        make_column_transformer((StandardScaler(), is_number), (encoder, is_category)),
        clone(learner),
    )


def models_of(method, distiller, memory):
    """Yield (learner, variant, model) for a method; "all rows" has no distiller."""
    for learner, estimator in LEARNERS.items():
        model = preprocessed(estimator)
        if distiller is None:
            yield learner, "default", model
            continue
        for variant, parameters in VARIANTS.items():
            yield (
                learner,
                variant,
                DistilledClassifier(distiller, model, memory=memory, **parameters),
            )


def measure(name, data, budget, seed, done, write):
    """Append the scores of the methods that are not done to the output file."""
    frame = pd.read_csv(Path(data) / f"{name}.csv.gz").dropna()
    X, y = frame.drop(columns="target"), frame["target"]
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    X_train, y_train = X_train[:MAX_TRAIN], y_train[:MAX_TRAIN]
    for method, distiller in {"all rows": None, **methods(budget, seed)}.items():
        if (name, budget, seed, method) in done:
            continue
        rows = []
        with tempfile.TemporaryDirectory() as memory:
            for learner, variant, model in models_of(method, distiller, memory):
                model.fit(X_train, y_train)
                rows.append((learner, variant, model, model.predict_proba(X_test)))
        if method == "centroids, grown":
            decoder = rows[0][2].distilled_
            rows.append(("decoder", "default", decoder, decoder.predict_proba(X_test)))
        for learner, variant, model, proba in rows:
            losses = log_loss(y_test, proba)
            accuracy = accuracy_score(y_test, model.predict(X_test))
            write(
                {
                    "set": name, "budget": budget, "seed": seed, "method": method,
                    "learner": learner, "variant": variant,
                    "log loss": round(losses, 5), "accuracy": round(accuracy, 5),
                }
            )  # fmt: skip
        print(name, seed, method, flush=True)


def run(args):
    """Measure everything that the output file lacks."""
    done = set()
    if args.output.is_file():
        rows = map(json.loads, args.output.read_text().splitlines())
        done = {(r["set"], r["budget"], r["seed"], r["method"]) for r in rows}

    def write(row):
        with open(args.output, "a") as file:
            file.write(json.dumps(row) + "\n")

    for name in args.sets.split(","):
        for seed in range(args.seeds):
            measure(name, args.data, args.budget, seed, done, write)


def cell(values):
    """Return the text of a cell: the default and, in parentheses, the others."""
    means, spread = values.mean(), values["default"].std(ddof=1)
    text = f"{means['default']:.3f} ± {spread:.3f}"
    others = [means[name] for name in list(VARIANTS)[1:] if name in means]
    others = [f"{value:.3f}" for value in others if pd.notna(value)]
    return f"{text} ({', '.join(others)})" if others else text


def print_tables(path):
    """Print a table for each data set and metric, a row per method."""
    frame = pd.read_json(path, lines=True)
    for (name, budget), chosen in frame.groupby(["set", "budget"], sort=False):
        for metric in METRICS:
            wide = chosen.pivot(
                index=["method", "learner", "seed"], columns="variant", values=metric
            )
            order = chosen["method"].drop_duplicates()
            shown = pd.DataFrame(
                {
                    learner: {
                        method: cell(wide.loc[method, learner])
                        for method in order
                        if (method, learner) in wide.index.droplevel("seed")
                    }
                    for learner in [*LEARNERS, "decoder"]
                }
            ).reindex(order)
            print(f"\n{name}, {budget} rows per class, {metric}\n")
            print(shown.fillna("").rename_axis(metric).to_markdown(), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--sets", default="lending-club,adult")
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("priors.jsonl"))
    parser.add_argument("--table", action="store_true", help="only print the tables")
    args = parser.parse_args()
    if not args.table:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(args)
    print_tables(args.output)


if __name__ == "__main__":
    main()
