"""Kinds of columns, intrinsic dimension and duplicate rows of a table."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._utils.optional import import_pandas
from ...encoding.values import column_name, columns_of


def count_duplicates(X: Any, values: np.ndarray) -> tuple[int, int]:
    """Return the number of duplicate rows and the number of contradictory rows.

    A row is a duplicate if it repeats an earlier row, and contradictory if an equal row
    has a different label.
    """
    pd = import_pandas()
    if not hasattr(X, "iloc") and X.dtype.kind == "f" and X.dtype.itemsize > 8:
        X = X.astype(np.float64)  # pandas cannot hash extended precision.
    frame = X if hasattr(X, "iloc") else pd.DataFrame(X.reshape(len(X), -1))
    frame = frame.reset_index(drop=True)
    keys = pd.util.hash_pandas_object(frame, index=False)
    repeated = keys.duplicated(keep=False).to_numpy()
    labels = pd.Series(values[repeated]).groupby(keys[repeated].to_numpy())
    n_contradictory = int((labels.transform("nunique") > 1).sum())
    return int(keys.duplicated().sum()), n_contradictory


def count_kinds(encoder: Any, X: Any) -> dict[str, int]:
    """Return the number of columns of each kind, as a fitted encoder treats them."""
    kinds = dict.fromkeys(
        ("numbers", "heavy-tailed numbers", "constant", "categories"), 0
    )
    columns = getattr(encoder, "columns_", None)
    if columns is None:
        return kinds | {"numbers": int(np.prod(X.shape[1:]))}
    for incomplete in columns:
        # Missing values do not change the kind of a column.
        column = getattr(incomplete, "observed", incomplete)
        column = getattr(column, "number_", column)
        if hasattr(column, "n_categories"):
            kinds["constant" if column.n_categories == 1 else "categories"] += 1
        elif column.min_ == column.max_:
            kinds["constant"] += 1
        else:
            is_heavy = column.knots_ is not None
            kinds["heavy-tailed numbers" if is_heavy else "numbers"] += 1
    return kinds


def named_columns(X: Any, condition: Callable[[np.ndarray], bool]) -> list[Any]:
    """Return the names of the columns of a table that meet a condition."""
    if len(X.shape) > 2:
        return []
    return [column_name(X, j) for j, v in enumerate(columns_of(X)) if condition(v)]


def intrinsic_dimension(Z: np.ndarray) -> int:
    """Return the number of principal components that explain 95 % of the variance."""
    variances = np.linalg.svd(Z - Z.mean(axis=0), compute_uv=False) ** 2
    if variances.sum() == 0:
        return 0
    explained = np.cumsum(variances) / variances.sum()
    return int(np.searchsorted(explained, 0.95) + 1)
