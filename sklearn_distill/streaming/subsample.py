"""A stratified random sample of the rows of a chunk, which stands for all of them."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np

from .part import Part
from .reduction import PartReducer, groups_of, rows_to_keep

# The smallest number of rows in a sample for each row that is kept.
MIN_PER_ROW = 4


def subsampled(
    part: Part,
    limit: int | None,
    reducer: PartReducer,
    is_category: np.ndarray | None,
    seed: int,
) -> Part:
    """Return at most about `limit` rows of a part, weighted so that they stand for all.

    Every class has a share of the sample in proportion to the rows that are kept of it,
    as far as it has so many rows. The first row with each category of a column is
    always in the sample, so that a sample may have more than `limit` rows.

    Parameters
    ----------
    part : Part
        Real rows.
    limit : int or None
        None returns the part. The sample has at least `MIN_PER_ROW` rows for each row
        that is kept.
    reducer : PartReducer
        Will reduce the sample.
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
    n_rows = rows_to_keep(reducer.distiller, part, reducer.task, reducer.oversample)
    limit = max(limit, MIN_PER_ROW * int(n_rows.sum()))
    if len(part) <= limit:
        return part
    _, codes = groups_of(part, reducer.task)
    rng = np.random.default_rng(seed)
    is_certain = np.zeros(len(part), dtype=bool)
    if is_category is not None:
        is_certain[rows_with_new_categories(part.X, is_category)] = True
    weights, kept = part.weights.copy(), []
    quotas = np.ceil(limit * n_rows / n_rows.sum()).astype(np.int64)
    for code, quota in enumerate(quotas):
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
