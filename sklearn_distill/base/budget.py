"""How many rows each class gets.

The functions here know numbers only: no estimator, no rows. A *group* is a class; a
regression problem, or one without labels, is a single group.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

ALLOCATIONS = ("auto", "equal", "proportional", "sqrt")


def rows_per_group(
    budget: int | float | Mapping[Any, int],
    available: np.ndarray,
    *,
    allocation: str = "auto",
    weights: np.ndarray | None = None,
    classes: Sequence[Any] | np.ndarray | None = None,
) -> np.ndarray:
    """Share a budget out among groups of rows.

    Parameters
    ----------
    budget : int, float or mapping
        Rows per group, a share of all rows in (0, 1), or rows by class label.
    available : ndarray of shape (n_groups,)
        How many rows each group has; none gets more.
    allocation : {"auto", "equal", "proportional", "sqrt"}
        What a group's part of the total grows with: nothing, its size, or the root of
        its size. "auto" is "equal" for an int and "proportional" for a float.
    weights : ndarray of shape (n_groups,), default=None
        The sizes that `allocation` looks at; by default `available`.
    classes : sequence of length n_groups, default=None
        The labels, for a budget given by label and for messages. None says that there
        are no classes.

    Returns
    -------
    ndarray of int of shape (n_groups,)
        At least 1 and at most `available` for each group. A share of the rows that
        comes to fewer rows than there are groups is raised to one row each.

    Raises
    ------
    ValueError
        If the budget is not positive, is a share outside (0, 1), names a class that y
        does not have, or leaves out one that it has; or if there is no such allocation.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.base.budget import rows_per_group
    >>> rows_per_group(10, np.array([900, 90, 5]))
    array([10, 10,  5])
    >>> rows_per_group(10, np.array([900, 90, 10]), allocation="sqrt")
    array([21,  7,  2])
    >>> rows_per_group(0.1, np.array([900, 90, 10]))
    array([90,  9,  1])
    """
    if allocation not in ALLOCATIONS:
        raise ValueError(f"allocation={allocation!r} is none of {ALLOCATIONS}.")
    available = np.asarray(available, dtype=np.int64)
    if isinstance(budget, Mapping):
        return _rows_by_label(budget, available, classes)
    if isinstance(budget, bool | np.bool_) or not isinstance(budget, Real):
        raise ValueError(
            f"budget={budget!r} is no budget. Give rows per class (an int), a share of "
            "the rows (a float between 0 and 1) or {class: rows}."
        )
    sizes = available if weights is None else np.asarray(weights, dtype=np.float64)
    if isinstance(budget, Integral):
        if budget < 1:
            raise ValueError(f"budget={budget} keeps no rows. Give at least 1.")
        total = int(budget) * len(available)
        shared_as = "equal" if allocation == "auto" else allocation
    else:
        if not 0.0 < budget < 1.0:
            raise ValueError(
                f"budget={budget} is no share of the rows. A float lies between 0 and "
                "1; for a number of rows per class give an int."
            )
        total = max(len(available), round(float(budget) * available.sum()))
        shared_as = "proportional" if allocation == "auto" else allocation
    if shared_as == "equal" and isinstance(budget, Integral):
        # Rows per class is a promise about each class: what a small class cannot take
        # is not handed to the others.
        return np.minimum(min(int(budget), available.max()), available)
    exponent = {"equal": 0.0, "proportional": 1.0, "sqrt": 0.5}[shared_as]
    return _share_out(total, available, np.asarray(sizes, dtype=np.float64) ** exponent)


def _rows_by_label(
    budget: Mapping[Any, int], available: np.ndarray, classes: Any
) -> np.ndarray:
    if classes is None:
        raise ValueError(
            "budget is a mapping from class to rows, but there are no classes here. "
            "Give an int (rows in all) or a share between 0 and 1."
        )
    labels = [label.item() if hasattr(label, "item") else label for label in classes]
    if unknown := [label for label in budget if label not in labels]:
        raise ValueError(f"budget names classes that y does not have: {unknown}.")
    if missing := [label for label in labels if label not in budget]:
        raise ValueError(
            f"budget leaves out classes of y: {missing}. Every class keeps at least "
            "one row; give each its number of rows."
        )
    for label in labels:
        rows = budget[label]
        if isinstance(rows, bool) or not isinstance(rows, Integral) or rows < 1:
            raise ValueError(
                f"budget={{{label!r}: {rows!r}}} is no number of rows. Every class "
                "keeps at least 1."
            )
    return np.array(
        [min(int(budget[c]), n) for c, n in zip(labels, available, strict=True)]
    )


def _share_out(total: int, available: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Split `total` in proportion to `parts`, each share in [1, available]."""
    total = int(np.clip(total, len(available), available.sum()))
    rows = np.ones(len(available), dtype=np.int64)
    while (left := total - rows.sum()) > 0:
        open_ = rows < available
        # The whole total is shared among the open groups, then what they already hold
        # is taken off, so that the floor of one row does not distort the proportions.
        target = parts * open_ * (total - rows[~open_].sum()) / (parts * open_).sum()
        wanted = np.where(open_, np.clip(target - rows, 0.0, available - rows), 0.0)
        if wanted.sum() > left:
            wanted *= left / wanted.sum()
        step = np.floor(wanted).astype(np.int64)
        # Largest remainders first; ties go to the larger group, then to the first, so
        # that neither the sort's internals nor the classes' names decide.
        order = np.lexsort((-available, -(wanted - step)))
        spare = [g for g in order if rows[g] + step[g] < available[g]]
        step[spare[: left - step.sum()]] += 1
        rows += step
    return rows
