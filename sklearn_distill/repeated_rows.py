"""Estimators that are to see a row several times, once with each class it may be of.

Soft labels reach an estimator as copies of a row with different labels and weights.
What it counts in rows, and what it does with some of them apart from the others, would
mean something else then.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

# Parameters that count rows where they mean rows of data, and what asks for nothing.
COUNTS_OF_ROWS = {"min_samples_leaf": 1, "min_child_samples": 1, "min_samples_split": 2}


def holds_rows_back(estimator: Any) -> bool:
    """Tell whether an estimator, or one inside it, judges itself on some of its rows.

    Of two copies of a row one could be among those, and the other, with another label,
    among the rest: who sees that learns to answer the opposite.
    """
    return any(
        (_own_name(name) == "cv" and value != "prefit")
        or (_own_name(name) == "early_stopping" and value is True)
        for name, value in estimator.get_params(deep=True).items()
    )


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


def balance_by(estimator: Any, y: np.ndarray) -> Any:
    """Set class weights that are to balance the classes to those which balance y.

    Of copies there may be as many of each class, whatever y holds, and counted they
    would be in balance.

    Parameters
    ----------
    estimator : estimator
        Changed in place; of a Pipeline the last step is.
    y : ndarray of shape (n,)
        The label of each row, once.

    Returns
    -------
    estimator
    """
    last = estimator
    while hasattr(last, "steps"):
        last = last.steps[-1][1]
    for name, value in last.get_params(deep=True).items():
        balances = isinstance(value, str) and value.startswith("balanced")
        if _own_name(name) != "class_weight" or not balances:
            continue
        if name == "class_weight":
            classes = np.unique(y)
            weights = compute_class_weight("balanced", classes=classes, y=y)
            last.set_params(class_weight=dict(zip(classes, weights, strict=True)))
        else:
            # What labels are called in there only the estimator around it knows.
            warnings.warn(
                f"{name}={value!r} counts rows, but soft labels repeat rows, once for "
                "each class that they may be of: little of the balance will be left. "
                "Pass the weights of the classes instead.",
                UserWarning,
                stacklevel=2,
            )
    return estimator


def _own_name(parameter: str) -> str:
    """Return what an estimator inside others calls the parameter itself."""
    return parameter.rpartition("__")[2]
