"""Train the whole panel of learners on tables that were distilled as they are.

    python docs/benchmarks/raw_panel.py --data DIR --output raw-panel.csv

Every registered method distills 10 rows per class of the tables of `raw_tables.py`,
once as they come and, if values are missing, once after imputation (mean, most frequent
category). The learners of the panel are trained on each distilled set by
`compare_distillers` and tested on test rows. The scores are written to the output as
they come, and the same call resumes an interrupted run. `--show` prints the table of
the scores that the file holds.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import inspect
import os
import warnings

import numpy as np
import pandas as pd
from raw_tables import TABLES, impute, load

import sklearn_distill as sd


def distillers(max_iter, seed):
    """Return all registered methods; those that learn rows make `max_iter` steps."""
    found = {}
    for info in sd.list_distillers():
        method = sd.get_distiller(info.name)
        learns = "max_iter" in inspect.signature(method).parameters
        params = {"max_iter": max_iter} if learns else {}
        found[info.name] = method(random_state=seed, **params)
    return found


def run(table, args):
    """Score all methods on one table, as it is and after imputation."""
    X, X_test, y, y_test = load(table, args.data, args.rows, args.seed)
    fold = [(np.arange(len(X)), np.arange(len(X), len(X) + len(X_test)))]
    kinds = {f"{table} raw": (X, X_test)}
    if X.isna().any(axis=None):
        kinds[f"{table} imputed"] = impute(X, X), impute(X_test, X)
    for name, (train, test) in kinds.items():
        for key, distiller in distillers(args.max_iter, args.seed).items():
            sd.compare_distillers(
                pd.concat([train, test], ignore_index=True),
                np.concatenate([y, y_test]),
                {key: distiller},
                budgets=args.budget,
                cv=fold,
                full_data=False,
                path=args.output,
                name=name,
                random_state=args.seed,
            )
            print(name, key, flush=True)


def show(path):
    """Print the mean score of the panel for each method, and of each learner."""
    scores = pd.read_csv(path)
    failed = scores["error"].notna().sum()
    print(f"{len(scores)} scores, {failed} errors, invalid {scores['invalid'].max()}")
    scores["score"] *= 100
    for index in ("method", "learner"):
        table = scores.pivot_table(index=index, columns="set", values="score")
        print(table.round(1).to_markdown())


def main():
    """Run the benchmark, or print its scores."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--tables", nargs="*", default=TABLES)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--budget", type=int, default=10)
    parser.add_argument("--max-iter", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", default="raw-panel.csv")
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if args.show:
        show(args.output)
        return
    for table in args.tables:
        run(table, args)


if __name__ == "__main__":
    main()
