"""Checks of parameters and data, made before a teacher or a student is trained."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator

from .labeled_rows import LabeledRows
from .nets.wrapping import innermost, is_net
from .students import check_student
from .teachers import (
    check_can_be_trained,
    check_frozen_predictions,
    check_takes_weights,
    check_teachers,
    default_alpha,
    is_label_smoothing,
)
from .transfer_set import check_transfer

# The losses of students of every kind, which amount to training on blended targets.
BLENDED_LOSSES = {
    "classification": ["kl", "label_smoothing"],
    "regression": ["blended", "outlier_robust"],
}
NET_LOSSES = {
    "classification": ["logit_mse", "dkd", "dist", "standardized_kl", "rkd"],
    "regression": ["bounded"],
}
# Losses that are useless for two classes, whose centered logits are one number and its
# negative.
UNINFORMATIVE_FOR_TWO_CLASSES = {
    "dkd": "its second term is always 0, and the remaining term is kl",
    "standardized_kl": "all standardized logits are equal up to their sign",
}


def check_before_training(
    params: dict[str, Any],
    teachers: list[Any],
    data: LabeledRows,
    *,
    task: str,
    n_unlabeled: int,
    predictions: np.ndarray | None,
    is_weighted: bool,
) -> None:
    """Raise TypeError or ValueError for parameters and data that do not fit together.

    Parameters
    ----------
    params : dict
        The parameters of the estimator.
    teachers : list of estimators
        As returned by `list_teachers`.
    data : LabeledRows
    task : {"classification", "regression"}
    n_unlabeled : int
        The number of rows of X_unlabeled.
    predictions : ndarray or None
        The predictions of the teacher that were passed to `fit`.
    is_weighted : bool
        Whether sample weights were passed to `fit`.
    """
    teacher, student, hints = params["teacher"], params["student"], params["hints"]
    if isinstance(teacher, str) and teacher != "self":
        raise ValueError(
            "teacher must be an estimator, a list of estimators, 'self' or None; got "
            f"{teacher!r}."
        )
    check_parameters(params, task, None if data.classes is None else len(data.classes))
    if is_label_smoothing(teachers):
        _check_label_smoothing(params, n_unlabeled)
    check_student(student, task)
    check_transfer(params["transfer"])
    _check_net_on_rows(student, data, (hints or {}).values())
    if is_weighted:
        check_takes_weights(student, "student")
    if teacher is None and not is_label_smoothing(teachers):
        _check_without_teacher(params["transfer"], data, n_unlabeled, predictions)
        return
    check_teachers(teachers, teacher_weights(params, teachers), task, data.classes)
    if params["teacher_labels"] == "out_of_fold" and predictions is None:
        has_added = n_unlabeled > 0 or params["transfer"] is not None
        if uses_predictions_of_labeled_rows(params, teachers, has_added):
            check_can_be_trained(teachers)
    for each in teachers:
        if isinstance(each, FrozenEstimator) and data.classes is None:
            check_frozen_predictions(each, data.X, data.y)
        if is_weighted:
            check_takes_weights(each, "teacher")
        _check_net_on_rows(each, data, hints or {})


def teacher_weights(params: dict[str, Any], teachers: list[Any]) -> Any:
    """Return the weights of the teachers; label smoothing ignores `teacher_weights`."""
    return None if is_label_smoothing(teachers) else params["teacher_weights"]


def share_of_teacher(
    params: dict[str, Any], teachers: list[Any], has_added: bool
) -> Any:
    """Return alpha, with "auto" replaced by its value."""
    alpha = params["alpha"]
    return default_alpha(teachers, has_added) if isinstance(alpha, str) else alpha


def uses_predictions_of_labeled_rows(
    params: dict[str, Any], teachers: list[Any], has_added: bool
) -> bool:
    """Return whether the predictions of the teacher for labeled rows have an effect."""
    share = share_of_teacher(params, teachers, has_added)
    return share != 0.0 or params["loss"] == "outlier_robust"


def check_parameters(params: dict[str, Any], task: str, n_classes: int | None) -> None:
    """Raise ValueError for parameters that do not fit together.

    Parameters
    ----------
    params : dict
        The parameters of the estimator.
    task : {"classification", "regression"}
    n_classes : int or None
    """
    student_is_net = is_net(innermost(params["student"]))
    _check_alpha(params["alpha"], student_is_net)
    if isinstance(params["loss"], str):
        _check_loss(params["loss"], task, n_classes)
    if not student_is_net:
        _check_blended(params, BLENDED_LOSSES[task])
    for name in ("hints", "init"):
        if params[name] is not None:
            _check_two_nets(name, params)
    if params["n_generations"] > 1:
        _check_generations(params)


def _check_alpha(alpha: Any, student_is_net: bool) -> None:
    if callable(alpha):
        if not student_is_net:
            raise ValueError(
                "alpha is a schedule over the epochs of training, but the student is "
                "not a net. Pass a number from 0 to 1, or a net as the student."
            )
    elif not isinstance(alpha, str) and not 0.0 <= alpha <= 1.0:
        raise ValueError(
            f"alpha must be 'auto', a number from 0 to 1 or a callable; got {alpha}."
        )


def _check_loss(loss: str, task: str, n_classes: int | None) -> None:
    known = BLENDED_LOSSES[task] + NET_LOSSES[task]
    if loss not in known:
        raise ValueError(
            f"loss must be one of {', '.join(known)} for {task}, or a callable; got "
            f"{loss!r}."
        )
    if n_classes == 2 and loss in UNINFORMATIVE_FOR_TWO_CLASSES:
        raise ValueError(
            f"loss={loss!r} cannot be used for two classes: "
            f"{UNINFORMATIVE_FOR_TWO_CLASSES[loss]}. Set loss='kl'."
        )


def _check_blended(params: dict[str, Any], losses: list[str]) -> None:
    """Raise ValueError for a loss or temperature that requires a net as the student."""
    loss, student = params["loss"], params["student"]
    if loss not in losses:
        raise ValueError(
            f"loss={loss!r} requires a net as the student; got {student!r}. All other "
            f"students are trained on blended targets. Set loss={losses[0]!r}."
        )
    if params.get("temperature", 1.0) != 1.0:
        raise ValueError(
            f"temperature={params['temperature']} requires a net as the student; got "
            f"{student!r}, whose outputs cannot be softened during training. Set "
            "temperature=1."
        )


def _check_two_nets(name: str, params: dict[str, Any]) -> None:
    teacher = params["student"] if params["teacher"] == "self" else params["teacher"]
    is_one_net = not isinstance(teacher, list) and is_net(innermost(teacher))
    if not (is_one_net and is_net(innermost(params["student"]))):
        raise ValueError(
            f"{name}={params[name]!r} requires a single teacher and a student that are "
            "both nets."
        )


def _check_generations(params: dict[str, Any]) -> None:
    if params["hints"]:
        raise ValueError(
            "hints cannot be combined with n_generations > 1: they name layers of the "
            "teacher, but the teacher of every generation after the first is a student."
        )
    if params["teacher_labels"] == "out_of_fold":
        raise ValueError(
            "n_generations > 1 requires teacher_labels='in_sample': after the first "
            "generation, the teacher is a student that was trained on all rows."
        )


def _check_label_smoothing(params: dict[str, Any], n_unlabeled: int) -> None:
    """Raise ValueError for parameters and rows that require an informative teacher."""
    if params["n_generations"] > 1 or params["transfer"] is not None:
        raise ValueError(
            "loss='label_smoothing' does not use a teacher. Set n_generations=1 "
            "and transfer=None."
        )
    if params.get("temperature", 1.0) != 1.0:
        raise ValueError(
            f"temperature={params['temperature']} softens the predictions of the "
            "teacher, but loss='label_smoothing' does not use a teacher. Set "
            "temperature=1."
        )
    if n_unlabeled:
        raise ValueError(
            "loss='label_smoothing' does not use a teacher, which could label "
            "X_unlabeled. Leave out X_unlabeled, or set another loss."
        )


def _check_without_teacher(
    transfer: Any, data: LabeledRows, n_unlabeled: int, predictions: np.ndarray | None
) -> None:
    """Raise ValueError unless predictions or soft labels take the teacher's place."""
    if predictions is None and not data.soft:
        raise ValueError(
            "teacher=None requires the predictions of a teacher, passed to fit or as "
            "the soft labels of a distilled set. Pass them, or pass a teacher."
        )
    n_labels = 0 if predictions is None else len(predictions) - len(data.X)
    if transfer is not None or n_labels < n_unlabeled:
        raise ValueError(
            "With teacher=None, added rows cannot be labeled. Pass a teacher; or pass "
            "its predictions for the unlabeled rows too, and set transfer=None."
        )


def _check_net_on_rows(net: Any, data: LabeledRows, layers: Any) -> None:
    """Raise ValueError unless a net takes the rows and has the layers that hints name.

    A net in a Pipeline takes transformed rows, so that it cannot be checked yet.
    """
    if not is_net(net):
        return
    from .nets.estimators import NetClassifier, NetRegressor

    if data.classes is None:
        NetRegressor(net).check(data.X, data.y[0].size, layers)
    else:
        NetClassifier(net).check(data.X, len(data.classes), layers)


def check_given_predictions(
    predictions: Any, data: LabeledRows, n_unlabeled: int
) -> np.ndarray | None:
    """Return the predictions that were passed to `fit`, for rows of positive weight.

    Parameters
    ----------
    predictions : array-like or None
    data : LabeledRows
    n_unlabeled : int
        The number of rows of X_unlabeled.

    Raises
    ------
    ValueError
        If the shape is wrong, values are not finite or rows are not probabilities.
    """
    if predictions is None:
        return None
    given, n_rows = np.asarray(predictions, dtype=np.float64), data.n_given
    width = data.labels.shape[1:]
    name = "teacher_predictions" if data.classes is None else "teacher_proba"
    shapes = [(n_rows, *width)]
    if n_unlabeled:
        shapes.append((n_rows + n_unlabeled, *width))
    if given.shape not in shapes:
        columns = ""
        if data.classes is not None:
            columns = f" The columns are the classes {data.classes.tolist()}."
        raise ValueError(
            f"{name} must have shape {' or '.join(map(str, shapes))}; got "
            f"{given.shape}.{columns}"
        )
    if not np.isfinite(given).all():
        raise ValueError(f"{name} must not contain NaN or infinity.")
    if data.classes is not None and (
        (given < 0).any() or not np.allclose(given.sum(axis=1), 1.0, atol=1e-3)
    ):
        raise ValueError(
            f"The rows of {name} must be probabilities: non-negative, with sum 1."
        )
    return np.concatenate([given[:n_rows][data.present], given[n_rows:]])
