"""DistilledSet, the thing that is made, and the array that carries its labels."""

# SPDX-License-Identifier: BSD-3-Clause

import zlib
from collections.abc import Iterator
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

from .encoding import take_rows
from .labels import weighted_hard_rows

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


class DistilledSet:
    """A small training set: rows, labels, and how they were made.

    Iterating gives the rows and the labels, so ``Xs, ys = distilled`` works.

    Parameters
    ----------
    X : ndarray or DataFrame of m rows
        Rows in the units, dtypes and names of the data they stand for.
    y : array of shape (m,), default=None
        Classes or numbers; None if there are no labels.
    soft_labels : array of shape (m, n_classes), default=None
        Class probabilities, in the order of `classes`.
    sample_weight : array of shape (m,), default=None
        How much each row counts.
    classes : array of shape (n_classes,), default=None
        The class labels, sorted; None for regression and for rows without labels.
    target_name : str, default=None
        What the column of labels is called in a table.
    info : dict, default=None
        How the set was made: method, parameters, versions, sizes, loss, seconds.

    Attributes
    ----------
    nbytes : int
        Size in memory of rows and labels together.

    See Also
    --------
    DistilledArray : Rows that carry their labels through a pipeline.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> small = HerdingSelection(budget=2).fit(X, y).distilled_
    >>> small
    <DistilledSet: 6 rows x 4 columns, 3 classes>
    >>> Xs, ys = small
    >>> Xs.shape, ys
    ((6, 4), array([0, 0, 1, 1, 2, 2]))
    """

    def __init__(
        self,
        X: Any,
        y: Any = None,
        *,
        soft_labels: Any = None,
        sample_weight: Any = None,
        classes: Any = None,
        target_name: str | None = None,
        info: dict[str, Any] | None = None,
    ):
        self.X: Any = X if hasattr(X, "iloc") else np.asarray(X)
        self.y = None if y is None else np.asarray(y)
        self.soft_labels = _floats(soft_labels)
        self.sample_weight = _floats(sample_weight)
        self.classes = None if classes is None else np.asarray(classes)
        self.target_name = target_name
        self.info = dict(info or {})
        self._check()

    def _check(self) -> None:
        if len(self.X.shape) < 2:
            raise ValueError(
                f"X has shape {self.X.shape}; rows are 2-D (or images, 4-D). A single "
                "column is X.reshape(-1, 1)."
            )
        if 0 in self.X.shape:
            raise ValueError(f"X has shape {self.X.shape}: there is nothing in it.")
        m = len(self.X)
        for name in ("y", "soft_labels", "sample_weight"):
            value = getattr(self, name)
            if value is not None and (value.ndim == 0 or len(value) != m):
                raise ValueError(f"{name} has shape {value.shape}, but X has {m} rows.")
        for name in ("y", "sample_weight", "classes"):
            value = getattr(self, name)
            if value is not None and value.ndim != 1:
                raise ValueError(f"{name} must be 1-D, not of shape {value.shape}.")
        if self.sample_weight is not None and not (
            np.isfinite(self.sample_weight).all() and (self.sample_weight >= 0).all()
        ):
            raise ValueError("sample_weight must be finite and not negative.")
        if self.classes is not None and self.y is not None:
            if not np.isin(self.y, self.classes).all():
                raise ValueError("y holds labels that classes does not list.")
        if self.soft_labels is not None:
            if self.classes is None:
                raise ValueError("soft_labels need classes, to name their columns.")
            if self.soft_labels.shape != (m, len(self.classes)):
                raise ValueError(
                    f"soft_labels has shape {self.soft_labels.shape}, not "
                    f"{(m, len(self.classes))}."
                )
            sums = self.soft_labels.sum(axis=1)
            if (self.soft_labels < 0).any() or not np.allclose(sums, 1.0, atol=1e-4):
                raise ValueError("rows of soft_labels must be probabilities.")

    def __len__(self) -> int:
        return len(self.X)

    def __iter__(self) -> Iterator[Any]:
        yield self.X
        yield self.y

    def __repr__(self) -> str:
        width = " x ".join(str(s) for s in self.X.shape[1:])
        parts = [f"{len(self)} rows x {width}"]
        if len(self.X.shape) == 2:
            parts[0] += " columns"
        if self.classes is not None:
            parts.append(f"{len(self.classes)} classes")
        if self.soft_labels is not None:
            parts.append("soft labels")
        if self.sample_weight is not None:
            parts.append("weights")
        if "n_rows_before" in self.info and len(self):
            times = self.info["n_rows_before"] / len(self)
            if times >= 2 and self.info["n_rows_before"] >= 1_000:
                parts.append(f"1/{times:.0f} of the rows")
        return f"<DistilledSet: {', '.join(parts)}>"

    @property
    def labels(self) -> DistilledLabels:
        """The labels without the rows."""
        return DistilledLabels(
            self.y, self.soft_labels, self.sample_weight, self.classes
        )

    @property
    def nbytes(self) -> int:
        """Size in memory of rows and labels together."""
        return nbytes_of(self.X) + sum(
            value.nbytes
            for value in (self.y, self.soft_labels, self.sample_weight)
            if value is not None
        )

    def expand(self) -> tuple[Any, np.ndarray | None, np.ndarray | None]:
        """Return (X, y, sample_weight) that any estimator can be trained on.

        Soft labels become weighted hard rows: one row for each class that has a
        probability, with that probability as its weight. Without soft labels the set
        comes back as it is.

        Returns
        -------
        X : ndarray or DataFrame of k rows
        y : ndarray of shape (k,) or None
        sample_weight : ndarray of shape (k,) or None
        """
        if self.soft_labels is None or self.classes is None:
            return self.X, self.y, self.sample_weight
        rows, codes, weights = weighted_hard_rows(self.soft_labels, self.sample_weight)
        return take_rows(self.X, rows), self.classes[codes], weights

    def to_frame(self) -> Any:
        """Return the set as one pandas DataFrame.

        The columns of X, then the labels under `target_name` (or "target"), then
        "sample_weight" and one "soft_label:<class>" a class, where the set has them.

        Returns
        -------
        DataFrame of m rows
        """
        from .set_files import set_to_frame

        return set_to_frame(self)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the set to a ``.npz``, ``.parquet`` or ``.csv`` file.

        The file is complete or not there: a crash leaves what stood at `path` before.
        ``.npz`` keeps every dtype and `info`; ``.parquet`` and ``.csv`` are for tables
        and need pandas (``.parquet`` pyarrow too). A CSV file keeps no dtypes and no
        `info`, and `load` cannot tell one that was cut at the end of a row, or that
        something else wrote.

        Parameters
        ----------
        path : str or path-like

        Raises
        ------
        ValueError
            If the ending is none of these, or the format cannot hold the set.
        """
        from .set_files import save_set

        save_set(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "DistilledSet":
        """Read a set that `save` wrote. No pickle is ever loaded.

        Parameters
        ----------
        path : str or path-like

        Returns
        -------
        DistilledSet

        Raises
        ------
        ValueError
            If the file is damaged, was not written by `save`, or was written by a
            newer version of the package.
        """
        from .set_files import load_set

        return load_set(path)


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
            "reordered since. Take the labels from distiller.distilled_.y instead."
        )
    return carried


def nbytes_of(X: Any) -> int:
    """Return the size in memory of the rows of an array or a DataFrame."""
    if hasattr(X, "iloc"):
        return int(X.memory_usage(index=False, deep=True).sum())
    return int(X.nbytes)


def _floats(values: Any) -> np.ndarray | None:
    return None if values is None else np.asarray(values, dtype=np.float64)


def _checksum(X: Any) -> int:
    if hasattr(X, "iloc"):
        from pandas.util import hash_pandas_object

        return zlib.crc32(hash_pandas_object(X, index=False).to_numpy().tobytes())
    X = np.asarray(X)
    if X.dtype.kind == "O":
        return zlib.crc32(repr(X.tolist()).encode())  # nested lists show the shape
    return zlib.crc32(X.tobytes(), zlib.crc32(repr(X.shape).encode()))
