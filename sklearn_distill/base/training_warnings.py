"""Warnings about a training of rows that ended without a result."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._utils.caller import caller_stacklevel

if TYPE_CHECKING:
    from ..engine.loop import DistillationLoop


def warn_if_unchanged(learner: Any, loop: "DistillationLoop") -> None:
    """Warn if the fit was interrupted, or if the best rows are the initial ones."""
    best = dict(loop.callbacks_)["keep_best"]
    if loop.stop_reason_ is None:
        warnings.warn(
            f"The fit was interrupted after {learner.n_iter_} of {learner.max_iter} "
            "steps. The best rows until then are kept.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )
    what = "rows" if learner.learn_rows else "labels"
    synthetic: Any = loop.module_

    def values(state: dict[str, Any]) -> np.ndarray:
        if learner.learn_rows:
            return synthetic.rows_of(state)
        return state["targets"].cpu().numpy()

    first = values(best.first_state_)
    if np.any(values(best.best_state_) != first):
        return
    if loop.stop_reason_ == "max_time" and not learner.n_iter_:
        warnings.warn(
            f"max_time={learner.max_time} passed before the first step of "
            f"{type(learner).__name__}, so the result consists of the initial {what}. "
            "Raise max_time or lower the budget.",
            ConvergenceWarning,
            stacklevel=caller_stacklevel(),
        )
        return
    outcome = (
        f"changed the {what} without lowering the validation loss"
        if np.any(values(synthetic.state_dict()) != first)
        else f"did not change the {what}"
    )
    warnings.warn(
        f"{type(learner).__name__} {outcome} ({best.first_loss_:.4g} at the start, "
        f"{learner.n_iter_} steps), so the result consists of the initial {what}. Try "
        "another learning_rate, a larger max_iter or more training rows.",
        ConvergenceWarning,
        stacklevel=caller_stacklevel(),
    )
