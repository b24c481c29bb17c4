"""What `fit` does and leaves alone: weights, seeds, refusals, progress, memory."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np

from .common import (
    SkippedCheck,
    assert_refuses,
    blobs,
    fit,
    global_states,
    quick,
)


def check_zero_weights_are_absent(estimator: Any) -> None:
    """Rows of weight 0 change nothing."""
    X, y = blobs()
    rng = np.random.RandomState(0)
    junk = np.r_[np.zeros(len(X)), np.ones(15)].astype(bool)
    order = np.argsort(np.r_[np.arange(len(X)) * 1.0, rng.uniform(0, len(X), 15)])
    X_more = np.r_[X, 100 + rng.randn(15, X.shape[1])][order]
    y_more = np.r_[y, np.full(15, 9)][order]
    weights = (~junk[order]).astype(float)
    plain = fit(quick(estimator), X, y).distilled_
    weighted = fit(quick(estimator), X_more, y_more, sample_weight=weights)
    np.testing.assert_array_equal(weighted.distilled_.X, plain.X)
    np.testing.assert_array_equal(weighted.distilled_.y, plain.y)


def check_unlabeled_rows(estimator: Any) -> None:
    """Rows without labels are distilled too, and give no class of their own."""
    X, y = blobs()
    labelled = np.r_[0:20, 60:80, 90:102]
    known = np.isin(np.arange(len(X)), np.argsort(y, kind="stable")[labelled])
    fitted = fit(quick(estimator), X[known], y[known], X_unlabeled=X[~known])
    distilled = fitted.distilled_
    assert distilled.info["n_rows_before"] == len(X)
    np.testing.assert_array_equal(np.unique(distilled.y), np.unique(y))
    assert len(distilled) == 9
    assert distilled.X.min() >= X.min()
    assert distilled.X.max() <= X.max()


def check_nothing_to_distill(estimator: Any) -> None:
    """If the budget covers every row they come back in their own order, with a
    warning."""
    X, y = blobs()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        distilled = quick(estimator, budget=60).fit(X, y).distilled_
    assert any("nothing to distill" in str(w.message) for w in caught)
    np.testing.assert_array_equal(distilled.X, X)
    np.testing.assert_array_equal(distilled.y, y)


def check_reproducible(estimator: Any) -> None:
    """An int seed gives the same bytes, and the global generators are left alone."""
    X, y = blobs()
    states = list(global_states())
    first = fit(quick(estimator, random_state=1), X, y).distilled_
    for before, after in zip(states, global_states(), strict=True):
        assert (before == after).all(), "fit moved a global random number generator"
    second = fit(quick(estimator, random_state=1), X, y).distilled_
    assert np.asarray(first.X).tobytes() == np.asarray(second.X).tobytes()
    assert first.y.tobytes() == second.y.tobytes()


def check_refuses_bad_input(estimator: Any) -> None:
    """Missing values, one class and an empty budget are refused by name."""
    X, y = blobs()
    X_nan = X.copy()
    X_nan[3, 1] = np.nan
    assert_refuses(estimator, X_nan, y, match="NaN")
    assert_refuses(estimator, X, np.zeros(len(X), dtype=int), match="class")
    assert_refuses(quick(estimator, budget=0), X, y, match="budget")
    assert_refuses(quick(estimator, budget=1.5), X, y, match="budget")
    assert_refuses(quick(estimator, budget={0: 1}), X, y, match="class")
    assert_refuses(estimator, X, y[:-1], match="inconsistent")


def check_progress_events(estimator: Any) -> None:
    """A callback hears of the fit, of each iteration, and can end it."""
    X, y = blobs()
    heard = Listener(stop_after=None)
    fitted = quick(estimator)
    fitted.set_callbacks(heard)
    fit(fitted, X, y)
    assert heard.tasks.count("fit") == 1, heard.tasks
    if "max_iter" not in fitted.get_params(deep=False):
        return
    assert heard.tasks.count("iteration") == fitted.n_iter_ >= 1
    hurried = quick(estimator)
    hurried.set_callbacks(Listener(stop_after=3))
    fit(hurried, X, y)
    assert hurried.n_iter_ == 3, "a callback's answer did not end the fit"
    assert len(hurried.distilled_) == 9


def check_no_device_memory_held(estimator: Any) -> None:
    """After fit nothing of it is left on a GPU."""
    try:
        import torch
    except ImportError as error:
        raise SkippedCheck("torch is not installed") from error
    if not torch.cuda.is_available():
        raise SkippedCheck("there is no GPU")
    X, y = blobs()
    before = torch.cuda.memory_allocated()
    fitted = fit(quick(estimator, device="cuda"), X, y)
    assert torch.cuda.memory_allocated() <= before, "tensors are left on the GPU"
    del fitted


class Listener:
    """A callback that writes down which tasks ended."""

    def __init__(self, stop_after: int | None):
        self.stop_after = stop_after
        self.tasks: list[str] = []

    def setup(self, estimator: Any, context: Any) -> None:
        """Nothing to prepare."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing to put away."""

    def on_fit_task_begin(self, estimator: Any, context: Any, **kwargs: Any) -> None:
        """Only ends are written down."""

    def on_fit_task_end(self, estimator: Any, context: Any, **kwargs: Any) -> bool:
        self.tasks.append(context.task_name)
        return self.tasks.count("iteration") == self.stop_after
