"""Distill tables with missing values, categories and dates as they are.

    python docs/benchmarks/raw_tables.py --data DIR

Every registered method distills 10 rows per class of each table, without any
preprocessing. For each method the script prints

- invalid: the share of values that the data could not hold, in percent;
- difference: the largest difference, over all columns, between the share of missing
  values in the distilled set and in the training data, in percentage points (methods
  that select rows keep the missing values of their rows);
- raw: the balanced accuracy of histogram boosting, trained on the distilled set, on
  test rows;
- imputed: the same if missing values are imputed (mean, most frequent category) before
  the distillation and for the test rows.

Nothing is selected on test rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import inspect
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split

import sklearn_distill as sd
from sklearn_distill.evaluation import invalid_share

TABLES = ["storms", "credit-data", "lending-club", "flights"]
# Columns that are parsed as dates.
DATES = {"flights": ["time_hour"]}
MAX_TEST = 5_000


def load(name, folder, n_rows, seed):
    """Return training and test rows and labels of a table, in the dtypes of its file.

    Strings become categories, because histogram boosting requires the categories that
    the distilled rows do not contain.
    """
    path = Path(folder) / f"{name}.csv.gz"
    frame = pd.read_csv(path, parse_dates=DATES.get(name, []))
    for column in frame.select_dtypes(["object", "string"]):
        frame[column] = frame[column].astype("category")
    X, y = frame.drop(columns="target"), frame["target"].astype(str)
    n_test = min(MAX_TEST, len(X) // 4)
    n_train = min(n_rows, len(X) - n_test)
    return train_test_split(
        X, y, train_size=n_train, test_size=n_test, stratify=y, random_state=seed
    )


def as_numbers(X):
    """Return the columns of a table as floats: category codes, dates and numbers."""
    columns = {}
    for name in X:
        column = X[name]
        if column.dtype == "category":
            column = column.cat.codes.where(column.notna())
        elif column.dtype.kind == "M":
            column = column.astype(np.int64).where(column.notna())
        columns[name] = column.astype(float)
    return pd.DataFrame(columns)


def impute(X, like):
    """Return X with the means and most frequent categories of another table."""
    X = X.copy()
    for name in X:
        column = like[name]
        is_number = column.dtype.kind in "iufM"
        X[name] = X[name].fillna(column.mean() if is_number else column.mode()[0])
    return X


def score(distilled, X_test, y_test):
    """Return the balanced accuracy of histogram boosting on test rows."""
    leaf = int(np.clip(len(distilled) // 50, 1, 20))
    model = HistGradientBoostingClassifier(min_samples_leaf=leaf, random_state=0)
    X, y, sample_weight = distilled.expand()
    model.fit(as_numbers(X), y, sample_weight=sample_weight)
    return balanced_accuracy_score(y_test, model.predict(as_numbers(X_test)))


def measure(make, X, y, X_test, y_test):
    """Return the numbers that are printed for one method, in percent."""
    distilled = make().fit(X, y).distilled_
    difference = (distilled.X.isna().mean() - X.isna().mean()).abs().max()
    imputed = make().fit(impute(X, X), y).distilled_
    numbers = [
        invalid_share(X, distilled.X),
        difference,
        score(distilled, X_test, y_test),
        score(imputed, impute(X_test, X), y_test),
    ]
    return 100 * np.array(numbers)


def main():
    """Print the measurements of all methods on all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument("--tables", nargs="*", default=TABLES)
    parser.add_argument("--methods", nargs="*")
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--budget", type=int, default=10)
    parser.add_argument("--max-iter", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'table':13}{'method':35}  invalid  difference    raw  imputed")
    for table in args.tables:
        X, X_test, y, y_test = load(table, args.data, args.rows, args.seed)
        for name in args.methods or [info.name for info in sd.list_distillers()]:
            method = sd.get_distiller(name)
            params = {"budget": args.budget, "random_state": args.seed}
            if "max_iter" in inspect.signature(method).parameters:
                params["max_iter"] = args.max_iter

            def make(method=method, params=params):
                return method(**params)

            numbers = measure(make, X, y, X_test, y_test)
            print(
                f"{table:13}{name:35}  {numbers[0]:7.1f}  {numbers[1]:10.1f}"
                f"  {numbers[2]:5.1f}  {numbers[3]:7.1f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
