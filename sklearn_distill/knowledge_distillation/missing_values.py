"""Checks of missing values before a teacher or a student is trained."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from ..validation.missing_values import has_missing, rejecting_part


def check_missing_values(X: Any, *, student: Any, teachers: list[Any]) -> None:
    """Raise ValueError if X has missing values that some estimator does not accept.

    The same check applies to the rows of `fit` and of `predict`.

    Parameters
    ----------
    X : array or DataFrame
    student : estimator
    teachers : list of estimators
    """
    if not has_missing(X):
        return
    for role, estimators in (("student", [student]), ("teacher", teachers)):
        for estimator in estimators:
            if (rejecting := rejecting_part(estimator)) is not None:
                is_part = rejecting is not estimator
                part = f"{type(rejecting).__name__}, a step of " if is_part else ""
                raise ValueError(
                    f"X has missing values (NaN), which {part}the "
                    f"{role}, {type(estimator).__name__}, does not accept. Impute "
                    f"them first, or pass the {role} in a Pipeline after a "
                    "SimpleImputer."
                )
