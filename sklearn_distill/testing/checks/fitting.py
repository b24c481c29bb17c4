"""Checks of fit: sample weights, random states, errors, callbacks and memory."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.utils import get_tags

from .common import (
    SkippedCheck,
    assert_fit_raises,
    blobs,
    fit,
    global_states,
    quick,
)


def check_zero_weights_are_ignored(estimator: Any) -> None:
    """Rows with a sample weight of 0 do not change the distilled set."""
    X, y = blobs()
    rng = np.random.RandomState(0)
    is_outlier = np.r_[np.zeros(len(X)), np.ones(15)].astype(bool)
    order = np.argsort(np.r_[np.arange(len(X)) * 1.0, rng.uniform(0, len(X), 15)])
    X_more = np.r_[X, 100 + rng.randn(15, X.shape[1])][order]
    y_more = np.r_[y, np.full(15, 9)][order]
    weights = (~is_outlier[order]).astype(float)
    plain = fit(quick(estimator), X, y).distilled_
    weighted = fit(quick(estimator), X_more, y_more, sample_weight=weights).distilled_
    for name in ("X", "y"):
        np.testing.assert_array_equal(
            getattr(weighted, name),
            getattr(plain, name),
            err_msg=f"Adding rows with a sample weight of 0 must not change {name} of "
            "the distilled set.",
        )


def check_unlabeled_rows(estimator: Any) -> None:
    """Rows passed as X_unlabeled are distilled and do not add a class."""
    X, y = blobs()
    labeled = np.r_[0:20, 60:80, 90:102]
    known = np.isin(np.arange(len(X)), np.argsort(y, kind="stable")[labeled])
    fitted = fit(quick(estimator), X[known], y[known], X_unlabeled=X[~known])
    distilled = fitted.distilled_
    n_rows = distilled.info["n_rows_before"]
    assert n_rows == len(X), (
        "info['n_rows_before'] must count the rows of X and of X_unlabeled, "
        f"{len(X)}; got {n_rows}."
    )
    np.testing.assert_array_equal(
        np.unique(distilled.y),
        np.unique(y),
        err_msg="The classes of the distilled set must be those of y.",
    )
    assert len(distilled) == 9, (
        f"budget=3 with three classes must give 9 distilled rows; got {len(distilled)}."
    )
    assert X.min() <= distilled.X.min() <= distilled.X.max() <= X.max(), (
        "The distilled values must lie in the range of X and X_unlabeled."
    )


def check_budget_that_covers_all_rows(estimator: Any) -> None:
    """A budget that covers all rows gives the rows in their order, with a warning."""
    X, y = blobs()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        distilled = quick(estimator, budget=60).fit(X, y).distilled_
    assert any("budget" in str(w.message) for w in caught), (
        "fit must warn if the budget covers all rows of X. Do not override fit; "
        "implement _distill, which is not called in this case."
    )
    for name, given in (("X", X), ("y", y)):
        np.testing.assert_array_equal(
            getattr(distilled, name),
            given,
            err_msg=f"If the budget covers all rows, {name} of the distilled set must "
            f"be {name} of the training data, in the same order.",
        )


def check_several_targets(estimator: Any) -> None:
    """Several continuous targets are distilled, or rejected with a clear error."""
    X, _ = blobs()
    noise = 0.1 * np.random.RandomState(0).randn(len(X), 2)
    y = X[:, :2] @ np.array([[1.0, 100.0], [2.0, 50.0]]) + noise
    small = quick(estimator, budget=9, task="regression")
    if not get_tags(estimator).target_tags.multi_output:
        assert_fit_raises(
            small,
            X,
            y,
            match=type(estimator).__name__,
            problem="y has two columns, because the tag target_tags.multi_output of "
            "the distiller is False",
        )
        return
    fitted = fit(small, X, y)
    found = np.asarray(fitted.distilled_.y)
    assert found.shape == (9, 2), (
        "If y has two columns, y of the distilled set must have the shape (9, 2) with "
        f"budget=9; got {found.shape}."
    )
    is_inside = (found >= y.min(axis=0)) & (found <= y.max(axis=0))
    assert is_inside.all(), (
        "Each of several distilled targets must lie in the range of its column of y."
    )


def check_reproducible(estimator: Any) -> None:
    """The same int random_state gives the same bytes, without global side effects."""
    X, y = blobs()
    states = list(global_states())
    first = fit(quick(estimator, random_state=1), X, y).distilled_
    for before, after in zip(states, global_states(), strict=True):
        assert (before == after).all(), (
            "fit must not change a global random number generator (of random, NumPy or "
            "torch). Draw from the random state of the problem instead."
        )
    second = fit(quick(estimator, random_state=1), X, y).distilled_
    for name in ("X", "y"):
        one, other = (np.asarray(getattr(made, name)) for made in (first, second))
        assert one.tobytes() == other.tobytes(), (
            f"Two fits with the same random_state must give the same {name} of the "
            "distilled set. Draw all numbers from the random state of the problem."
        )


def check_invalid_input_raises(estimator: Any) -> None:
    """Infinite values, a single class and invalid budgets raise an error in fit."""
    X, y = blobs()
    X_inf = X.copy()
    X_inf[3, 1] = np.inf
    one_class = np.zeros(len(X), dtype=int)
    cases: list[tuple[dict[str, Any], Any, Any, str, str]] = [
        ({}, X_inf, y, "infinity", "X has infinite values"),
        ({}, X, one_class, "class", "y has a single class"),
        ({}, X, y[:-1], "inconsistent", "X and y have different lengths"),
        ({"budget": 0}, X, y, "budget", "budget=0"),
        ({"budget": 1.5}, X, y, "budget", "budget=1.5"),
        ({"budget": {0: 1}}, X, y, "class", "budget is a dict that lacks a class"),
    ]
    for params, X_bad, y_bad, match, problem in cases:
        bad = quick(estimator, **params) if params else estimator
        assert_fit_raises(bad, X_bad, y_bad, match=match, problem=problem)


def check_callbacks(estimator: Any) -> None:
    """A callback is called for the fit and for each iteration, and can stop the fit."""
    X, y = blobs()
    recorder = RecordingCallback(stop_after=None)
    fitted = quick(estimator)
    fitted.set_callbacks(recorder)
    fit(fitted, X, y)
    assert recorder.tasks.count("fit") == 1, (
        "on_fit_task_end must be called exactly once for the task 'fit'; it was called "
        f"for the tasks {recorder.tasks}."
    )
    if "max_iter" not in fitted.get_params(deep=False):
        return
    n_calls = recorder.tasks.count("iteration")
    assert n_calls == fitted.n_iter_ >= 1, (
        "An iterative method must call on_fit_task_end for the task 'iteration' after "
        f"each of its n_iter_={fitted.n_iter_} steps; it was called {n_calls} times."
    )
    stopped = quick(estimator)
    stopped.set_callbacks(RecordingCallback(stop_after=3))
    fit(stopped, X, y)
    assert stopped.n_iter_ == 3, (
        "The fit must stop if on_fit_task_end returns True: expected n_iter_=3, got "
        f"{stopped.n_iter_}."
    )
    assert len(stopped.distilled_) == 9, (
        "A fit that a callback stops must give 9 distilled rows with budget=3 and "
        f"three classes; got {len(stopped.distilled_)}."
    )


def check_device_memory_is_freed(estimator: Any) -> None:
    """fit does not leave tensors in the memory of a GPU."""
    try:
        import torch
    except ImportError as error:
        raise SkippedCheck("torch is not installed.") from error
    if not torch.cuda.is_available():
        raise SkippedCheck("No GPU is available.")
    X, y = blobs()
    before = torch.cuda.memory_allocated()
    fitted = fit(quick(estimator, device="cuda"), X, y)
    n_bytes = torch.cuda.memory_allocated() - before
    assert n_bytes <= 0, (
        f"fit must not leave tensors on the GPU; {n_bytes} bytes are allocated after "
        "fit. Store fitted attributes as NumPy arrays or as tensors on the CPU."
    )
    del fitted


class RecordingCallback:
    """A callback that records the names of finished tasks and can stop the fit.

    Parameters
    ----------
    stop_after : int or None
        The number of iterations after which the callback asks the fit to stop.
    """

    def __init__(self, stop_after: int | None):
        self.stop_after = stop_after
        self.tasks: list[str] = []

    def setup(self, estimator: Any, context: Any) -> None:
        """Do nothing; the method is part of scikit-learn's callback protocol."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Do nothing; the method is part of scikit-learn's callback protocol."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **kwargs: Any) -> None:
        """Do nothing; only finished tasks are recorded."""

    def on_fit_task_end(self, estimator: Any, context: Any, **kwargs: Any) -> bool:
        """Record the name of the task and return whether the fit must stop."""
        self.tasks.append(context.task_name)
        return self.tasks.count("iteration") == self.stop_after
