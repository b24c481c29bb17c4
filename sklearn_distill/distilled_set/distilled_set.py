"""DistilledSet: a small training set of rows and labels."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from os import PathLike
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .._utils.native_rows import is_table, like_native, nbytes_of
from ..soft_labels.expansion import weighted_hard_rows
from .class_mass import mass_weights
from .distilled_array import DistilledLabels
from .files import load_set, save_set
from .growing import GrowingMixin
from .growth import Growth
from .html_repr import html_of_set
from .parts import ROW_PARTS, SetParts, as_arrays, check_parts
from .tables import set_to_frame


class DistilledSet(GrowingMixin):
    """A small training set: rows, labels, and a record of how they were made.

    Distilled sets are also known as condensed sets or coresets. Iterating over a
    distilled set yields the rows and the labels, so ``Xs, ys = distilled`` works.

    Parameters
    ----------
    X : ndarray, DataFrame, polars or pyarrow table, or CSR matrix of m rows
        The distilled rows, in the units, dtypes, column names and container of the
        training data; images have shape (m, channels, height, width). Other sparse
        formats are converted to CSR.
    y : array of shape (m,) or (m, n_targets), default=None
        Class labels, or one or several continuous targets; None for rows without
        labels.
    soft_labels : array of shape (m, n_classes), default=None
        Class probabilities, with columns in the order of `classes`.
    sample_weight : array of shape (m,), default=None
        The sample weights.
    classes : array of shape (n_classes,), default=None
        The sorted class labels; None for regression and for rows without labels.
    target_name : str or list of str, default=None
        The name of the column of labels in a table, or one name for each of several
        targets.
    info : dict, default=None
        How the distilled set was made: method, parameters, versions, sizes, loss and
        seconds.
    class_mass : array of shape (n_classes,) or (1,), default=None
        The total weight of the labeled training rows of each class, in the order of
        `classes`: the number of rows of each class if the rows are not weighted.
        Without classes, one number for all training rows. Rows that were passed as
        `X_unlabeled` are not counted, because their classes are unknown.
    target_dtype : pandas extension dtype, default=None
        The dtype of the column of labels in `to_frame`, such as an ordered
        CategoricalDtype; None for the dtype of y.
    growth : Growth, default=None
        The sampler and the decoder of the rows, with which `densify` and `predict`
        work. Distillers create them if their parameter `densify` is set. They belong to
        all rows of the set: parts of a set and unions of sets have none.

    Attributes
    ----------
    nbytes : int
        The size in memory of rows and labels, and of the numbers of `growth`.

    Raises
    ------
    ValueError
        If the shapes of the parts do not match, if weights are negative or not finite,
        if rows of `soft_labels` are not probabilities, or if y contains a label that
        is not in `classes`.

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
        target_name: str | list[str] | None = None,
        info: dict[str, Any] | None = None,
        class_mass: Any = None,
        target_dtype: Any = None,
        growth: Growth | None = None,
    ):
        parts = as_arrays(
            SetParts(
                X,
                y,
                soft_labels=soft_labels,
                sample_weight=sample_weight,
                classes=classes,
                target_name=target_name,
                info=info,
                class_mass=class_mass,
                target_dtype=target_dtype,
                growth=growth,
            )
        )
        check_parts(parts)
        self.X: Any = parts.X
        self.y: np.ndarray | None = parts.y
        self.soft_labels: np.ndarray | None = parts.soft_labels
        self.sample_weight: np.ndarray | None = parts.sample_weight
        self.classes: np.ndarray | None = parts.classes
        self.target_name = parts.target_name
        self.info: dict[str, Any] = parts.info or {}
        self.class_mass: np.ndarray | None = parts.class_mass
        self.target_dtype = parts.target_dtype
        self.growth: Growth | None = parts.growth

    def __len__(self) -> int:
        return int(self.X.shape[0])

    def __iter__(self) -> Iterator[Any]:
        yield self.X
        yield self.y

    def __repr__(self) -> str:
        width = " x ".join(str(s) for s in self.X.shape[1:])
        parts = [f"{len(self)} rows x {width}"]
        if len(self.X.shape) == 2:
            parts[0] += " columns"
        if self.growth is not None:
            parts[0] += f" + {self.growth.n_numbers:,} numbers"
        if self.classes is not None:
            parts.append(f"{len(self.classes)} classes")
        if self.y is not None and self.y.ndim == 2:
            parts.append(f"{self.y.shape[1]} targets")
        if self.soft_labels is not None:
            parts.append("soft labels")
        if self.sample_weight is not None:
            parts.append("weights")
        n_before = self.info.get("n_rows_before", 0)
        if n_before >= max(1_000, 2 * len(self)):
            parts.append(f"1/{n_before / len(self):.0f} of the rows")
        return f"<DistilledSet: {', '.join(parts)}>"

    def _repr_html_(self) -> str:
        return html_of_set(self._parts(), self.nbytes)

    @property
    def labels(self) -> DistilledLabels:
        """Everything that belongs to the labels, without the rows."""
        return DistilledLabels(
            self.y,
            self.soft_labels,
            self.sample_weight,
            self.classes,
            self.class_mass,
        )

    @property
    def nbytes(self) -> int:
        """The size in memory of rows, labels, sampler and decoder."""
        parts = [getattr(self, name) for name in (*ROW_PARTS, "growth")]
        return nbytes_of(self.X) + sum(v.nbytes for v in parts if v is not None)

    def expand(self) -> tuple[Any, np.ndarray | None, np.ndarray | None]:
        """Return (X, y, sample_weight), on which any estimator can be trained.

        Soft labels are converted to weighted hard rows: a row is repeated once for each
        class whose probability is at least a hundredth of the largest one, with a
        weight proportional to the probability. The mean of the weights is the mean of
        `sample_weight`, or 1, so that penalized estimators regularize as they do for
        hard labels. Without soft labels, the parts are returned unchanged.

        Returns
        -------
        X : ndarray or DataFrame of k rows
        y : ndarray of shape (k,) or (k, n_targets), or None
        sample_weight : ndarray of shape (k,) or None
        """
        if self.soft_labels is None or self.classes is None:
            return self.X, self.y, self.sample_weight
        rows, codes, weights = weighted_hard_rows(self.soft_labels, self.sample_weight)
        return take_rows(self.X, rows), self.classes[codes], weights

    def prior_weights(self) -> np.ndarray:
        """Return sample weights that restore the class shares of the training data.

        The weighted share of each class among the hard labels becomes its share of
        `class_mass`. Within a class, the weights are proportional to `sample_weight`.
        Without classes, they are proportional to `sample_weight` throughout.

        Returns
        -------
        ndarray of shape (m,)
            Their mean is 1.

        Raises
        ------
        ValueError
            If the class mass is unknown (None).

        Examples
        --------
        >>> from sklearn_distill import DistilledSet
        >>> small = DistilledSet(
        ...     [[0.0], [1.0]], [0, 1], classes=[0, 1], class_mass=[950, 50]
        ... )
        >>> small.prior_weights(), small.mass_weights()
        (array([1.9, 0.1]), array([950.,  50.]))
        """
        weights = self.mass_weights()
        return weights / weights.mean()

    def mass_weights(self) -> np.ndarray:
        """Return how many training rows each distilled row represents.

        Use these weights to merge distilled sets of different data sets, because sets
        that represent more rows then count more.

        Returns
        -------
        ndarray of shape (m,)
            The weights of the rows of a class sum to its entry in `class_mass`.

        Raises
        ------
        ValueError
            If the class mass is unknown (None).
        """
        return mass_weights(self._parts())

    def to_frame(self) -> Any:
        """Return rows, labels and weights as one table of the kind of X.

        The columns are those of X, then the labels under `target_name` (or "target";
        "target_0" and so on for several targets), in the dtype of the y that was
        distilled (for example an ordered categorical), then "sample_weight" and one
        "soft_label:<class>" per class, if present.

        Returns
        -------
        DataFrame of m rows
            A polars or pyarrow table if X is one, and otherwise a pandas DataFrame.

        Raises
        ------
        ValueError
            If the rows are images, or if a column of X has one of these names.
        """
        frame = set_to_frame(self._parts())
        is_converted = is_table(self.X) and not is_table(frame)
        return like_native(self.X, frame) if is_converted else frame

    def save(self, path: str | PathLike[str]) -> None:
        """Write the distilled set to a ``.npz``, ``.parquet`` or ``.csv`` file.

        Files are written atomically: if writing fails, an existing file at `path`
        remains unchanged. ``.npz`` keeps every dtype and `info`. A polars or pyarrow
        table is restored as one by ``.npz`` and ``.parquet``, if the library is
        installed. ``.parquet`` and
        ``.csv`` are for tables and need pandas (``.parquet`` also pyarrow). A CSV file
        keeps neither dtypes nor `class_mass` nor `info`, and cannot store `growth`;
        `load` cannot detect a CSV file that was truncated at the end of a line, or that
        was not written by `save`.

        Parameters
        ----------
        path : str or path-like
            The suffix sets the format.

        Raises
        ------
        ValueError
            If the suffix is not supported, or if the format cannot store the distilled
            set.
        FileNotFoundError
            If the directory does not exist.
        """
        save_set(self._parts(), path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> "DistilledSet":
        """Read a distilled set from a file written by `save`. Never loads a pickle.

        Parameters
        ----------
        path : str or path-like
            The suffix sets the format: ``.npz``, ``.parquet`` or ``.csv``.

        Returns
        -------
        DistilledSet

        Raises
        ------
        ValueError
            If the file is damaged, was not written by `save`, or was written by a
            newer version of the package.
        FileNotFoundError
            If the file does not exist.
        """
        return cls(**load_set(path)._asdict())

    def _parts(self) -> SetParts:
        """Return the current values of all parts."""
        return SetParts(**{name: getattr(self, name) for name in SetParts._fields})
