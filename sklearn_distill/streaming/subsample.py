"""A stratified random sample of the rows of a chunk, which stands for all of them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np

from .part import Part
from .reduction import groups_of


def subsampled(
    part: Part,
    limit: int | None,
    task: str,
    is_category: np.ndarray | None,
    seed: int,
) -> Part:
    """Return at most about `limit` rows of a part, weighted so that they stand for all.

    Every class has an equal number of rows in the sample, as far as it has so many
    rows. The first row with each category of a column is always in the sample, so that
    a sample may have more than `limit` rows.

    Parameters
    ----------
    part : Part
        Real rows.
    limit : int or None
        None returns the part.
    task : {"classification", "regression", "unsupervised"}
    is_category : bool ndarray of shape (n_columns,) or None
        Which columns are categories although they contain numbers; None for images.
    seed : int

    Returns
    -------
    Part
        The weights of the rows of each class sum to those of the part.
    """
    if limit is None or len(part) <= limit:
        return part
    _, codes = groups_of(part, task)
    rng = np.random.default_rng(seed)
    is_certain = np.zeros(len(part), dtype=bool)
    if is_category is not None:
        is_certain[rows_with_new_categories(part.X, is_category)] = True
    weights, kept = part.weights.copy(), []
    counts = np.bincount(codes)
    for code, quota in enumerate(_equal_shares(counts, limit)):
        certain = np.flatnonzero((codes == code) & is_certain)
        others = np.flatnonzero((codes == code) & ~is_certain)
        n_drawn = min(max(quota - len(certain), 1), len(others))
        if n_drawn:
            drawn = others[rng.choice(len(others), n_drawn, replace=False)]
            weights[drawn] *= weights[others].sum() / weights[drawn].sum()
            kept.append(drawn)
        kept.append(certain)
    rows = np.sort(np.concatenate(kept))
    return replace(part.taken(rows), weights=weights[rows])


def _equal_shares(counts: np.ndarray, limit: int) -> np.ndarray:
    """Divide `limit` rows equally among classes, none of which gets more than it has.

    Every class that occurs gets at least one row.
    """
    shares, left = np.zeros(len(counts), dtype=np.int64), limit
    order = np.argsort(counts, kind="stable")
    for place, code in enumerate(order):
        shares[code] = min(counts[code], max(left // (len(order) - place), 1))
        left -= shares[code]
    return shares


def rows_with_new_categories(X: Any, is_category: np.ndarray) -> np.ndarray:
    """Return the position of the first row with each category of each column."""
    found = [np.empty(0, dtype=np.int64)]
    if hasattr(X, "iloc"):
        for j, dtype in enumerate(X.dtypes):
            if is_category[j] or _is_text(dtype):
                column = X.iloc[:, j]
                codes = column.cat.codes if dtype == "category" else column
                found.append(np.flatnonzero(~codes.duplicated().to_numpy()))
    elif X.dtype == object:
        for column in X.T:
            first: dict[Any, int] = {}
            for row, value in enumerate(column.tolist()):
                if not isinstance(value, float | int):
                    first.setdefault(value, row)
            found.append(np.array(list(first.values()), dtype=np.int64))
    else:
        columns = X.T if X.dtype.kind in "US" else X.T[is_category]
        found += [np.unique(column, return_index=True)[1] for column in columns]
    return np.unique(np.concatenate(found))


def _is_text(dtype: Any) -> bool:
    """Return whether a pandas dtype holds categories, strings or other objects."""
    return dtype == "category" or dtype.kind not in "biufcmM"
