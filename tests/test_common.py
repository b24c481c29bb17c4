"""scikit-learn's checks and ours, on every estimator of the package."""

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

# What makes a method cheap to fit: what is checked is the contract.
CHEAP = {
    "budget": 2,
    "random_state": 0,
    "max_iter": 3,
    "n_networks": 1,
    "max_epochs": 2,
    "n_experts": 1,
    "horizon": 3,
    "window": 2,
}
CHEAP_PROXIES = {"uncertainty": DecisionTreeClassifier(max_depth=2, random_state=0)}

DECLARED = {"check_transformer_general", "check_transformer_data_not_an_array"}


def built_in_distillers():
    """One of every method that this distribution registers, cheap to fit.

    Two rows a class, so that there is something to distill in the few rows that the
    checks fit.
    """
    distillers = []
    for info in list_distillers():
        if info.distribution != "sklearn-distill":
            continue
        cls = get_distiller(f"sklearn-distill:{info.name}")
        known = cls().get_params(deep=False)
        distiller = cls(**{k: v for k, v in CHEAP.items() if k in known})
        if info.name in CHEAP_PROXIES:
            distiller.set_params(proxy=CHEAP_PROXIES[info.name])
        distillers.append(distiller)
    return distillers


def other_estimators():
    """The estimators that have a distiller inside."""
    distiller = RandomSelection(budget=8, random_state=0)
    return [
        # Herding draws nothing, and no class has less than one row: weights are then
        # as good as that many rows.
        DistilledClassifier(HerdingSelection(budget=1), LogisticRegression()),
        DistilledClassifier(distiller, KNeighborsClassifier(1)),
        DistilledRegressor(RandomSelection(budget=60, random_state=0), Ridge()),
        DistillationSampler(distiller),
    ]


@pytest.mark.filterwarnings(
    # Three steps lower no loss, and some checks fit fewer rows than the budget.
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore:budget=.*there is nothing to distill",
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
def test_only_the_two_declared_checks_are_expected_to_fail(estimator):
    """Distillers expect both to fail, and the names exist; the rest expect none to."""
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
