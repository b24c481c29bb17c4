"""Reduce a part of a data set to weighted rows that represent it."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils import get_tags

from .._utils.containers import take_rows
from ..base.assembly import assemble
from ..base.budget import rows_per_group
from ..base.category_coverage import columns_to_cover
from ..base.label_column import LabelColumn
from ..base.problem import Kept, Learned, Problem
from ..base.starting_rows import features_with_target, herded_rows
from ..base.training_data import Scales, TrainingData
from ..encoding.values import columns_of
from ..validation.targets import Target
from .part import Part


def groups_of(part: Part, task: str) -> tuple[np.ndarray | None, np.ndarray]:
    """Return the sorted classes of a part, and the class code of each row.

    Without classes, all rows have the code 0.
    """
    if task != "classification":
        return None, np.zeros(len(part), dtype=np.int64)
    return distinct_labels(part.y)


def distinct_labels(labels: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted distinct labels, and the position of each label among them.

    The result is that of `numpy.unique`, which sorts all labels and is slower.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        At least one label.
    """
    if labels.dtype.kind in "iu":
        lowest, highest = int(labels.min()), int(labels.max())
        if -(2**62) < lowest and highest < 2**62 and highest - lowest < len(labels):
            codes = labels.astype(np.int64) - lowest
            present = np.bincount(codes) > 0
            classes = (np.flatnonzero(present) + lowest).astype(labels.dtype)
            return classes, (np.cumsum(present) - 1)[codes]
    elif labels.dtype.kind in "OUS":
        values = labels.tolist()
        known = set(values)
        if len(known) < len(values) / 2 and set(map(type, known)) <= {str, bytes}:
            dtype = labels.dtype
            classes = np.array(sorted(known), dtype=dtype)
            code_of = {label: code for code, label in enumerate(classes.tolist())}
            codes = np.fromiter(map(code_of.__getitem__, values), np.int64, len(values))
            return classes, codes
    classes, codes = np.unique(labels, return_inverse=True)
    return classes, codes.astype(np.int64)


def rows_to_keep(
    distiller: Any,
    part: Part,
    task: str,
    oversample: float = 1,
    groups: tuple[np.ndarray | None, np.ndarray] | None = None,
) -> np.ndarray:
    """Return the number of rows of each class that represent a part.

    Parameters
    ----------
    distiller : BaseDistiller
        Its budget and its allocation. A share of the rows is a share of the real rows
        that the part represents.
    part : Part
    task : {"classification", "regression", "unsupervised"}
    oversample : float, default=1
        A factor of the budget.
    groups : tuple, default=None
        The result of `groups_of`, if it is known.

    Returns
    -------
    int ndarray of shape (n_groups,)
        At most the rows that the part has.

    Raises
    ------
    ValueError
        If the budget is invalid, or lacks a class.
    """
    classes, codes = groups or groups_of(part, task)
    held, mass = np.bincount(codes), np.bincount(codes, weights=part.weights)
    budget: Any = distiller.budget
    # Raise the errors of invalid budgets before the budget is multiplied.
    if not isinstance(budget, Mapping):
        rows_per_group(budget, held, allocation=distiller.allocation)
    elif classes is not None and oversample > 1:
        # A class of the budget that this part lacks may occur in other parts.
        known = set(classes.tolist())
        budget = {c: n for c, n in budget.items() if c in known}
    if isinstance(budget, Mapping):
        # Invalid numbers raise an error below.
        budget = {
            c: math.ceil(int(n) * oversample) if isinstance(n, Integral) else n
            for c, n in budget.items()
        }
    elif isinstance(budget, Integral):
        budget = math.ceil(int(budget) * oversample)
    else:
        budget = float(budget) * oversample * part.n_samples / len(part)
        if budget >= 1.0:
            return held
    return rows_per_group(
        budget, held, allocation=distiller.allocation, weights=mass, classes=classes
    )


@dataclass(frozen=True)
class PartReducer:
    """Reduce parts to `oversample` times the rows of the distiller's budget.

    Parameters
    ----------
    distiller : BaseDistiller
        Unfitted.
    task : {"classification", "regression", "unsupervised"}
    oversample : float
    """

    distiller: Any
    task: str
    oversample: float

    def __call__(self, part: Part, scales: Scales, seed: int) -> Part:
        """Return the weighted rows that represent a part.

        The weights of the rows of a class sum to the weight of the class in the part.
        """
        n_rows = rows_to_keep(self.distiller, part, self.task, self.oversample)
        if n_rows.sum() >= len(part):
            return part.copied()
        problem = self._problem(part, scales, n_rows, seed)
        result, problem = self._with_categories(self._distill(problem), problem, part)
        data = self._training_data(part, problem)
        made = assemble(
            result, problem, method=type(self.distiller).__name__, data=data
        )
        weights = represented_weights(problem, result, part.weights)
        # A row that equals another one may represent none.
        used = np.flatnonzero(weights > 0)
        positions = own = None
        if isinstance(result, Kept):
            kept = part.taken(np.asarray(result.indices)[used])
            positions, own = kept.positions, kept.own_weights
        return Part(
            take_rows(made.X, used),
            None if made.y is None else made.y[used],
            weights[used],
            positions,
            part.n_samples,
            own,
        )

    def _distill(self, problem: Problem) -> Kept | Learned:
        """Distill a part by the distiller itself if its results can be merged."""
        requires_labels = get_tags(self.distiller).target_tags.required
        if self.distiller.merging is None or requires_labels:
            return Kept(herded_rows(problem))
        return self.distiller._distill(problem)

    def _with_categories(
        self, result: Kept | Learned, problem: Problem, part: Part
    ) -> tuple[Kept | Learned, Problem]:
        """Add rows, so that each category that is to be covered remains in the part.

        The last step of the stream exchanges rows instead, to stay within the budget.
        """
        # The rows of a part need not hold all categories within the budget of a part.
        all_rows = replace(problem, n_rows=np.array([len(part)]))
        columns = columns_to_cover(self.distiller.cover_categories, all_rows, part.X)
        if not columns:
            return result, problem
        kept = result.indices if isinstance(result, Kept) else herded_rows(problem)
        chosen = [np.asarray(kept)]
        values = list(columns_of(part.X))
        for column in columns:
            codes = problem.encoder.columns_[column].codes(values[column])
            found, first = np.unique(codes, return_index=True)
            absent = ~np.isin(found, codes[np.concatenate(chosen)])
            chosen.append(first[absent])
        rows = np.concatenate(chosen)
        codes = groups_of(part, self.task)[1][rows]
        n_rows = np.bincount(codes, minlength=len(problem.n_rows))
        return Kept(rows), replace(problem, n_rows=n_rows)

    def _problem(
        self, part: Part, scales: Scales, n_rows: np.ndarray, seed: int
    ) -> Problem:
        classes, codes = groups_of(part, self.task)
        labels = LabelColumn(self.task, classes, None, scales.target)
        own = part.own_weights
        return Problem(
            Z=scales.encoder.encode(part.X),
            y=labels.encode(part.y, len(part)) if classes is None else codes,
            sample_weight=part.weights if own is None else own,
            n_rows=n_rows,
            encoder=scales.encoder,
            labels=labels,
            random_state=np.random.RandomState(seed),
            teacher_seed=0,
        )

    def _training_data(self, part: Part, problem: Problem) -> TrainingData:
        classes = problem.labels.classes
        values = part.y if classes is None else problem.y
        dtype = None if part.y is None else part.y.dtype
        return TrainingData(
            X=part.X,
            target=Target(self.task, values, classes, dtype, None),
            sample_weight=part.weights,
            is_weighted=True,
            positions=np.arange(len(part)),
            n_given=len(part),
        )


def represented_weights(
    problem: Problem, result: Kept | Learned, weights: np.ndarray
) -> np.ndarray:
    """Return the weight of the rows of a part that each distilled row represents.

    Every row of a part is represented by the nearest distilled row of its class.

    Parameters
    ----------
    problem : Problem
        The rows of the part.
    result : Kept or Learned
        The m distilled rows.
    weights : float64 ndarray of shape (n,)
        The weights of the rows of the part.

    Returns
    -------
    float64 ndarray of shape (m,)
        The weights of the distilled rows of a class sum to those of its rows.
    """
    if isinstance(result, Kept):
        made = problem.only(np.asarray(result.indices))
    else:
        made = replace(problem, Z=problem.encoder.snap(result.Z))
    if result.y is not None:
        made = replace(made, y=result.y)
    Z, Z_made = features_with_target(problem), features_with_target(made)
    mass = np.zeros(len(Z_made))
    of_code = [members for _, members, _ in made.groups()]
    for code, rows, _ in problem.groups():
        members = of_code[code]
        nearest = pairwise_distances_argmin(Z[rows], Z_made[members])
        mass[members] = np.bincount(
            nearest, weights=weights[rows], minlength=len(members)
        )
    return mass
