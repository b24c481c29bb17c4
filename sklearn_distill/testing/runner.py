"""Run the checks that every distiller must pass.

`check_distiller` does not require pytest. With pytest,
`parametrize_with_distiller_checks` turns each check into a test::

    from sklearn_distill.testing import parametrize_with_distiller_checks

    @parametrize_with_distiller_checks([MyDistiller()])
    def test_my_distiller(estimator, check):
        check(estimator)
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.exceptions import EstimatorCheckFailedWarning
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from .checks import SkippedCheck, distiller_checks, fewer_steps

_ROWS_CHANGE = (
    "fit_transform returns the distilled rows, which are fewer than the rows of X, and "
    "transform returns its input unchanged"
)
EXPECTED_FAILED_CHECKS = {
    "check_transformer_general": _ROWS_CHANGE,
    "check_transformer_data_not_an_array": _ROWS_CHANGE,
}


def expected_failed_checks(estimator: Any) -> dict[str, str]:
    """Return the checks of scikit-learn that a distiller fails on purpose.

    The result can be passed to scikit-learn's `check_estimator`, and the function to
    `parametrize_with_checks`.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    dict of str to str
        The names of the checks and the reasons. The dict is empty if the estimator is
        not a distiller.
    """
    return dict(EXPECTED_FAILED_CHECKS) if hasattr(estimator, "fit_distill") else {}


def check_distiller(
    estimator: Any,
    *,
    on_fail: str | None = "raise",
    callback: Callable[..., None] | None = None,
) -> list[dict]:
    """Run the checks of scikit-learn and of sklearn-distill on a distiller.

    Parameters
    ----------
    estimator : distiller
        An instance, which is not modified. The checks fit clones with a small budget
        and, for iterative methods, at most ten steps; all other parameters are those of
        the instance.
    on_fail : {"raise", "warn"} or None, default="raise"
        Whether a failed check raises its error, emits a warning or is only reported in
        the results.
    callback : callable, default=None
        Called after each check with the items of its result as keyword arguments, as by
        scikit-learn's `check_estimator`, which does not accept a callback together with
        ``on_fail="raise"``.

    Returns
    -------
    list of dict
        One dict for each check, with the keys of scikit-learn's `check_estimator`:
        "estimator", "check_name", "exception", "status" ("passed", "failed",
        "skipped" or "xfail"), "expected_to_fail", "expected_to_fail_reason".

    Raises
    ------
    Exception
        The error of the first check that fails, if ``on_fail="raise"``.

    Examples
    --------
    >>> from sklearn_distill import RandomSelection
    >>> from sklearn_distill.testing import check_distiller
    >>> results = check_distiller(RandomSelection())
    >>> {r["status"] for r in results} <= {"passed", "skipped", "xfail"}
    True
    """
    if on_fail not in ("raise", "warn", None):
        raise ValueError(f"on_fail must be 'raise', 'warn' or None; got {on_fail!r}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(
            fewer_steps(estimator),
            expected_failed_checks=expected_failed_checks(estimator),
            on_fail="raise" if on_fail == "raise" else None,
            on_skip=None,
            callback=callback,
        )
    for check in distiller_checks():
        results.append(_run(estimator, check, on_fail))
        if callback is not None:
            callback(**results[-1])
    for result in results:
        if on_fail == "warn" and result["status"] == "failed":
            warnings.warn(EstimatorCheckFailedWarning(**result), stacklevel=2)
    return results


def parametrize_with_distiller_checks(estimators: Sequence[Any]) -> Any:
    """Parametrize a pytest test with distillers and the checks of each.

    Parameters
    ----------
    estimators : list of distillers
        Instances, whose parameters the checks use except for the budget and the number
        of steps.

    Returns
    -------
    pytest mark
        A decorator for a test with the arguments ``estimator`` and ``check``.
    """
    import pytest

    # The checks of scikit-learn fit few rows, so that distillers rightly warn, for
    # example about a budget that covers all rows.
    ignore_warnings = pytest.mark.filterwarnings("ignore")
    cases: list[Any] = []
    for estimator in estimators:
        for case in estimator_checks_generator(
            estimator,
            expected_failed_checks=expected_failed_checks(estimator),
            mark="xfail",
        ):
            marks = [*getattr(case, "marks", ()), ignore_warnings]
            cases.append(pytest.param(*getattr(case, "values", case), marks=marks))
        cases.extend((estimator, check) for check in distiller_checks())
    return pytest.mark.parametrize(("estimator", "check"), cases, ids=_test_id)


def _test_id(value: Any) -> str:
    """Return the name of a check, or of the class of an estimator."""
    if callable(value) and not hasattr(value, "fit"):
        return getattr(value, "func", value).__name__
    return type(value).__name__


def _run(estimator: Any, check: Callable[[Any], None], on_fail: str | None) -> dict:
    """Run one check and return its result; raise its error if `on_fail` is "raise"."""
    exception: Exception | None = None
    status = "passed"
    try:
        check(estimator)
    except SkippedCheck as reason:
        status, exception = "skipped", reason
    except Exception as error:
        if on_fail == "raise":
            raise
        status, exception = "failed", error
    return {
        "estimator": estimator,
        "check_name": check.__name__,
        "exception": exception,
        "status": status,
        "expected_to_fail": False,
        "expected_to_fail_reason": None,
    }
