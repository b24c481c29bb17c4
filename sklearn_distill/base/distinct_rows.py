"""Distinct training rows with summed weights, in an order of their own."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np


def distinct_rows(
    Z: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the first position of each distinct labeled row, and its total weight.

    The rows are ordered by a hash of their values. Everything that is computed from
    them is therefore the same whether a row occurs twice or has the weight 2, and does
    not depend on the order of the rows.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, d)
    y : ndarray of shape (n,) or (n, n_targets)
    weights : ndarray of shape (n,)

    Returns
    -------
    first : ndarray of int of shape (n_distinct,)
    total : float64 ndarray of shape (n_distinct,)
    which : ndarray of int of shape (n,)
        The position of each row among the distinct rows.
    """
    # Adding 0 makes zeros positive, whose bits differ from those of negative zeros.
    columns = [*Z.T, *y.reshape(len(y), -1).T]
    key = np.zeros(len(Z), dtype=np.uint64)
    random = np.random.RandomState(0).randint(
        1 << 62, size=len(columns), dtype=np.uint64
    )
    for column, factor in zip(columns, random, strict=True):
        values = np.ascontiguousarray(column + 0.0, dtype=np.float64)
        bits = values.view(np.uint64)
        # The shift carries the high bits, in which small numbers differ, to the others.
        key += (bits ^ (bits >> np.uint64(29))) * (np.uint64(2) * factor + np.uint64(1))
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    total = np.bincount(which, weights=weights, minlength=len(first))
    return first, total, which
