"""The kit of checks catches bad distillers and passes good ones."""

import random
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.exceptions import EstimatorCheckFailedWarning

from sklearn_distill import BaseDistiller, RandomSelection
from sklearn_distill.base import Kept, Learned
from sklearn_distill.testing import (
    SkippedCheck,
    check_distiller,
    expected_failed_checks,
)
from sklearn_distill.testing.checks import distiller_checks

KEYS = {
    "estimator",
    "check_name",
    "exception",
    "status",
    "expected_to_fail",
    "expected_to_fail_reason",
}


OURS = {check.__name__: check for check in distiller_checks()}


class Medoids(BaseDistiller):
    """A third party's method, as short as can be: a row near each k-means centre."""

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
        image_shape=None,
        random_state=None,
    ):
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
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


class SetsMoreInInit(Medoids):
    """Has an attribute after `__init__` that is no parameter."""

    def __init__(self, budget=10):
        super().__init__(budget)
        self.extra = 1


class TooMany(Medoids):
    """Keeps twice as many rows as it was asked for."""

    def _distill(self, problem):
        rows = [rows[: 2 * n_rows] for _, rows, n_rows in problem.groups()]
        return Kept(np.concatenate(rows))


class DropsSmallest(Medoids):
    """Leaves the smallest class out."""

    def _distill(self, problem):
        groups = list(problem.groups())
        smallest = min(groups, key=lambda group: len(group[1]))[0]
        rows = [
            rows[:n_rows]
            for code, rows, n_rows in groups
            if code != smallest or len(groups) == 1
        ]
        return Kept(np.concatenate(rows))


class Unseeded(Medoids):
    """Draws from a generator of its own."""

    def _distill(self, problem):
        rng = np.random.default_rng()
        rows = [rng.permutation(rows)[:n] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class MovesGlobalGenerator(Medoids):
    """Draws from NumPy's global generator."""

    def _distill(self, problem):
        np.random.shuffle(np.arange(3))
        return super()._distill(problem)


class Silent(Medoids):
    """Iterates, but tells no callback of it, nor how often it did."""

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
            image_shape=image_shape,
            random_state=random_state,
        )
        self.max_iter = max_iter

    def _distill(self, problem):
        self.n_iter_ = self.max_iter
        return super()._distill(problem)


class SeesAbsentRows(Medoids):
    """Looks at the X that was passed, rows of weight 0 and all."""

    def fit(self, X, y=None, sample_weight=None):
        self._n_seen = len(X)
        return super().fit(X, y, sample_weight)

    def _distill(self, problem):
        rows = [np.roll(rows, self._n_seen)[:n] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class Uncentred(Medoids):
    """Measures columns in the user's units: scaling a column changes the rows."""

    def _distill(self, problem):
        X = problem.encoder.decode(problem.Z)
        if not isinstance(X, np.ndarray) or X.dtype.kind not in "biuf":
            return super()._distill(problem)
        lengths = np.abs(X.reshape(len(X), -1).astype(float)).sum(axis=1)
        rows = [rows[lengths[rows].argsort()[:n]] for _, rows, n in problem.groups()]
        return Kept(np.concatenate(rows))


class LabelsAlike(Medoids):
    """Labels all its rows alike, so that two classes of three are gone."""

    def _distill(self, problem):
        kept = super()._distill(problem).indices
        return Learned(problem.Z[kept], np.zeros_like(problem.y[kept]))


class NegativeWeights(Medoids):
    """Gives its rows weights that no learner takes."""

    def _distill(self, problem):
        kept = super()._distill(problem).indices
        return Kept(kept, sample_weight=np.full(len(kept), -1.0))


class NoQuantities(Medoids):
    """Breaks on a continuous y, and does not say that it needs classes."""

    def _distill(self, problem):
        if problem.task == "regression":
            raise ValueError("operands could not be broadcast together")
        return super()._distill(problem)


class MovesPythonGenerator(Medoids):
    """Draws from the standard library's global generator."""

    def _distill(self, problem):
        random.random()
        return super()._distill(problem)


class Widens(Medoids):
    """Returns float64 whatever came in."""

    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        if isinstance(self.distilled_.X, np.ndarray):
            self.distilled_.X = self.distilled_.X.astype(float)
        return self


class PlainRows(Medoids):
    """Its fit_transform leaves out labels and container."""

    def fit_transform(self, X, y=None, **fit_params):
        return np.asarray(super().fit_transform(X, y, **fit_params))


class FillsUp(Medoids):
    """Its fit_transform gives as many rows as came in, whose labels are not y."""

    def fit_transform(self, X, y=None, **fit_params):
        rows = super().fit_transform(X, y, **fit_params)
        return np.resize(rows, (len(y), rows.shape[1])) if y is not None else rows


def failed(estimator):
    results = check_distiller(estimator, on_fail=None)
    return {r["check_name"] for r in results if r["status"] == "failed"}


def test_a_good_third_party_method_passes_everything():
    results = check_distiller(Medoids())
    assert {r["status"] for r in results} <= {"passed", "skipped", "xfail"}
    assert all(set(r) == KEYS for r in results)
    ran = {r["check_name"] for r in results}
    assert set(OURS) <= ran
    assert "check_estimators_pickle" in ran
    skipped = {r["check_name"]: r["exception"] for r in results}
    skipped = {k: v for k, v in skipped.items() if isinstance(v, SkippedCheck)}
    assert set(skipped) <= {"check_no_device_memory_held"}


@pytest.mark.parametrize(
    ("bad", "check"),
    [
        (SetsMoreInInit(), "check_no_attributes_set_in_init"),
        (TooMany(), "check_budget_forms"),
        (DropsSmallest(), "check_every_class_survives"),
        (LabelsAlike(), "check_every_class_survives"),
        (Unseeded(), "check_reproducible"),
        (MovesGlobalGenerator(), "check_reproducible"),
        (Silent(), "check_progress_events"),
        (SeesAbsentRows(), "check_zero_weights_are_absent"),
        (Uncentred(), "check_units"),
        (NegativeWeights(), "check_budget_forms"),
        (NoQuantities(), "check_regression"),
        (MovesPythonGenerator(), "check_reproducible"),
        (Widens(), "check_numbers_stay_valid"),
        (PlainRows(), "check_labels_travel"),
        (PlainRows(), "check_frames"),
        (FillsUp(), "check_pipelines"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Medoids) else value,
)
def test_a_bad_method_is_caught(bad, check):
    if check in OURS:
        with pytest.raises((AssertionError, ValueError)):
            OURS[check](bad)
    else:
        assert check in failed(bad)


def test_expected_failures_are_reported_as_such():
    results = {r["check_name"]: r for r in check_distiller(RandomSelection())}
    for name, reason in expected_failed_checks(RandomSelection()).items():
        assert results[name]["status"] == "xfail"
        assert results[name]["expected_to_fail"] is True
        assert results[name]["expected_to_fail_reason"] == reason
    assert results["check_units"]["expected_to_fail"] is False


def test_on_fail_raise_raises_the_first_failure():
    with pytest.raises(AssertionError):
        check_distiller(DropsSmallest())


@pytest.mark.parametrize("bad", [DropsSmallest(), SetsMoreInInit()], ids=repr)
def test_on_fail_warn_warns_of_what_failed_and_goes_on(bad):
    """Of scikit-learn's checks and of ours, but not of expected failures."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = check_distiller(bad, on_fail="warn")
    assert results[-1]["check_name"] == distiller_checks()[-1].__name__
    failures = [r for r in results if r["status"] == "failed"]
    assert failures
    assert all(isinstance(r["exception"], Exception) for r in failures)
    assert all(r["estimator"] is bad for r in failures if r["check_name"] in OURS)
    assert {w.category for w in caught} == {EstimatorCheckFailedWarning}
    said = [(w.message.check_name, w.message.exception) for w in caught]
    assert said == [(r["check_name"], r["exception"]) for r in failures]
    assert {w.filename for w in caught} == {__file__}


def test_an_unknown_on_fail_is_refused():
    with pytest.raises(ValueError, match="on_fail='explode'"):
        check_distiller(RandomSelection(), on_fail="explode")


def test_a_callback_hears_each_result_as_it_comes():
    heard = []
    results = check_distiller(
        RandomSelection(), on_fail=None, callback=lambda **result: heard.append(result)
    )
    assert [h["check_name"] for h in heard] == [r["check_name"] for r in results]
    assert heard[-1] == results[-1]


def test_the_estimator_itself_is_left_alone():
    distiller = Medoids(budget=7)
    check_distiller(distiller)
    assert distiller.get_params() == Medoids(budget=7).get_params()
    assert not hasattr(distiller, "distilled_")


def test_the_two_documented_lines_make_a_test_of_every_check(tmp_path):
    """In a project of its own, with warnings as errors, as a third party has it."""
    (tmp_path / "test_method.py").write_text(
        textwrap.dedent(
            """
            from sklearn_distill import RandomSelection
            from sklearn_distill.testing import parametrize_with_distiller_checks

            @parametrize_with_distiller_checks([RandomSelection()])
            def test_my_distiller(estimator, check):
                check(estimator)
            """
        )
    )
    a_few = "device or nothing or transformer or n_features_in_after"
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "test_method.py", "-k", a_few],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    summary = done.stdout.splitlines()[-1]
    assert all(f" {word}" in summary for word in ("passed", "xfailed", "skipped"))
