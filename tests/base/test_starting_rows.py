"""Initial rows: real rows or centroids of a problem, and their targets."""

# SPDX-License-Identifier: BSD-3-Clause

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.base import Kept, Learned, Problem, starting_rows
from sklearn_distill.base.label_column import LabelColumn
from sklearn_distill.base.starting_rows import (
    TARGET_WEIGHT,
    best_start,
    clustered_rows,
    features_with_target,
    herded_rows,
    lowest_scores,
    randomly_drawn_rows,
    targets_around,
)

seeds = st.integers(0, 2**32 - 1)


def normal_rows(n=60, d=3, seed=0):
    """Return encoded rows with standard normal columns."""
    return np.random.RandomState(seed).standard_normal((n, d)).astype(np.float32)


def make_problem(task="classification", n=60):
    """Return a problem of n random rows with a budget of 10 rows."""
    rng = np.random.RandomState(0)
    y = rng.randint(0, 3, n) if task == "classification" else rng.standard_normal(n)
    return Problem(
        Z=normal_rows(n),
        y=y if task == "classification" else y.astype(np.float32),
        sample_weight=rng.uniform(0.5, 2, n),
        n_rows=np.array([2, 5, 3]) if task == "classification" else np.array([10]),
        encoder=None,
        labels=LabelColumn(task, classes=None, name=None, numbers=None),
        random_state=np.random.RandomState(0),
        teacher_seed=0,
    )


@pytest.mark.parametrize("choose", [herded_rows, randomly_drawn_rows])
def test_initial_rows_are_sorted_by_class_and_match_the_budget(choose):
    problem = make_problem()
    selected = choose(problem)
    np.testing.assert_array_equal(problem.y[selected], np.repeat([0, 1, 2], [2, 5, 3]))
    assert len(set(selected)) == 10


@pytest.mark.parametrize("choose", [herded_rows, randomly_drawn_rows])
def test_initial_rows_of_a_regression_are_distinct(choose):
    selected = choose(make_problem("regression"))
    assert len(set(selected)) == 10


def test_herded_rows_of_a_regression_have_the_mean_target_of_all_rows():
    problem = make_problem("regression", n=300)
    selected = herded_rows(problem)
    random = [
        abs(np.random.RandomState(s).choice(problem.y, 10).mean() - problem.y.mean())
        for s in range(50)
    ]
    assert abs(problem.y[selected].mean() - problem.y.mean()) < np.median(random)


def test_features_with_target_append_the_weighted_target():
    problem = make_problem("regression")
    features = features_with_target(problem)
    assert features.shape == (60, 4)
    np.testing.assert_allclose(
        features[:, -1], TARGET_WEIGHT * np.sqrt(3) * problem.y, rtol=1e-5
    )
    classes = make_problem()
    np.testing.assert_array_equal(features_with_target(classes), classes.flat)


def test_lowest_scores_are_selected_in_each_class():
    problem = make_problem()
    score = np.random.RandomState(5).standard_normal(60)
    kept = lowest_scores(problem, score)
    assert isinstance(kept, Kept)
    for code, rows, n_rows in problem.groups():
        here = kept.indices[problem.y[kept.indices] == code]
        np.testing.assert_array_equal(
            np.sort(here), np.sort(rows[np.argsort(score[rows])[:n_rows]])
        )


def test_lowest_scores_breaks_ties_at_random():
    problem = make_problem()
    selections = [tuple(lowest_scores(problem, np.zeros(60)).indices) for _ in range(5)]
    assert len(set(selections)) > 1


def test_clustered_rows_are_weighted_means_of_their_clusters():
    """For regression, the target is the weighted mean of the same rows."""
    problem = make_problem("regression", n=300)
    indices, centroids, y = clustered_rows(problem)
    distances = ((problem.Z[:, None] - centroids) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    for j, centroid in enumerate(centroids):
        weights = problem.sample_weight[nearest == j]
        mean = np.average(problem.Z[nearest == j], axis=0, weights=weights)
        np.testing.assert_allclose(centroid, mean, atol=1e-2)
        own = np.average(problem.y[nearest == j], weights=weights)
        assert y[j] == pytest.approx(own, abs=2e-2)
        assert indices[j] == np.where(nearest == j, distances[:, j], np.inf).argmin()


def test_clustered_rows_are_as_many_as_the_budget_if_rows_repeat():
    problem = make_problem("regression")
    repeated = dataclasses.replace(problem, Z=problem.Z[np.arange(60) % 4])
    indices, centroids, _ = clustered_rows(repeated)
    assert len(set(indices)) == len(centroids) == 10
    assert len(np.unique(centroids.round(4), axis=0)) == 4


@given(seeds)
def test_targets_around_are_means_of_the_targets_of_the_nearest_rows(seed):
    """A row that is the nearest of no real row keeps its own target."""
    problem = make_problem("regression")
    Z = normal_rows(8, seed=seed)
    Z[0] = 1e3
    y = np.random.RandomState(seed).standard_normal(8).astype(np.float32)
    distances = ((problem.Z[:, None] - Z) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1)
    expected = y.copy()
    for j in np.unique(nearest):
        weights = problem.sample_weight[nearest == j]
        expected[j] = np.average(problem.y[nearest == j], weights=weights)
    around = targets_around(problem, Z, y)
    np.testing.assert_allclose(around, expected, rtol=1e-4, atol=1e-5)
    assert around[0] == y[0]
    assert around.dtype == y.dtype


@given(seeds)
def test_targets_around_weights_are_equivalent_to_repeated_rows(seed):
    problem = make_problem("regression", n=30)
    counts = np.random.RandomState(seed).randint(1, 4, 30)
    weighted = dataclasses.replace(problem, sample_weight=counts.astype(float))
    repeated = dataclasses.replace(
        problem,
        Z=np.repeat(problem.Z, counts, axis=0),
        y=np.repeat(problem.y, counts),
        sample_weight=np.ones(counts.sum()),
    )
    Z, y = normal_rows(5, seed=seed), np.zeros(5, np.float32)
    np.testing.assert_allclose(
        targets_around(weighted, Z, y), targets_around(repeated, Z, y), atol=1e-5
    )


@pytest.mark.parametrize(
    ("n_rows", "max_rows"), [(60, 200), (60, 10_000), (550, 10_000)]
)
def test_best_start_has_the_targets_that_predict_the_other_rows(
    n_rows, max_rows, monkeypatch
):
    """Exact targets are preferred to the noisy targets of the real rows."""
    monkeypatch.setattr(starting_rows, "COMPARED_ROWS", max_rows)
    problem = make_problem("regression", n=600)
    truth = np.sin(problem.Z[:, 0])
    y = truth + 0.7 * np.random.RandomState(1).standard_normal(600)
    problem = dataclasses.replace(problem, y=y.astype(np.float32))
    Z = problem.Z[:n_rows]
    noisy, exact = Learned(Z, problem.y[:n_rows]), Learned(Z, truth[:n_rows])
    assert best_start(problem, [noisy, exact]) is exact
    assert best_start(problem, [exact, noisy]) is exact


def test_best_start_is_the_first_one_if_it_contains_all_rows():
    problem = make_problem("regression", n=20)
    starts = [Learned(problem.Z, problem.y), Learned(problem.Z, -problem.y)]
    assert best_start(problem, starts) is starts[0]
