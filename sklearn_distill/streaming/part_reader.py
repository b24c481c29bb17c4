"""Check the batches of a stream, and convert them to parts."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils import get_tags

from .._utils.array_namespace import first_rows
from .._utils.containers import take_rows
from .._utils.native_rows import from_native, is_table, nbytes_of
from ..encoding.categorical_features import categorical_mask
from ..encoding.statistics import ImageStatistics, TableStatistics
from ..validation.rows import check_lengths, check_rows, check_weights
from ..validation.targets import check_target, label_values, n_columns
from .part import Part

Statistics = TableStatistics | ImageStatistics


class PartReader:
    """Convert batches (X, y, sample_weight) to parts.

    The first batch that has rows determines the columns, the task, and which columns
    are categories. The object can be pickled.

    Parameters
    ----------
    distiller : BaseDistiller
        Unfitted. The attributes that describe X, such as `n_features_in_`, are set on
        it.

    Attributes
    ----------
    task : {"classification", "regression", "unsupervised"} or None
        None before the first batch.
    target_name : str, list of str or None
    n_targets : int
    target_dtype : pandas extension dtype or None
    like : array, DataFrame, table or sparse matrix of no rows
        The container of the first batch.
    is_category : bool ndarray of shape (n_columns,) or None
        Which columns are categories although they contain numbers; None for images.
    """

    def __init__(self, distiller: Any):
        self.distiller = distiller
        self.task: str | None = None
        self.target_name: str | list[str] | None = None
        self.n_targets = 1
        self.target_dtype: Any = None
        self.like: Any = None
        self.is_category: np.ndarray | None = None

    def state(self) -> dict[str, Any]:
        """Return the properties of the first batch, from which `restore` continues."""
        own = {k: v for k, v in vars(self).items() if k != "distiller"}
        of_columns = {
            name: value
            for name, value in vars(self.distiller).items()
            if name in ("n_features_in_", "feature_names_in_", "row_shape_")
        }
        return {"own": own, "of_columns": of_columns}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the result of `state`."""
        vars(self).update(state["own"])
        vars(self.distiller).update(state["of_columns"])

    def read(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        task: str | None = None,
    ) -> Part:
        """Return the rows of positive weight of a batch, checked.

        Positions count from the first row of the batch. Rows of weight 0 do not count
        in `Part.n_samples`. `task` is the task, if it is known.

        Raises
        ------
        ValueError, TypeError
            If the batch cannot be distilled, or does not match the first batch.
        """
        check_lengths(X, y, sample_weight)
        self.check_labels_present(y)
        is_first = self.task is None
        given, y = X, from_native(y)
        if not is_first:
            self._check_container(given)
        X = check_rows(self.distiller, X, reset=is_first, min_rows=1)
        weights = check_weights(from_native(sample_weight), X)
        if is_first:
            self.begin(given, X, y, task)
        labels = self._labels(y)
        positions = np.flatnonzero(weights > 0)
        if len(positions) < len(weights):
            X, weights = take_rows(X, positions), weights[positions]
            labels = None if labels is None else labels[positions]
        return self.part(X, labels, weights, positions)

    def part(
        self, X: Any, labels: np.ndarray | None, weights: np.ndarray, positions: Any
    ) -> Part:
        """Return a part of checked rows of positive weight."""
        own = weights if self.distiller.merging == "unweighted" else None
        return Part(X, labels, weights, positions, len(positions), own)

    def begin(self, given: Any, X: Any, y: Any, task: str | None = None) -> None:
        """Store the properties of the first batch.

        Parameters
        ----------
        given, X : array-like
            The rows as they were passed, and as an array or a DataFrame.
        y : array-like or None
        task : str, default=None
            The task, if it is known.
        """
        self.distiller.row_shape_ = X.shape[1:]
        self.like = empty_like(given)
        is_image = self.distiller.image_shape is not None or len(X.shape) > 2
        if not is_image:
            names = self.distiller.categorical_features
            self.is_category = categorical_mask(X, names)
        self.task = task or task_of(y, self.distiller.task)
        if y is None:
            return
        self.n_targets = n_columns(y)
        if self.n_targets > 1:
            check_several_targets(self.distiller, self.n_targets)
            names = list(getattr(y, "columns", [None]))
            is_named = all(isinstance(name, str) for name in names)
            self.target_name = names if is_named else None
            return
        name = y.columns[0] if hasattr(y, "columns") else getattr(y, "name", None)
        self.target_name = name if isinstance(name, str) else None
        if self.task == "classification" and hasattr(y, "iloc"):
            dtype = y.dtypes.iloc[0] if y.ndim == 2 else y.dtype
            self.target_dtype = None if isinstance(dtype, np.dtype) else dtype

    def _check_container(self, given: Any) -> None:
        """Raise TypeError if the first batch was a table and this one is not."""
        is_frame = [hasattr(from_native(X), "iloc") for X in (given, self.like)]
        if is_frame[0] != is_frame[1]:
            words = [type(X).__name__ for X in (given, self.like)]
            raise TypeError(
                f"X is a {words[0]}, but the first batch was a {words[1]}. Pass all "
                "batches as tables, or all as arrays."
            )

    def check_labels_present(self, y: Any) -> None:
        """Raise ValueError if the distiller requires labels and y is None."""
        if y is None and get_tags(self.distiller).target_tags.required:
            raise ValueError(
                f"{type(self.distiller).__name__} requires y to be passed, but the "
                "target y is None."
            )

    def _labels(self, y: Any) -> np.ndarray | None:
        """Return the labels or targets of a batch."""
        if (y is None) != (self.task == "unsupervised"):
            raise ValueError(
                "Some batches have labels y and others do not. Pass y with every "
                "batch, or with none."
            )
        if y is None:
            return None
        if n_columns(y) != self.n_targets:
            raise ValueError(
                f"y has {n_columns(y)} columns, but the first batch has "
                f"{self.n_targets}. Pass the same targets with every batch."
            )
        if self.task == "regression":
            y = y if self.n_targets > 1 else label_values(y)
            target = check_target(y, task="regression", several=True)
            return np.asarray(target.values)
        values = label_values(y)
        if values.dtype.kind == "f" and np.any(values != np.rint(values)):
            raise ValueError(
                "Unknown label type: y contains fractions, but the first batch of the "
                "stream has classes. Set task='regression' for continuous targets."
            )
        return values

    def statistics(self, part: Part) -> Statistics:
        """Return the statistics of the columns of a part."""
        if self.is_category is None:
            image_shape = self.distiller.image_shape
            return ImageStatistics.of(part.X, part.weights, image_shape)
        return TableStatistics.of(part.X, part.weights, self.is_category)


def check_several_targets(distiller: Any, n_targets: int) -> None:
    """Raise ValueError if the distiller does not support several targets."""
    if not get_tags(distiller).target_tags.multi_output:
        raise ValueError(
            f"{type(distiller).__name__} does not support several targets, but y has "
            f"{n_targets} columns. Choose another method, such as HerdingSelection, or "
            "distill for each target separately."
        )


def task_of(y: Any, task: str) -> str:
    """Return the task that labels imply; a single label is a class."""
    if y is None or task == "regression" or n_columns(y) > 1:
        return check_target(y, task=task, several=True).task
    values = label_values(y)
    if task == "classification" or (len(values) and (values == values[0]).all()):
        is_fraction = values.dtype.kind == "f" and np.any(values != np.rint(values))
        return "regression" if is_fraction and task == "auto" else "classification"
    return check_target(values, task=task).task


def empty_like(X: Any) -> Any:
    """Return a container of the kind of X that has no rows."""
    if is_table(X) or hasattr(X, "iloc"):
        return X[:0] if not hasattr(X, "iloc") else X.iloc[:0]
    if hasattr(X, "tocsr"):
        return X.tocsr()[:0]
    return first_rows(X, 0) if hasattr(X, "dtype") else np.empty(0)


def is_without_rows(X: Any, y: Any, sample_weight: Any) -> bool:
    """Return whether a batch is empty, or has a weight of 0 for every row.

    Raises
    ------
    ValueError
        If the lengths of the arguments differ.
    """
    if n_rows_given(X) == 0:
        return isinstance(X, list | tuple) or len(getattr(X, "shape", ())) > 1
    if sample_weight is None:
        return False
    weights = np.asarray(from_native(sample_weight))
    if weights.ndim == 0 or weights.dtype.kind not in "biuf" or weights.any():
        return False
    check_lengths(X, y, sample_weight)
    return True


def n_rows_given(X: Any) -> int:
    """Return the number of rows of array-like X; 0 for a single value."""
    if not hasattr(X, "shape") and not hasattr(X, "__len__"):
        X = np.asarray(X)
    if not hasattr(X, "shape"):
        return len(X)
    return int(X.shape[0]) if X.shape else 0


def n_bytes_given(X: Any) -> int:
    """Return the size in memory of the rows that were passed."""
    return nbytes_of(X) if hasattr(X, "dtype") or hasattr(X, "columns") else 0
