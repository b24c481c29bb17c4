"""Every check finds distillers that violate the contract, and accepts valid ones."""

# SPDX-License-Identifier: BSD-3-Clause

import random

import numpy as np
import pytest
from sklearn.cluster import KMeans

from sklearn_distill import BaseDistiller, KernelInducingPoints, RandomSelection
from sklearn_distill.base import Kept, Learned
from sklearn_distill.testing import SkippedCheck, check_distiller
from sklearn_distill.testing.checks import distiller_checks, fewer_steps
from sklearn_distill.testing.checks.common import (
    MAX_ITER,
    assert_fit_raises,
    global_states,
    quick,
)

CHECKS = {check.__name__: check for check in distiller_checks()}


class Medoids(BaseDistiller):
    """A valid third-party method: keep the row nearest to each k-means centroid."""

    plugin_api = 1

    def __init__(
        self,
        budget=10,
        *,
        allocation="auto",
        task="auto",
        soft_labels=None,
        evaluator=None,
        numeric="auto",
        categorical_features="from_dtype",
        image_shape=None,
        random_state=None,
    ):
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        kept = []
        for _, rows, n_rows in problem.groups():
            seed = problem.random_state.randint(2**31 - 1)
            model = KMeans(n_rows, n_init=1, random_state=seed)
            model.fit(problem.flat[rows], sample_weight=problem.sample_weight[rows])
            distances = model.transform(problem.flat[rows])
            for cluster in range(n_rows):
                kept.append(rows[distances[:, cluster].argmin()])
                distances[distances[:, cluster].argmin()] = np.inf
        return Kept(np.array(kept))


class SetsAttributeInInit(Medoids):
    """Set an attribute in `__init__` that is not a parameter."""

    def __init__(self, budget=10):
        super().__init__(budget)
        self.extra = 1


class KeepsTooManyRows(Medoids):
    """Keep twice as many rows as the budget allows."""

    def _distill(self, problem):
        rows = [rows[: 2 * n_rows] for _, rows, n_rows in problem.groups()]
        return Kept(np.concatenate(rows))


class DropsSmallestClass(Medoids):
    """Keep no row of the smallest class."""

    def _distill(self, problem):
        groups = list(problem.groups())
        smallest = min(groups, key=lambda group: len(group[1]))[0]
        rows = [
            rows[:n_rows]
            for code, rows, n_rows in groups
            if code != smallest or len(groups) == 1
        ]
        return Kept(np.concatenate(rows))


class LabelsAllRowsAlike(Medoids):
    """Learn rows of a single class."""

    def _distill(self, problem):
        kept = super()._distill(problem).indices
        return Learned(problem.Z[kept], np.zeros_like(problem.y[kept]))


class IgnoresRandomState(Medoids):
    """Draw from a generator that `random_state` does not seed."""

    def _distill(self, problem):
        rng = np.random.default_rng()
        rows = [rng.permutation(rows)[:n] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class UsesGlobalNumPyGenerator(Medoids):
    """Draw from the global generator of NumPy."""

    def _distill(self, problem):
        np.random.shuffle(np.arange(3))
        return super()._distill(problem)


class UsesGlobalPythonGenerator(Medoids):
    """Draw from the global generator of the standard library."""

    def _distill(self, problem):
        random.random()
        return super()._distill(problem)


class IteratesWithoutCallbacks(Medoids):
    """Have the parameter `max_iter`, but do not call callbacks for iterations."""

    def __init__(
        self,
        budget=10,
        *,
        max_iter=5,
        allocation="auto",
        task="auto",
        soft_labels=None,
        evaluator=None,
        numeric="auto",
        categorical_features="from_dtype",
        image_shape=None,
        random_state=None,
    ):
        super().__init__(
            budget,
            allocation=allocation,
            task=task,
            soft_labels=soft_labels,
            evaluator=evaluator,
            numeric=numeric,
            categorical_features=categorical_features,
            image_shape=image_shape,
            random_state=random_state,
        )
        self.max_iter = max_iter

    def _distill(self, problem):
        self.n_iter_ = self.max_iter
        return super()._distill(problem)


class CountsRowsOfWeightZero(Medoids):
    """Depend on the number of rows in X, including rows with a weight of 0."""

    def fit(self, X, y=None, sample_weight=None):
        self._n_seen = len(X)
        return super().fit(X, y, sample_weight)

    def _distill(self, problem):
        rows = [np.roll(rows, self._n_seen)[:n] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class DependsOnUnits(Medoids):
    """Keep the rows with the smallest norm in the units of X."""

    def _distill(self, problem):
        X = problem.encoder.decode(problem.Z)
        if not isinstance(X, np.ndarray) or X.dtype.kind not in "biuf":
            return super()._distill(problem)
        lengths = np.abs(X.reshape(len(X), -1).astype(float)).sum(axis=1)
        rows = [rows[lengths[rows].argsort()[:n]] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class GivesNegativeWeights(Medoids):
    """Give the distilled rows negative sample weights."""

    def _distill(self, problem):
        kept = super()._distill(problem).indices
        return Kept(kept, sample_weight=np.full(len(kept), -1.0))


class FailsForRegression(Medoids):
    """Fail for a continuous y with an error that does not mention classes."""

    def _distill(self, problem):
        if problem.task == "regression":
            raise ValueError("operands could not be broadcast together")
        return super()._distill(problem)


class RequiresClasses(Medoids):
    """Raise an error for a continuous y that mentions classes."""

    def _distill(self, problem):
        if problem.task == "regression":
            raise ValueError("y must hold classes")
        return super()._distill(problem)


class ReturnsFloat64(Medoids):
    """Return rows of dtype float64 for any numeric dtype."""

    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if isinstance(self.distilled_.X, np.ndarray):
            self.distilled_.X = self.distilled_.X.astype(float)
        return self


class ReturnsPlainArray(Medoids):
    """Return a plain array from fit_transform, without labels."""

    def fit_transform(self, X, y=None, **fit_params):
        return np.asarray(super().fit_transform(X, y, **fit_params))


class RepeatsRows(Medoids):
    """Return as many rows from fit_transform as X has."""

    def fit_transform(self, X, y=None, **fit_params):
        rows = super().fit_transform(X, y, **fit_params)
        return np.resize(rows, (len(y), rows.shape[1])) if y is not None else rows


def test_valid_third_party_method_passes_all_checks():
    results = check_distiller(Medoids())
    assert {r["status"] for r in results} <= {"passed", "skipped", "xfail"}
    names = {r["check_name"] for r in results}
    assert set(CHECKS) <= names
    assert "check_estimators_pickle" in names
    skipped = {
        r["check_name"] for r in results if isinstance(r["exception"], SkippedCheck)
    }
    assert skipped <= {"check_device_memory_is_freed"}


@pytest.mark.parametrize(
    ("bad", "check", "message"),
    [
        (KeepsTooManyRows(), "check_budget_forms", "KeepsTooManyRows"),
        (GivesNegativeWeights(), "check_budget_forms", "negative"),
        (DropsSmallestClass(), "check_every_class_is_kept", "class 2"),
        (LabelsAllRowsAlike(), "check_every_class_is_kept", "class 2"),
        (IgnoresRandomState(), "check_reproducible", "must give the same X"),
        (
            UsesGlobalNumPyGenerator(),
            "check_reproducible",
            "must not change a global random number generator",
        ),
        (
            UsesGlobalPythonGenerator(),
            "check_reproducible",
            "must not change a global random number generator",
        ),
        (
            IteratesWithoutCallbacks(),
            "check_callbacks",
            "after each of its n_iter_=5 steps; it was called 0 times",
        ),
        (
            CountsRowsOfWeightZero(),
            "check_zero_weights_are_ignored",
            "weight of 0 must not change X",
        ),
        (
            DependsOnUnits(),
            "check_scaling_of_columns",
            "must scale and shift the distilled rows",
        ),
        (FailsForRegression(), "check_regression", "could not be broadcast"),
        (
            ReturnsFloat64(),
            "check_array_values",
            "must have the dtype of X, float32; got float64",
        ),
        (ReturnsPlainArray(), "check_rows_carry_labels", "must carry their labels"),
        (
            ReturnsPlainArray(),
            "check_dataframes",
            "must return a DataFrame; got ndarray",
        ),
        (RepeatsRows(), "check_pipelines", "fit_transform returns fewer rows than X"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Medoids) else value,
)
def test_check_fails_with_a_message(bad, check, message):
    with pytest.raises((AssertionError, ValueError), match=message):
        CHECKS[check](bad)


def test_scikit_learn_checks_are_run():
    results = check_distiller(SetsAttributeInInit(), on_fail=None)
    failed = {r["check_name"] for r in results if r["status"] == "failed"}
    assert "check_no_attributes_set_in_init" in failed


def test_check_regression_is_skipped_for_methods_that_require_classes():
    with pytest.raises(SkippedCheck, match="requires classes: y must hold classes"):
        CHECKS["check_regression"](RequiresClasses())


def test_fewer_steps_limits_max_iter_of_a_clone():
    points = KernelInducingPoints(max_iter=500)
    assert fewer_steps(points).max_iter == MAX_ITER
    assert fewer_steps(KernelInducingPoints(max_iter=2)).max_iter == 2
    assert points.max_iter == 500


def test_quick_sets_only_the_parameters_of_the_distiller():
    distiller = quick(RandomSelection(), learn_labels=True, numeric="quantile")
    assert distiller.get_params(deep=False) == {
        **RandomSelection().get_params(deep=False),
        "budget": 3,
        "random_state": 0,
        "numeric": "quantile",
    }


def test_assert_fit_raises_explains_what_is_missing():
    X, y = np.arange(8.0).reshape(4, 2), [0, 0, 1, 1]
    problem = "budget=0"
    bad, good = RandomSelection(budget=0), RandomSelection(budget=1)
    assert_fit_raises(bad, X, y, match="budget", problem=problem)
    with pytest.raises(AssertionError, match="fit raised an error, as it must if bud"):
        assert_fit_raises(bad, X, y, match="unicorn", problem=problem)
    with pytest.raises(
        AssertionError, match=r"fit must raise a ValueError or TypeError if budget=0\."
    ):
        assert_fit_raises(good, X, y, match="budget", problem=problem)


@pytest.mark.parametrize(
    ("draw", "changed"), [(random.random, 0), (np.random.rand, 1)], ids=["random", "np"]
)
def test_global_states_notices_a_drawn_number(draw, changed):
    before = list(global_states())
    draw()
    after = list(global_states())
    differs = [(a != b).any() for a, b in zip(before, after, strict=True)]
    assert np.flatnonzero(differs).tolist() == [changed]
