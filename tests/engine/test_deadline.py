"""The time limit of a training loop."""

import time

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_distill import KernelInducingPoints
from sklearn_distill.engine.deadline import Deadline, OutOfTime, check_deadline


def test_check_deadline_raises_after_the_limit_in_its_context_only():
    check_deadline(1e9)
    with Deadline(0.01) as deadline:
        assert not deadline.is_over()
        with pytest.raises(OutOfTime):
            check_deadline(needed=5.0)
        time.sleep(0.02)
        assert deadline.is_over()
        with pytest.raises(OutOfTime):
            check_deadline()
        deadline.grace = deadline.GRACE
        check_deadline()
    check_deadline()


def test_deadline_without_a_limit_never_passes():
    with Deadline(None) as deadline:
        check_deadline(1e9)
        assert not deadline.is_over()


def test_deadline_counts_the_seconds_before_a_resumed_fit():
    deadline = Deadline(10.0)
    deadline.seconds_before = 9.5
    assert 9.5 <= deadline.seconds() < 10.0
    assert not deadline.allows(1.0)


class SlowKernel:
    """A Gaussian kernel that takes a tenth of a second."""

    def __call__(self, a, b):
        time.sleep(0.1)
        return (-(a[:, None] - b).square().sum(2) / 8.0).exp()


def test_max_time_that_passes_before_the_first_step_returns_the_initial_rows(
    make_classes, are_real_rows
):
    X, y = make_classes((400, 400))
    points = KernelInducingPoints(3, kernel=SlowKernel(), max_time=1e-6, random_state=0)
    started = time.monotonic()
    with pytest.warns(ConvergenceWarning, match="max_time=1e-06 passed before the"):
        points.fit(X, y)
    assert time.monotonic() - started < 10.0
    assert points.n_iter_ == 0
    assert len(points.history_) == 0
    assert points.distilled_.info["loss"] is None
    assert are_real_rows(points.distilled_.X, X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_max_time_ends_slow_steps_in_time(make_classes):
    """The time of the last validation pass is reserved."""
    X, y = make_classes((400, 400))
    points = KernelInducingPoints(3, kernel=SlowKernel(), max_time=1.5, random_state=0)
    started = time.monotonic()
    points.fit(X, y)
    assert time.monotonic() - started < 3.5
    assert 1 <= points.n_iter_ < 20
    assert all(np.isfinite(points.history_[:, "valid_loss"]))
