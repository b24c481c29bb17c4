"""Telling nets from other estimators, and making estimators of them, without torch."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import sys
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline


def innermost(estimator: Any) -> Any:
    """Return a Pipeline's last step, or what is frozen, or the estimator itself."""
    if isinstance(estimator, Pipeline):
        return innermost(estimator.steps[-1][1])
    if type(estimator).__name__ == "FrozenEstimator":
        return innermost(estimator.estimator)
    return estimator


def is_net(estimator: Any) -> bool:
    """Tell whether this is a skorch net, or a class or an instance of a torch module.

    Who holds one has imported torch: others are not made to.
    """
    if inspect.isclass(estimator):
        return True
    torch, skorch = sys.modules.get("torch"), sys.modules.get("skorch")
    return (torch is not None and isinstance(estimator, torch.nn.Module)) or (
        skorch is not None and isinstance(estimator, skorch.NeuralNet)
    )


def wrap_nets(estimator: Any, task: str, seed: int) -> Any:
    """Return an estimator with the net in it, if any, as one in the user's terms.

    Pipelines keep their other steps; what is frozen stays as it is.
    """
    if isinstance(estimator, Pipeline) and is_net(innermost(estimator)):
        name, last = estimator.steps[-1]
        steps = [*estimator.steps[:-1], (name, wrap_nets(last, task, seed))]
        return clone(estimator).set_params(steps=steps)
    if not is_net(estimator):
        return estimator
    from .nets import NetClassifier, NetRegressor

    return (NetClassifier if task == "classification" else NetRegressor)(
        estimator, seed
    )


def fitted_net(estimator: Any, X: Any) -> tuple[Any, Any]:
    """Return (skorch net, rows as it sees them) of a fitted estimator with a net."""
    if type(estimator).__name__ == "FrozenEstimator":
        return fitted_net(estimator.estimator, X)
    before, last = split_pipeline(estimator)
    seen = X if before is None else before.transform(X)
    return getattr(last, "net_", last), seen


def split_pipeline(estimator: Any) -> tuple[Any, Any]:
    """Return (steps before the last, or None; the last step)."""
    if isinstance(estimator, Pipeline):
        before = estimator[:-1] if len(estimator.steps) > 1 else None
        return before, estimator.steps[-1][1]
    return None, estimator
