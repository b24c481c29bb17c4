"""Cells of a comparison: what each piece of work is, whether it is done, doing it."""

# SPDX-License-Identifier: BSD-3-Clause

import hashlib
import time
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from .. import __version__
from .._utils.containers import take_rows
from .._utils.fingerprint import fingerprint
from .._utils.optional import import_pandas
from .comparison import FULL_DATA
from .panel import preprocessor, resolve_learners
from .score_file import ScoreFile
from .scores import learner_scores, weighted_full_data
from .validity import invalid_share


class Cell(NamedTuple):
    """One piece of work: a method at a budget, on a fold."""

    method: str
    distiller: Any  # None: the full data
    budget: Any
    fold: int
    seed: int
    key: str


class Data(NamedTuple):
    """What every cell works on."""

    X: Any
    y: np.ndarray
    classes: np.ndarray | None
    splits: list[tuple[np.ndarray, np.ndarray]]
    learners: Any
    max_full_rows: int
    error_score: str


def make_cells(
    named: dict[str, Any],
    budgets: Sequence[Any],
    data: Data,
    task: str,
    full_data: bool,
    random_state: int,
) -> list[Cell]:
    """Return all pieces of work, in the order of the results."""
    of_data = _fingerprint(data)
    cells = []
    for fold, split in enumerate(data.splits):
        seed = random_state + fold
        about = [
            of_data,
            task,
            [hashlib.sha256(part.tobytes()).hexdigest() for part in split],
            seed,
        ]
        if full_data:
            key = fingerprint(*about, data.max_full_rows)
            cells.append(Cell(FULL_DATA, None, 0, fold, seed, key))
        for budget in budgets:
            for method, distiller in named.items():
                made = _with_settings(distiller, budget, seed, task)
                key = fingerprint(*about, method, made)
                shown = made.get_params(deep=False).get("budget", budget)
                cells.append(Cell(method, made, shown, fold, seed, key))
    return cells


def _with_settings(distiller: Any, budget: Any, seed: int, task: str) -> Any:
    made = clone(distiller)
    has = made.get_params(deep=False)
    wanted: dict[str, Any] = {"random_state": seed}
    if budget is not None:
        wanted["budget"] = budget
    if has.get("task") == "auto":
        wanted["task"] = task
    return made.set_params(**{k: v for k, v in wanted.items() if k in has})


def _fingerprint(data: Data) -> str:
    """Return a text that changes with the rows, the labels and the learners.

    Names and dtypes of columns count as well as values: methods see them.
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


def finished_cells(
    file: ScoreFile, cells: list[Cell], data: Data, name: str
) -> dict[str, list[dict[str, Any]]]:
    """Return the cells that a file holds whole; remove from it what it holds in part.

    A cell that failed is tried again.
    """
    task = "regression" if data.classes is None else "classification"
    n_learners = len(resolve_learners(data.learners, task, 1))
    by_key: dict[str, list[dict[str, Any]]] = {}
    for row in file.rows:
        by_key.setdefault(row["key"], []).append(row)
    wanted = {cell.key for cell in cells}
    done = {
        key: rows
        for key, rows in by_key.items()
        if key in wanted
        and len(rows) == n_learners
        and rows[0]["set"] == name
        and not any(row["error"] for row in rows)
    }
    ours = {(name, str(c.fold), c.method, str(c.budget)) for c in cells}

    def is_ours(row: dict[str, Any]) -> bool:
        return (row["set"], row["fold"], row["method"], row["budget"]) in ours

    stale = {row["key"] for row in file.rows if is_ours(row)} - wanted
    if stale:
        warnings.warn(
            f"{file.path} holds {len(stale)} cells of {name!r} that were computed from "
            "other rows or with other settings. They are computed anew.",
            UserWarning,
            stacklevel=3,
        )
    unfinished = (wanted | stale) - set(done)
    if any(row["key"] in unfinished for row in file.rows):
        file.keep(lambda row: row["key"] not in unfinished)
    return done


def run_cell(cell: Cell, data: Data, name: str) -> tuple[str, list[dict[str, Any]]]:
    """Distill, train and test: the work of one cell."""
    about: dict[str, Any] = {
        "set": name,
        "fold": cell.fold,
        "method": cell.method,
        "budget": cell.budget,
        "key": cell.key,
        "seconds": 0.0,
        "note": "",
    }
    try:
        rows = _make_and_score(cell, data, about)
    except Exception as caught:
        if data.error_score == "raise":
            raise
        error = f"{type(caught).__name__}: {caught}"
        task = "regression" if data.classes is None else "classification"
        names = resolve_learners(data.learners, task, 1)
        rows = [{"learner": learner, "error": error} for learner in names]
    return cell.key, [{**about, **row} for row in rows]


def _make_and_score(
    cell: Cell, data: Data, about: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the scores of a cell, and add what is known of its set to `about`."""
    train, test = data.splits[cell.fold]
    X_train, y_train = take_rows(data.X, train), data.y[train]
    if cell.distiller is None:
        small = weighted_full_data(
            X_train,
            y_train,
            classes=data.classes,
            max_rows=data.max_full_rows,
            random_state=cell.seed,
        )
    else:
        small = _distill(cell.distiller, X_train, y_train, about)
    about |= {"rows": len(small), "bytes": small.nbytes}
    about["invalid"] = invalid_share(X_train, small.X)
    return learner_scores(
        small,
        take_rows(data.X, test),
        data.y[test],
        prepare=preprocessor(X_train),
        random_state=cell.seed,
        learners=data.learners,
        on_error=data.error_score,
    )


def _distill(distiller: Any, X: Any, y: np.ndarray, about: dict[str, Any]) -> Any:
    """Return a distilled set; seconds and warnings are noted if it fails, too."""
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            return distiller.fit_distill(X, y)
        finally:
            about["seconds"] = time.perf_counter() - started
            about["note"] = " | ".join(dict.fromkeys(str(w.message) for w in heard))
