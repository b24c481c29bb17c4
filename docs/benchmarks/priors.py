"""Log loss and accuracy of `DistilledClassifier` with prior="data" and prior="set".

    python docs/benchmarks/priors.py --data DIR --sets lending-club,adult --seeds 3

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Rows with missing values are left out. Each seed is a different
split: 70 % of the rows are for training, of which at most 20,000 are used, and 30 % for
testing. Numbers are standardized and categories one-hot encoded. Nothing is selected on
test rows. A cell of the tables is the mean over seeds with prior="data" and, in
parentheses, with prior="set"; "all rows" is the estimator without distillation.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
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

from sklearn_distill import DistilledClassifier, HerdingSelection, KernelInducingPoints

MAX_TRAIN = 20_000
LEARNERS = {
    "logistic": LogisticRegression(max_iter=2_000),
    "logistic, C=0.1": LogisticRegression(C=0.1, max_iter=2_000),
    "15-NN": KNeighborsClassifier(15),
    "naive Bayes": GaussianNB(),
    "random forest": RandomForestClassifier(random_state=0),
    "boosting": HistGradientBoostingClassifier(random_state=0),
}


def methods(budget, seed):
    """Return the distillers by name."""
    settings = {"budget": budget, "random_state": seed}
    return {
        "herding": HerdingSelection(**settings),
        "herding, soft labels": HerdingSelection(soft_labels="teacher", **settings),
        "kip": KernelInducingPoints(**settings),
        "kip, soft labels": KernelInducingPoints(soft_labels="teacher", **settings),
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


def measure(name, data, budget, n_seeds):
    """Return a DataFrame with a row for each seed, method, learner and prior."""
    frame = pd.read_csv(Path(data) / f"{name}.csv.gz").dropna()
    X, y = frame.drop(columns="target"), frame["target"]
    rows = []
    for seed in range(n_seeds):
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.3, stratify=y, random_state=seed
        )
        X_train, y_train = X_train[:MAX_TRAIN], y_train[:MAX_TRAIN]
        with tempfile.TemporaryDirectory() as memory:
            models = {
                ("all rows", learner, "data"): preprocessed(estimator)
                for learner, estimator in LEARNERS.items()
            } | {
                (method, learner, prior): DistilledClassifier(
                    distiller, preprocessed(estimator), prior=prior, memory=memory
                )
                for method, distiller in methods(budget, seed).items()
                for learner, estimator in LEARNERS.items()
                for prior in ("data", "set")
            }
            for (method, learner, prior), model in models.items():
                model.fit(X_train, y_train)
                proba = model.predict_proba(X_test)
                rows.append(
                    {
                        "method": method,
                        "learner": learner,
                        "prior": prior,
                        "log loss": log_loss(y_test, proba, labels=model.classes_),
                        "accuracy": accuracy_score(y_test, model.predict(X_test)),
                    }
                )
        print(f"{name}: seed {seed} done", flush=True)
    return pd.DataFrame(rows)


def table(results, metric):
    """Return the means over seeds as text, a row per method, a column per learner."""
    means = results.groupby(["prior", "method", "learner"], sort=False)[metric].mean()
    by_prior = {prior: means[prior].unstack() for prior in ("data", "set")}
    shown = by_prior["data"].map("{:.3f}".format)
    for method in by_prior["set"].index:
        own = by_prior["set"].loc[method].map(" ({:.3f})".format)
        shown.loc[method] += own
    order = results["method"].drop_duplicates()
    return shown.loc[order, list(LEARNERS)].rename_axis(index=metric, columns=None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--sets", default="lending-club,adult")
    parser.add_argument("--budget", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in args.sets.split(","):
        results = measure(name, args.data, args.budget, args.seeds)
        for metric in ("log loss", "accuracy"):
            print(f"\n{name}, {args.budget} rows per class\n")
            print(table(results, metric).to_markdown(), flush=True)


if __name__ == "__main__":
    main()
