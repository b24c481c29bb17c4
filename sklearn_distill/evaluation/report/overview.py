"""The overview of a data set: its analysis, a comparison, and the chosen set."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..._utils.containers import take_rows
from ...plugins.registry import get_distiller
from ...validation.rows import check_lengths
from ...validation.targets import check_target
from ..analysis.analysis import Analysis
from ..analysis.analyze import analyze
from ..comparison.compare_distillers import compare_distillers
from ..comparison.comparison import Comparison
from ..measures.preprocessing import dense_rows
from .distillation_report import DistillationReport

# Methods that are compared by default: the baseline, two fast methods that keep real
# rows, and the learned rows that were best for tables.
METHODS = ("random", "herding", "k-means", "kernel-inducing-points")
TEST_SHARE = 0.25
# The smallest number of rows of two classes, or of a regression.
MIN_ROWS_OF_CLASS = 4
MIN_ROWS_OF_REGRESSION = 20
# Bounds of the suggested budget: rows per class, and rows in total for regression.
BUDGETS = {"classification": (5, 50), "regression": (50, 500)}


class Overview(NamedTuple):
    """What the command `report` shows of a data set.

    Attributes
    ----------
    analysis : Analysis
        The analysis of the training rows.
    comparison : Comparison
        The comparison of the methods by cross-validation on the training rows.
    report : DistillationReport
        The report on the set of the chosen method, on test rows that had no influence
        on the choice.
    method : str
        The chosen method, which has the best mean score in the comparison.
    budget : int, float or None
    """

    analysis: Analysis
    comparison: Comparison
    report: DistillationReport
    method: str
    budget: Any


def make_overview(
    X: Any,
    y: Any,
    *,
    methods: Sequence[str] = METHODS,
    budget: Any = None,
    learners: Any = "panel",
    cv: int = 3,
    n_seeds: int = 3,
    task: str = "auto",
    max_full_rows: int = 5_000,
    n_jobs: int | None = None,
    name: str = "data",
    progress: bool | str = "auto",
    random_state: int = 0,
) -> Overview:
    """Analyze a data set, compare methods at one budget, and report on the best one.

    A quarter of the rows are test rows. The budget and the method are chosen on the
    other rows, the training rows.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
    y : array-like of shape (n,)
        Class labels or continuous targets.
    methods : sequence of str
        Names of the methods that are compared.
    budget : int, float or None, default=None
        None chooses a budget by the analysis; see `suggested_budget`.
    learners : "panel", list or dict, default="panel"
    cv : int, default=3
        Number of folds of the comparison; less if the classes are too small.
    n_seeds : int, default=3
        Number of distilled sets of the chosen method.
    task : {"auto", "classification", "regression"}, default="auto"
    max_full_rows : int, default=5_000
        Maximum number of rows of the full data on which learners are trained.
    n_jobs : int, default=None
    name : str, default="data"
    progress : bool or "auto", default="auto"
    random_state : int, default=0

    Returns
    -------
    Overview

    Raises
    ------
    ValueError
        If the data set is too small, has a single class, or has several targets, and if
        no method could be evaluated.
    """
    check_lengths(X, y)
    target = check_target(y, task=task)
    if target.task == "unsupervised":
        raise ValueError("A report requires labels; got y=None.")
    labels, codes = np.asarray(target.values), None
    if target.classes is not None:
        codes, labels = labels, np.asarray(target.classes)[labels]
    X = dense_rows(X)
    train, test = split_rows(codes, len(labels), random_state)
    X_train, y_train = take_rows(X, train), labels[train]
    task = target.task
    analysis = analyze(X_train, y_train, task=task, random_state=random_state)
    if budget is None:
        budget = suggested_budget(analysis)
    comparison = compare_distillers(
        X_train,
        y_train,
        list(methods),
        learners=learners,
        budgets=budget,
        cv=cv if codes is None else min(cv, int(np.bincount(codes[train]).max())),
        task=task,
        max_full_rows=max_full_rows,
        n_jobs=n_jobs,
        name=name,
        progress=progress,
        random_state=random_state,
    )
    method = best_method(comparison)
    distiller = get_distiller(method)()
    settings = {"budget": budget, "task": task, "random_state": random_state}
    known = distiller.get_params(deep=False)
    distiller.set_params(**{k: v for k, v in settings.items() if k in known})
    report = DistillationReport.from_estimator(
        distiller.fit(X_train, y_train),
        take_rows(X, test),
        labels[test],
        X_train,
        y_train,
        learners=learners,
        n_seeds=n_seeds,
        max_full_rows=max_full_rows,
        n_jobs=n_jobs,
        name=name,
    )
    return Overview(analysis, comparison, report, method, budget)


def split_rows(
    codes: np.ndarray | None, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of training and test rows.

    A quarter of the rows of each class are test rows, rounded down, so that every class
    keeps training rows.

    Parameters
    ----------
    codes : ndarray of shape (n,) or None
        Codes of the classes; None for regression.
    n : int
        Number of rows.
    seed : int

    Raises
    ------
    ValueError
        If there are too few rows or classes.
    """
    if codes is None:
        if n < MIN_ROWS_OF_REGRESSION:
            raise ValueError(
                f"A report on a continuous target requires at least "
                f"{MIN_ROWS_OF_REGRESSION} rows; got {n}. Keep all rows."
            )
        groups = [np.arange(n)]
    else:
        sizes = np.bincount(codes)
        if (sizes >= MIN_ROWS_OF_CLASS).sum() < 2:
            largest = sorted(sizes.tolist())[-2:]
            raise ValueError(
                f"A report requires at least {MIN_ROWS_OF_CLASS} rows in each of two "
                f"classes; the largest classes have {largest} rows. Keep all rows."
            )
        groups = [np.flatnonzero(codes == code) for code in range(len(sizes))]
    rng = np.random.RandomState(seed)
    is_test = np.zeros(n, dtype=bool)
    for rows in groups:
        is_test[rng.permutation(rows)[: int(TEST_SHARE * len(rows))]] = True
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def suggested_budget(analysis: Analysis) -> int:
    """Return the budget of a comparison: a quarter of what random rows need.

    On ten tables, ten learned rows per class scored as 49 random ones, and fifty as
    188. The distilled rows are at most a quarter of the rows of the analysis.
    """
    low, high = BUDGETS[analysis.task]
    n_groups = 1 if analysis.classes is None else len(analysis.classes)
    budget = int(np.clip(round(analysis.budget / 4), low, high))
    return max(1, min(budget, analysis.n_rows // (4 * n_groups)))


def best_method(comparison: Comparison) -> str:
    """Return the method with the best mean score over learners and folds.

    Raises
    ------
    ValueError
        If all methods failed; the message is that of the first failure.
    """
    means = comparison.summary(comparison.budgets[0])["mean"].dropna()
    if not len(means):
        errors = comparison.results["error"]
        raise ValueError(
            f"No method could be evaluated: {errors[errors != ''].iloc[0]}"
        )
    return str(means.idxmax())
