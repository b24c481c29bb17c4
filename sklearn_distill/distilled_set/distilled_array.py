"""DistilledArray: rows that carry their labels through a plain Pipeline."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import zlib
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .._utils.array_namespace import is_foreign_array
from .._utils.native_rows import from_native, is_table, native_library

# The key of the labels in the `attrs` of a DataFrame of distilled rows.
ATTRS_KEY = "distilled"
# The attribute of a polars frame or a tensor of distilled rows that holds the labels.
LABELS_ATTRIBUTE = "_sklearn_distill_labels"


class DistilledLabels(NamedTuple):
    """The labels of the m rows of a distilled set.

    Attributes
    ----------
    y : ndarray of shape (m,) or (m, n_targets), or None
    soft_labels : ndarray of shape (m, n_classes) or None
    sample_weight : ndarray of shape (m,) or None
    classes : ndarray of shape (n_classes,) or None
    class_mass : ndarray of shape (n_classes,) or (1,), or None
        The total weight of the training rows of each class; see `DistilledSet`.
    """

    y: np.ndarray | None
    soft_labels: np.ndarray | None
    sample_weight: np.ndarray | None
    classes: np.ndarray | None
    class_mass: np.ndarray | None = None


class DistilledArray(np.ndarray):
    """An ndarray of distilled rows that carries their labels.

    The next step of a pipeline can read the labels with `distilled_labels`. Pickling
    keeps the labels. Slices, views, copies and results of arithmetic have no labels,
    because their rows may differ from the distilled rows.

    Parameters
    ----------
    rows : array-like of m rows
    labels : DistilledLabels

    See Also
    --------
    distilled_labels : Return the labels that distilled rows carry.

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
        return _labeled(rows, labels, _checksum(rows))

    def __array_finalize__(self, other: Any) -> None:
        self.labels = None
        self._checksum = None

    def __reduce__(self) -> Any:
        if self.labels is None:
            return super().__reduce__()
        # Keep the checksum of the rows at the time of labeling, so that a later change
        # of the rows is still detected after pickling.
        return _labeled, (np.asarray(self), self.labels, self._checksum)

    @property
    def y(self) -> np.ndarray | None:
        """The labels of the rows, of shape (m,) or (m, n_targets), or None."""
        return None if self.labels is None else self.labels.y

    @property
    def soft_labels(self) -> np.ndarray | None:
        """The soft labels of the rows, of shape (m, n_classes), or None."""
        return None if self.labels is None else self.labels.soft_labels

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The sample weights of the rows, of shape (m,), or None."""
        return None if self.labels is None else self.labels.sample_weight


def _labeled(
    rows: Any, labels: DistilledLabels, checksum: int | None
) -> DistilledArray:
    """Return a copy of rows as a DistilledArray; pickles refer to this function."""
    array = np.array(rows).view(DistilledArray)
    array.labels, array._checksum = labels, checksum
    return array


def attach_labels(X: Any, labels: DistilledLabels) -> Any:
    """Return rows that carry their labels: a DistilledArray or a table."""
    if not (hasattr(X, "iloc") or is_table(X) or is_foreign_array(X)):
        return DistilledArray(X, labels)
    # Store lists instead of arrays, because to_parquet writes attrs as JSON.
    stored = {
        name: None if value is None else [str(value.dtype), value.tolist()]
        for name, value in labels._asdict().items()
    } | {"checksum": _checksum(X)}
    if hasattr(X, "iloc"):
        X.attrs[ATTRS_KEY] = stored
    elif hasattr(X, "replace_schema_metadata"):
        metadata = X.schema.metadata or {}
        text = json.dumps(stored).encode()
        return X.replace_schema_metadata({**metadata, ATTRS_KEY.encode(): text})
    else:
        return _with_attribute(X, stored)
    return X


def _with_attribute(X: Any, stored: dict[str, Any]) -> Any:
    """Store labels in an attribute of a polars frame or a tensor, and return it.

    Slices and copies do not have this attribute. Pickles refer to this function. Arrays
    of libraries that do not allow attributes are returned without labels.
    """
    try:
        setattr(X, LABELS_ATTRIBUTE, stored)
    except AttributeError:
        return X
    if is_table(X):
        # polars would leave out the attribute when it pickles a frame.
        setattr(X, "__reduce_ex__", partial(_reduce_frame, X, stored))  # noqa: B010
    return X


def _reduce_frame(X: Any, stored: dict[str, Any], protocol: Any) -> Any:
    """Return what a pickle of a labeled polars frame consists of."""
    return _with_attribute, (X.clone(), stored)


def _stored_labels(X: Any) -> dict[str, Any] | None:
    """Return the labels that `attach_labels` stored on a table, or None."""
    if is_table(X) and hasattr(X, "replace_schema_metadata"):
        text = (X.schema.metadata or {}).get(ATTRS_KEY.encode())
        return None if text is None else json.loads(text)
    if is_table(X) or is_foreign_array(X):
        return getattr(X, LABELS_ATTRIBUTE, None)
    return getattr(X, "attrs", {}).get(ATTRS_KEY)


def distilled_labels(X: Any) -> DistilledLabels | None:
    """Return the labels that distilled rows carry, or None if X carries no labels.

    An estimator that follows a distiller in a plain Pipeline calls this function in
    `fit`, before X is validated, to obtain the labels of the distilled rows.

    Parameters
    ----------
    X : DistilledArray, DataFrame, polars or pyarrow table, or any other object

    Returns
    -------
    DistilledLabels or None

    Raises
    ------
    ValueError
        If X carries labels, but its rows were changed or reordered after distillation.

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
    elif (found := _stored_labels(X)) is not None:
        stored = dict(found)
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
            "X carries the labels of a distilled set, but its rows were changed or "
            "reordered since. Use the rows and labels in distiller.distilled_.X and "
            "distiller.distilled_.y instead."
        )
    return carried


def is_part_of_distilled(X: Any) -> bool:
    """Tell whether a DataFrame is a subset of the rows of a labeled DataFrame."""
    stored = getattr(X, "attrs", {}).get(ATTRS_KEY)
    if stored is None or stored["y"] is None:
        return False
    return len(X) < len(stored["y"][1])


def _checksum(X: Any) -> int:
    """Return a checksum of the values and the shape of an array or a table."""
    if native_library(X) == "polars":
        # The text needs neither pandas nor the hashes of a version of polars.
        return zlib.crc32(repr(X.rows()).encode())
    X = from_native(X)
    if hasattr(X, "iloc"):
        from pandas.util import hash_pandas_object

        return zlib.crc32(hash_pandas_object(X, index=False).to_numpy().tobytes())
    X = np.asarray(X)
    if X.dtype.kind == "O":
        # The text of nested lists contains the shape.
        return zlib.crc32(repr(X.tolist()).encode())
    return zlib.crc32(X.tobytes(), zlib.crc32(repr(X.shape).encode()))
