"""Metadata of `fit`: which part of the search receives them."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sklearn.metrics import check_scoring
from sklearn.utils.metadata_routing import (
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.validation import has_fit_parameter

from .._utils._sklearn_private import _routing_enabled
from .._utils.caller import caller_stacklevel
from ..soft_labels.fitting import weight_parameter
from .metrics import scoring_of


@dataclass
class RoutedMetadata:
    """The metadata of `fit`, by their receivers.

    Attributes
    ----------
    splitter, distiller : dict
        Metadata for `split` and for `fit` of the distiller.
    confirming : dict
        Metadata for `fit` of the search that confirms candidates on all rows.
    refitting : dict
        Metadata for `fit` of the final estimator if nothing is confirmed.
    scorer_weight : array-like or None
        Sample weights of the validation rows.
    """

    splitter: dict[str, Any] = field(default_factory=dict)
    distiller: dict[str, Any] = field(default_factory=dict)
    confirming: dict[str, Any] = field(default_factory=dict)
    refitting: dict[str, Any] = field(default_factory=dict)
    scorer_weight: Any = None


def route_metadata(owner: Any, params: Mapping[str, Any]) -> RoutedMetadata:
    """Return the metadata for every part of a DistilledSearchCV.

    Without metadata routing, `groups` is passed to the splitter, the sample weights of
    the estimator to the distiller too, and everything else to the estimator.

    Parameters
    ----------
    owner : DistilledSearchCV
    params : mapping of {str: object}
        The keyword arguments of `fit`.

    Raises
    ------
    TypeError
        If the estimator does not accept sample weights under the given name.
    """
    params = {name: value for name, value in params.items() if value is not None}
    estimator = owner.search.estimator
    if _routing_enabled():
        return _requested(process_routing(owner, "fit", **params), params)
    groups = params.pop("groups", None)
    name = weight_parameter(estimator)
    if "sample_weight" in params and name != "sample_weight":
        hint = (
            f"Pass them as {name}."
            if name
            else "Choose another estimator, or pass none."
        )
        raise TypeError(
            f"{type(estimator).__name__}.fit does not accept sample_weight. {hint}"
        )
    weights = params.get(name) if name else None
    takes_weights = has_fit_parameter(owner.distiller, "sample_weight")
    routed = RoutedMetadata(
        splitter={} if groups is None else {"groups": groups},
        confirming=params,
        refitting=params,
        scorer_weight=params.get("sample_weight"),
    )
    if weights is not None and takes_weights:
        routed.distiller = {"sample_weight": weights}
    _warn_about_unused(set(params) - {name})
    return routed


def _requested(routed: Any, params: Mapping[str, Any]) -> Any:
    """Return the metadata that each part has requested."""
    to_estimator, to_scorer = routed.estimator.fit, routed.scorer.score
    used = [*to_estimator.values(), *to_scorer.values()]
    _warn_about_unused(set(to_estimator) - {"sample_weight"})
    return RoutedMetadata(
        splitter=dict(routed.splitter.split),
        distiller=dict(routed.distiller.fit),
        # Metadata keep the names under which they were passed, because the confirming
        # search routes them once more.
        confirming={
            name: value
            for name, value in params.items()
            if any(value is item for item in used)
        },
        refitting=dict(to_estimator),
        scorer_weight=to_scorer.get("sample_weight"),
    )


def _warn_about_unused(names: set[str]) -> None:
    """Warn about metadata that distilled rows do not have."""
    if names:
        warnings.warn(
            f"{', '.join(sorted(names))} cannot be passed to candidates that are "
            "trained on distilled rows, because these rows have no such metadata. The "
            "metadata are used when candidates are trained on all rows.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )


def search_router(owner: Any) -> MetadataRouter:
    """Return the metadata routing of a DistilledSearchCV."""
    fit = MethodMapping().add(caller="fit", callee="fit")
    router = MetadataRouter(owner=owner)
    router.add(distiller=owner.distiller, method_mapping=fit)
    router.add(estimator=owner.search.estimator, method_mapping=fit)
    scoring = scoring_of(owner.search)
    scorer = check_scoring(owner.search.estimator, scoring)
    router.add(
        scorer=scorer,
        method_mapping=MethodMapping()
        .add(caller="score", callee="score")
        .add(caller="fit", callee="score"),
    )
    splitter = owner.search.get_params(deep=False).get("cv")
    to_splitter = MethodMapping().add(caller="fit", callee="split")
    return router.add(splitter=splitter, method_mapping=to_splitter)
