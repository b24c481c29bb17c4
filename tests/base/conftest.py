"""Fixtures that run a test once for each of a few methods."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.base import clone

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)

SELECTIONS = [
    RandomSelection(random_state=0),
    HerdingSelection(random_state=0),
    KMeansSelection(random_state=0),
    KMeansSelection(representative="centroid", random_state=0),
]
METHODS = [*SELECTIONS, KernelInducingPoints(max_iter=3, random_state=0)]


@pytest.fixture(params=METHODS, ids=repr)
def make_method(request):
    """A function that returns a new instance of a method with given parameters."""
    return lambda **params: clone(request.param).set_params(**params)


@pytest.fixture(params=SELECTIONS, ids=repr)
def make_selection(request):
    """A function that returns a new instance of a selection with given parameters."""
    return lambda **params: clone(request.param).set_params(**params)


class RecordingCallback:
    """A scikit-learn callback that records its calls and may act on an iteration.

    Parameters
    ----------
    at : int, default=None
        The number of the task, counted at its end, after which `act` is called.
    act : callable, default=None
        Returns whether the fit has to stop.
    """

    def __init__(self, at=None, act=None):
        self.at, self.act = at, act
        self.begun, self.ended, self.torn_down = [], [], 0
        self.fitted = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.ended.append(context.task_name)
        self.fitted.append(fitted_estimator)
        if context.task_name == "iteration" and len(self.ended) == self.at:
            return self.act()
        return False


@pytest.fixture
def make_recorder():
    """The class of scikit-learn callbacks that record their calls."""
    return RecordingCallback
