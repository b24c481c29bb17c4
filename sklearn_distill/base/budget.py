"""The number of distilled rows of each class.

A *group* is a class. A regression problem, or a problem without labels, has a single
group.
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
    """Share a budget among groups of rows.

    Parameters
    ----------
    budget : int, float or mapping
        Rows per group, a share of all rows in (0, 1), or rows by class label.
    available : ndarray of shape (n_groups,)
        The number of real rows of each group, which is an upper bound.
    allocation : {"auto", "equal", "proportional", "sqrt"}
        Whether the share of a group is the same for all groups, proportional to its
        size, or proportional to the square root of its size. "auto" is "equal" for an
        int and "proportional" for a float.
    weights : ndarray of shape (n_groups,), default=None
        The sizes of the groups that `allocation` uses; `available` by default.
    classes : sequence of length n_groups, default=None
        The class labels, for a budget per label and for messages. None if there are no
        classes.

    Returns
    -------
    ndarray of int of shape (n_groups,)
        At least 1 and at most `available` rows for each group. A float that amounts to
        fewer rows than there are groups is raised to one row per group.

    Raises
    ------
    ValueError
        If the budget is not positive or is a float outside (0, 1), if the classes of a
        mapping are not those of y, or if the allocation is unknown.

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
        raise ValueError(
            f"allocation must be one of {ALLOCATIONS}, got {allocation!r}."
        )
    available = np.asarray(available, dtype=np.int64)
    if isinstance(budget, Mapping):
        return _rows_by_label(budget, available, classes)
    if isinstance(budget, bool | np.bool_) or not isinstance(budget, Real):
        raise ValueError(
            "budget must be a positive int (rows per class), a float in (0, 1) (a "
            f"share of the rows) or a dict {{class: rows}}; got {budget!r}."
        )
    sizes = available if weights is None else np.asarray(weights, dtype=np.float64)
    if isinstance(budget, Integral):
        if budget < 1:
            raise ValueError(f"budget must be at least 1 row per class, got {budget}.")
        total = int(budget) * len(available)
        shared_as = "equal" if allocation == "auto" else allocation
    else:
        if not 0.0 < budget < 1.0:
            raise ValueError(
                "budget must be in (0, 1) if it is a float, which is a share of the "
                f"rows; got {budget}. For a number of rows per class pass an int."
            )
        total = max(len(available), round(float(budget) * available.sum()))
        shared_as = "proportional" if allocation == "auto" else allocation
    if shared_as == "equal" and isinstance(budget, Integral):
        # An int is the number of rows of each class, so the rows that a small class
        # lacks are not added to other classes.
        return np.minimum(min(int(budget), available.max()), available)
    exponent = {"equal": 0.0, "proportional": 1.0, "sqrt": 0.5}[shared_as]
    return _share_out(total, available, np.asarray(sizes, dtype=np.float64) ** exponent)


def _rows_by_label(
    budget: Mapping[Any, int], available: np.ndarray, classes: Any
) -> np.ndarray:
    if classes is None:
        raise ValueError(
            "budget must be an int (the total number of rows) or a float in (0, 1) if "
            "there are no classes; got a mapping from classes to rows."
        )
    labels = [label.item() if hasattr(label, "item") else label for label in classes]
    if unknown := [label for label in budget if label not in labels]:
        raise ValueError(
            f"budget contains classes that y does not contain: {unknown}. Remove them."
        )
    if missing := [label for label in labels if label not in budget]:
        raise ValueError(
            f"budget lacks classes of y: {missing}. Pass at least one row for every "
            "class."
        )
    for label in labels:
        rows = budget[label]
        if isinstance(rows, bool) or not isinstance(rows, Integral) or rows < 1:
            raise ValueError(
                "budget must map every class to a positive int, got "
                f"{{{label!r}: {rows!r}}}."
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
        # Share the whole total among the groups that are not full, and then subtract
        # the rows that they already have. Otherwise the minimum of one row per group
        # would distort the proportions.
        target = parts * open_ * (total - rows[~open_].sum()) / (parts * open_).sum()
        wanted = np.where(open_, np.clip(target - rows, 0.0, available - rows), 0.0)
        if wanted.sum() > left:
            wanted *= left / wanted.sum()
        step = np.floor(wanted).astype(np.int64)
        # Round up the largest remainders. Ties go to the larger group and then to the
        # first one, so that the result does not depend on the names of the classes.
        order = np.lexsort((-available, -(wanted - step)))
        spare = [g for g in order if rows[g] + step[g] < available[g]]
        step[spare[: left - step.sum()]] += 1
        rows += step
    return rows
