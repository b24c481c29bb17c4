"""Adapt estimators to rows that occur several times, once with each likely class.

Soft labels reach an estimator as copies of a row with different labels and weights. An
estimator that holds some rows out, counts the rows in a leaf or balances the classes by
their frequency would mistake these copies for independent rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

from .._utils.caller import caller_stacklevel

# Parameters that count training rows, and the value with which they have no effect.
ROW_COUNT_PARAMETERS = {
    "min_samples_leaf": 1,
    "min_child_samples": 1,
    "min_data_in_leaf": 1,
    "min_samples_split": 2,
}


def holds_out_rows(estimator: Any) -> bool:
    """Return whether an estimator, or a nested one, evaluates itself on held-out rows.

    Two copies of a row with different labels could end up on both sides of such a
    split. The estimator would then learn to contradict the rows that it was trained on.
    """
    return any(map(_evaluates_on_own_rows, [estimator, *_nested(estimator)]))


def _nested(estimator: Any) -> list[Any]:
    return [
        value
        for value in estimator.get_params(deep=True).values()
        if hasattr(value, "get_params") and not isinstance(value, type)
    ]


def _evaluates_on_own_rows(estimator: Any) -> bool:
    params = estimator.get_params(deep=False)
    if "cv" in params:
        return bool(params["cv"] != "prefit")
    if "early_stopping" in params:
        return params["early_stopping"] is True
    if params.get("probability") is True:
        return True
    if params.get("n_iter_no_change") is None:
        return False
    return is_classifier(estimator) or is_regressor(estimator)


def scaled_row_counts(estimator: Any, n_copies: float) -> dict[str, Any]:
    """Return the parameters to change if each row occurs `n_copies` times on average.

    A minimum of 20 rows in a leaf becomes one of 50 where each row occurs 2.5 times.
    ``early_stopping="auto"`` becomes False, because the validation rows that the
    estimator would draw are copies of its training rows.

    Parameters
    ----------
    estimator : estimator
    n_copies : float

    Returns
    -------
    dict of str to object
        Parameters for `set_params`, including those of nested estimators.
    """
    changed: dict[str, Any] = {}
    for name, value in estimator.get_params(deep=True).items():
        no_effect = ROW_COUNT_PARAMETERS.get(_last_part(name))
        is_count = no_effect is not None and isinstance(value, int | np.integer)
        if is_count and value > no_effect:
            changed[name] = round(value * n_copies)
        elif _last_part(name) == "early_stopping" and isinstance(value, str):
            changed[name] = False
    return changed


def balanced_class_weights(
    estimator: Any, soft_labels: np.ndarray
) -> tuple[dict[str, Any], np.ndarray]:
    """Replace ``class_weight="balanced"`` by weights computed from soft labels.

    Copies of the rows contain every class about equally often, so that an estimator
    which counts them finds the classes balanced already. A nested estimator that
    balances, as in an ensemble, sees rows that are not known here; then there is a
    warning.

    Parameters
    ----------
    estimator : estimator
        If it is a Pipeline, its last step is considered.
    soft_labels : ndarray of shape (n, n_classes)

    Returns
    -------
    changed : dict of str to object
        Parameters for `set_params` of the estimator.
    class_weights : ndarray of shape (n_classes,)
        The factor for the weight of each class; ones if the estimator does not balance.
    """
    prefix, last = "", estimator
    while hasattr(last, "steps"):
        name, last = last.steps[-1]
        prefix += f"{name}__"
    changed: dict[str, Any] = {}
    class_weights = np.ones(soft_labels.shape[1])
    for name, value in last.get_params(deep=True).items():
        balances = isinstance(value, str) and value.startswith("balanced")
        if _last_part(name) != "class_weight" or not balances:
            continue
        if name == "class_weight":
            changed[f"{prefix}class_weight"] = None
            mass = soft_labels.sum(axis=0)
            present = mass > 0
            class_weights[present] = mass.sum() / (present.sum() * mass[present])
        else:
            warnings.warn(
                f"{name}={value!r} has almost no effect on soft labels: they reach the "
                "estimator as copies of each row, one for each likely class, so that "
                "the classes are about equally frequent. Pass a dict of class weights "
                "instead.",
                UserWarning,
                stacklevel=caller_stacklevel(),
            )
    return changed, class_weights


def restore_parameters(estimator: Any, original: dict[str, Any]) -> None:
    """Set the parameters of a fitted estimator to what they were before `fit`.

    The parameters of a part, such as a Pipeline's step, are set on the part itself, so
    that the containing estimator does not rebuild its parts.

    Parameters
    ----------
    estimator : estimator
        Changed in place.
    original : dict of str to object
        Parameters of the estimator and of nested estimators, by their full names.
    """
    parts = {"": estimator, **estimator.get_params(deep=True)}
    for name, value in original.items():
        prefix, _, own_name = name.rpartition("__")
        try:
            parts[prefix].set_params(**{own_name: value})
        except Exception:
            # Some third-party estimators reject set_params after fit. The fitted model
            # matters more than the parameters that it shows.
            continue


def _last_part(parameter: str) -> str:
    """Return the name of a parameter without the names of the enclosing estimators."""
    return parameter.rpartition("__")[2]
