"""Runs of a comparison: one distiller at one budget on one fold.

A run is identified by a key. The key is a digest of everything that determines the
scores, so that a comparison that was interrupted can reuse the runs in its score file.
"""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import time
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from ... import __version__
from ..._utils.containers import take_rows
from ..._utils.fingerprint import fingerprint
from ..._utils.optional import import_pandas
from ...base.growing import (
    densify_of,
    grown_set,
    held_back_rows,
    seed_of,
    training_set,
)
from ...compose.unseen_rows import rows_for_calibration
from ..measures.full_data import FULL_DATA, weighted_full_data
from ..measures.learners import resolve_learners
from ..measures.preprocessing import preprocessor
from ..measures.utility import better_scores, learner_scores
from ..measures.validity import invalid_share
from .score_file import ScoreFile


class Run(NamedTuple):
    """One distiller at one budget on one fold; distiller None is the full data."""

    method: str
    distiller: Any
    budget: Any
    fold: int
    seed: int
    key: str


class RunData(NamedTuple):
    """The data set, folds and learners that all runs share."""

    X: Any
    y: np.ndarray
    classes: np.ndarray | None
    splits: list[tuple[np.ndarray, np.ndarray]]
    learners: Any
    max_full_rows: int
    error_score: str
    calibrates: bool = False

    @property
    def task(self) -> str:
        return "regression" if self.classes is None else "classification"


def plan_runs(
    named: dict[str, Any],
    budgets: Sequence[Any],
    data: RunData,
    full_data: bool,
    random_state: int,
) -> list[Run]:
    """Return all runs of a comparison, in the order of its results."""
    data_digest = _data_fingerprint(data)
    calibrated = ["calibrated"] if data.calibrates else []
    runs = []
    for fold, split in enumerate(data.splits):
        seed = random_state + fold
        indices = [hashlib.sha256(part.tobytes()).hexdigest() for part in split]
        about = [data_digest, data.task, indices, seed]
        if full_data:
            key = fingerprint(*about, data.max_full_rows)
            runs.append(Run(FULL_DATA, None, 0, fold, seed, key))
        for budget in budgets:
            for method, given in named.items():
                distiller = _configured(given, budget, seed, data.task)
                key = fingerprint(*about, method, distiller, *calibrated)
                shown = distiller.get_params(deep=False).get("budget", budget)
                runs.append(Run(method, distiller, shown, fold, seed, key))
    return runs


def _configured(distiller: Any, budget: Any, seed: int, task: str) -> Any:
    """Return a clone of a distiller with the budget, seed and task of a run."""
    distiller = clone(distiller)
    parameters = distiller.get_params(deep=False)
    settings: dict[str, Any] = {"random_state": seed}
    if budget is not None:
        settings["budget"] = budget
    if parameters.get("task") == "auto":
        settings["task"] = task
    return distiller.set_params(
        **{name: value for name, value in settings.items() if name in parameters}
    )


def _data_fingerprint(data: RunData) -> str:
    """Return a digest of the rows, the labels, the learners and the package version.

    The digest covers the names and dtypes of columns, because methods depend on them.
    """
    pd = import_pandas()
    digest = hashlib.sha256(repr(data.X.shape).encode())
    if hasattr(data.X, "iloc"):
        columns = [(repr(name), str(dtype)) for name, dtype in data.X.dtypes.items()]
        digest.update(repr(columns).encode())
        digest.update(pd.util.hash_pandas_object(data.X, index=False).to_numpy())
    else:
        digest.update(str(data.X.dtype).encode())
        is_object = data.X.dtype.kind == "O"
        digest.update(repr(data.X.tolist()).encode() if is_object else data.X.tobytes())
    digest.update(repr(data.y.tolist()).encode())
    return fingerprint(__version__, digest.hexdigest(), data.learners)


def finished_runs(
    file: ScoreFile, runs: list[Run], data: RunData, name: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of the runs that a score file holds completely, by key.

    Incomplete runs, failed runs and runs with other data or settings are removed from
    the file, so that they are executed again.
    """
    n_learners = len(resolve_learners(data.learners, data.task, 1))
    by_key: dict[str, list[dict[str, Any]]] = {}
    for row in file.rows:
        by_key.setdefault(row["key"], []).append(row)
    planned = {run.key for run in runs}
    done = {
        key: rows
        for key, rows in by_key.items()
        if key in planned
        and len(rows) == n_learners
        and rows[0]["set"] == name
        and not any(row["error"] for row in rows)
    }
    labels = {(name, str(r.fold), r.method, str(r.budget)) for r in runs}
    outdated = {
        row["key"]
        for row in file.rows
        if (row["set"], row["fold"], row["method"], row["budget"]) in labels
    } - planned
    if outdated:
        warnings.warn(
            f"{file.path} holds {len(outdated)} runs of {name!r} that were computed "
            "from other rows or with other settings. These runs are executed again.",
            UserWarning,
            stacklevel=3,
        )
    removed = (planned | outdated) - set(done)
    if any(row["key"] in removed for row in file.rows):
        file.keep(lambda row: row["key"] not in removed)
    return done


def execute_run(run: Run, data: RunData, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Distill the training rows of a fold and return the scores of all learners.

    Parameters
    ----------
    run : Run
    data : RunData
    name : str
        Name of the data set.

    Returns
    -------
    key : str
        The key of the run.
    rows : list of dict
        A row of the score file for each learner.
    """
    # Values that are known when an error is raised are recorded with the error.
    known: dict[str, Any] = {
        "set": name,
        "fold": run.fold,
        "method": run.method,
        "budget": run.budget,
        "key": run.key,
        "seconds": 0.0,
        "note": "",
    }
    train, test = data.splits[run.fold]
    held_back = None
    try:
        X_train, y_train = take_rows(data.X, train), data.y[train]
        if run.distiller is None:
            distilled = weighted_full_data(
                X_train,
                y_train,
                classes=data.classes,
                max_rows=data.max_full_rows,
                random_state=run.seed,
            )
        else:
            started = time.perf_counter()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    held_back = _held_back(run.distiller, data, train)
                    distilled = _distilled(run.distiller, X_train, y_train, held_back)
                finally:
                    known["seconds"] = time.perf_counter() - started
                    messages = dict.fromkeys(str(w.message) for w in caught)
                    known["note"] = " | ".join(messages)
        known |= {"rows": len(distilled), "bytes": distilled.nbytes}
        known["invalid"] = invalid_share(X_train, distilled.X)
        rows = _scores(
            run, distilled, (X_train, y_train), held_back,
            take_rows(data.X, test),
            data.y[test],
            prepare=preprocessor(X_train),
            random_state=run.seed,
            learners=data.learners,
            on_error=data.error_score,
            calibrates=data.calibrates,
        )  # fmt: skip
    except Exception as error:
        if data.error_score == "raise":
            raise
        message = f"{type(error).__name__}: {error}"
        learners = resolve_learners(data.learners, data.task, 1)
        rows = [{"learner": learner, "error": message} for learner in learners]
    return run.key, [{**known, **row} for row in rows]


def _held_back(distiller: Any, data: RunData, train: np.ndarray) -> np.ndarray | None:
    """Return the training rows that choose between distilled and grown rows.

    Their positions in `train`; None unless the distiller has ``densify="auto"``.
    """
    if densify_of(distiller) != "auto":
        return None
    codes = None
    if data.classes is not None:
        codes = np.searchsorted(data.classes, data.y[train])
    rows = held_back_rows(codes, np.ones(len(train)), seed_of(distiller))
    return rows if len(rows) else None


def _distilled(distiller: Any, X: Any, y: Any, held_back: np.ndarray | None) -> Any:
    """Fit a distiller, without the rows that are held back, and return its set."""
    if held_back is None:
        return distiller.fit_distill(X, y)
    weights = np.ones(len(y))
    weights[held_back] = 0.0
    return distiller.fit_distill(X, y, sample_weight=weights)


def _scores(
    run: Run,
    distilled: Any,
    train: tuple[Any, np.ndarray],
    held_back: np.ndarray | None,
    *args: Any,
    calibrates: bool,
    **params: Any,
) -> list[dict[str, Any]]:
    """Return the scores of all learners on distilled rows, or on rows grown from them.

    The learners are trained on grown rows if `densify` of the distiller is an int; with
    "auto", each learner is trained on the set that is better for the rows held back.
    """
    if calibrates and run.distiller is not None:
        params["unseen"] = rows_for_calibration(run.distiller, *train, {})
    if densify_of(run.distiller) is None:
        return learner_scores(distilled, *args, **params)
    grown = None if held_back is None else grown_set(run.distiller)
    if held_back is None or grown is None:
        trained_on = training_set(run.distiller, soft_labels=True)
        return learner_scores(trained_on, *args, **params)
    X, y = train
    rows = take_rows(X, held_back), y[held_back]
    return better_scores(distilled, grown, *args, held_back=rows, **params)
