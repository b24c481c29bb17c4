"""compare_distillers: which method, at which budget, for which learner, how fast."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.utils.parallel import Parallel, delayed

from .._utils.fingerprint import fingerprint
from .._utils.optional import import_pandas
from ..base.distiller import kebab_case
from ..plugins.registry import get_distiller
from ..selection import RandomSelection
from ..validation.rows import check_lengths, check_rows
from ..validation.targets import check_target
from .cells import Data, finished_cells, make_cells, run_cell
from .comparison import FULL_DATA, Comparison
from .panel import dense_rows, resolve_learners
from .score_file import ScoreFile, to_scores


def compare_distillers(
    X: Any,
    y: Any,
    distillers: Any,
    *,
    learners: Any = "panel",
    budgets: Any = None,
    cv: Any = 5,
    task: str = "auto",
    full_data: bool = True,
    max_full_rows: int = 10_000,
    n_jobs: int | None = None,
    path: str | os.PathLike[str] | None = None,
    name: str = "data",
    error_score: str = "record",
    progress: bool | str = "auto",
    random_state: int = 0,
) -> Comparison:
    """Train learners on the sets that several distillers make, and test them.

    Every fold is distilled from its training rows alone, and nothing is chosen on test
    rows. A set is judged through `DistilledSet.expand`: soft labels and weights reach
    the learners that take weights. All rows go through one preprocessor, fitted on the
    training rows.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
    y : array-like of shape (n,)
        Classes or quantities.
    distillers : list or dict
        Methods' names, as `get_distiller` takes them, and estimators, or a dict from
        names of your own to either.
    learners : "panel", list or dict, default="panel"
        Estimators by name, or some of the panel's names; see
        `evaluation.panel_learners`.
    budgets : int, float or list, default=None
        Rows per class, or shares. None leaves each distiller its own.
    cv : int, splitter or iterable of (train, test), default=5
        An int is shuffled folds, stratified for classes.
    task : {"auto", "classification", "regression"}, default="auto"
    full_data : bool, default=True
        Whether to train on all training rows too, class-weighted: what retention is a
        share of.
    max_full_rows : int, default=10_000
        At most so many of them.
    n_jobs : int, default=None
        Cells at once. joblib's backends work, a dask cluster among them.
    path : path-like, default=None
        A CSV file that scores are written to as they come. A call that finds cells of
        its own there does not compute them again: one that was killed goes on.
    name : str, default="data"
        The data set's name. Calls with different names may share a path.
    error_score : {"record", "raise"}, default="record"
        What to do when a method or learner fails: note it in the column "error" with a
        score of NaN, or raise.
    progress : bool or "auto", default="auto"
        Whether to show a progress bar; "auto" does so in a terminal. Needs rich.
    random_state : int, default=0
        Fold k distills and learns with seed ``random_state + k``.

    Returns
    -------
    Comparison
        `results` has a row for each fold, method, budget and learner.

    Raises
    ------
    ValueError, TypeError
        For rows, distillers, learners or budgets that cannot be used, before any work.

    See Also
    --------
    Comparison : What comes out, and how to read it.
    DistillationReport : One set, in detail.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import compare_distillers
    >>> X, y = load_iris(return_X_y=True)
    >>> compared = compare_distillers(
    ...     X, y, ["random", "herding"], learners=["naive Bayes"], budgets=[2, 5], cv=3
    ... )
    >>> sorted(compared.summary(5).index)
    ['herding', 'random']
    """
    import_pandas()
    if error_score not in ("record", "raise"):
        raise ValueError(
            f"error_score={error_score!r} is neither 'record' nor 'raise'."
        )
    check_lengths(X, y)
    target = check_target(y, task=task)
    if target.task == "unsupervised":
        raise ValueError("A comparison needs labels to test with, but y is None.")
    labels = (
        np.asarray(target.values)
        if target.classes is None
        else np.asarray(target.classes)[target.values]
    )
    X = dense_rows(X)
    check_rows(RandomSelection(), X, reset=True)
    named = _named(distillers)
    budgets = _budgets(budgets)
    resolve_learners(learners, target.task, 1)
    splits = _splits(cv, X, labels, target.classes is not None, random_state)
    data = Data(X, labels, target.classes, splits, learners, max_full_rows, error_score)
    cells = make_cells(named, budgets, data, target.task, full_data, random_state)
    file = None if path is None else ScoreFile(path)
    done = {} if file is None else finished_cells(file, cells, data, name)
    todo = [cell for cell in cells if cell.key not in done]
    with _progress_bar(progress, len(cells), len(done), name) as advance:
        tasks = (delayed(run_cell)(cell, data, name) for cell in todo)
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        for key, rows in parallel(tasks):
            done[key] = rows
            if file is not None:
                file.append(rows)
            advance()
    results = to_scores([row for cell in cells for row in done[cell.key]])
    if (failed := results[results["error"] != ""]["method"].unique()).size:
        warnings.warn(
            f"Not everything could be scored: {', '.join(failed)}. The column 'error' "
            "says why.",
            UserWarning,
            stacklevel=2,
        )
    return Comparison(results)


def _named(distillers: Any) -> dict[str, Any]:
    """Return estimators by name, whatever form they were given in."""
    if isinstance(distillers, Mapping):
        named = {str(key): _estimator(value) for key, value in distillers.items()}
    else:
        if isinstance(distillers, str) or hasattr(distillers, "fit_distill"):
            distillers = [distillers]
        named = {}
        for given in distillers:
            distiller = _estimator(given)
            key = given if isinstance(given, str) else kebab_case(type(given).__name__)
            if key in named:
                key = " ".join(repr(distiller).split())
            if key in named or fingerprint(distiller) in map(
                fingerprint, named.values()
            ):
                raise ValueError(
                    f"There are two distillers {key!r}. Give them names of their own, "
                    "in a dict."
                )
            named[key] = distiller
    if not named:
        raise ValueError("distillers is empty: there is nothing to compare.")
    if FULL_DATA in named:
        raise ValueError(f"{FULL_DATA!r} is the name of the reference. Take another.")
    return named


def _estimator(given: Any) -> Any:
    distiller = get_distiller(given)() if isinstance(given, str) else given
    if isinstance(distiller, type) or not hasattr(distiller, "fit_distill"):
        raise TypeError(
            f"{given!r} is no distiller. Give a name from list_distillers() or an "
            "estimator with fit_distill."
        )
    return distiller


def _budgets(budgets: Any) -> list[Any]:
    if budgets is None or isinstance(budgets, int | float | str | Mapping):
        budgets = [budgets]
    budgets = [b.item() if hasattr(b, "item") else b for b in budgets]
    for budget in budgets:
        if budget is None or isinstance(budget, Mapping):
            continue
        if isinstance(budget, bool) or not isinstance(budget, int | float):
            raise ValueError(f"budgets holds {budget!r}, which is no number of rows.")
        if not (budget >= 1 if isinstance(budget, int) else 0 < budget < 1):
            raise ValueError(
                f"budgets holds {budget!r}. Give rows per class (1 or more), or shares "
                "between 0 and 1."
            )
    if not budgets:
        raise ValueError("budgets is empty.")
    return budgets


def _splits(
    cv: Any, X: Any, y: np.ndarray, is_classification: bool, random_state: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    if isinstance(cv, int):
        folds = StratifiedKFold if is_classification else KFold
        cv = folds(cv, shuffle=True, random_state=random_state)
    splitter = check_cv(cv, y, classifier=is_classification)
    return [(np.asarray(a), np.asarray(b)) for a, b in splitter.split(X, y)]


@contextmanager
def _progress_bar(
    progress: bool | str, n_cells: int, n_done: int, name: str
) -> Iterator[Any]:
    """Yield a function to call after each cell."""
    wanted = sys.stderr.isatty() if progress == "auto" else bool(progress)
    if wanted:
        try:
            from rich.console import Console
            from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
        except ImportError:
            wanted = False
            if progress is True:
                warnings.warn(
                    "no progress bar without rich: pip install "
                    "'sklearn-distill[progress]'",
                    stacklevel=4,
                )
    if not wanted:
        yield lambda: None
        return
    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(name, total=n_cells, completed=n_done)
        yield lambda: bar.advance(task)
