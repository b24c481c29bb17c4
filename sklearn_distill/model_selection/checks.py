"""Searches and estimators that cannot be evaluated on distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import get_tags

from .._utils.caller import caller_stacklevel
from ..soft_labels.repeated_rows import holds_out_rows

# The parameters that every search of scikit-learn and of similar packages has.
PARAMETERS_OF_SEARCH = ("estimator", "cv", "refit")


def check_search(search: Any) -> None:
    """Raise an error if a search cannot run on stacked distilled rows.

    Parameters
    ----------
    search : search
        Such as GridSearchCV.

    Raises
    ------
    TypeError
        If the object is not a search.
    ValueError
        If the search draws subsamples of its rows, or if its estimator expects a
        matrix of kernel values or distances.
    """
    if isinstance(search, type):
        raise TypeError(
            f"search must be an instance such as GridSearchCV(estimator, param_grid); "
            f"got the class {search.__name__}."
        )
    given = search.get_params(deep=False)
    if missing := [name for name in PARAMETERS_OF_SEARCH if name not in given]:
        raise TypeError(
            f"search must be an unfitted search such as GridSearchCV(estimator, "
            f"param_grid), but {type(search).__name__} lacks the parameters "
            f"{', '.join(missing)}."
        )
    if given.get("resource") == "n_samples":
        raise ValueError(
            f"{type(search).__name__}(resource='n_samples') would evaluate candidates "
            "on a part of the distilled rows, of which there are few already. Set "
            "resource to a parameter of the estimator, such as n_estimators or "
            "max_iter, and set max_resources, or use GridSearchCV or "
            "RandomizedSearchCV."
        )
    if given.get("subsample", 1.0) != 1.0:
        raise ValueError(
            f"subsample={given['subsample']!r} would drop rows that the splits refer "
            "to. Set subsample=1.0: the distilled rows are few already."
        )
    estimator = given["estimator"]
    is_pairwise = hasattr(estimator, "__sklearn_tags__") and (
        get_tags(estimator).input_tags.pairwise
    )
    if is_pairwise or "precomputed" in _words_of_candidates(given):
        name = type(estimator).__name__ if is_pairwise else "A candidate"
        raise ValueError(
            f"{name} expects a precomputed matrix of kernel "
            "values or distances, which distilled rows do not have. Pass the rows "
            "themselves, and choose a kernel or metric that the estimator computes."
        )


def check_distiller_instance(distiller: Any) -> None:
    """Raise TypeError if the distiller is a class."""
    if isinstance(distiller, type):
        raise TypeError(
            f"distiller must be an instance such as {distiller.__name__}(); got the "
            f"class {distiller.__name__}."
        )


def check_rescale(
    rescale: Mapping[str, Any] | None, estimator: Any, search: Any
) -> None:
    """Raise an error for unsuitable entries of `rescale`.

    Raises
    ------
    TypeError
        If a value is neither a number nor a callable.
    ValueError
        If a name is not a parameter of the estimator.
    """
    for name, rule in (rescale or {}).items():
        is_number = isinstance(rule, Real) and not isinstance(rule, bool)
        if not (is_number or callable(rule)):
            raise TypeError(
                f"rescale[{name!r}] must be a number, the exponent, or a callable; got "
                f"{rule!r}."
            )
        if not any(_may_have(part, name) for part in _parts_of(estimator, search)):
            raise ValueError(
                f"rescale contains {name!r}, which is not a parameter of "
                f"{type(estimator).__name__}. Use a name that get_params() lists."
            )


def _parts_of(estimator: Any, search: Any) -> list[Any]:
    """Return the estimator of a search, and the estimators among its candidates."""
    values = _listed_values(search.get_params(deep=False))
    return [estimator, *(value for value in values if hasattr(value, "get_params"))]


def _may_have(part: Any, name: str) -> bool:
    """Return whether a name is, or ends in, that of a parameter of an estimator."""
    names = part.get_params(deep=True) if hasattr(part, "get_params") else ()
    return any(name == own or name.endswith(f"__{own}") for own in names)


def _words_of_candidates(given: Mapping[str, Any]) -> set[str]:
    """Return the strings among the values of a grid or of lists of values."""
    return {value for value in _listed_values(given) if isinstance(value, str)}


def _listed_values(given: Mapping[str, Any]) -> list[Any]:
    """Return the values of a grid, or those that other search spaces list."""
    names = ("param_grid", "param_distributions", "search_spaces")
    space: Any = next((given[name] for name in names if given.get(name)), {})
    return [
        value
        for part in ([space] if isinstance(space, Mapping) else space)
        if isinstance(part, Mapping)
        for listed in part.values()
        # The distributions of Optuna keep their values in `choices`.
        for value in _values_in(getattr(listed, "choices", listed))
    ]


def _values_in(listed: Any) -> Sequence[Any]:
    """Return the values of a list or of an array of objects, and none otherwise."""
    if isinstance(listed, np.ndarray):
        return list(listed) if listed.dtype == object else listed.ravel().tolist()
    return listed if isinstance(listed, list | tuple) else ()


def replaces_estimators(search: Any) -> bool:
    """Return whether candidates differ in the estimators that they consist of."""
    values = _listed_values(search.get_params(deep=False))
    return any(
        hasattr(value, "fit") or (isinstance(value, str) and value == "passthrough")
        for value in values
    )


def warn_about_held_out_rows(estimator: Any, search: Any) -> None:
    """Warn if a candidate holds out rows, which are distilled rows in the search."""
    parts = [p for p in _parts_of(estimator, search) if hasattr(p, "get_params")]
    held_out = [type(part).__name__ for part in parts if holds_out_rows(part)]
    if not held_out:
        return
    warnings.warn(
        f"{held_out[0]}, or an estimator inside it, evaluates itself on "
        "rows that it holds out from its training rows. During the search these are "
        "distilled rows, which are few and unlike real rows, so that the inner "
        "evaluation is unreliable. Search the inner parameters with `search` instead "
        "(LogisticRegression instead of LogisticRegressionCV), or turn the hold-out "
        "off (early_stopping=False, n_iter_no_change=None).",
        UserWarning,
        stacklevel=caller_stacklevel(),
    )


def disabled_validation_splits(estimator: Any, search: Any) -> dict[str, None]:
    """Return the parameters that make skorch nets train on all rows; warn if any.

    Parameters
    ----------
    estimator : estimator
        A net, or an estimator that contains nets.
    search : search
        The warning is given for nets among its candidates, too.

    Returns
    -------
    dict of {str: None}
        Values for `set_params` of the estimator.
    """
    found = [validation_splits(part) for part in _parts_of(estimator, search)]
    if names := list(dict.fromkeys(name for disabled in found for name in disabled)):
        warnings.warn(
            "The skorch net would hold out a part of the distilled rows for "
            f"validation. {', '.join(names)} is set to None during the search, and "
            "keeps its value for training on all rows. Set it to None to avoid this "
            "warning; callbacks that monitor the validation loss need monitor="
            "'train_loss'.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )
    return found[0]


def validation_splits(estimator: Any) -> dict[str, None]:
    """Return the parameters that make nets in an estimator train on all rows."""
    if not hasattr(estimator, "get_params"):
        return {}
    params = estimator.get_params(deep=True)
    owners = {"": estimator, **params}
    disabled: dict[str, None] = {}
    for name, value in params.items():
        prefix, _, own_name = name.rpartition("__")
        is_net = hasattr(owners.get(prefix), "initialize_module")
        if own_name == "train_split" and is_net and value is not None:
            disabled[name] = None
    return disabled


def task_of(estimator: Any) -> str | None:
    """Return the task for which a distiller distills; None if it is to decide."""
    if is_classifier(estimator):
        return "classification"
    return "regression" if is_regressor(estimator) else None
