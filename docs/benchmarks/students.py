"""What students gain from a teacher, by where its labels go: the tables of the docs.

    python docs/benchmarks/students.py --data DIR --output students.csv

DIR (or the environment variable SKLEARN_DISTILL_DATA) holds NAME.csv.gz files whose
last column is `target`. Each seed is a split of its own: so many labelled rows (at
most half of the set), up to 2,500 unlabeled ones, up to 3,000 test rows. Teachers are
histogram boosting and 100 extremely randomised trees, averaged, trained on the
labelled rows. Nothing is chosen on test rows, and no setting was tuned on these sets.

Every line of the CSV file is written as soon as it is measured; a second run with the
same file goes on where the first one ended.
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
from sklearn.base import clone
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
# Nets make so many steps, however many rows they see.
STEPS, BATCH = 600, 64
# The share of the labelled rows that a distilled set, or a random one, holds.
SHARE = 0.2
CLASSIFICATION = (
    "adult,banana,crx,german,letter,magic,mushroom,nursery,page-blocks,phoneme,ring,"
    "satimage,spambase,splice,texture"
)
REGRESSION = "ccpp,grid"
COLUMNS = ["set", "seed", "labelled", "student", "rows", "accuracy", "log_loss"]
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
    """Return an unfitted transformer: categories one-hot, numbers standardised."""
    return make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )


def net(kind, n_rows):
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
    """Return the students by name, for training on so many rows."""
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
    """Return what each row of the table trains on: (parameters, X, y, X_unlabeled)."""
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
    """Return X and y of a table in `folder`, or of a data set with that name online."""
    path = Path(folder, f"{name}.csv.gz") if folder else None
    if path is not None and path.is_file():
        table = pd.read_csv(path, keep_default_na=False)
        return table.drop(columns="target"), table["target"].to_numpy()
    from sklearn.datasets import fetch_openml

    X, y = fetch_openml(name, version=1, return_X_y=True, as_frame=True)
    return X, y.to_numpy()


def split(X, y, n_labelled, seed, task):
    """Return labelled, unlabeled and test rows."""

    def part(X, y, size):
        stratify = y if task == "classification" else None
        try:
            parts = train_test_split(
                X, y, train_size=size, random_state=seed, stratify=stratify
            )
        except ValueError:  # a class of one row
            parts = train_test_split(X, y, train_size=size, random_state=seed)
        first, rest, y_first, y_rest = parts
        return (first.reset_index(drop=True), y_first), (rest, y_rest)

    labelled, rest = part(X, y, min(n_labelled, len(X) // 2))
    test, rest = part(*rest, min(MAX_TEST, len(rest[0]) // 2))
    if len(rest[0]) > MAX_UNLABELED:
        unlabeled, _ = part(*rest, MAX_UNLABELED)
    else:
        unlabeled = rest[0].reset_index(drop=True), rest[1]
    return labelled, unlabeled, test


def scores(task, model, X_test, y_test):
    if task == "regression":
        return r2_score(y_test, model.predict(X_test)), float("nan")
    proba = model.predict_proba(X_test)
    known = np.isin(y_test, model.classes_)
    guessed = model.classes_[proba.argmax(axis=1)]
    loss = log_loss(y_test[known], proba[known], labels=model.classes_)
    return float((guessed == y_test).mean()), float(loss)


def measure(name, seed, n_labelled, args, done):
    """Yield a line for each student and way that is not done yet."""
    X, y = load(args.data, name)
    parts = split(X, y, n_labelled, seed, args.task)
    labelled, unlabeled, (X_test, y_test) = parts
    X, y = labelled
    kind = {
        "classification": KnowledgeDistillationClassifier,
        "regression": KnowledgeDistillationRegressor,
    }[args.task]
    taught = [FrozenEstimator(t.fit(X, y)) for t in teachers(args.task, seed)]
    key = (name, seed, n_labelled)
    settings = {"check_teacher": False, "random_state": seed}
    if (*key, "any", "teacher") not in done:
        # A student on the teacher's own answers is only there to be asked for them.
        model = kind(taught, clone(students(args.task, seed, 1)["linear"]), **settings)
        model.fit(X, y)
        yield [
            *key,
            "any",
            "teacher",
            *teacher_scores(args.task, model, X_test, y_test),
        ]
    compared = ways(args.task, *labelled, *unlabeled, seed)
    for way, (params, X_way, y_way, X_u) in compared.items():
        n_rows = len(X_way) + (0 if X_u is None else len(X_u))
        n_rows = 5 * n_rows if "transfer" in params else n_rows
        for student_name, student in students(args.task, seed, n_rows).items():
            if (*key, student_name, way) in done:
                continue
            if args.students and student_name not in args.students.split(","):
                continue
            model = kind(taught, student, **settings, **params)
            model.fit(X_way, y_way, X_unlabeled=X_u)
            yield [*key, student_name, way, *scores(args.task, model, X_test, y_test)]


def teacher_scores(task, model, X_test, y_test):
    answers = [
        t.predict(X_test) if task == "regression" else t.predict_proba(X_test)
        for t in model.teacher_
    ]
    mean = np.mean(answers, axis=0)
    if task == "regression":
        return r2_score(y_test, mean), float("nan")
    known = np.isin(y_test, model.classes_)
    guessed = model.classes_[mean.argmax(axis=1)]
    loss = log_loss(y_test[known], mean[known], labels=model.classes_)
    return float((guessed == y_test).mean()), float(loss)


def run(args):
    """Measure what the output file does not hold yet."""
    done = set()
    if args.output.is_file():
        lines = pd.read_csv(args.output)
        done = set(lines[KEYS].itertuples(index=False, name=None))
    else:
        pd.DataFrame(columns=COLUMNS).to_csv(args.output, index=False)
    for seed in range(args.seeds):
        for n_labelled in map(int, args.labelled.split(",")):
            for name in args.sets.split(","):
                for line in measure(name, seed, n_labelled, args, done):
                    pd.DataFrame([line]).to_csv(
                        args.output, mode="a", header=False, index=False
                    )


def print_reports(name, args):
    """Print what the students of one table with numbers weigh, cost and know."""
    X, y = load(args.data, name)
    (X, y), (X_more, _), (X_test, y_test) = split(X, y, 250, 0, args.task)
    for student_name, student in students(args.task, 0, len(X)).items():
        if student_name in ("tree", "boosting"):
            student = student[-1]  # trees need no encoder of numbers
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


def summary(results, n_labelled, column):
    """Return the changes against training directly: a row a way, a column a student.

    "direct" is the score itself. "±" is the deviation over seeds of the mean over sets;
    in brackets on how many sets the mean over seeds is better, and worse.
    """
    some = results[(results["labelled"] == n_labelled) & (results["student"] != "any")]
    scale = 100 if column == "accuracy" else 1
    score = scale * some.pivot_table(column, ["set", "seed"], ["student", "rows"])
    teacher = results[
        (results["labelled"] == n_labelled) & (results["student"] == "any")
    ]
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
    by_seed = values.groupby("seed").mean()
    return form.format(values.mean()) + f" ± {by_seed.std():.2f}"


def by_set(results, n_labelled, way):
    """Return the change of each student on each set, with the teacher's lead."""
    some = results[results["labelled"] == n_labelled]
    score = some.pivot_table("accuracy", "set", ["student", "rows"])
    names = [s for s in dict.fromkeys(some["student"]) if s != "any"]
    table = {
        name: 100 * (score[name][way] - score[name]["direct"]) for name in names
    } | {"teacher": 100 * score["any"]["teacher"]}
    return pd.DataFrame(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKLEARN_DISTILL_DATA"))
    parser.add_argument(
        "--task", choices=["classification", "regression"], default="classification"
    )
    parser.add_argument("--sets")
    parser.add_argument("--labelled", default="250,1000")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--students", help="only these, separated by ','")
    parser.add_argument("--output", type=Path, default=Path("students.csv"))
    parser.add_argument(
        "--show", action="store_true", help="print the tables of the file, run nothing"
    )
    parser.add_argument(
        "--report", metavar="NAME", help="student_report on this table, nothing else"
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
    results = pd.read_csv(args.output)
    print(
        f"\nscikit-learn {sklearn.__version__}, torch {torch.__version__}, "
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} "
        f"cores; {results['seed'].nunique()} seeds, {results['set'].nunique()} sets"
    )
    for n_labelled in map(int, args.labelled.split(",")):
        if n_labelled not in set(results["labelled"]):
            continue
        print(f"\n{n_labelled} labelled rows: accuracy, or R^2, in per cent\n")
        print(summary(results, n_labelled, "accuracy").to_markdown())
        if results["log_loss"].notna().any():
            print("\nLog loss, in nats\n")
            print(summary(results, n_labelled, "log_loss").to_markdown())
        print("\nChange with unlabeled rows, by set\n")
        table = by_set(results, n_labelled, "+ unlabeled rows")
        print(table.to_markdown(floatfmt=".1f"))


if __name__ == "__main__":
    main()
