"""From the result of a method to the DistilledSet that the user receives."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import sklearn

from .. import __version__
from .._utils.containers import take_rows
from .._utils.native_rows import like_native, nbytes_of
from ..distilled_set.distilled_set import DistilledSet
from ..distilled_set.growth import Growth
from ..soft_labels.prior import soft_labels_of_set
from ..soft_labels.teacher import cross_fitted_predictions, teacher_or_forest
from .problem import Kept, Learned, Problem
from .result_checks import checked_result
from .training_data import TrainingData


def assemble(
    result: Any,
    problem: Problem,
    *,
    method: str,
    teacher: Any = None,
    data: TrainingData | None = None,
) -> DistilledSet:
    """Return the distilled set that the result of a method describes.

    Parameters
    ----------
    result : Kept or Learned
    problem : Problem
    method : str
        The name of the method's class, for messages.
    teacher : None, "teacher" or estimator
        The teacher of the soft labels; see `BaseDistiller`.
    data : TrainingData, default=None
        The rows that are kept are taken from here, with their own labels. None decodes
        them from the problem.

    Raises
    ------
    TypeError, ValueError
        If the result does not match the problem; see `checked_result`.
    """
    result = checked_result(result, problem, method)
    y, soft_labels = _labels(result, problem, data), None
    if isinstance(result, Learned):
        X, soft_labels = problem.encoder.decode(result.Z), result.soft_labels
    elif data is not None:
        X = take_rows(data.X, result.indices)
    else:
        X = problem.encoder.decode(problem.Z[result.indices])
    if teacher is not None:
        predictions = _teach(teacher, result, problem)
        if problem.task == "regression":
            y = problem.labels.decode(predictions)
        else:
            soft_labels = predictions
    return DistilledSet(
        X,
        y,
        soft_labels=soft_labels,
        sample_weight=result.sample_weight,
        classes=problem.labels.classes,
        target_name=problem.labels.name,
        class_mass=_class_mass(problem) if data is None else data.class_mass,
    )


def with_info(
    distilled: DistilledSet,
    result: Kept | Learned,
    data: TrainingData,
    *,
    given: Any,
    method: str,
    parameters: Mapping[str, Any],
    started: float,
    growth: Growth | None = None,
) -> DistilledSet:
    """Return the distilled set in the container of X, with a description.

    Parameters
    ----------
    distilled : DistilledSet
    result : Kept or Learned
    data : TrainingData
    given : object
        The X that was passed to `fit`.
    method : str
    parameters : mapping
    started : float
        When `fit` started, as returned by `time.perf_counter`. The seconds since then
        and further entries become `DistilledSet.info`, which can be stored as JSON.
    growth : Growth or None
        The sampler and the decoder of the set.
    """
    values, rows = data.target.values, like_native(given, distilled.X)
    info = {
        "method": method,
        "parameters": for_json(parameters),
        "versions": {
            "sklearn-distill": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "task": data.target.task,
        "n_rows_before": len(data.X),
        "n_rows": len(distilled),
        "bytes_before": nbytes_of(data.X) + (0 if values is None else values.nbytes),
        "bytes": distilled.nbytes - nbytes_of(distilled.X) + nbytes_of(rows),
        "loss": getattr(result, "loss", None),
        "seconds": round(time.perf_counter() - started, 3),
    }
    if growth is not None:
        info["n_numbers"] = growth.n_numbers
        info["bytes"] += growth.nbytes
    if data.n_unlabeled:
        info["n_rows_unlabeled"] = data.n_unlabeled
    info |= getattr(result, "info", None) or {}
    return DistilledSet(
        rows,
        distilled.y,
        soft_labels=distilled.soft_labels,
        sample_weight=distilled.sample_weight,
        classes=distilled.classes,
        target_name=distilled.target_name,
        info=info,
        class_mass=distilled.class_mass,
        target_dtype=data.target_dtype,
        growth=growth,
    )


def _class_mass(problem: Problem) -> np.ndarray:
    """Return the total weight of the rows of a problem, by class."""
    if problem.labels.classes is None:
        return np.array([problem.sample_weight.sum()])
    return np.bincount(problem.y, weights=problem.sample_weight)


def _labels(
    result: Kept | Learned, problem: Problem, data: TrainingData | None
) -> np.ndarray | None:
    """Return the labels of a result in the units of the user."""
    if result.y is not None:
        return problem.labels.decode(result.y)
    assert isinstance(result, Kept)
    if data is None or problem.task != "regression":
        return problem.labels.decode(problem.y[result.indices])
    # Take the targets from the data, since decoding would round them.
    return data.target.values[result.indices]


def _teach(teacher: Any, result: Kept | Learned, problem: Problem) -> np.ndarray:
    """Return a teacher's class probabilities, or encoded targets, for a result."""
    is_regression = problem.task == "regression"
    weights: Any = problem.sample_weight
    if is_regression and isinstance(teacher, str) and (weights == 1).all():
        # Gradient boosting needs ten times as long if it is passed weights.
        weights = None
    teacher = teacher_or_forest(
        teacher,
        problem.teacher_seed,
        is_regression=is_regression,
        n_rows=len(problem.Z),
        n_targets=problem.y[0].size,
    )
    if isinstance(result, Kept):
        kept, Z = result.indices, problem.Z[result.indices]
    else:
        # The teacher predicts for the rows that the user receives after decoding.
        kept, Z = None, problem.encoder.snap(result.Z)
    predictions = cross_fitted_predictions(
        teacher,
        problem.flat,
        problem.y,
        weights,
        Z.reshape(len(Z), -1),
        kept,
        n_classes=None if is_regression else len(problem.n_rows),
        seed=problem.teacher_seed,
    )
    if is_regression:
        return predictions
    codes = result.y if result.y is not None else problem.y[kept]
    return soft_labels_of_set(predictions, codes, _class_mass(problem))


def for_json(value: Any) -> Any:
    """Return parameters as values that JSON can represent."""
    if isinstance(value, Mapping):
        return {str(key): for_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [for_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | int | float | None) else repr(value)
