"""Real rows that stand for a class."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.base import Kept, Learned, Problem, starting_rows
from sklearn_distill.base.prototypes import (
    MEDIAN_ROWS,
    kernel_herding,
    median_distance,
    random_rows,
)
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


def some_rows(n=60, d=3, seed=0):
    return np.random.RandomState(seed).standard_normal((n, d)).astype(np.float32)


def kernel(Z, other, bandwidth):
    Z, other = Z.astype(np.float64), other.astype(np.float64)
    return np.exp(-((Z[:, None] - other[None]) ** 2).sum(axis=2) / bandwidth)


def herd(Z, n_rows, *, weights=None, bandwidth=2.0, seed=0):
    weights = np.ones(len(Z)) if weights is None else weights
    rng = np.random.RandomState(seed)
    return kernel_herding(Z, weights, n_rows, bandwidth, rng)


def herd_by_definition(Z, n_rows, *, weights, bandwidth=2.0):
    """The formula of the docstring, word for word, over rows that are all different."""
    K = kernel(Z, Z, bandwidth)
    share = weights / weights.sum()
    picked = []
    for _ in range(n_rows):
        gain = K @ share - K[:, picked].sum(axis=1) / (len(picked) + 1)
        gain[picked] = -np.inf
        picked.append(int(gain.argmax()))
    return picked


def mmd(Z, picked, weights=None, bandwidth=2.0):
    """The squared maximum mean discrepancy between picked rows and all rows."""
    K = kernel(Z, Z, bandwidth)
    share = np.ones(len(Z)) if weights is None else weights
    difference = share / share.sum()
    np.subtract.at(difference, picked, 1 / len(picked))
    return difference @ K @ difference


@given(st.integers(2, 40), st.integers(1, 5), seeds, st.floats(0.1, 50))
def test_herding_is_what_its_formula_says(n, d, seed, bandwidth):
    Z = some_rows(n, d, seed)
    weights = np.random.RandomState(seed).uniform(0.1, 5, n)
    n_rows = max(1, n // 2)
    picked = herd(Z, n_rows, weights=weights, bandwidth=bandwidth)
    expected = herd_by_definition(Z, n_rows, weights=weights, bandwidth=bandwidth)
    # In float32 two rows of almost the same gain may change places.
    if list(picked) != expected:
        assert mmd(Z, picked, weights, bandwidth) == pytest.approx(
            mmd(Z, expected, weights, bandwidth), abs=1e-4
        )


def test_herding_is_its_formula_to_the_last_row_on_rows_that_lie_apart():
    Z = some_rows(100)
    weights = np.random.RandomState(1).uniform(0.1, 5, 100)
    assert list(herd(Z, 30, weights=weights)) == herd_by_definition(
        Z, 30, weights=weights
    )


@given(seeds, st.integers(3, 30))
def test_herding_picks_the_same_rows_in_whatever_order_they_come(seed, n_rows):
    Z = some_rows(60, seed=seed)
    order = np.random.RandomState(seed).permutation(60)
    one, two = herd(Z, n_rows), order[herd(Z[order], n_rows)]
    if list(one) != list(two):
        assert mmd(Z, one) == pytest.approx(mmd(Z, two), abs=1e-4)


@given(seeds)
def test_a_weight_is_as_good_as_that_many_rows(seed):
    rng = np.random.RandomState(seed)
    Z, counts = some_rows(30, seed=seed), rng.randint(1, 5, 30)
    weighted = herd(Z, 10, weights=counts.astype(float))
    owner = np.repeat(np.arange(30), counts)
    repeated = owner[herd(Z[owner], 10)]
    if list(weighted) != list(repeated):
        assert mmd(Z, weighted, counts) == pytest.approx(
            mmd(Z, repeated, counts), abs=1e-4
        )


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.sampled_from([1e-5, 1e-3, 1.0, 1e4]),
    st.data(),
)
def test_no_row_is_picked_twice_and_no_equal_one_while_there_are_others(
    values, spacing, data
):
    Z = (np.array(values)[:, None] * spacing).astype(np.float32)
    n_rows = data.draw(st.integers(1, len(Z)))
    picked = herd(Z, n_rows)
    assert len(set(picked)) == n_rows
    n_distinct = len(set(values))
    assert len(np.unique(Z[picked])) == min(n_rows, n_distinct)


def test_herding_all_rows_gives_all_rows():
    assert sorted(herd(some_rows(20), 20)) == list(range(20))
    assert sorted(herd(np.zeros((5, 2), np.float32), 5)) == list(range(5))


@pytest.mark.parametrize("n_rows", [1, 5, 20])
def test_herding_comes_closer_to_all_rows_than_random_rows_do(n_rows):
    rng = np.random.RandomState(0)
    Z = np.concatenate([some_rows(150), some_rows(50, seed=1) * 0.3 + 3])
    herded = mmd(Z, herd(Z, n_rows))
    by_chance = [mmd(Z, rng.choice(200, n_rows, replace=False)) for _ in range(50)]
    assert herded <= min(by_chance)


def test_herding_follows_the_weights():
    Z = np.concatenate([some_rows(100), some_rows(100, seed=1) + 20])
    weights = np.repeat([1.0, 3.0], 100)
    assert (herd(Z, 20, weights=weights) >= 100).sum() == 15


def test_random_features_do_about_what_the_exact_kernel_does(monkeypatch):
    Z = np.concatenate([some_rows(300), some_rows(100, seed=1) * 0.3 + 3])
    weights = np.random.RandomState(2).uniform(0.5, 2, 400)
    exact = herd(Z, 20, weights=weights)
    monkeypatch.setattr(starting_rows, "MAX_EXACT", 100)
    monkeypatch.setattr(starting_rows, "CHUNK", 64)
    approximate = herd(Z, 20, weights=weights)
    by_chance = np.median(
        [
            mmd(Z, np.random.RandomState(s).choice(400, 20, replace=False), weights)
            for s in range(30)
        ]
    )
    assert mmd(Z, exact, weights) < 0.2 * by_chance
    assert mmd(Z, approximate, weights) < 0.3 * by_chance


def test_random_features_estimate_the_mean_similarity(monkeypatch):
    monkeypatch.setattr(starting_rows, "CHUNK", 64)
    Z = some_rows(300)
    share = np.random.RandomState(1).dirichlet(np.ones(300))
    estimate = starting_rows._mean_similarity(Z, share, 2.0, np.random.RandomState(0))
    np.testing.assert_allclose(estimate, kernel(Z, Z, 2.0) @ share, atol=0.05)


def test_the_same_seed_gives_the_same_rows_with_random_features(monkeypatch):
    monkeypatch.setattr(starting_rows, "MAX_EXACT", 10)
    one, two = (herd(some_rows(), 10, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_median_distance_is_the_median_over_pairs_of_different_rows():
    Z = np.float32([[0], [0], [1], [4]])
    # Pairs: 1, 1, 4, 4 and 3 apart; the two equal rows do not count.
    rng = np.random.RandomState(0)
    assert median_distance(Z, rng) == pytest.approx(9)
    assert median_distance(Z, rng, metric="euclidean") == pytest.approx(3)


@pytest.mark.parametrize("Z", [np.zeros((4, 2)), np.zeros((1, 2))])
def test_median_distance_of_equal_rows_is_1(Z):
    assert median_distance(Z.astype(np.float32), np.random.RandomState(0)) == 1.0


@given(seeds)
def test_weights_in_median_distance_are_as_good_as_that_many_rows(seed):
    rng = np.random.RandomState(seed)
    Z, counts = some_rows(25, seed=seed), rng.randint(1, 4, 25)
    weighted = median_distance(Z, rng, sample_weight=counts.astype(float))
    repeated = median_distance(np.repeat(Z, counts, axis=0), rng)
    assert weighted == pytest.approx(repeated, rel=1e-3)


def test_median_distance_of_many_rows_is_that_of_a_sample():
    Z = some_rows(3 * MEDIAN_ROWS)
    sampled = median_distance(Z, np.random.RandomState(0))
    assert sampled == pytest.approx(median_distance(Z[:900], None), rel=0.1)


def test_random_rows_are_different_and_drawn_by_weight():
    weights = np.r_[np.full(5, 1e-12), np.ones(20)]
    for seed in range(20):
        picked = random_rows(weights, 20, np.random.RandomState(seed))
        assert sorted(picked) == list(range(5, 25))
    everyone = random_rows(weights, 25, np.random.RandomState(0))
    assert sorted(everyone) == list(range(25))


def a_problem(task="classification", n=60):
    rng = np.random.RandomState(0)
    y = rng.randint(0, 3, n) if task == "classification" else rng.standard_normal(n)
    return Problem(
        Z=some_rows(n),
        y=y if task == "classification" else y.astype(np.float32),
        sample_weight=rng.uniform(0.5, 2, n),
        n_rows=np.array([2, 5, 3]) if task == "classification" else np.array([10]),
        task=task,
        encoder=None,
        random_state=np.random.RandomState(0),
        context=SimpleNamespace(),
        encode_y=None,
        fitted_attributes=None,
    )


@pytest.mark.parametrize("how", [herded_rows, randomly_drawn_rows])
def test_starting_rows_come_class_after_class_in_the_numbers_asked_for(how):
    problem = a_problem()
    picked = how(problem)
    np.testing.assert_array_equal(problem.y[picked], np.repeat([0, 1, 2], [2, 5, 3]))
    assert len(set(picked)) == 10


@pytest.mark.parametrize("how", [herded_rows, randomly_drawn_rows])
def test_starting_rows_of_a_regression_are_one_group(how):
    picked = how(a_problem("regression"))
    assert len(set(picked)) == 10


def test_herded_rows_of_a_regression_cover_the_target_too():
    problem = a_problem("regression", n=300)
    picked = herded_rows(problem)
    by_chance = [
        abs(np.random.RandomState(s).choice(problem.y, 10).mean() - problem.y.mean())
        for s in range(50)
    ]
    assert abs(problem.y[picked].mean() - problem.y.mean()) < np.median(by_chance)


def test_the_target_weighs_a_share_of_all_columns_together():
    problem = a_problem("regression")
    features = features_with_target(problem)
    assert features.shape == (60, 4)
    np.testing.assert_allclose(
        features[:, -1], TARGET_WEIGHT * np.sqrt(3) * problem.y, rtol=1e-5
    )
    classes = a_problem()
    np.testing.assert_array_equal(features_with_target(classes), classes.flat)


def test_lowest_scores_are_kept_class_by_class():
    problem = a_problem()
    score = np.random.RandomState(5).standard_normal(60)
    kept = lowest_scores(problem, score)
    assert isinstance(kept, Kept)
    for code, rows, n_rows in problem.groups():
        here = kept.indices[problem.y[kept.indices] == code]
        np.testing.assert_array_equal(
            np.sort(here), np.sort(rows[np.argsort(score[rows])[:n_rows]])
        )


def test_rows_of_one_score_are_drawn_and_not_taken_in_their_order():
    problem = a_problem()
    drawn = [tuple(lowest_scores(problem, np.zeros(60)).indices) for _ in range(5)]
    assert len(set(drawn)) > 1


def test_clustered_rows_are_the_means_of_the_rows_nearest_to_them():
    """For regression target and centroid are weighted means over the same cell."""
    problem = a_problem("regression", n=300)
    indices, centroids, y = clustered_rows(problem)
    away = ((problem.Z[:, None] - centroids) ** 2).sum(axis=2)
    cell = away.argmin(axis=1)
    for j, centroid in enumerate(centroids):
        weights = problem.sample_weight[cell == j]
        mean = np.average(problem.Z[cell == j], axis=0, weights=weights)
        np.testing.assert_allclose(centroid, mean, atol=1e-2)
        own = np.average(problem.y[cell == j], weights=weights)
        assert y[j] == pytest.approx(own, abs=2e-2)
        assert indices[j] == np.where(cell == j, away[:, j], np.inf).argmin()


def test_clusters_of_few_different_rows_are_made_up_to_the_number_asked_for():
    problem = a_problem("regression")
    twins = dataclasses.replace(problem, Z=problem.Z[np.arange(60) % 4])
    indices, centroids, _ = clustered_rows(twins)
    assert len(set(indices)) == len(centroids) == 10
    assert len(np.unique(centroids.round(4), axis=0)) == 4


@given(seeds)
def test_targets_around_are_the_means_of_the_rows_nearest_to_them(seed):
    """A row with nobody around it keeps its own."""
    problem = a_problem("regression")
    Z = some_rows(8, seed=seed)
    Z[0] = 1e3
    y = np.random.RandomState(seed).standard_normal(8).astype(np.float32)
    away = ((problem.Z[:, None] - Z) ** 2).sum(axis=2)
    cell = away.argmin(axis=1)
    expected = y.copy()
    for j in np.unique(cell):
        weights = problem.sample_weight[cell == j]
        expected[j] = np.average(problem.y[cell == j], weights=weights)
    around = targets_around(problem, Z, y)
    np.testing.assert_allclose(around, expected, rtol=1e-4, atol=1e-5)
    assert around[0] == y[0]
    assert around.dtype == y.dtype


@given(seeds)
def test_weights_move_targets_around_as_that_many_rows_do(seed):
    problem = a_problem("regression", n=30)
    counts = np.random.RandomState(seed).randint(1, 4, 30)
    weighted = dataclasses.replace(problem, sample_weight=counts.astype(float))
    repeated = dataclasses.replace(
        problem,
        Z=np.repeat(problem.Z, counts, axis=0),
        y=np.repeat(problem.y, counts),
        sample_weight=np.ones(counts.sum()),
    )
    Z, y = some_rows(5, seed=seed), np.zeros(5, np.float32)
    np.testing.assert_allclose(
        targets_around(weighted, Z, y), targets_around(repeated, Z, y), atol=1e-5
    )


@pytest.mark.parametrize(("n_rows", "most"), [(60, 200), (60, 10_000), (550, 10_000)])
def test_the_best_start_is_the_one_that_predicts_the_other_rows(
    n_rows, most, monkeypatch
):
    """The truth before noisy targets, though these are those of rows of the data."""
    monkeypatch.setattr(starting_rows, "COMPARED_ROWS", most)
    problem = a_problem("regression", n=600)
    truth = np.sin(problem.Z[:, 0])
    y = truth + 0.7 * np.random.RandomState(1).standard_normal(600)
    problem = dataclasses.replace(problem, y=y.astype(np.float32))
    Z = problem.Z[:n_rows]
    noisy, exact = Learned(Z, problem.y[:n_rows]), Learned(Z, truth[:n_rows])
    assert best_start(problem, [noisy, exact]) is exact
    assert best_start(problem, [exact, noisy]) is exact


def test_the_first_start_is_as_good_as_any_if_it_is_all_rows():
    problem = a_problem("regression", n=20)
    starts = [Learned(problem.Z, problem.y), Learned(problem.Z, -problem.y)]
    assert best_start(problem, starts) is starts[0]
