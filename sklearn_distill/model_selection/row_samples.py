"""Stratified samples of real rows."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from .._utils.native_rows import from_native
from ..base.budget import rows_per_group
from ..validation.targets import label_values, n_columns
from .folds import SearchData


def class_codes(estimator: Any, y: Any) -> np.ndarray | None:
    """Return the class of each row as a number; None if y does not hold classes."""
    if y is None or not is_classifier(estimator):
        return None
    labels = from_native(y)
    if n_columns(labels) > 1:
        return None
    return np.unique(label_values(labels), return_inverse=True)[1]


def sampled_positions(
    positions: np.ndarray, n_rows: int, codes: np.ndarray | None, seed: int
) -> np.ndarray:
    """Return some positions in increasing order, with the class shares of all.

    Parameters
    ----------
    positions : ndarray of int
        The rows to sample from.
    n_rows : int
        The number of rows to keep. Every class keeps at least one row.
    codes : ndarray of int or None
        The class of every row, which `positions` refer to.
    seed : int

    Returns
    -------
    ndarray of int
    """
    if n_rows >= len(positions):
        return positions
    shuffled = np.random.RandomState(seed).permutation(positions)
    if codes is None:
        return np.sort(shuffled[:n_rows])
    classes, counts = np.unique(codes[shuffled], return_counts=True)
    numbers = rows_per_group(n_rows / len(positions), counts)
    kept = [
        shuffled[codes[shuffled] == code][:number]
        for code, number in zip(classes, numbers, strict=True)
    ]
    return np.sort(np.concatenate(kept))


def part_for_search(
    data: SearchData,
    estimator: Any,
    *,
    n_folds: int | None,
    validation_rows: int | None,
) -> SearchData:
    """Return the folds on which candidates are evaluated with distilled rows.

    Parameters
    ----------
    data : SearchData
    estimator : estimator
        The validation rows of a classifier are stratified.
    n_folds : int or None
        The number of folds, from the first one on; None for all.
    validation_rows : int or None
        The number of validation rows of each fold; None for all.

    Returns
    -------
    SearchData
    """
    splits = data.splits[:n_folds]
    if validation_rows is None:
        return replace(data, splits=splits)
    codes = class_codes(estimator, data.y)
    return replace(
        data,
        splits=[
            (training, sampled_positions(validation, validation_rows, codes, seed))
            for seed, (training, validation) in enumerate(splits)
        ],
    )
