"""Whether a method's answer is what it was asked for."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from .problem import Kept, Learned, Problem

# A message names so many classes at most.
MAX_NAMED = 5


def checked_answer(
    answer: Any, problem: Problem, classes: np.ndarray | None
) -> Kept | Learned:
    """Return a method's answer with its rows and labels as arrays.

    Exactly `Problem.n_rows` of each class are due; of learned rows `Learned.n_parts`
    times as many.

    Parameters
    ----------
    answer : object
        What `_distill` returned.
    problem : Problem
    classes : ndarray of shape (n_classes,) or None
        The class labels, for messages.

    Raises
    ------
    TypeError
        If it is neither `Kept` nor `Learned`, or holds something else than numbers.
    ValueError
        For rows that are not there, kept twice, not finite or of another shape, for
        labels that are none, and for other numbers of rows than are due.
    """
    who = f"{problem.context.estimator_name}._distill"
    if isinstance(answer, Kept):
        indices = _checked_indices(answer.indices, len(problem.Z), who)
        y = answer.y
        if y is not None:
            y = _checked_labels(y, len(indices), problem, who)
        labels = problem.y[indices] if y is None else y
        _check_numbers(labels, problem, classes, who)
        return replace(answer, indices=indices, y=y)
    if isinstance(answer, Learned):
        Z = _checked_rows(answer.Z, problem.Z.shape[1:], who)
        y = _checked_labels(answer.y, len(Z), problem, who)
        if not isinstance(answer.n_parts, Integral) or answer.n_parts < 1:
            raise TypeError(
                f"{who}: n_parts={answer.n_parts!r} is no positive integer."
            )
        _check_numbers(y, problem, classes, who, answer.n_parts)
        return replace(answer, Z=Z, y=y)
    what = "None" if answer is None else f"an object of type {type(answer).__name__}"
    raise TypeError(f"{who} answered {what}, not Kept(indices) or Learned(Z, y).")


def _checked_indices(indices: Any, n: int, who: str) -> np.ndarray:
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: the indices of Kept are integers, not {indices.dtype}."
        )
    if indices.ndim != 1:
        raise ValueError(
            f"{who}: the indices of Kept are 1-D, not of shape {indices.shape}."
        )
    outside = indices[(indices < 0) | (indices >= n)]
    if len(outside):
        raise ValueError(
            f"{who} kept row {outside[0]}, but rows are numbered from 0 to {n - 1}."
        )
    known, times = np.unique(indices, return_counts=True)
    if len(known) < len(indices):
        raise ValueError(
            f"{who} kept row {known[times.argmax()]} {times.max()} times, but a row "
            "can be kept only once."
        )
    return indices


def _checked_rows(Z: Any, shape: tuple[int, ...], who: str) -> np.ndarray:
    Z = np.asarray(Z)
    if Z.dtype.kind not in "biuf":
        raise TypeError(f"{who}: the rows Z of Learned are numbers, not {Z.dtype}.")
    if Z.ndim == 0 or Z.shape[1:] != shape:
        due = ", ".join(map(str, (len(Z) if Z.ndim > 1 else "n", *shape)))
        raise ValueError(
            f"{who}: the rows Z of Learned are of shape ({due}), not {Z.shape}."
        )
    if not np.isfinite(Z).all():
        raise ValueError(f"{who}: the rows Z of Learned are not all finite.")
    return Z


def _checked_labels(y: Any, m: int, problem: Problem, who: str) -> np.ndarray:
    if problem.task == "unsupervised":
        return np.zeros(m, dtype=np.int64)
    if y is None:
        raise ValueError(f"{who} answered rows without labels: y is None.")
    y = np.asarray(y)
    is_class = problem.task == "classification"
    if y.dtype.kind not in ("iu" if is_class else "iuf"):
        kind = "class codes" if is_class else "numbers"
        raise TypeError(f"{who}: the labels y are {kind}, not {y.dtype}.")
    if y.shape != (m,):
        raise ValueError(f"{who}: the labels y are of shape ({m},), not {y.shape}.")
    last = len(problem.n_rows) - 1
    if is_class and len(y) and (y.min() < 0 or y.max() > last):
        raise ValueError(
            f"{who}: the labels y are class codes from 0 to {last}, but run from "
            f"{y.min()} to {y.max()}."
        )
    if not np.isfinite(y).all():
        raise ValueError(f"{who}: the labels y are not all finite.")
    return y


def _check_numbers(
    labels: np.ndarray,
    problem: Problem,
    classes: np.ndarray | None,
    who: str,
    n_parts: int = 1,
) -> None:
    due = n_parts * problem.n_rows
    codes = labels if classes is not None else np.zeros(len(labels), dtype=np.int64)
    made = np.bincount(codes, minlength=len(due))
    wrong = np.flatnonzero(made != due)
    if not len(wrong):
        return
    named = [
        f"{made[code]} rows {_name(code, classes)} instead of {due[code]}"
        for code in wrong[:MAX_NAMED]
    ]
    more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
    raise ValueError(
        f"{who} made {', '.join(named)}{more}. Problem.n_rows, times "
        "Learned.n_parts, says how many are due."
    )


def _name(code: int, classes: np.ndarray | None) -> str:
    return "in all" if classes is None else f"of class {classes.tolist()[code]!r}"
