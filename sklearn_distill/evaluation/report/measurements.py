"""Measurements of a report: distilled sets and reference sets, by seed."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from itertools import chain, count, islice
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.utils.parallel import Parallel, delayed

from ...base.distiller import BaseDistiller
from ...base.growing import GROWN_ROWS
from ...distilled_set.distilled_set import DistilledSet
from ...plugins.registry import get_distiller
from ..measures.dd_ranking import robust_scores
from ..measures.fidelity import fidelity
from ..measures.full_data import FULL_DATA, weighted_full_data
from ..measures.utility import learner_scores
from .report_rows import ReportRows

# Methods whose sets are compared with the distilled set.
REFERENCES = ("random", "herding", "k-means")


class Measurements(NamedTuple):
    """Measurements of a report; each field is a list of the rows of a table."""

    scores: list[dict[str, Any]]
    recalls: list[dict[str, Any]]
    fidelity: list[dict[str, Any]]
    dd_ranking: list[dict[str, Any]]


def measure(
    sets: list[DistilledSet], rows: ReportRows, soft_labels: Any, n_jobs: int | None
) -> Measurements:
    """Measure the distilled sets, reference sets of the same size, and the full data.

    Parameters
    ----------
    sets : list of DistilledSet
        A distilled set for each seed.
    rows : ReportRows
    soft_labels : None, "teacher" or estimator
        Teacher that labels the reference sets.
    n_jobs : int or None
        Number of seeds that are measured in parallel.

    Returns
    -------
    Measurements
    """
    tasks = (
        delayed(_measure_seed)(distilled, seed, rows, soft_labels)
        for seed, distilled in enumerate(sets)
    )
    parts = Parallel(n_jobs=n_jobs)(tasks)
    if rows.has_train:
        full = weighted_full_data(
            rows.X_train,
            rows.y_train,
            classes=rows.classes,
            max_rows=rows.max_full_rows,
        )
        parts.append(Measurements(*_evaluate(full, FULL_DATA, 0, rows), [], []))
    return Measurements(*map(list, map(chain.from_iterable, zip(*parts, strict=True))))


def _measure_seed(
    distilled: DistilledSet, seed: int, rows: ReportRows, soft_labels: Any
) -> Measurements:
    """Measure the distilled set of one seed and its reference sets."""
    sets = {"distilled": distilled}
    if distilled.growth is not None:
        sets["grown"] = _grown(distilled, seed)
    if rows.has_train:
        for name in REFERENCES:
            sets[name] = _reference(name, distilled, rows, soft_labels, seed)
    pairs = [_evaluate(one, name, seed, rows) for name, one in sets.items()]
    scores = [row for own_scores, _ in pairs for row in own_scores]
    recalls = [row for _, own_recalls in pairs for row in own_recalls]
    if not rows.has_train:
        return Measurements(scores, recalls, [], [])
    fidelities = []
    for name in ("distilled", "random"):
        found = fidelity(
            sets[name],
            rows.X_train,
            rows.y_train,
            prepare=rows.prepare,
            X_test=rows.X_test,
            y_test=rows.y_test,
            random_state=seed,
        )
        fidelities.append({"set": name, "seed": seed, **found})
    if rows.classes is None:
        return Measurements(scores, recalls, fidelities, [])
    robust = robust_scores(
        distilled,
        sets["random"],
        rows.X_train,
        rows.y_train,
        rows.X_test,
        rows.y_test,
        prepare=rows.prepare,
        random_state=seed,
    )
    return Measurements(scores, recalls, fidelities, [{"seed": seed, **robust}])


def _grown(distilled: DistilledSet, seed: int) -> DistilledSet:
    """Return a set grown to the number of rows that its distiller was given."""
    n = distilled.info.get("parameters", {}).get("densify")
    n = n if isinstance(n, int) else GROWN_ROWS
    soft_labels = distilled.classes is not None
    n = max(n, len(distilled))
    return distilled.densify(n, soft_labels=soft_labels, random_state=seed)


def _evaluate(
    train: DistilledSet, name: str, seed: int, rows: ReportRows
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the scores of a set by learner, and its recalls by learner and class."""
    scores, recalls = [], []
    for row in learner_scores(
        train,
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
    return scores, recalls


def _reference(
    method: str, distilled: DistilledSet, rows: ReportRows, soft_labels: Any, seed: int
) -> DistilledSet:
    """Return the set of a reference method, as large as the distilled set by class."""
    budget: Any = len(distilled)
    task = "regression"
    if distilled.classes is not None:
        labels, counts = np.unique(np.asarray(distilled.y), return_counts=True)
        budget = dict(zip(labels.tolist(), counts.tolist(), strict=True))
        task = "classification"
    distiller = get_distiller(method)(
        budget=budget, task=task, soft_labels=soft_labels, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return distiller.fit_distill(rows.X_train, rows.y_train)


def sets_of_seeds(
    distiller: BaseDistiller, rows: ReportRows, n_seeds: int
) -> list[DistilledSet]:
    """Return the distilled set of a fitted distiller and the sets of other seeds.

    The fitted set is the only one if the distiller is not random or training rows were
    not passed.
    """
    sets = [distiller.distilled_]
    parameters = distiller.get_params(deep=False)
    if not rows.has_train or "random_state" not in parameters:
        return sets
    seeds = (seed for seed in count(1) if seed != parameters["random_state"])
    for seed in islice(seeds, n_seeds - 1):
        unfitted = clone(distiller).set_params(random_state=seed)
        sets.append(unfitted.fit_distill(rows.X_train, rows.y_train))
    return sets
