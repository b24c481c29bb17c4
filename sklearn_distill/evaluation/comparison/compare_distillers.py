"""The function compare_distillers."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
from typing import Any

from sklearn.utils.parallel import Parallel, delayed

from ..._utils.optional import import_pandas
from ..measures.learners import resolve_learners
from .comparison import Comparison
from .inputs import (
    check_budgets,
    check_data,
    make_splits,
    named_distillers,
    with_densify,
)
from .progress import progress_bar
from .runs import RunData, execute_run, finished_runs, plan_runs
from .score_file import ScoreFile, to_scores


def compare_distillers(
    X: Any,
    y: Any,
    distillers: Any,
    *,
    learners: Any = "panel",
    budgets: Any = None,
    densify: Any = None,
    calibrate: bool = False,
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
    """Train learners on the sets of several distillers and test them on real rows.

    In each fold of the cross-validation, every distiller distills the training rows of
    the fold, and the learners are tested on its test rows. Nothing is selected on test
    rows. Learners that accept `sample_weight` are trained on the soft labels and sample
    weights of a set. All rows pass through one preprocessor that was fitted on the
    training rows.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
    y : array-like of shape (n,)
        Class labels or continuous targets.
    distillers : list or dict
        Names of methods, as `get_distiller` accepts them, and estimators; or a dict of
        your own names to either.
    learners : "panel", list or dict, default="panel"
        Estimators by name, or names of learners in the panel; see
        `evaluation.panel_learners`.
    budgets : int, float, dict or list of these, default=None
        Rows per class (images per class, IPC), or shares of the rows. None keeps the
        budget of each distiller.
    densify : {"auto"}, int or None, default=None
        Replaces the parameter `densify` of the distillers that have it. With an int,
        the learners are trained on this number of rows grown from the distilled rows;
        with "auto", a fifth of the training rows is held back and decides for each
        learner whether it is trained on distilled or on 5,000 grown rows. The columns
        "rows" and "bytes" of the result are those of the stored set.
    calibrate : bool, default=False
        Whether "accuracy (data prior)" and "log loss (data prior)" of learners that
        predict probabilities are those of calibrated probabilities, as
        `DistilledClassifier` predicts them by default. For classification only.
    cv : int, splitter or iterable of (train, test), default=5
        An int is the number of shuffled folds, stratified for classification.
    task : {"auto", "classification", "regression"}, default="auto"
    full_data : bool, default=True
        Whether to train the learners on the class-weighted full data too. Retention is
        relative to their scores.
    max_full_rows : int, default=10_000
        Maximum number of rows of the full data.
    n_jobs : int, default=None
        Number of runs (one distiller at one budget on one fold) in parallel. All joblib
        backends are supported, for example a dask cluster.
    path : path-like, default=None
        A CSV file to which the scores of each run are written when the run finishes.
        Runs that the file already contains are not repeated, so that the same call
        resumes a comparison that was interrupted.
    name : str, default="data"
        Name of the data set. Calls with different names may share a path.
    error_score : {"record", "raise"}, default="record"
        What happens if a distiller or a learner fails: "record" sets its scores to NaN
        and stores the message in the column "error", "raise" raises the error.
    progress : bool or "auto", default="auto"
        Whether to show a progress bar, which requires rich; "auto" shows it in a
        terminal.
    random_state : int, default=0
        The distillers and learners of fold k use the seed ``random_state + k``.

    Returns
    -------
    Comparison
        Its `results` have a row for each fold, method, budget and learner.

    Raises
    ------
    ValueError, TypeError
        If rows, labels, distillers, learners or budgets are invalid. All of them are
        checked before the first run.

    See Also
    --------
    Comparison : The result and its summaries.
    DistillationReport : A detailed report on one distilled set.

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
            f"error_score must be 'record' or 'raise'; got {error_score!r}."
        )
    X, labels, classes, task = check_data(X, y, task)
    named = with_densify(named_distillers(distillers), densify)
    budgets = check_budgets(budgets)
    resolve_learners(learners, task, 1)
    splits = make_splits(cv, X, labels, classes is not None, random_state)
    about = (learners, max_full_rows, error_score, calibrate and classes is not None)
    data = RunData(X, labels, classes, splits, *about)
    runs = plan_runs(named, budgets, data, full_data, random_state)
    file = None if path is None else ScoreFile(path)
    done = {} if file is None else finished_runs(file, runs, data, name)
    remaining = [run for run in runs if run.key not in done]
    with progress_bar(progress, len(runs), len(done), name) as advance:
        tasks = (delayed(execute_run)(run, data, name) for run in remaining)
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
        for key, rows in parallel(tasks):
            done[key] = rows
            if file is not None:
                file.append(rows)
            advance()
    results = to_scores([row for run in runs for row in done[run.key]])
    if (failed := results[results["error"] != ""]["method"].unique()).size:
        warnings.warn(
            "Some scores are missing because an error was raised: "
            f"{', '.join(failed)}. The column 'error' holds the messages.",
            UserWarning,
            stacklevel=2,
        )
    return Comparison(results)
