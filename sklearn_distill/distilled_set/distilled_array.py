"""Rows that carry their labels through a plain Pipeline."""

# SPDX-License-Identifier: BSD-3-Clause

import zlib
from typing import Any, NamedTuple

import numpy as np

ATTRS_KEY = "distilled"


class DistilledLabels(NamedTuple):
    """What a distilled set says about its rows.

    Attributes
    ----------
    y : ndarray of shape (m,) or None
    soft_labels : ndarray of shape (m, n_classes) or None
    sample_weight : ndarray of shape (m,) or None
    classes : ndarray of shape (n_classes,) or None
    """

    y: np.ndarray | None
    soft_labels: np.ndarray | None
    sample_weight: np.ndarray | None
    classes: np.ndarray | None


class DistilledArray(np.ndarray):
    """Distilled rows that know their labels.

    An ndarray in every respect. The labels are there for the next step of a pipeline
    to read, see `distilled_labels`; pickling keeps them, and no slice, view, copy or
    result of arithmetic has any, because its rows may no longer be the same.

    Parameters
    ----------
    rows : array-like
    labels : DistilledLabels

    See Also
    --------
    distilled_labels : Reads the labels of whatever a pipeline hands on.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection
    >>> rows = HerdingSelection(budget=1).fit_transform(*load_iris(return_X_y=True))
    >>> type(rows).__name__, rows.y
    ('DistilledArray', array([0, 1, 2]))
    """

    labels: DistilledLabels | None
    _checksum: int | None

    def __new__(cls, rows: Any, labels: DistilledLabels) -> "DistilledArray":
        return _labelled(rows, labels, _checksum(rows))

    def __array_finalize__(self, other: Any) -> None:
        self.labels = None
        self._checksum = None

    def __reduce__(self) -> Any:
        if self.labels is None:
            return super().__reduce__()
        # With the checksum of the rows as they were labelled: rows that were changed
        # since stay found out.
        return _labelled, (np.asarray(self), self.labels, self._checksum)

    @property
    def y(self) -> np.ndarray | None:
        """The labels of the rows, or None."""
        return None if self.labels is None else self.labels.y

    @property
    def soft_labels(self) -> np.ndarray | None:
        """The soft labels of the rows, or None."""
        return None if self.labels is None else self.labels.soft_labels

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The weights of the rows, or None."""
        return None if self.labels is None else self.labels.sample_weight


def _labelled(
    rows: Any, labels: DistilledLabels, checksum: int | None
) -> DistilledArray:
    array = np.array(rows).view(DistilledArray)
    array.labels, array._checksum = labels, checksum
    return array


def attach_labels(X: Any, labels: DistilledLabels) -> Any:
    """Return rows that carry their labels: a DistilledArray or a DataFrame."""
    if not hasattr(X, "iloc"):
        return DistilledArray(X, labels)
    # Plain lists, so that to_parquet, which writes attrs as JSON, goes on working.
    X.attrs[ATTRS_KEY] = {
        name: None if value is None else [str(value.dtype), value.tolist()]
        for name, value in labels._asdict().items()
    } | {"checksum": _checksum(X)}
    return X


def distilled_labels(X: Any) -> DistilledLabels | None:
    """Return the labels that distilled rows carry, or None if these carry none.

    This is how an estimator at the end of a plain Pipeline, after a distiller, learns
    the labels of the rows that it is handed: call it in `fit`, before X is validated.

    Parameters
    ----------
    X : DistilledArray, DataFrame or anything else

    Returns
    -------
    DistilledLabels or None

    Raises
    ------
    ValueError
        If X carries labels, but its rows are no longer those that they belong to.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection, distilled_labels
    >>> rows = HerdingSelection(budget=1).fit_transform(*load_iris(return_X_y=True))
    >>> distilled_labels(rows).y
    array([0, 1, 2])
    >>> distilled_labels(rows[:2]) is None
    True
    """
    if isinstance(X, DistilledArray):
        if X.labels is None:
            return None
        carried, checksum = X.labels, X._checksum
    elif ATTRS_KEY in getattr(X, "attrs", {}):
        stored = dict(X.attrs[ATTRS_KEY])
        checksum = stored.pop("checksum")
        carried = DistilledLabels(
            **{
                name: None if value is None else np.array(value[1], dtype=value[0])
                for name, value in stored.items()
            }
        )
    else:
        return None
    if checksum != _checksum(X):
        raise ValueError(
            "These rows carry the labels of a distilled set, but they were changed or "
            "reordered since. Take the labels from distiller.distilled_.y instead, and "
            "the rows from distiller.distilled_.X."
        )
    return carried


def is_part_of_distilled(X: Any) -> bool:
    """Tell whether a DataFrame is a part of one that carried its labels."""
    stored = getattr(X, "attrs", {}).get(ATTRS_KEY)
    if stored is None or stored["y"] is None:
        return False
    return len(X) < len(stored["y"][1])


def _checksum(X: Any) -> int:
    if hasattr(X, "iloc"):
        from pandas.util import hash_pandas_object

        return zlib.crc32(hash_pandas_object(X, index=False).to_numpy().tobytes())
    X = np.asarray(X)
    if X.dtype.kind == "O":
        return zlib.crc32(repr(X.tolist()).encode())  # nested lists show the shape
    return zlib.crc32(X.tobytes(), zlib.crc32(repr(X.shape).encode()))
