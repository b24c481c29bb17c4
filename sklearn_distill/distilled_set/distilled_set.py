"""DistilledSet: the thing that is made."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from ..soft_labels.expansion import weighted_hard_rows
from .distilled_array import DistilledLabels


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

        Soft labels become weighted hard rows: one row for each class that is at least a
        hundredth as likely as the likeliest, with a weight in proportion to its
        probability. The weights have the mean of the set's own, or 1, so that
        estimators with a penalty fit them as they fit hard rows. Without soft labels
        the set comes back as it is.

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
        from .tables import set_to_frame

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
        from .files import save_set

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
        from .files import load_set

        return load_set(path, cls)


def nbytes_of(X: Any) -> int:
    """Return the size in memory of the rows of an array or a DataFrame."""
    if hasattr(X, "iloc"):
        return int(X.memory_usage(index=False, deep=True).sum())
    return int(X.nbytes)


def _floats(values: Any) -> np.ndarray | None:
    return None if values is None else np.asarray(values, dtype=np.float64)
