"""Which parameters go together: checked before anything is trained."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from sklearn.frozen import FrozenEstimator

from .wrapping import innermost, is_net

SMOOTHING = 0.1
# What a student that is no net can be trained by: blended targets say it all.
BLENDS = {
    "classification": ["kl", "label_smoothing"],
    "regression": ["blended", "outlier_robust"],
}
NETS_ONLY = {
    "classification": ["logit_mse", "dkd", "dist", "standardised_kl", "rkd"],
    "regression": ["bounded"],
}
# Two logits, less their mean, are one number and its opposite.
EMPTY_FOR_TWO_CLASSES = {
    "dkd": "its second term is always 0, and what is left is kl",
    "standardised_kl": "all standardised logits are the same up to sign",
}


def check_settings(params: dict[str, Any], task: str, n_classes: int | None) -> None:
    """Raise ValueError for parameters that contradict each other.

    Parameters
    ----------
    params : dict
        Those of the estimator.
    task : {"classification", "regression"}
    n_classes : int or None
    """
    loss, student = params["loss"], params["student"]
    student_is_net = is_net(innermost(student))
    _check_alpha(params["alpha"], student_is_net)
    if isinstance(loss, str):
        known = BLENDS[task] + NETS_ONLY[task]
        if loss not in known:
            raise ValueError(
                f"loss={loss!r} is not known for {task}. There are {', '.join(known)}, "
                "and callables."
            )
        if n_classes == 2 and loss in EMPTY_FOR_TWO_CLASSES:
            raise ValueError(
                f"loss={loss!r} says nothing for two classes: "
                f"{EMPTY_FOR_TWO_CLASSES[loss]}. Take 'kl'."
            )
    if not student_is_net:
        _check_blend(params, BLENDS[task])
    for name in ("hints", "init"):
        if params[name] is not None:
            _check_two_nets(name, params)
    if loss == "label_smoothing":
        if params["n_generations"] > 1 or params["transfer"] is not None:
            raise ValueError(
                "loss='label_smoothing' has no teacher: there are no generations, and "
                "nobody to label added rows."
            )
        if params.get("temperature", 1.0) != 1.0:
            raise ValueError(
                f"temperature={params['temperature']} softens a teacher's answers, but "
                "loss='label_smoothing' has no teacher. Leave it at 1."
            )
    if params["n_generations"] > 1 and params["hints"]:
        raise ValueError(
            "n_generations > 1 goes without hints: they name layers of the teacher, "
            "and from the second generation on the teacher is a student."
        )
    if params["n_generations"] > 1 and params["teacher_labels"] == "out_of_fold":
        raise ValueError(
            "n_generations > 1 goes with teacher_labels='in_sample': the student of a "
            "generation has seen all rows."
        )


def _check_alpha(alpha: Any, student_is_net: bool) -> None:
    if callable(alpha):
        if not student_is_net:
            raise ValueError(
                "alpha is a schedule, but the student has no epochs to follow it over. "
                "Pass a number, or a net as the student."
            )
    elif not isinstance(alpha, str) and not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha={alpha} is no share: it runs from 0 to 1.")


def _check_blend(params: dict[str, Any], blends: list[str]) -> None:
    loss, student = params["loss"], params["student"]
    if loss not in blends:
        raise ValueError(
            f"loss={loss!r} needs a student that is a net; {student!r} is trained on "
            f"blended targets, which is loss={blends[0]!r}."
        )
    if params.get("temperature", 1.0) != 1.0:
        raise ValueError(
            f"temperature={params['temperature']} softens both sides, but the outputs "
            f"of {student!r} cannot be softened while it trains. Leave it at 1, or "
            "pass a net as the student."
        )


def _check_two_nets(name: str, params: dict[str, Any]) -> None:
    teacher = params["student"] if params["teacher"] == "self" else params["teacher"]
    nets = not isinstance(teacher, list) and is_net(innermost(teacher))
    if not (nets and is_net(innermost(params["student"]))):
        raise ValueError(
            f"{name}={params[name]!r} needs one teacher and one student, both nets."
        )


def needs_training(teachers: list[Any]) -> bool:
    return not all(isinstance(teacher, FrozenEstimator) for teacher in teachers)
