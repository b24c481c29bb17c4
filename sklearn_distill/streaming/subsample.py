"""A stratified random sample of the rows of a chunk, which stands for all of them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .part import Part, united, united_rows
from .reduction import PartReducer, groups_of, rows_to_keep

# The smallest number of rows in a sample for each row that is kept.
MIN_PER_ROW = 4


def subsampled(
    parts: Sequence[Part],
    limit: int | None,
    reducer: PartReducer,
    is_category: np.ndarray | None,
    seed: int,
) -> Part:
    """Return about `limit` rows of a chunk, weighted so that they stand for all.

    Every class has a share of the sample in proportion to the rows that are kept of it,
    as far as it has so many rows. The first row with each category of a column is
    always in the sample, so that a sample may have more than `limit` rows.

    Parameters
    ----------
    parts : sequence of Part
        The real rows of the chunk.
    limit : int or None
        None returns all rows. The sample has at least `MIN_PER_ROW` rows for each row
        that is kept.
    reducer : PartReducer
        Will reduce the sample.
    is_category : bool ndarray of shape (n_columns,) or None
        Which columns are categories although they contain numbers; None for images.
    seed : int

    Returns
    -------
    Part
        The weights of the rows of each class sum to those of the chunk.
    """
    n_given = sum(map(len, parts))
    if limit is None or n_given <= limit:
        return united(parts)
    part = without_rows(parts, is_category)
    groups = _, codes = groups_of(part, reducer.task)
    n_rows = rows_to_keep(
        reducer.distiller, part, reducer.task, reducer.oversample, groups
    )
    limit = max(limit, MIN_PER_ROW * int(n_rows.sum()))
    if n_given <= limit:
        return united(parts)
    rng = np.random.default_rng(seed)
    certain_rows = np.empty(0, dtype=np.int64)
    if is_category is not None and part.X.shape[1]:
        certain_rows = rows_with_new_categories(part.X, is_category)
    weights, kept = part.weights.copy(), []
    quotas = np.ceil(limit * n_rows / n_rows.sum()).astype(np.int64)
    for code, quota in enumerate(quotas):
        certain = certain_rows[codes[certain_rows] == code]
        others = np.flatnonzero(codes == code)
        others = np.delete(others, np.searchsorted(others, certain))
        n_drawn = min(max(quota - len(certain), 1), len(others))
        if n_drawn:
            drawn = others[rng.choice(len(others), n_drawn, replace=False)]
            weights[drawn] *= weights[others].sum() / weights[drawn].sum()
            kept.append(drawn)
        kept.append(certain)
    rows = np.sort(np.concatenate(kept))
    sample = replace(part.taken(rows), weights=weights[rows])
    return replace(sample, X=_rows_at(parts, rows))


def without_rows(parts: Sequence[Part], is_category: np.ndarray | None) -> Part:
    """Return a part with the labels and weights of all parts, but not with their rows.

    The rows are included if they may hold categories, which must be compared.
    """
    if is_category is not None and any(
        may_hold_categories(part.X, is_category) for part in parts
    ):
        return united(parts)
    return united([replace(part, X=np.empty((len(part), 0))) for part in parts])


def may_hold_categories(X: Any, is_category: np.ndarray) -> bool:
    """Return whether the columns of rows may hold categories."""
    if is_category.any():
        return True
    if hasattr(X, "iloc"):
        return any(map(_is_text, X.dtypes))
    return X.dtype.kind in "OUS"


def _rows_at(parts: Sequence[Part], positions: np.ndarray) -> Any:
    """Return the rows at sorted positions in the concatenation of all parts."""
    ends = np.cumsum([len(part) for part in parts])
    found = []
    for part, end in zip(parts, ends, strict=True):
        own = positions[(positions >= end - len(part)) & (positions < end)]
        found.append(take_rows(part.X, own - (end - len(part))))
    return united_rows(found)


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
