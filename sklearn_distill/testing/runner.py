"""The checks that a distiller must pass: ours and third parties' alike.

`check_distiller` needs no pytest. With pytest, two lines make a test of each check::

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
    "transform returns new rows as they are"
)
EXPECTED_FAILED_CHECKS = {
    "check_transformer_general": _ROWS_CHANGE,
    "check_transformer_data_not_an_array": _ROWS_CHANGE,
}


def expected_failed_checks(estimator: Any) -> dict[str, str]:
    """Return scikit-learn's checks that a distiller fails on purpose, with the reason.

    For scikit-learn's own `check_estimator` and `parametrize_with_checks`.

    Parameters
    ----------
    estimator : estimator

    Returns
    -------
    dict of str to str
    """
    return dict(EXPECTED_FAILED_CHECKS) if hasattr(estimator, "fit_distill") else {}


def check_distiller(
    estimator: Any,
    *,
    on_fail: str | None = "raise",
    callback: Callable[..., None] | None = None,
) -> list[dict]:
    """Run scikit-learn's checks and ours on a distiller.

    Parameters
    ----------
    estimator : distiller
        An instance; its parameters stay as they are, but for budget and max_iter.
    on_fail : {"raise", "warn"} or None, default="raise"
        What happens when a check fails, beside its being in the results.
    callback : callable, default=None
        Called after each check with the values of its result by keyword, as
        scikit-learn's `check_estimator` calls it. Not with ``on_fail="raise"``.

    Returns
    -------
    list of dict
        One for each check, with the keys of scikit-learn's `check_estimator`:
        "estimator", "check_name", "exception", "status" ("passed", "failed",
        "skipped" or "xfail"), "expected_to_fail", "expected_to_fail_reason".

    Raises
    ------
    Exception
        The first failing check's, with ``on_fail="raise"``.

    Examples
    --------
    >>> from sklearn_distill import RandomSelection
    >>> from sklearn_distill.testing import check_distiller
    >>> results = check_distiller(RandomSelection())
    >>> {r["status"] for r in results} <= {"passed", "skipped", "xfail"}
    True
    """
    if on_fail not in ("raise", "warn", None):
        raise ValueError(f"on_fail={on_fail!r} is not 'raise', 'warn' or None.")
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
    """Parametrize a pytest test over distillers and all their checks.

    Parameters
    ----------
    estimators : list of distillers
        Instances.

    Returns
    -------
    pytest mark
        The test takes the arguments ``estimator`` and ``check``.
    """
    import pytest

    # scikit-learn's checks fit a few rows with the estimator's own parameters, and heed
    # no warnings of what comes of that, such as that the budget covers them all.
    unheeded = pytest.mark.filterwarnings("ignore")
    cases: list[Any] = []
    for estimator in estimators:
        for case in estimator_checks_generator(
            estimator,
            expected_failed_checks=expected_failed_checks(estimator),
            mark="xfail",
        ):
            marks = [*getattr(case, "marks", ()), unheeded]
            cases.append(pytest.param(*getattr(case, "values", case), marks=marks))
        cases.extend((estimator, check) for check in distiller_checks())

    def name(value: Any) -> str:
        if callable(value) and not hasattr(value, "fit"):
            return getattr(value, "func", value).__name__
        return type(value).__name__

    return pytest.mark.parametrize(("estimator", "check"), cases, ids=name)


def _run(estimator: Any, check: Callable[[Any], None], on_fail: str | None) -> dict:
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
