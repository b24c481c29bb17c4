"""Checks of the result of a method before a distilled set is made of it."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from .problem import Kept, Learned, Problem

# The maximal number of classes that a message lists.
MAX_NAMED = 5


def checked_result(result: Any, problem: Problem, method: str) -> Kept | Learned:
    """Return the result of a method with its rows and labels as arrays.

    A result must have exactly `Problem.n_rows` rows of each class, or
    `Learned.n_parts` times as many learned rows.

    Parameters
    ----------
    result : object
        The return value of `_distill`.
    problem : Problem
    method : str
        The name of the method's class, for messages.

    Raises
    ------
    TypeError
        If the result is neither `Kept` nor `Learned`, or contains values that are not
        numbers.
    ValueError
        If rows do not exist, occur twice, are not finite or have a wrong shape, if
        labels are invalid, or if a class has a wrong number of rows.
    """
    who = f"{method}._distill"
    if isinstance(result, Kept):
        indices = _checked_indices(result.indices, len(problem.Z), who)
        y = result.y
        if y is not None:
            y = _checked_labels(y, len(indices), problem, who)
        labels = problem.y[indices] if y is None else y
        _check_numbers(labels, problem, who)
        return replace(result, indices=indices, y=y)
    if isinstance(result, Learned):
        Z = _checked_rows(result.Z, problem.Z.shape[1:], who)
        y = _checked_labels(result.y, len(Z), problem, who)
        if not isinstance(result.n_parts, Integral) or result.n_parts < 1:
            raise TypeError(
                f"{who}: n_parts must be a positive integer, got {result.n_parts!r}."
            )
        _check_numbers(y, problem, who, result.n_parts)
        return replace(result, Z=Z, y=y)
    what = "None" if result is None else f"an object of type {type(result).__name__}"
    raise TypeError(f"{who} must return Kept(indices) or Learned(Z, y), got {what}.")


def _checked_indices(indices: Any, n: int, who: str) -> np.ndarray:
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: Kept.indices must be integers, got dtype {indices.dtype}."
        )
    if indices.ndim != 1:
        raise ValueError(
            f"{who}: Kept.indices must be 1-dimensional, got shape {indices.shape}."
        )
    outside = indices[(indices < 0) | (indices >= n)]
    if len(outside):
        raise ValueError(
            f"{who}: Kept.indices must be between 0 and {n - 1}, got {outside[0]}."
        )
    known, times = np.unique(indices, return_counts=True)
    if len(known) < len(indices):
        raise ValueError(
            f"{who}: Kept.indices must not repeat, but contains "
            f"{known[times.argmax()]} {times.max()} times."
        )
    return indices


def _checked_rows(Z: Any, shape: tuple[int, ...], who: str) -> np.ndarray:
    Z = np.asarray(Z)
    if Z.dtype.kind not in "biuf":
        raise TypeError(f"{who}: Learned.Z must hold numbers, got dtype {Z.dtype}.")
    if Z.ndim == 0 or Z.shape[1:] != shape:
        expected = ", ".join(map(str, (len(Z) if Z.ndim > 1 else "n", *shape)))
        raise ValueError(
            f"{who}: Learned.Z must have shape ({expected}), got {Z.shape}."
        )
    if not np.isfinite(Z).all():
        raise ValueError(f"{who}: Learned.Z must be finite, but contains NaN or inf.")
    return Z


def _checked_labels(y: Any, m: int, problem: Problem, who: str) -> np.ndarray:
    if problem.task == "unsupervised":
        return np.zeros(m, dtype=np.int64)
    if y is None:
        raise ValueError(f"{who}: Learned.y must hold the labels of Z, got None.")
    y = np.asarray(y)
    is_class = problem.task == "classification"
    if y.dtype.kind not in ("iu" if is_class else "iuf"):
        kind = "integer class codes" if is_class else "numbers"
        raise TypeError(f"{who}: the labels y must be {kind}, got dtype {y.dtype}.")
    shape = (m, *problem.y.shape[1:])
    if y.shape != shape:
        raise ValueError(f"{who}: the labels y must have shape {shape}, got {y.shape}.")
    last = len(problem.n_rows) - 1
    if is_class and len(y) and (y.min() < 0 or y.max() > last):
        raise ValueError(
            f"{who}: the labels y must be class codes from 0 to {last}, got values "
            f"from {y.min()} to {y.max()}."
        )
    if not np.isfinite(y).all():
        raise ValueError(f"{who}: the labels y must be finite, but contain NaN or inf.")
    return y


def _check_numbers(
    labels: np.ndarray, problem: Problem, who: str, n_parts: int = 1
) -> None:
    """Raise ValueError unless every class has the expected number of rows."""
    classes, expected = problem.labels.classes, n_parts * problem.n_rows
    codes = labels if classes is not None else np.zeros(len(labels), dtype=np.int64)
    found = np.bincount(codes, minlength=len(expected))
    wrong = np.flatnonzero(found != expected)
    if not len(wrong):
        return
    named = [
        f"{found[code]} rows {_name(code, classes)} instead of {expected[code]}"
        for code in wrong[:MAX_NAMED]
    ]
    more = f" and {len(wrong) - MAX_NAMED} more" if len(wrong) > MAX_NAMED else ""
    raise ValueError(
        f"{who} returned {', '.join(named)}{more}. The expected numbers are "
        "Problem.n_rows times Learned.n_parts."
    )


def _name(code: int, classes: np.ndarray | None) -> str:
    return "in total" if classes is None else f"of class {classes.tolist()[code]!r}"
