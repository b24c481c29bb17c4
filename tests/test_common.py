"""All estimators pass the checks of scikit-learn and of sklearn-distill."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    estimator_checks_generator,
    parametrize_with_checks,
)

from sklearn_distill import (
    DistillationSampler,
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    RandomSelection,
    get_distiller,
    list_distillers,
)
from sklearn_distill.testing import (
    expected_failed_checks,
    parametrize_with_distiller_checks,
)

# Parameters that make a method fast to fit. The checks do not test its quality.
FAST = {
    "budget": 2,
    "random_state": 0,
    "max_iter": 3,
    "n_networks": 1,
    "max_epochs": 2,
    "n_experts": 1,
    "horizon": 3,
    "window": 2,
}
FAST_PROXIES = {"uncertainty": DecisionTreeClassifier(max_depth=2, random_state=0)}

DECLARED = {"check_transformer_general", "check_transformer_data_not_an_array"}


def built_in_distillers():
    """Return an instance of each built-in method that is fast to fit.

    The budget of two rows per class is smaller than the data sets of the checks.
    """
    distillers = []
    for info in list_distillers():
        if info.distribution != "sklearn-distill":
            continue
        cls = get_distiller(f"sklearn-distill:{info.name}")
        known = cls().get_params(deep=False)
        distiller = cls(**{k: v for k, v in FAST.items() if k in known})
        if info.name in FAST_PROXIES:
            distiller.set_params(proxy=FAST_PROXIES[info.name])
        distillers.append(distiller)
    return distillers


def other_estimators():
    """Return estimators that have a distiller as a parameter."""
    distiller = RandomSelection(budget=8, random_state=0)
    return [
        # Herding with one row per class is deterministic, so that integer weights are
        # equivalent to repeated rows, as a check of scikit-learn requires.
        DistilledClassifier(HerdingSelection(budget=1), LogisticRegression()),
        DistilledClassifier(distiller, KNeighborsClassifier(1)),
        DistilledRegressor(RandomSelection(budget=60, random_state=0), Ridge()),
        DistillationSampler(distiller),
    ]


@pytest.mark.filterwarnings(
    # A fit with few steps may not lower the loss, and some checks fit fewer rows than
    # the budget allows.
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:.*budget.*rows",
)
@parametrize_with_checks(
    built_in_distillers() + other_estimators(),
    expected_failed_checks=expected_failed_checks,
    xfail_strict=True,
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@parametrize_with_distiller_checks(built_in_distillers())
def test_distiller_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "estimator", built_in_distillers() + other_estimators(), ids=repr
)
def test_expected_failed_checks_are_the_declared_checks(estimator):
    """Distillers declare two checks that exist; other estimators declare none."""
    expected = expected_failed_checks(estimator)
    names = Counter(
        check.func.__name__ for _, check in estimator_checks_generator(estimator)
    )
    if hasattr(estimator, "fit_distill"):
        assert set(expected) == DECLARED
        assert set(expected) <= set(names)
        assert all(len(reason) > 20 for reason in expected.values())
    else:
        assert expected == {}
