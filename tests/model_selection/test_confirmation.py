"""The confirming search, and its scores beside those on distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from types import SimpleNamespace

import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from sklearn_distill.model_selection.confirmation import (
    confirming_search,
    merged_results,
    rank_correlation,
)


def test_confirming_search_has_the_settings_of_the_search_and_the_given_order():
    given = GridSearchCV(
        SVC(C=7), {"gamma": [1]}, scoring="f1", error_score=0.0, n_jobs=2, verbose=1
    )
    search = confirming_search(given, [{"C": 3}, {"C": 1}, {}], [([0], [1])], "f1")
    assert search.scoring == "f1"
    assert search.error_score == 0.0
    assert search.n_jobs == 2
    assert search.refit == "f1"
    assert search.param_grid == [{"C": [3]}, {"C": [1]}, {}]
    assert search.estimator.C == 7


def test_candidates_that_were_not_confirmed_have_no_score():
    results = {"mean_test_score": np.array([0.1, 0.2, 0.3]), "params": [{}, {}, {}]}
    confirmed = {
        "mean_test_score": np.array([0.8, 0.9]),
        "std_test_score": np.array([0.1, 0.0]),
        "rank_test_score": np.array([2, 1]),
    }
    merged = merged_results(
        results,
        np.array([3, 2, 1]),
        np.array([2, 1]),
        SimpleNamespace(cv_results_=confirmed),
    )
    np.testing.assert_array_equal(
        merged["confirmed_mean_test_score"], [np.nan, 0.9, 0.8]
    )
    rank = merged["confirmed_rank_test_score"]
    assert rank.mask.tolist() == [True, False, False]
    assert rank[1:].tolist() == [1, 2]


def test_rank_correlation_counts_the_candidates_with_both_scores():
    small, large = np.array([1, 2, 3, np.nan]), np.array([1, 3, 2, 4.0])
    correlation = rank_correlation(small, large)
    assert correlation.n_candidates == 3
    assert correlation.statistic == 0.5
    assert np.isnan(rank_correlation(small[:2], large[:2]).statistic)
    assert np.isnan(rank_correlation(np.ones(3), large[:3]).statistic)
