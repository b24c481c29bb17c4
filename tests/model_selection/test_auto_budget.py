"""The automatic budget of a search."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
)
from sklearn.svm import SVC

from sklearn_distill import DistilledSearchCV, RandomSelection
from sklearn_distill.model_selection.auto_budget import (
    _extent,
    _n_candidates,
    _shares,
    agreement,
    probe_candidates,
    smallest_agreeing,
)


def test_probes_of_a_grid_are_some_of_its_candidates():
    grid = GridSearchCV(SVC(), {"C": range(1, 30)})
    probes = probe_candidates(grid)
    assert len({probe["C"] for probe in probes}) == 8
    assert probes == probe_candidates(grid)


def test_probes_of_distributions():
    given = RandomizedSearchCV(SVC(), {"C": loguniform(0.1, 10), "gamma": [0.1, 1]})
    assert len(probe_candidates(given)) == 8


def test_distributions_of_another_kind_raise():
    given = RandomizedSearchCV(SVC(), {"C": object()})
    with pytest.raises(ValueError, match="Set the budget to a number"):
        probe_candidates(given)


@pytest.mark.parametrize(
    ("n_candidates", "n_folds", "n_shares", "extent"),
    [(36, 5, 5, (8, 2)), (36, 3, 5, (8, 1)), (12, 5, 5, (6, 1)), (3, 2, 5, (4, 1))],
)
def test_probes_are_few_beside_the_candidates(n_candidates, n_folds, n_shares, extent):
    assert _extent(n_candidates, n_folds, n_shares) == extent


def test_number_of_candidates():
    grid = [{"C": [1, 2], "gamma": [0.1, 1]}, {"C": [3]}]
    assert _n_candidates(GridSearchCV(SVC(), grid)) == 5
    assert _n_candidates(RandomizedSearchCV(SVC(), {"C": [1, 2]}, n_iter=2)) == 2
    halving = HalvingRandomSearchCV(SVC(), {"C": loguniform(1, 2)}, resource="degree")
    assert _n_candidates(halving) == 8


def test_small_space_of_distributions_is_used_without_a_warning():
    given = RandomizedSearchCV(SVC(), {"C": [0.1, 1, 10]}, n_iter=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(probe_candidates(given)) == 3


def test_agreement_of_rankings():
    scores = np.array([0.1, 0.2, 0.3, np.nan])
    assert agreement(scores, 2 * scores) == pytest.approx(1)
    assert agreement(scores, -scores) == pytest.approx(-1)
    assert np.isnan(agreement(scores, np.array([0.5, 0.5, 0.5, 0.5])))
    assert np.isnan(agreement(scores[:2], scores[:2]))


def test_order_of_nearly_equal_candidates_hardly_counts():
    first = np.array([0.900, 0.901, 0.6, 0.3])
    second = np.array([0.901, 0.900, 0.6, 0.3])
    assert agreement(first, second) > 0.99
    assert agreement(first, second[[0, 1, 3, 2]]) < 0.9


@pytest.mark.parametrize(
    ("n_training", "n_classes", "shares"),
    [
        (1_000, 2, [0.01, 0.02, 0.04, 0.08, 0.16]),
        (1_000, 10, [0.08, 0.16]),
        (60, 3, [0.16]),
        (40_000, 2, [0.01, 0.02, 0.04]),
        (10_000_000, 2, [0.01]),
    ],
)
def test_shares_that_are_tried(n_training, n_classes, shares):
    tried = _shares(n_training, np.arange(n_training) % n_classes)
    assert tried == shares


def test_two_small_shares_that_agree_by_chance_are_not_chosen():
    ranking = np.array([0.1, 0.2, 0.3, 0.4])
    reverse, flat = ranking[::-1], np.full(4, 0.5)
    assert smallest_agreeing({0.01: reverse, 0.02: reverse, 0.04: ranking}) == 0.04
    assert smallest_agreeing({0.01: ranking, 0.02: reverse, 0.04: ranking}) == 0.04
    assert smallest_agreeing({0.01: reverse, 0.02: ranking, 0.04: ranking}) == 0.02
    assert smallest_agreeing({0.01: flat, 0.02: ranking, 0.04: ranking}) == 0.02
    assert smallest_agreeing({0.01: ranking, 0.02: ranking, 0.04: flat}) == 0.04
    assert smallest_agreeing({0.16: ranking}) == 0.16


def test_budget_of_a_clear_ranking_is_smaller_than_that_of_a_vague_ranking():
    X, y = make_classification(3000, 8, n_informative=6, random_state=0)
    clear = GridSearchCV(SVC(), {"gamma": [1e-5, 1e-2, 10]}, cv=3)
    vague = GridSearchCV(SVC(), {"gamma": [0.0499, 0.05, 0.0501, 0.0502]}, cv=3)
    budgets = []
    for grid in (clear, vague):
        search = DistilledSearchCV(
            grid, RandomSelection(random_state=0), budget="auto", top_k=1
        )
        budgets.append(search.fit(X, y).budget_)
    assert budgets[0] == 0.01
    assert budgets[1] > 0.01
