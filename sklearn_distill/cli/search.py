"""The command `sklearn-distill search`: search parameters of an estimator on a file.

Only the standard library is imported at the top, so that ``--help`` responds fast.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import contextlib
import json
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from .._utils.atomic_file import write_atomically
from ._common import (
    InputError,
    Parser,
    add_csv_options,
    add_input_argument,
    add_print_options,
    add_target_option,
    add_task_option,
    joined,
    load_method,
    number,
    one_line_warnings,
    suggestion,
    wants_progress_bar,
)
from .csv_files import csv_format
from .data_files import check_input, check_output, read_data
from .search_report import report_of, short_warnings, table_of

# The module, the classifier and the regressor of each name.
ESTIMATORS = {
    "extra-trees": ("ensemble", "ExtraTreesClassifier", "ExtraTreesRegressor"),
    "hist-gradient-boosting": (
        "ensemble",
        "HistGradientBoostingClassifier",
        "HistGradientBoostingRegressor",
    ),
    "k-neighbors": ("neighbors", "KNeighborsClassifier", "KNeighborsRegressor"),
    "linear": ("linear_model", "LogisticRegression", "Ridge"),
    "mlp": ("neural_network", "MLPClassifier", "MLPRegressor"),
    "random-forest": ("ensemble", "RandomForestClassifier", "RandomForestRegressor"),
    "svm": ("svm", "SVC", "SVR"),
}


def add_parser(subparsers: Any, parents: list[Parser]) -> None:
    """Add the parser of the command."""
    parser = subparsers.add_parser(
        "search",
        parents=parents,
        help="search parameters of an estimator on distilled rows",
        description=(
            "Train every candidate of a grid on distilled rows, confirm the best few\n"
            "on all rows, and write the parameters of the winner."
        ),
        epilog=(
            "The grid is a .toml file with a list of values for each parameter:\n\n"
            "  learning_rate = [0.03, 0.1, 0.3]\n"
            "  max_leaf_nodes = [7, 15, 31]\n\n"
            "Numbers are standardized, and categories one-hot encoded.\n\n"
            "examples:\n"
            "  sklearn-distill search table.csv --target label --estimator svm \\\n"
            "      --grid grid.toml --budget 100 -o best.json\n"
            "  sklearn-distill search table.csv --target label --estimator mlp \\\n"
            "      --grid grid.toml --method herding --json -o best.json"
        ),
    )
    add_input_argument(parser)
    add_target_option(parser)
    parser.add_argument(
        "--estimator",
        required=True,
        metavar="NAME",
        help=f"the estimator: {', '.join(ESTIMATORS)}",
    )
    parser.add_argument(
        "--grid",
        required=True,
        type=Path,
        metavar="GRID",
        help="a .toml file with a list of values for each parameter",
    )
    _add_search_options(parser)
    add_csv_options(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUTPUT",
        help="a .json file for the parameters and the score of the winner",
    )
    add_print_options(parser, text="table", json="one JSON object")
    parser.set_defaults(run=run)


def _add_search_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how the search works."""
    add = parser.add_argument
    add(
        "--budget",
        type=_budget,
        default="auto",
        metavar="B",
        help="rows per class (100; in total for regression), a fraction of the rows "
        "(0.05), or auto; default: auto",
    )
    add(
        "--method",
        default="k-means",
        metavar="NAME",
        help="the name of a method; default: k-means",
    )
    add(
        "--top-k",
        type=int,
        default=5,
        metavar="K",
        help="the number of candidates that are confirmed on all rows; default: 5",
    )
    add("--cv", type=int, default=5, metavar="K", help="number of folds; default: 5")
    for name, help_text in (
        ("--search-folds", "use the first K folds only for the search"),
        ("--confirm-folds", "use the first K folds only for confirming"),
        ("--validation-rows", "evaluate on K of a fold's rows only in the search"),
    ):
        add(name, type=int, metavar="K", help=f"{help_text}; default: all")
    add(
        "--scoring",
        metavar="METRIC",
        help="the name of a metric of scikit-learn; default: accuracy, or R^2",
    )
    add_task_option(parser, default="auto")
    add(
        "--random-state",
        type=int,
        default=0,
        metavar="SEED",
        help="seed of the folds, the method and the estimator; default: 0",
    )
    add("--jobs", type=int, metavar="N", help="number of processes; default: 1")


def run(args: argparse.Namespace) -> int:
    """Search on ``args.input`` and return the exit code."""
    with one_line_warnings(), short_warnings():
        csv = csv_format(args)
        _check_names(args)
        check_input(args.input, target=args.target, labeled=True)
        if args.output is not None:
            if args.output.suffix.lower() != ".json":
                raise InputError(f"{args.output}: the output must be a .json file.")
            check_output(args.output)
        grid = read_grid(args.grid)
        data = read_data(args.input, target=args.target, labeled=True, csv=csv)
        X = data.X.reshape(len(data.X), -1) if data.X.ndim > 2 else data.X
        with contextlib.redirect_stdout(sys.stderr):
            search = _search(args, grid, X, data.y)
            _add_progress_bar(search, args)
            search.fit(X, data.y)
    report = report_of(search, args)
    text = json.dumps(report)
    if args.output is not None:
        write_atomically(args.output, lambda file: file.write(f"{text}\n".encode()))
    if args.json:
        print(text)
    elif not args.quiet:
        print(table_of(report))
        if args.output is not None:
            print(f"\nwritten to {args.output}")
    return 0


def _check_names(args: argparse.Namespace) -> None:
    """Raise InputError if the estimator or the metric is unknown."""
    if args.estimator not in ESTIMATORS:
        raise InputError(
            f"there is no estimator {args.estimator!r}."
            f"{suggestion(args.estimator, ESTIMATORS)} The estimators are: "
            f"{joined(ESTIMATORS)}."
        )
    if args.scoring is None:
        return
    from sklearn.metrics import get_scorer_names

    known = get_scorer_names()
    if args.scoring not in known:
        raise InputError(
            f"there is no metric {args.scoring!r}.{suggestion(args.scoring, known)} "
            "sklearn.metrics.get_scorer_names() lists all metrics."
        )


def read_grid(path: Path) -> dict[str, list[Any]]:
    """Return the values of each parameter in a .toml file.

    Raises
    ------
    InputError
        If the file cannot be read, or if it does not consist of lists.
    """
    try:
        grid = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as TOML: {error}") from error
    for name, values in grid.items():
        if not isinstance(values, list) or not values:
            raise InputError(
                f"{path}: {name} must be a list of values, such as {name} = [1, 10]; "
                f"got {values!r}."
            )
    if not grid:
        raise InputError(f"{path} contains no parameters to search.")
    return grid


def _search(
    args: argparse.Namespace, grid: dict[str, list[Any]], X: Any, y: Any
) -> Any:
    """Return the unfitted search."""
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold

    from ..model_selection import DistilledSearchCV
    from ..validation.targets import check_target

    task = check_target(y, task=args.task).task
    model = _model(args.estimator, task, args.random_state, X)
    known = model.named_steps["model"].get_params()
    for name in grid:
        if name not in known:
            raise InputError(
                f"{args.estimator} has no parameter {name!r}.{suggestion(name, known)} "
                f"The parameters are: {joined(sorted(known))}."
            )
    folds = StratifiedKFold if task == "classification" else KFold
    given = GridSearchCV(
        model,
        {f"model__{name}": values for name, values in grid.items()},
        scoring=args.scoring,
        cv=folds(args.cv, shuffle=True, random_state=args.random_state),
        n_jobs=args.jobs,
    )
    distiller = load_method(args.method)()
    if "random_state" in distiller.get_params():
        distiller.set_params(random_state=args.random_state)
    return DistilledSearchCV(
        given,
        distiller,
        budget=args.budget,
        top_k=args.top_k,
        n_jobs=args.jobs,
        search_folds=args.search_folds,
        confirm_folds=args.confirm_folds,
        validation_rows=args.validation_rows,
    )


def _model(name: str, task: str, seed: int, X: Any) -> Any:
    """Return a pipeline of preprocessing and an estimator, called "model"."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline, make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    module, classifier, regressor = ESTIMATORS[name]
    class_name = classifier if task == "classification" else regressor
    estimator = getattr(import_module(f"sklearn.{module}"), class_name)()
    if "random_state" in estimator.get_params():
        estimator.set_params(random_state=seed)
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    if not hasattr(X, "iloc"):
        return Pipeline([("prepare", numbers), ("model", estimator)])
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (one_hot, make_column_selector(dtype_exclude="number")),
    )
    return Pipeline([("prepare", columns), ("model", estimator)])


def _add_progress_bar(search: Any, args: argparse.Namespace) -> None:
    """Add a progress bar if the options call for one and rich is installed."""
    if not wants_progress_bar(args):
        return
    from sklearn.callback import ProgressBar

    with contextlib.suppress(ImportError):
        search.set_callbacks(ProgressBar(max_propagation_depth=1))


def _budget(text: str) -> int | float | str:
    """Convert the value of --budget."""
    if text == "auto":
        return text
    try:
        return number(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} must be a number of rows per class, such as 100, a fraction of "
            "the rows, such as 0.05, or auto."
        ) from None
