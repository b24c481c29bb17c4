"""The metrics of a search."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from typing import Any

from sklearn.metrics import check_scoring

# Parts of the names and representations of metrics that weight all classes equally.
BALANCED_METRICS = (
    "balanced",
    "macro",
    "roc_auc_ovr",
    "roc_auc_ovo",
    "multi_class=ov",
)


def check_metrics(scoring: Any, refit: Any) -> None:
    """Raise ValueError if several metrics are given without the one that decides."""
    if not isinstance(scoring, list | tuple | set | Mapping):
        return
    if refit is True or (isinstance(refit, str) and refit not in scoring):
        raise ValueError(
            "refit must be the name of one of the metrics or a callable if scoring "
            f"has several metrics ({', '.join(map(str, scoring))}); got {refit!r}. "
            "Set refit of DistilledSearchCV to a name, or to False to fit no final "
            "estimator."
        )


def is_balanced_metric(metric: Any) -> bool:
    """Return whether the name of a metric or scorer says that it weights classes.

    Parameters
    ----------
    metric : str, callable or None
        The representation of a scorer contains the name and the average of its metric.
    """
    text = metric if isinstance(metric, str) else repr(metric)
    if "weighted" in text:
        # The classes count as much as they have rows.
        return False
    return any(part in text for part in BALANCED_METRICS)


def deciding_metric(scoring: Any, refit: Any) -> Any:
    """Return the metric that selects the best candidate, or the first of several."""
    if isinstance(scoring, Mapping):
        return (
            scoring[refit] if isinstance(refit, str) else next(iter(scoring.values()))
        )
    if isinstance(scoring, list | tuple | set):
        return refit if isinstance(refit, str) else next(iter(scoring))
    return scoring


def scorers_of(estimator: Any, scoring: Any) -> Any:
    """Return the scorer of a search, or a dict of scorers for several metrics.

    Parameters
    ----------
    estimator : estimator
    scoring : str, callable, list, tuple, dict or None

    Raises
    ------
    ValueError
        If the name of a metric is unknown.
    """
    if isinstance(scoring, Mapping):
        return {name: check_scoring(estimator, s) for name, s in scoring.items()}
    if isinstance(scoring, list | tuple | set):
        return {name: check_scoring(estimator, name) for name in scoring}
    return check_scoring(estimator, scoring)


def scoring_of(search: Any) -> Any:
    """Return the parameter `scoring` of a search, or None if it has none."""
    return search.get_params(deep=False).get("scoring")
