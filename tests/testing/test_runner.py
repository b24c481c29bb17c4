"""The results of the checks are returned, reported, raised or turned into tests."""

# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.exceptions import EstimatorCheckFailedWarning

from sklearn_distill import RandomSelection
from sklearn_distill.base import Kept
from sklearn_distill.testing import check_distiller, expected_failed_checks
from sklearn_distill.testing.checks import distiller_checks

KEYS = {
    "estimator",
    "check_name",
    "exception",
    "status",
    "expected_to_fail",
    "expected_to_fail_reason",
}
CHECKS = {check.__name__ for check in distiller_checks()}


class KeepsOneRow(RandomSelection):
    """Fail checks of sklearn-distill: keep a single row, of a single class."""

    def _distill(self, problem):
        return Kept(np.array([0]))


class SetsAttributeInInit(RandomSelection):
    """Fail a check of scikit-learn: set an attribute that is not a parameter."""

    def __init__(self, budget=10):
        super().__init__(budget)
        self.extra = 1


def test_results_have_the_keys_of_scikit_learn():
    results = check_distiller(RandomSelection())
    assert all(set(r) == KEYS for r in results)
    by_name = {r["check_name"]: r for r in results}
    for name, reason in expected_failed_checks(RandomSelection()).items():
        assert by_name[name]["status"] == "xfail"
        assert by_name[name]["expected_to_fail"] is True
        assert by_name[name]["expected_to_fail_reason"] == reason
    assert by_name["check_scaling_of_columns"]["expected_to_fail"] is False


def test_expected_failed_checks_is_empty_for_other_estimators():
    assert set(expected_failed_checks(RandomSelection())) == {
        "check_transformer_general",
        "check_transformer_data_not_an_array",
    }
    assert expected_failed_checks(PCA()) == {}


def test_on_fail_raise_raises_the_error_of_the_first_failed_check():
    with pytest.raises(AssertionError, match="extra"):
        check_distiller(SetsAttributeInInit())


@pytest.mark.parametrize("bad", [KeepsOneRow(), SetsAttributeInInit()], ids=repr)
def test_on_fail_warn_warns_about_each_failed_check(bad):
    """Checks that are expected to fail cause no warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = check_distiller(bad, on_fail="warn")
    assert results[-1]["check_name"] == distiller_checks()[-1].__name__
    failures = [r for r in results if r["status"] == "failed"]
    assert failures
    assert all(isinstance(r["exception"], Exception) for r in failures)
    assert all(r["estimator"] is bad for r in failures if r["check_name"] in CHECKS)
    assert {w.category for w in caught} == {EstimatorCheckFailedWarning}
    warned = [(w.message.check_name, w.message.exception) for w in caught]
    assert warned == [(r["check_name"], r["exception"]) for r in failures]
    assert {w.filename for w in caught} == {__file__}


def test_invalid_on_fail_is_an_error():
    with pytest.raises(ValueError, match=r"on_fail must be .*; got 'explode'"):
        check_distiller(RandomSelection(), on_fail="explode")


def test_callback_receives_each_result():
    received = []
    results = check_distiller(
        RandomSelection(), on_fail=None, callback=lambda **r: received.append(r)
    )
    assert [r["check_name"] for r in received] == [r["check_name"] for r in results]
    assert received[-1] == results[-1]


def test_check_distiller_does_not_modify_the_estimator():
    distiller = RandomSelection(budget=7)
    check_distiller(distiller)
    assert distiller.get_params() == RandomSelection(budget=7).get_params()
    assert not hasattr(distiller, "distilled_")


@pytest.mark.slow
def test_parametrize_makes_a_test_of_every_check(tmp_path):
    """The documented lines work in another project with warnings as errors."""
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
    some = "device or budget or transformer or n_features_in_after"
    command = [sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-v", "test_method.py", "-k", some],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    outcomes = {
        line.split("[")[1].split("]")[0]: line.split()[1]
        for line in done.stdout.splitlines()
        if line.startswith("test_method.py::")
    }
    assert outcomes["RandomSelection-check_budget_forms"] == "PASSED"
    assert outcomes["RandomSelection-check_transformer_general0"] == "XFAIL"
    summary = done.stdout.splitlines()[-1]
    assert all(f" {word}" in summary for word in ("passed", "xfailed"))
