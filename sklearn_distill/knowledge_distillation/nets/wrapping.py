"""Detect nets in estimators and wrap them as estimators, without importing torch."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import sys
from typing import Any

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


def innermost(estimator: Any) -> Any:
    """Return the last step of a Pipeline, or the estimator inside a FrozenEstimator.

    Every other estimator is returned unchanged.
    """
    if isinstance(estimator, Pipeline):
        return innermost(estimator.steps[-1][1])
    if isinstance(estimator, FrozenEstimator):
        return innermost(estimator.estimator)
    return estimator


def is_net(estimator: Any) -> bool:
    """Return whether an object is a skorch net, a torch module or a class.

    If torch is not imported yet, the object cannot be a net, so that torch need not be
    imported here.
    """
    if inspect.isclass(estimator):
        return True
    torch, skorch = sys.modules.get("torch"), sys.modules.get("skorch")
    return (torch is not None and isinstance(estimator, torch.nn.Module)) or (
        skorch is not None and isinstance(estimator, skorch.NeuralNet)
    )


def wrap_nets(estimator: Any, task: str, seed: int) -> Any:
    """Wrap a net, or the net at the end of a Pipeline, as a scikit-learn estimator.

    Frozen nets and all other estimators are returned unchanged.
    """
    if isinstance(estimator, Pipeline) and is_net(innermost(estimator)):
        name, last = estimator.steps[-1]
        steps = [*estimator.steps[:-1], (name, wrap_nets(last, task, seed))]
        return clone(estimator).set_params(steps=steps)
    if not is_net(estimator):
        return estimator
    from .estimators import NetClassifier, NetRegressor

    wrapper = NetClassifier if task == "classification" else NetRegressor
    return wrapper(estimator, seed)


def fitted_net(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return the skorch net of a fitted estimator, and the rows as input of the net."""
    if isinstance(estimator, FrozenEstimator):
        return fitted_net(estimator.estimator, X)
    before, last = split_pipeline(estimator)
    rows = X if before is None else before.transform(X)
    return getattr(last, "net_", last), rows


def split_pipeline(estimator: Any) -> tuple[Any, Any]:
    """Return the steps before the last one, or None, and the last step."""
    if isinstance(estimator, Pipeline):
        before = estimator[:-1] if len(estimator.steps) > 1 else None
        return before, estimator.steps[-1][1]
    return None, estimator
