"""Distilled rows that hold each category of chosen columns.

An encoder that is fitted on distilled rows may reject a category that none of these
rows holds.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics.pairwise import euclidean_distances

from ..encoding.categorical_features import column_positions
from ..encoding.categories import CategoryColumn
from ..encoding.values import column_name, columns_of
from .problem import Kept, Learned, Problem
from .result_checks import checked_result

# At most this many real rows with a missing category are compared with distilled rows.
MAX_COMPARED = 256


class Cell(NamedTuple):
    """A value of a learned row that is copied from a real row.

    Attributes
    ----------
    row : int
        The position of the learned row.
    column : int
        The position of the column in X.
    source : int
        The position of the real row.
    """

    row: int
    column: int
    source: int


def columns_to_cover(cover_categories: Any, problem: Problem, X: Any) -> list[int]:
    """Return the positions of the columns whose categories are to be covered.

    Parameters
    ----------
    cover_categories : bool or array-like
        True stands for all columns of categories. An array-like contains names or
        positions of columns, or a boolean per column.
    problem : Problem
    X : ndarray or DataFrame

    Raises
    ------
    ValueError
        If a column does not exist or does not hold categories, or if a column has more
        categories than there are distilled rows.
    """
    is_bool = isinstance(cover_categories, bool | np.bool_)
    if is_bool and not cover_categories:
        return []
    encoders = getattr(problem.encoder, "columns_", [])
    are_categories = [isinstance(encoder, CategoryColumn) for encoder in encoders]
    if is_bool:
        columns = np.flatnonzero(are_categories).tolist()
    else:
        given = _listed(cover_categories, len(encoders))
        columns = column_positions(X, given, "cover_categories") if encoders else given
        for column, name in zip(columns, given, strict=True):
            if not encoders or not are_categories[column]:
                raise ValueError(
                    f"cover_categories contains {name!r}, which does not hold "
                    "categories. Leave out this column, or name it in "
                    "categorical_features, too."
                )
    n_rows = int(problem.n_rows.sum())
    for column, codes in zip(columns, _codes_of(problem, X, columns).T, strict=True):
        n_categories = len(np.unique(codes))
        if n_categories > n_rows:
            raise ValueError(
                f"cover_categories requires at least {n_categories} distilled rows, "
                f"because column {column_name(X, column)!r} has {n_categories} "
                f"categories, but the budget amounts to {n_rows} rows. Raise the "
                "budget, or list the columns to cover without this one."
            )
    return columns


def _listed(columns: Any, n_columns: int) -> list[Any]:
    """Return the columns of an array-like: names, positions or a boolean mask."""
    given = np.asarray(columns)
    if given.dtype.kind != "b":
        return given.tolist()
    if given.shape != (n_columns,):
        raise ValueError(
            "cover_categories as a boolean mask must have one entry for each of the "
            f"{n_columns} columns of X; got shape {given.shape}."
        )
    return np.flatnonzero(given).tolist()


def with_all_categories(
    result: Any, columns: list[int], problem: Problem, X: Any, method: str
) -> tuple[Any, list[Cell]]:
    """Return a result in which each category of some columns occurs.

    A real row is exchanged for another real row of its class that holds the category. A
    learned row gets the category in place of its own.

    Parameters
    ----------
    result : Kept or Learned
    columns : list of int
        The result of `columns_to_cover`.
    problem : Problem
    X : ndarray or DataFrame
        The real rows.
    method : str
        The name of the method's class, for messages.

    Returns
    -------
    result : Kept or Learned
        The same object if all categories occur already.
    cells : list of Cell
        The values of learned rows to copy, because columns of many categories share a
        part of the encoded rows.

    Raises
    ------
    ValueError
        If real rows that hold all categories are more than the budget of a class.
    """
    if not columns:
        return result, []
    result = checked_result(result, problem, method)
    codes = _codes_of(problem, X, columns)
    if isinstance(result, Kept):
        return _exchange_rows(result, problem, codes), []
    return _change_cells(result, problem, codes, columns)


def copy_cells(X: Any, X_real: Any, cells: list[Cell]) -> None:
    """Copy values of real rows to distilled rows, in place."""
    for row, column, source in cells:
        if hasattr(X, "iloc"):
            X.iloc[row, column] = X_real.iloc[source, column]
        else:
            X[row, column] = X_real[source, column]


def _codes_of(problem: Problem, X: Any, columns: list[int]) -> np.ndarray:
    """Return the codes of the categories in some columns, (n, n_columns)."""
    values = list(columns_of(X)) if columns else []
    encoders = getattr(problem.encoder, "columns_", [])
    codes = [encoders[j].codes(values[j]) for j in columns]
    return np.column_stack(codes) if codes else np.empty((len(X), 0), dtype=np.int64)


def _groups(problem: Problem) -> np.ndarray:
    """Return the class code of each real row, or zeros without classes."""
    if problem.labels.classes is None:
        return np.zeros(len(problem.Z), dtype=np.int64)
    return problem.y


def _counts(codes: np.ndarray, kept: np.ndarray) -> list[np.ndarray]:
    """Return how often each category of each column occurs in some of the rows."""
    return [np.bincount(column[kept], minlength=column.max() + 1) for column in codes.T]


def _n_gained(codes: np.ndarray, counts: list[np.ndarray]) -> np.ndarray:
    """Return how many categories that do not occur yet each real row holds."""
    absent = [
        (count == 0)[column] for column, count in zip(codes.T, counts, strict=True)
    ]
    return np.sum(absent, axis=0)


def _exchange_rows(result: Kept, problem: Problem, codes: np.ndarray) -> Kept:
    """Exchange kept rows for other rows of their classes, until all categories occur.

    The row that is given up is one without a category that only it holds, and the
    nearest one to the new row. If there is none, the rows are chosen anew.
    """
    groups, indices = _groups(problem), result.indices.copy()
    while (gained := _n_gained(codes, _counts(codes, indices))).any():
        exchange = _nearest_exchange(gained, indices, problem.flat, codes, groups)
        if exchange is None:
            indices = _rows_with_all_categories(result.indices, problem, codes, groups)
            break
        position, new = exchange
        indices[position] = new
    changed = indices != result.indices
    if not changed.any():
        return result
    y = result.y
    if y is not None:
        is_changed = changed.reshape(-1, *[1] * (y.ndim - 1))
        y = np.where(is_changed, problem.y[indices], y)
    return replace(result, indices=indices, y=y)


def _nearest_exchange(
    gained: np.ndarray,
    indices: np.ndarray,
    Z: np.ndarray,
    codes: np.ndarray,
    groups: np.ndarray,
) -> tuple[int, int] | None:
    """Return the position of a kept row and the row to put there; None if none fits."""
    counts = _counts(codes, indices)
    kept = codes[indices]
    only = np.column_stack(
        [count[column] == 1 for column, count in zip(kept.T, counts, strict=True)]
    )
    for n_gained in np.unique(gained[gained > 0])[::-1]:
        rows = np.flatnonzero(gained == n_gained)[:MAX_COMPARED]
        is_needed = (only[:, None] & (kept[:, None] != codes[rows])).any(axis=2)
        fits = ~is_needed & (groups[indices][:, None] == groups[rows])
        if fits.any():
            distances = euclidean_distances(Z[indices], Z[rows])
            distances[~fits] = np.inf
            position, which = np.unravel_index(distances.argmin(), fits.shape)
            return int(position), int(rows[which])
    return None


def _rows_with_all_categories(
    kept: np.ndarray, problem: Problem, codes: np.ndarray, groups: np.ndarray
) -> np.ndarray:
    """Return rows that hold all categories, filled up with the kept rows."""
    covering = _greedy_cover(codes, groups, problem.n_rows)
    if covering is None:
        raise _too_small(codes, groups, problem.n_rows)
    parts = []
    for code in range(len(problem.n_rows)):
        own = covering[groups[covering] == code]
        rest = kept[(groups[kept] == code) & ~np.isin(kept, own)]
        parts.append(np.r_[own, rest][: problem.n_rows[code]])
    return np.concatenate(parts)


def _greedy_cover(
    codes: np.ndarray, groups: np.ndarray, capacity: np.ndarray
) -> np.ndarray | None:
    """Return rows that hold all categories, or None if the greedy choice finds none.

    Each row is the one with the most categories that do not occur yet.
    """
    chosen: list[int] = []
    left = capacity.copy()
    while True:
        gained = _n_gained(codes, _counts(codes, np.array(chosen, dtype=np.int64)))
        if not gained.any():
            return np.array(chosen)
        gained[left[groups] == 0] = 0
        row = int(gained.argmax())
        if not gained[row]:
            return None
        chosen.append(row)
        left[groups[row]] -= 1


def _too_small(codes: np.ndarray, groups: np.ndarray, n_rows: np.ndarray) -> ValueError:
    """Return the error for a budget that is too small for real rows."""
    too_few, enough = 0, len(codes)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        found = _greedy_cover(codes, groups, np.full(len(n_rows), middle))
        too_few, enough = (middle, enough) if found is None else (too_few, middle)
    what = f"{enough} real rows"
    given = f"amounts to {n_rows[0]} rows"
    if len(n_rows) > 1:
        what += " of each class"
        given = f"gives the classes {n_rows.tolist()} rows"
    return ValueError(
        f"cover_categories requires {what}, but the budget {given}. Raise the budget, "
        "or list fewer columns."
    )


def _change_cells(
    result: Learned, problem: Problem, codes: np.ndarray, columns: list[int]
) -> tuple[Learned, list[Cell]]:
    """Give learned rows the categories that none of them holds.

    A category is given to the row that is nearest to a real row of its class with this
    category, among the rows whose own category occurs in another row, too.
    """
    # Snapped rows decode to themselves, also after the change of a category.
    Z = problem.encoder.snap(result.Z)
    learned = _codes_of(problem, problem.encoder.decode(Z), columns)
    groups = _groups(problem)
    own = result.y if problem.labels.classes is not None else np.zeros(len(Z), int)
    flat, cells = Z.reshape(len(Z), -1), []
    for k, column in enumerate(columns):
        place = problem.encoder.slices_[column]
        n_categories = problem.encoder.columns_[column].n_categories
        counts = np.bincount(learned[:, k], minlength=n_categories)
        # An encoder that is fitted on more rows knows categories that X lacks.
        for code in np.unique(codes[counts[codes[:, k]] == 0, k]):
            real = np.flatnonzero(codes[:, k] == code)[:MAX_COMPARED]
            distances = euclidean_distances(flat, problem.flat[real])
            fits = np.broadcast_to(counts[learned[:, [k]]] > 1, distances.shape)
            of_class = fits & (own[:, None] == groups[real])
            # A row of another class is used only if no row of the class is left.
            distances[~(of_class if of_class.any() else fits)] = np.inf
            row, which = np.unravel_index(distances.argmin(), distances.shape)
            source = int(real[which])
            Z[row, place] = problem.Z[source, place]
            counts[learned[row, k]] -= 1
            learned[row, k], counts[code] = code, 1
            cells.append(Cell(int(row), column, source))
    return (replace(result, Z=Z) if cells else result), cells
