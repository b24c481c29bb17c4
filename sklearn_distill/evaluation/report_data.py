"""What a report is made of: scores of sets and of their references, by seed."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from itertools import count, islice
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student_t
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ..base.distiller import BaseDistiller
from ..distilled_set.distilled_set import DistilledSet, nbytes_of
from ..plugins.registry import get_distiller
from .dd_ranking import robust_scores
from .fidelity import fidelity
from .panel import dense_rows, preprocessor
from .scores import learner_scores, weighted_full_data

REFERENCES = ("random", "herding", "k-means")
FULL_DATA = "full data"


class Rows(NamedTuple):
    """Train and test rows, and what they are."""

    X_train: Any
    y_train: Any
    X_test: Any
    y_test: Any
    prepare: Any
    classes: Any
    learners: Any
    max_full_rows: int

    @property
    def has_train(self) -> bool:
        return self.X_train is not None


class Findings(NamedTuple):
    """All that was measured, as lists of rows for tables."""

    scores: list[dict[str, Any]]
    recalls: list[dict[str, Any]]
    fidelity: list[dict[str, Any]]
    dd_ranking: list[dict[str, Any]]


def make_rows(
    X_test: Any,
    y_test: Any,
    X_train: Any,
    y_train: Any,
    *,
    like: DistilledSet,
    learners: Any,
    max_full_rows: int,
) -> Rows:
    """Return the rows of a report, checked.

    Raises
    ------
    ValueError
        If one of X_train and y_train is missing, lengths differ, or test labels are
        none that the set knows.
    """
    if (X_train is None) != (y_train is None):
        raise ValueError("X_train and y_train belong together: pass both or neither.")
    if like.y is None:
        raise ValueError("A report needs labels, but this set was distilled without.")
    X_test = dense_rows(X_test)
    X_train = None if X_train is None else dense_rows(X_train)
    pairs = [("test", X_test, y_test), ("train", X_train, y_train)]
    for name, X, y in pairs:
        if X is not None and len(X) != len(y):
            raise ValueError(f"X_{name} has {len(X)} rows, but y_{name} has {len(y)}.")
    known = like.classes
    if known is not None:
        for name, _, y in pairs:
            if y is not None and (
                missing := set(np.unique(y).tolist()) - set(known.tolist())
            ):
                raise ValueError(
                    f"y_{name} holds classes that the distilled set does not know: "
                    f"{sorted(missing, key=str)}."
                )
    prepare = preprocessor(X_test if X_train is None else X_train)
    return Rows(
        X_train,
        None if y_train is None else np.asarray(y_train),
        X_test,
        np.asarray(y_test),
        prepare,
        known,
        learners,
        max_full_rows,
    )


def measure(
    sets: list[DistilledSet], rows: Rows, soft_labels: Any, n_jobs: int | None
) -> Findings:
    """Measure sets, one for each seed, and references of the same size."""
    tasks = (
        delayed(_measure_seed)(one, seed, rows, soft_labels)
        for seed, one in enumerate(sets)
    )
    parts = Parallel(n_jobs=n_jobs)(tasks)
    scores, recalls, alike, robust = (
        [row for part in parts for row in part[i]] for i in range(4)
    )
    if rows.has_train:
        full = weighted_full_data(
            rows.X_train,
            rows.y_train,
            classes=rows.classes,
            max_rows=rows.max_full_rows,
        )
        _score(full, FULL_DATA, 0, rows, scores, recalls)
    return Findings(scores, recalls, alike, robust)


def _measure_seed(
    distilled: DistilledSet, seed: int, rows: Rows, soft_labels: Any
) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    scores: list[Any] = []
    recalls: list[Any] = []
    alike: list[Any] = []
    robust: list[Any] = []
    _score(distilled, "distilled", seed, rows, scores, recalls)
    if not rows.has_train:
        return scores, recalls, alike, robust
    references = {
        name: _reference(name, distilled, rows, soft_labels, seed)
        for name in REFERENCES
    }
    for name, one in references.items():
        _score(one, name, seed, rows, scores, recalls)
    for name in ("distilled", "random"):
        found = fidelity(
            distilled if name == "distilled" else references[name],
            rows.X_train,
            rows.y_train,
            prepare=rows.prepare,
            X_test=rows.X_test,
            y_test=rows.y_test,
            random_state=seed,
        )
        alike.append({"set": name, "seed": seed, **found})
    if rows.classes is not None:
        found = robust_scores(
            distilled,
            references["random"],
            rows.X_train,
            rows.y_train,
            rows.X_test,
            rows.y_test,
            prepare=rows.prepare,
            random_state=seed,
        )
        robust.append({"seed": seed, **found})
    return scores, recalls, alike, robust


def _score(
    one: DistilledSet,
    name: str,
    seed: int,
    rows: Rows,
    scores: list[dict[str, Any]],
    recalls: list[dict[str, Any]],
) -> None:
    """Add a set's scores, by learner, and its recalls, by learner and class."""
    for row in learner_scores(
        one,
        rows.X_test,
        rows.y_test,
        prepare=rows.prepare,
        random_state=seed,
        learners=rows.learners,
    ):
        about = {"set": name, "seed": seed, "learner": row["learner"]}
        for label, recall in row.pop("recall", {}).items():
            recalls.append({**about, "class": label, "recall": recall})
        scores.append({**about, **row})


def _reference(
    name: str, like: DistilledSet, rows: Rows, soft_labels: Any, seed: int
) -> DistilledSet:
    """Return a reference with as many rows of each class, and labels of one kind."""
    budget: Any = len(like)
    task = "regression"
    if like.classes is not None:
        labels, counts = np.unique(np.asarray(like.y), return_counts=True)
        budget = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        task = "classification"
    distiller = get_distiller(name)(
        budget=budget, task=task, soft_labels=soft_labels, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return distiller.fit_distill(rows.X_train, rows.y_train)


def refitted(distiller: BaseDistiller, rows: Rows, n_seeds: int) -> list[DistilledSet]:
    """Return a fitted distiller's set, and those of other seeds."""
    sets = [distiller.distilled_]
    parameters = distiller.get_params(deep=False)
    if not rows.has_train or "random_state" not in parameters:
        return sets
    others = (seed for seed in count(1) if seed != parameters["random_state"])
    for seed in islice(others, n_seeds - 1):
        again = clone(distiller).set_params(random_state=seed)
        sets.append(again.fit_distill(rows.X_train, rows.y_train))
    return sets


def cost_of(
    sets: list[DistilledSet], rows: Rows, full_seconds: float, set_seconds: float
) -> dict[str, Any]:
    """Return what a set costs: rows, bytes, seconds, with those of the full data."""
    first = sets[0]
    cost: dict[str, Any] = {"rows": len(first), "bytes": first.nbytes}
    seconds = [one.info["seconds"] for one in sets if "seconds" in one.info]
    if seconds:
        cost["seconds to distill"] = float(np.mean(seconds))
    cost["seconds to train the panel"] = float(set_seconds)
    if rows.has_train:
        n_bytes = nbytes_of(rows.X_train) + rows.y_train.nbytes
        cost["rows before"] = len(rows.X_train)
        cost["bytes before"] = n_bytes
        cost["seconds to train the panel before"] = float(full_seconds)
    return cost


def interval(values: Any, level: float = 0.95) -> tuple[float, float, float]:
    """Return mean, deviation, and half the width of the mean's confidence interval.

    By Student's t over the values; NaN for deviation and width of a single one.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return (float("nan"),) * 3
    mean = float(values.mean())
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    deviation = float(values.std(ddof=1))
    quantile = student_t.ppf(0.5 + level / 2, len(values) - 1)
    return mean, deviation, float(quantile * deviation / np.sqrt(len(values)))
