"""Measure what students gain from a teacher: the tables of the docs.

    python docs/benchmarks/students.py --data DIR --output students.csv

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Each seed is a different split into `--labeled` labeled rows
(at most half of the data set), up to 2,500 unlabeled rows and up to 3,000 test rows.
The teacher averages histogram boosting and 100 extremely randomized trees, which are
trained on the labeled rows. Nothing is selected on test rows, and no setting was tuned
on these data sets.

Each line of the CSV file is written as soon as it is measured; another run with the
same file resumes from it.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import os
import platform
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
import torch
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from skorch import NeuralNetClassifier, NeuralNetRegressor

from sklearn_distill import (
    KernelInducingPoints,
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
    RandomSelection,
    student_report,
)
from sklearn_distill.engine.networks import MLP

MAX_UNLABELED, MAX_TEST = 2_500, 3_000
# Nets are trained for this many steps of this batch size, regardless of the rows.
STEPS, BATCH = 600, 64
# Distilled sets and random sets contain this share of the labeled rows.
SHARE = 0.2
CLASSIFICATION = (
    "adult,banana,crx,german,letter,magic,mushroom,nursery,page-blocks,phoneme,ring,"
    "satimage,spambase,splice,texture"
)
REGRESSION = "ccpp,grid"
COLUMNS = ["set", "seed", "labeled", "student", "rows", "accuracy", "log_loss"]
KEYS = COLUMNS[:5]
REPORT_FORMAT = ("", ".0f", ".0f", ".0f", ".0f", ".0f", ".3f", ".3f", ".3f")
STUDENTS = ["tree", "boosting", "MLP", "linear"]
ORDER = [
    "direct",
    "label smoothing",
    "soft labels, same rows",
    "+ munge",
    "+ unlabeled rows",
    "+ unlabeled rows, true labels",
    "on a distilled set",
    "on random rows",
]


def prepare():
    """Return an unfitted transformer: one-hot categories, standardized numbers."""
    return make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )


def net(kind, n_rows):
    """Return an unfitted skorch net for training on `n_rows` rows."""
    epochs = -(-STEPS // -(-n_rows // BATCH))
    return kind(
        MLP,
        module__width=32,
        criterion=torch.nn.CrossEntropyLoss
        if kind is NeuralNetClassifier
        else torch.nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=3e-3,
        batch_size=BATCH,
        max_epochs=epochs,
        iterator_train__shuffle=True,
    )


def students(task, seed, n_rows):
    """Return the students by name, for training on `n_rows` rows."""
    if task == "regression":
        made = {
            "tree": DecisionTreeRegressor(max_leaf_nodes=32, random_state=seed),
            "boosting": HistGradientBoostingRegressor(
                max_iter=20, max_leaf_nodes=8, random_state=seed
            ),
            "MLP": net(NeuralNetRegressor, n_rows),
            "linear": Ridge(),
        }
    else:
        made = {
            "tree": DecisionTreeClassifier(max_leaf_nodes=32, random_state=seed),
            "boosting": HistGradientBoostingClassifier(
                max_iter=20, max_leaf_nodes=8, random_state=seed
            ),
            "MLP": net(NeuralNetClassifier, n_rows),
            "linear": LogisticRegression(max_iter=1_000),
        }
    return {name: make_pipeline(prepare(), student) for name, student in made.items()}


def teachers(task, seed):
    """Return the unfitted teachers, whose predictions are averaged."""
    if task == "regression":
        kinds = (
            HistGradientBoostingRegressor(random_state=seed),
            ExtraTreesRegressor(100, random_state=seed),
        )
    else:
        kinds = (
            HistGradientBoostingClassifier(random_state=seed),
            ExtraTreesClassifier(100, random_state=seed),
        )
    return [make_pipeline(prepare(), kind) for kind in kinds]


def ways(task, X, y, X_more, y_more, seed):
    """Return (parameters, X, y, X_unlabeled) for each row of the table."""
    plain = {"alpha": 0.0}
    made = {
        "direct": (plain, X, y, None),
        "soft labels, same rows": ({"alpha": 0.5}, X, y, None),
        "+ unlabeled rows": ({}, X, y, X_more),
        "+ munge": ({"transfer": "munge"}, X, y, None),
        "+ unlabeled rows, true labels": (
            plain,
            pd.concat([X, X_more], ignore_index=True),
            np.concatenate([y, y_more]),
            None,
        ),
    }
    if task == "classification":
        made["label smoothing"] = ({"loss": "label_smoothing"}, X, y, None)
        common = {"budget": SHARE, "task": task, "random_state": seed}
        for name, distiller in (
            ("on a distilled set", KernelInducingPoints(max_iter=200, **common)),
            ("on random rows", RandomSelection(**common)),
        ):
            made[name] = ({"alpha": 0.5}, *distiller.fit_distill(X, y), None)
    return made


def load(folder, name):
    """Load X and y from `folder`, or from OpenML."""
    path = Path(folder, f"{name}.csv.gz") if folder else None
    if path is not None and path.is_file():
        table = pd.read_csv(path, keep_default_na=False)
        return table.drop(columns="target"), table["target"].to_numpy()
    from sklearn.datasets import fetch_openml

    X, y = fetch_openml(name, version=1, return_X_y=True, as_frame=True)
    return X, y.to_numpy()


def split(X, y, n_labeled, seed, task):
    """Return labeled, unlabeled and test rows."""

    def part(X, y, size):
        stratify = y if task == "classification" else None
        try:
            parts = train_test_split(
                X, y, train_size=size, random_state=seed, stratify=stratify
            )
        except ValueError:  # stratified splits need two rows of each class
            parts = train_test_split(X, y, train_size=size, random_state=seed)
        first, rest, y_first, y_rest = parts
        return (first.reset_index(drop=True), y_first), (rest, y_rest)

    labeled, rest = part(X, y, min(n_labeled, len(X) // 2))
    test, rest = part(*rest, min(MAX_TEST, len(rest[0]) // 2))
    if len(rest[0]) > MAX_UNLABELED:
        unlabeled, _ = part(*rest, MAX_UNLABELED)
    else:
        unlabeled = rest[0].reset_index(drop=True), rest[1]
    return labeled, unlabeled, test


def predictions_of(task, model, X):
    """Return predicted targets for regression, predicted probabilities otherwise."""
    return model.predict(X) if task == "regression" else model.predict_proba(X)


def scores(task, predictions, classes, y_test):
    """Return accuracy and log loss of probabilities, or R^2 of predicted targets."""
    if task == "regression":
        return r2_score(y_test, predictions), float("nan")
    known = np.isin(y_test, classes)
    predicted = classes[predictions.argmax(axis=1)]
    loss = log_loss(y_test[known], predictions[known], labels=classes)
    return float((predicted == y_test).mean()), float(loss)


def measure(name, seed, n_labeled, args, done):
    """Yield a line for each student and training set that is not in `done`."""
    X, y = load(args.data, name)
    parts = split(X, y, n_labeled, seed, args.task)
    labeled, unlabeled, (X_test, y_test) = parts
    X, y = labeled
    kind = {
        "classification": KnowledgeDistillationClassifier,
        "regression": KnowledgeDistillationRegressor,
    }[args.task]
    fitted = [FrozenEstimator(t.fit(X, y)) for t in teachers(args.task, seed)]
    key = (name, seed, n_labeled)
    settings = {"check_teacher": False, "random_state": seed}
    if (*key, "any", "teacher") not in done:
        predictions = [predictions_of(args.task, t, X_test) for t in fitted]
        classes = getattr(fitted[0], "classes_", None)
        averaged = np.mean(predictions, axis=0)
        yield [*key, "any", "teacher", *scores(args.task, averaged, classes, y_test)]
    compared = ways(args.task, *labeled, *unlabeled, seed)
    for way, (params, X_way, y_way, X_u) in compared.items():
        n_rows = len(X_way) + (0 if X_u is None else len(X_u))
        n_rows = 5 * n_rows if "transfer" in params else n_rows
        for student_name, student in students(args.task, seed, n_rows).items():
            if (*key, student_name, way) in done:
                continue
            if args.students and student_name not in args.students.split(","):
                continue
            model = kind(fitted, student, **settings, **params)
            model.fit(X_way, y_way, X_unlabeled=X_u)
            predictions = predictions_of(args.task, model, X_test)
            classes = getattr(model, "classes_", None)
            measured = scores(args.task, predictions, classes, y_test)
            yield [*key, student_name, way, *measured]


def run(args):
    """Measure the lines that are missing in the output file."""
    done = set()
    if args.output.is_file():
        lines = pd.read_csv(args.output)
        done = set(lines[KEYS].itertuples(index=False, name=None))
    else:
        pd.DataFrame(columns=COLUMNS).to_csv(args.output, index=False)
    for seed in range(args.seeds):
        for n_labeled in map(int, args.labeled.split(",")):
            for name in args.sets.split(","):
                for line in measure(name, seed, n_labeled, args, done):
                    pd.DataFrame([line]).to_csv(
                        args.output, mode="a", header=False, index=False
                    )


def print_reports(name, args):
    """Print the student reports of one table of numbers."""
    X, y = load(args.data, name)
    (X, y), (X_more, _), (X_test, y_test) = split(X, y, 250, 0, args.task)
    for student_name, student in students(args.task, 0, len(X)).items():
        if student_name in ("tree", "boosting"):
            student = student[-1]  # trees do not need standardized numbers
        else:
            student = make_pipeline(StandardScaler(), student[-1])
        model = KnowledgeDistillationClassifier(
            ExtraTreesClassifier(100, random_state=0),
            student,
            check_teacher=False,
            random_state=0,
        ).fit(X.to_numpy(float), y, X_unlabeled=X_more.to_numpy(float))
        parts = X.to_numpy(float), y, X_test.to_numpy(float), y_test
        report = student_report(model, *parts, onnx=True, n_repeats=200)
        print(f"\n{student_name}\n")
        print(report.to_markdown(floatfmt=REPORT_FORMAT))


def summary(results, n_labeled, column):
    """Return the changes relative to training on the labels, one column per student.

    "direct" is the score itself. "±" is the deviation over seeds of the mean over data
    sets. The numbers in parentheses count the data sets on which the mean over seeds is
    better and worse.
    """
    some = results[(results["labeled"] == n_labeled) & (results["student"] != "any")]
    scale = 100 if column == "accuracy" else 1
    score = scale * some.pivot_table(column, ["set", "seed"], ["student", "rows"])
    teacher = results[(results["labeled"] == n_labeled) & (results["student"] == "any")]
    students = [s for s in STUDENTS if s in score]
    ways = [way for way in ORDER if way in set(some["rows"])]
    table = pd.DataFrame("", index=ways, columns=students)
    for student in students:
        direct = score[student]["direct"]
        table.loc["direct", student] = with_deviation(direct, "{:.2f}")
        for way in ways[1:]:
            change = (score[student][way] - direct).dropna()
            sets = change.groupby("set").mean().round(9)
            table.loc[way, student] = (
                with_deviation(change, "{:+.2f}")
                + f" ({(sets > 0).sum()}:{(sets < 0).sum()})"
            )
    own = scale * teacher.set_index(["set", "seed"])[column]
    table.loc["(teacher)"] = with_deviation(own, "{:.2f}")
    return table


def with_deviation(values, form):
    """Format the mean and the deviation over seeds of the mean over data sets."""
    by_seed = values.groupby("seed").mean()
    return form.format(values.mean()) + f" ± {by_seed.std():.2f}"


def by_set(results, n_labeled, way):
    """Return the change of each student by data set, and the teacher's accuracy."""
    some = results[results["labeled"] == n_labeled]
    score = some.pivot_table("accuracy", "set", ["student", "rows"])
    names = [s for s in dict.fromkeys(some["student"]) if s != "any"]
    table = {
        name: 100 * (score[name][way] - score[name]["direct"]) for name in names
    } | {"teacher": 100 * score["any"]["teacher"]}
    return pd.DataFrame(table)


def print_tables(results, args):
    """Print the tables of all scores."""
    print(
        f"\nscikit-learn {sklearn.__version__}, torch {torch.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} "
        f"cores; {results['seed'].nunique()} seeds, {results['set'].nunique()} sets"
    )
    for n_labeled in map(int, args.labeled.split(",")):
        if n_labeled not in set(results["labeled"]):
            continue
        print(f"\n{n_labeled} labeled rows: accuracy, or R^2, in percent\n")
        print(summary(results, n_labeled, "accuracy").to_markdown())
        if results["log_loss"].notna().any():
            print("\nLog loss, in nats\n")
            print(summary(results, n_labeled, "log_loss").to_markdown())
        print("\nChange of accuracy with unlabeled rows, by data set\n")
        table = by_set(results, n_labeled, "+ unlabeled rows")
        print(table.to_markdown(floatfmt=".1f"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument(
        "--task", choices=["classification", "regression"], default="classification"
    )
    parser.add_argument("--sets")
    parser.add_argument("--labeled", default="250,1000")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--students", help="names of students, separated by ','")
    parser.add_argument("--output", type=Path, default=Path("students.csv"))
    parser.add_argument(
        "--show",
        action="store_true",
        help="print the tables of the output file without a run",
    )
    parser.add_argument(
        "--report", metavar="NAME", help="print only the student reports of this table"
    )
    args = parser.parse_args()
    if args.sets is None:
        args.sets = CLASSIFICATION if args.task == "classification" else REGRESSION
    if args.report:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print_reports(args.report, args)
        return
    if not args.show:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run(args)
    print_tables(pd.read_csv(args.output), args)


if __name__ == "__main__":
    main()
