"""From the arguments of `fit` to the problem that a method solves."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state, get_tags

from .._utils.caller import caller_stacklevel
from .._utils.containers import take_rows
from .._utils.device import accelerator_of
from .._utils.native_rows import from_native
from ..encoding import make_encoder
from ..encoding.columns import NumericColumn
from ..soft_labels.teacher import teacher_or_forest
from ..validation.rows import check_lengths, check_rows, check_weights
from ..validation.targets import Target, check_target
from .budget import rows_per_group
from .label_column import LabelColumn
from .problem import Kept, Problem
from .scoring import check_evaluator

# The number of labels above which a y whose values hardly repeat is worth a warning.
MIN_LABELED_ROWS = 20


@dataclass(frozen=True)
class TrainingData:
    """The checked input of `fit`, in the units of the user.

    Attributes
    ----------
    X : ndarray or DataFrame
        The rows of positive weight.
    target : Target
        Their labels.
    sample_weight : float64 ndarray of shape (n,)
    is_weighted : bool
        Whether the user passed weights or unlabeled rows.
    positions : ndarray of int of shape (n,)
        The position of each row in the X of `fit`; rows of `X_unlabeled` count on from
        the length of X.
    n_given : int
        The length of the X of `fit`, including rows of weight 0.
    n_unlabeled : int
        The number of rows at the end of X whose labels come from a teacher.
    target_dtype : pandas extension dtype or None
        The dtype of y if y is a Series of class labels with such a dtype.
    device : str or None
        The GPU on which X lies; see `Problem`.
    """

    X: Any
    target: Target
    sample_weight: np.ndarray
    is_weighted: bool
    positions: np.ndarray
    n_given: int
    n_unlabeled: int = 0
    target_dtype: Any = None
    device: str | None = None

    @property
    def class_mass(self) -> np.ndarray:
        """The total weight of the labeled rows by class; see `DistilledSet`."""
        n_labeled = len(self.sample_weight) - self.n_unlabeled
        weights = self.sample_weight[:n_labeled]
        if self.target.classes is None:
            return np.array([weights.sum()])
        return np.bincount(
            self.target.values[:n_labeled],
            weights=weights,
            minlength=len(self.target.classes),
        )


def check_common_parameters(distiller: Any, names: Iterable[str]) -> None:
    """Raise TypeError if a method does not take the parameters of `BaseDistiller`."""
    if missing := [name for name in names if not hasattr(distiller, name)]:
        raise TypeError(
            f"{type(distiller).__name__} lacks the parameters {', '.join(missing)}. "
            "The __init__ of a method must take and assign the parameters of "
            "BaseDistiller too."
        )


def check_training_data(
    distiller: Any, X: Any, y: Any, sample_weight: Any
) -> TrainingData:
    """Return the rows of positive weight, checked.

    Parameters
    ----------
    distiller : BaseDistiller
        The attributes that describe X and y (`n_features_in_`, `feature_names_in_`,
        `row_shape_`, `classes_`) are set on it.
    X, y, sample_weight
        The arguments of `fit`.

    Raises
    ------
    ValueError, TypeError
        If the rows cannot be distilled, or if the teacher of `soft_labels` or the
        `evaluator` does not fit the task.
    """
    if y is None and get_tags(distiller).target_tags.required:
        raise ValueError(
            f"{type(distiller).__name__} requires y to be passed, but the target y is "
            "None."
        )
    check_lengths(X, y)
    y, sample_weight = from_native(y), from_native(sample_weight)
    device = accelerator_of(X)
    X = check_rows(distiller, X, reset=True)
    distiller.row_shape_ = X.shape[1:]
    weights = check_weights(sample_weight, X)
    present, n_given = np.flatnonzero(weights > 0), len(weights)
    if len(present) < n_given:
        X, weights = take_rows(X, present), weights[present]
        if y is not None:
            y = take_rows(y if hasattr(y, "iloc") else np.asarray(y), present)
    target = check_target(y, task=distiller.task, several=True)
    _check_several_targets(distiller, target)
    _check_teacher(distiller.soft_labels, target.task)
    check_evaluator(distiller.evaluator, target.task)
    if target.task == "classification":
        distiller.classes_ = target.classes
    elif hasattr(distiller, "classes_"):
        del distiller.classes_
    return TrainingData(
        X,
        target,
        weights,
        is_weighted=sample_weight is not None,
        target_dtype=None if target.classes is None else _extension_dtype(y),
        positions=present,
        n_given=n_given,
        device=device,
    )


def keep_all_rows(distiller: Any, data: TrainingData) -> Kept:
    """Return all rows in their own order, with a warning."""
    classes = data.target.classes
    advice = "Lower the budget to distill them."
    n = len(data.X)
    if classes is not None and n >= MIN_LABELED_ROWS and 2 * len(classes) > n:
        advice += (
            f" y has {len(classes)} different values, which are treated as classes. "
            "Check that y does not contain identifiers, dates or a continuous target."
        )
    warnings.warn(
        f"budget={distiller.budget!r} covers all {n} rows, which are "
        f"returned unchanged. {advice}",
        UserWarning,
        stacklevel=caller_stacklevel(),
    )
    weights = data.sample_weight if data.is_weighted else None
    return Kept(np.arange(len(data.X)), sample_weight=weights)


class Scales(NamedTuple):
    """The encoder of a larger data set, of which the training data are a part.

    Attributes
    ----------
    encoder : TableEncoder or ImageEncoder
        Fitted.
    target : list of NumericColumn or None
        Standardize the targets of a regression; None for any other task.
    """

    encoder: Any
    target: list[NumericColumn] | None = None


def make_problem(
    distiller: Any, data: TrainingData, scales: Scales | None = None
) -> Problem:
    """Encode the training data, and share the budget among the classes.

    If `scales` is None, the encoder is fitted to the training data.
    """
    rng = check_random_state(distiller.random_state)
    teacher_seed = int(rng.randint(np.iinfo(np.int32).max))
    weights = data.sample_weight
    if scales is None:
        encoder = make_encoder(
            data.X,
            image_shape=distiller.image_shape,
            numeric=distiller.numeric,
            categorical_features=distiller.categorical_features,
        ).fit(data.X, weights)
        labels = LabelColumn.fit(data.target, weights)
    else:
        encoder, target = scales.encoder, data.target
        numbers = scales.target
        if isinstance(numbers, NumericColumn):
            numbers = [numbers]
        labels = LabelColumn(target.task, target.classes, target.name, numbers)
    if data.target.task == "classification":
        y = codes = data.target.values
    else:
        y = labels.encode(data.target.values, len(data.X))
        codes = np.zeros(len(y), dtype=np.int64)
    n_rows = rows_per_group(
        distiller.budget,
        np.bincount(codes),
        allocation=distiller.allocation,
        weights=np.bincount(codes, weights=weights),
        classes=data.target.classes,
    )
    return Problem(
        Z=encoder.encode(data.X),
        y=y,
        sample_weight=weights,
        n_rows=n_rows,
        encoder=encoder,
        labels=labels,
        random_state=rng,
        teacher_seed=teacher_seed,
        device=data.device,
    )


def _extension_dtype(y: Any) -> Any:
    """Return the dtype of a pandas Series, or of one column.

    It is None for dtypes of NumPy, and for sparse columns.
    """
    if not hasattr(y, "iloc"):
        return None
    dtype = y.dtypes.iloc[0] if y.ndim == 2 else y.dtype
    is_plain = isinstance(dtype, np.dtype) or hasattr(dtype, "fill_value")
    return None if is_plain else dtype


def _check_several_targets(distiller: Any, target: Target) -> None:
    """Raise ValueError for several targets if a method supports only one."""
    if target.task != "regression" or target.values.ndim == 1:
        return
    if not get_tags(distiller).target_tags.multi_output:
        raise ValueError(
            f"{type(distiller).__name__} does not support several targets, but y has "
            f"{target.values.shape[1]} columns. Use another method, such as "
            "HerdingSelection or KernelInducingPoints, or distill for each target "
            "separately."
        )


def _check_teacher(teacher: Any, task: str) -> None:
    """Raise ValueError if a teacher cannot give soft labels for a task."""
    if teacher is None:
        return
    if task == "unsupervised":
        raise ValueError(
            "soft_labels requires labels to train the teacher, but y is None. Pass y, "
            "or set soft_labels=None."
        )
    teacher_or_forest(teacher, 0, is_regression=task == "regression")
