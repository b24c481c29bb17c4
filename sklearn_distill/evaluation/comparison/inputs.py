"""Checks of the data, distillers, budgets and folds that a comparison is given."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold, check_cv

from ..._utils.fingerprint import fingerprint
from ..._utils.names import kebab_case
from ...plugins.registry import get_distiller
from ...selection import RandomSelection
from ...validation.rows import check_lengths, check_rows
from ...validation.targets import check_target
from ..measures.full_data import FULL_DATA
from ..measures.preprocessing import dense_rows


def check_data(
    X: Any, y: Any, task: str
) -> tuple[Any, np.ndarray, np.ndarray | None, str]:
    """Return the checked rows, their labels, the classes or None, and the task."""
    check_lengths(X, y)
    target = check_target(y, task=task, several=True)
    if target.task == "unsupervised":
        raise ValueError("compare_distillers requires labels; got y=None.")
    labels = np.asarray(target.values)
    if target.classes is not None:
        labels = np.asarray(target.classes)[target.values]
    X = dense_rows(X)
    check_rows(RandomSelection(), X, reset=True)
    return X, labels, target.classes, target.task


def named_distillers(distillers: Any) -> dict[str, Any]:
    """Return the distillers of a comparison as a dict of name to estimator."""
    if isinstance(distillers, Mapping):
        named = {str(key): _distiller(value) for key, value in distillers.items()}
    else:
        if isinstance(distillers, str) or hasattr(distillers, "fit_distill"):
            distillers = [distillers]
        named = {}
        for given in distillers:
            distiller = _distiller(given)
            key = given if isinstance(given, str) else kebab_case(type(given).__name__)
            if key in named:
                key = " ".join(repr(distiller).split())
            if key in named or fingerprint(distiller) in map(
                fingerprint, named.values()
            ):
                raise ValueError(
                    f"distillers contains {key!r} twice. Pass a dict to give each "
                    "distiller its own name."
                )
            named[key] = distiller
    if not named:
        raise ValueError("distillers must not be empty. Pass at least one distiller.")
    if FULL_DATA in named:
        raise ValueError(
            f"The name {FULL_DATA!r} is reserved for the full training data. Choose "
            "another name for the distiller."
        )
    return named


def with_densify(named: dict[str, Any], densify: Any) -> dict[str, Any]:
    """Return clones of the distillers whose parameter `densify` is replaced.

    Raises
    ------
    ValueError
        If `densify` is set, but no distiller has this parameter.
    """
    if densify is None:
        return named
    can_grow = {
        name
        for name, distiller in named.items()
        if "densify" in distiller.get_params(deep=False)
    }
    if not can_grow:
        raise ValueError(
            f"densify={densify!r} requires a distiller with the parameter densify, "
            f"which {', '.join(named)} does not have. Use, for example, k-means."
        )
    return {
        name: clone(distiller).set_params(densify=densify)
        if name in can_grow
        else distiller
        for name, distiller in named.items()
    }


def _distiller(given: Any) -> Any:
    """Return the distiller that a name or an estimator stands for."""
    distiller = get_distiller(given)() if isinstance(given, str) else given
    if isinstance(distiller, type) or not hasattr(distiller, "fit_distill"):
        raise TypeError(
            f"{given!r} is not a distiller. Pass a name from list_distillers() or an "
            "estimator with a fit_distill method."
        )
    return distiller


def check_budgets(budgets: Any) -> list[Any]:
    """Return the budgets of a comparison as a list of int, float, dict or None."""
    if budgets is None or isinstance(budgets, int | float | str | Mapping):
        budgets = [budgets]
    budgets = [b.item() if hasattr(b, "item") else b for b in budgets]
    for budget in budgets:
        if budget is None or isinstance(budget, Mapping):
            continue
        is_number = isinstance(budget, int | float) and not isinstance(budget, bool)
        is_count = isinstance(budget, int)
        if not is_number or not (budget >= 1 if is_count else 0 < budget < 1):
            raise ValueError(
                f"budgets contains {budget!r}. Each budget must be a positive int "
                "(rows per class), a float in (0, 1) (share of the rows) or a dict."
            )
    if not budgets:
        raise ValueError("budgets must not be empty. Pass at least one budget.")
    return budgets


def make_splits(
    cv: Any, X: Any, y: np.ndarray, is_classification: bool, random_state: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the training and test indices of each fold."""
    if isinstance(cv, int):
        folds = StratifiedKFold if is_classification else KFold
        cv = folds(cv, shuffle=True, random_state=random_state)
    splitter = check_cv(cv, y, classifier=is_classification)
    return [(np.asarray(a), np.asarray(b)) for a, b in splitter.split(X, y)]
