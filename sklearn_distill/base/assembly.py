"""From a method's answer to the DistilledSet that the user sees."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn

from .. import __version__
from .._utils.containers import take_rows
from ..distilled_set.distilled_set import DistilledSet, nbytes_of
from ..soft_labels.prior import soft_labels_of_set
from ..soft_labels.teacher import cross_fitted_predictions, teacher_or_forest
from ..validation.targets import Target
from .answer_checks import checked_answer
from .problem import Kept, Learned, Problem


@dataclass(frozen=True)
class Source:
    """The checked input of a fit: where real rows and the meaning of labels are.

    Attributes
    ----------
    X : ndarray or DataFrame
        The rows of positive weight, as the user gave them.
    target : Target
    weights : float64 ndarray of shape (n,)
    y_column : NumericColumn or None
        Standardised numbers <-> y; only for regression.
    """

    X: Any
    target: Target
    weights: np.ndarray
    y_column: Any

    def labels_of(self, answer: Kept | Learned) -> np.ndarray | None:
        """Return an answer's labels in the user's terms."""
        task, values, classes = self.target[:3]
        if task == "unsupervised":
            return None
        if answer.y is not None:
            return classes[answer.y] if classes is not None else self.decode(answer.y)
        # Numbers that no method touched come back as they were, to the last bit.
        kept = values[answer.indices]
        return kept if classes is None else classes[kept]

    def encode(self, y: Any) -> np.ndarray:
        """Return labels in the user's terms in the form of `Problem.y`."""
        if self.target.task == "regression":
            return self.y_column.encode(np.asarray(y))[:, 0].astype(np.float32)
        if self.target.task == "unsupervised":
            return np.zeros(len(self.X), dtype=np.int64)
        classes = np.asarray(self.target.classes)
        return np.searchsorted(classes, np.asarray(y))

    def decode(self, y: np.ndarray) -> np.ndarray:
        """Return numbers in the user's units; means of whole ones may be fractions."""
        return self.y_column.decode_means(np.asarray(y)[:, None])


def assemble(
    answer: Kept | Learned,
    problem: Problem,
    source: Source,
    *,
    teacher: Any = None,
    teacher_seed: int = 0,
) -> DistilledSet:
    """Return the distilled set that a method's answer stands for.

    Parameters
    ----------
    answer : Kept or Learned
    problem : Problem
    source : Source
    teacher : None, "teacher" or estimator
        Who gives soft labels; see `BaseDistiller`.
    teacher_seed : int

    Raises
    ------
    TypeError, ValueError
        If the answer is not what was asked for; see `checked_answer`.
    """
    answer = checked_answer(answer, problem, source.target.classes)
    if isinstance(answer, Kept):
        X, soft_labels = take_rows(source.X, answer.indices), None
    else:
        X, soft_labels = problem.encoder.decode(answer.Z), answer.soft_labels
    y = source.labels_of(answer)
    if teacher is not None:
        said = _ask(teacher, answer, problem, teacher_seed)
        if problem.task == "regression":
            y = source.decode(said)
        else:
            soft_labels = said
    return DistilledSet(
        X,
        y,
        soft_labels=soft_labels,
        sample_weight=answer.sample_weight,
        classes=source.target.classes,
        target_name=source.target.name,
    )


def check_teacher(teacher: Any, task: str) -> None:
    """Raise ValueError, before anything is learned, if a teacher cannot teach this."""
    if teacher is None:
        return
    if task == "unsupervised":
        raise ValueError("soft_labels need labels to learn from, but y is None.")
    teacher_or_forest(teacher, 0, is_regression=task == "regression")


def _ask(
    teacher: Any, answer: Kept | Learned, problem: Problem, seed: int
) -> np.ndarray:
    """Return a teacher's class probabilities, or numbers, for a method's answer."""
    is_regression = problem.task == "regression"
    teacher = teacher_or_forest(teacher, seed, is_regression=is_regression)
    if isinstance(answer, Kept):
        kept, Z = answer.indices, problem.Z[answer.indices]
    else:
        # A learned row is judged as what it will be once it is decoded.
        kept, Z = None, problem.encoder.snap(answer.Z)
    said = cross_fitted_predictions(
        teacher,
        problem.flat,
        problem.y,
        problem.sample_weight,
        Z.reshape(len(Z), -1),
        kept,
        n_classes=None if is_regression else len(problem.n_rows),
        seed=seed,
    )
    if is_regression:
        return said
    codes = answer.y if answer.y is not None else problem.y[kept]
    prior = np.bincount(problem.y, weights=problem.sample_weight)
    return soft_labels_of_set(said, codes, prior)


def describe(
    distilled: DistilledSet,
    source: Source,
    *,
    method: str,
    parameters: dict[str, Any],
    loss: float | None,
    seconds: float,
) -> dict[str, Any]:
    """Return what `DistilledSet.info` says of how a set was made, fit for JSON."""
    values = source.target.values
    return {
        "method": method,
        "parameters": _for_json(parameters),
        "versions": {
            "sklearn-distill": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
        },
        "task": source.target.task,
        "n_rows_before": len(source.X),
        "n_rows": len(distilled),
        "bytes_before": nbytes_of(source.X) + (0 if values is None else values.nbytes),
        "bytes": distilled.nbytes,
        "loss": loss,
        "seconds": round(seconds, 3),
    }


def _for_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _for_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_for_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, str | int | float | None) else repr(value)
