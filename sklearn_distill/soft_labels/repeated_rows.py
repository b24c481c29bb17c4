"""Estimators that are to see a row several times, once with each class it may be of.

Soft labels reach an estimator as copies of a row with different labels and weights.
Copies that it holds back, or counts to balance the classes, are not what it takes them
for.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor

# Parameters that count rows where they mean rows of data, and what asks for nothing.
COUNTS_OF_ROWS = {"min_samples_leaf": 1, "min_child_samples": 1, "min_samples_split": 2}


def holds_rows_back(estimator: Any) -> bool:
    """Tell whether an estimator, or one inside it, judges itself on some of its rows.

    Of two copies of a row one could be among those, and the other, with another label,
    among the rest: who sees that learns to answer the opposite.
    """
    return any(map(_holds_rows_back, _with_those_inside(estimator)))


def _with_those_inside(estimator: Any) -> Iterator[Any]:
    yield estimator
    for value in estimator.get_params(deep=True).values():
        if hasattr(value, "get_params") and not isinstance(value, type):
            yield value


def _holds_rows_back(estimator: Any) -> bool:
    given = estimator.get_params(deep=False)
    if "cv" in given:
        return bool(given["cv"] != "prefit")
    if "early_stopping" in given:
        return given["early_stopping"] is True
    if given.get("probability") is True:
        return True
    if given.get("n_iter_no_change") is None:
        return False
    return is_classifier(estimator) or is_regressor(estimator)


def scale_counts_of_rows(estimator: Any, times: float) -> Any:
    """Set what counts rows to what it means where rows stand `times` times on average.

    A leaf of 20 rows is one of 50 where each row stands there 2.5 times. Early stopping
    that an estimator decides on itself is off: it would watch copies of training rows.
    """
    changed: dict[str, Any] = {}
    for name, value in estimator.get_params(deep=True).items():
        least = COUNTS_OF_ROWS.get(_own_name(name))
        if least is not None and isinstance(value, int | np.integer) and value > least:
            changed[name] = round(value * times)
        elif _own_name(name) == "early_stopping" and isinstance(value, str):
            changed[name] = False
    return estimator.set_params(**changed) if changed else estimator


def take_balance(estimator: Any, shares: np.ndarray) -> np.ndarray:
    """Take ``class_weight="balanced"`` off an estimator, and return its weights.

    Of copies there may be as many of each class, whatever the rows are, and counted
    they would be in balance. What an estimator inside an ensemble is to balance is not
    known here: then there is a warning.

    Parameters
    ----------
    estimator : estimator
        Changed in place; of a Pipeline the last step is.
    shares : ndarray of shape (n, n_classes)
        How much of each row is of which class.

    Returns
    -------
    ndarray of shape (n_classes,)
        What to multiply the weight of each class by; ones if nobody balances.
    """
    last = estimator
    while hasattr(last, "steps"):
        last = last.steps[-1][1]
    n_classes = shares.shape[1]
    weights = np.ones(n_classes)
    for name, value in last.get_params(deep=True).items():
        balances = isinstance(value, str) and value.startswith("balanced")
        if _own_name(name) != "class_weight" or not balances:
            continue
        if name == "class_weight":
            last.set_params(class_weight=None)
            mass = shares.sum(axis=0)
            there = mass > 0
            weights[there] = mass.sum() / (there.sum() * mass[there])
        else:
            warnings.warn(
                f"{name}={value!r} counts rows, but soft labels repeat rows, once for "
                "each class that they may be of: little of the balance will be left. "
                "Pass the weights of the classes instead.",
                UserWarning,
                stacklevel=2,
            )
    return weights


def _own_name(parameter: str) -> str:
    """Return what an estimator inside others calls the parameter itself."""
    return parameter.rpartition("__")[2]
