"""The ranking of candidates, and the choice of those that are confirmed."""

# SPDX-License-Identifier: BSD-3-Clause

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC

from sklearn_distill.model_selection.candidates import (
    best_candidates,
    deciding_scores,
    ranks_of,
    rescaled,
    results_of,
    with_full_resource,
)


def results_with(scores, **more):
    """Return results of one metric whose candidates have the parameter C."""
    params = [{"C": i} for i in range(len(scores))]
    return {"mean_test_score": np.array(scores), "params": params, **more}


def test_ranks_put_missing_scores_last():
    np.testing.assert_array_equal(ranks_of(np.array([0.1, np.nan, 0.3])), [2, 3, 1])


@pytest.mark.parametrize(
    ("top_k", "expected"),
    [(1, [2]), (2, [2, 0]), (0.5, [2, 0]), (9, [2, 0, 3]), ("all", [0, 1, 2, 3])],
)
def test_best_candidates(top_k, expected):
    results = results_with([0.5, np.nan, 0.9, 0.1])
    assert best_candidates(results, top_k, True).tolist() == expected


def test_choice_of_a_callable_is_among_the_best_candidates():
    results = results_with([0.5, 0.7, 0.9])
    assert best_candidates(results, 2, lambda _: 0).tolist() == [0, 2]


def test_all_failed_candidates_raise():
    with pytest.raises(ValueError, match="failed for every candidate"):
        best_candidates(results_with([np.nan, np.nan]), 5, True)


def test_mean_of_ranks_decides_if_no_metric_does():
    results = {
        "mean_test_a": np.array([0.1, 0.2, 0.3]),
        "mean_test_b": np.array([9.0, 8.0, np.nan]),
        "params": [{}, {}, {}],
    }
    np.testing.assert_array_equal(deciding_scores(results, False), [-2, -2, np.nan])
    np.testing.assert_array_equal(deciding_scores(results, "b"), [9, 8, np.nan])


def test_later_iterations_of_halving_come_first_and_repeats_count_once():
    results = results_with([0.9, 0.6, 0.7, 0.5], iter=np.array([0, 0, 0, 1]))
    params = [{"C": 1, "n": 2}, {"C": 2, "n": 2}, {"C": 3, "n": 2}, {"C": 2, "n": 4}]
    results["params"] = params
    assert best_candidates(results, 2, True, resource="n").tolist() == [3, 0]
    assert with_full_resource(results, 0, "n") == {"C": 1, "n": 4}
    assert params[0] == {"C": 1, "n": 2}


def test_rescaled_by_exponent_and_by_callable():
    rescale = {"C": 0.5, "degree": 1, "tol": lambda value, m, n: value * n / m}
    changed = rescaled({"C": 1.0, "degree": 3}, SVC(tol=0.1), rescale, 25, 100)
    assert changed == {"C": 2.0, "degree": 12, "tol": 0.4}
    assert rescaled({"degree": 3}, SVC(), {"degree": -1}, 1, 100) == {"degree": 1}
    assert rescaled({"C": 1.0}, SVC(), None, 1, 2) == {"C": 1.0}


def test_rescaling_uses_the_values_of_the_candidate():
    pipeline = Pipeline([("model", SVC())])
    model = SVC(C=100.0)
    changed = rescaled({"model": model}, pipeline, {"model__C": 0.5}, 25, 100)
    assert changed == {"model": model, "model__C": 200.0}
    assert model.C == 100.0
    other = {"model": Ridge()}
    assert rescaled(other, pipeline, {"model__C": 0.5}, 25, 100) == other


def test_results_of_optuna_trials():
    trials = [
        SimpleNamespace(params={"C": 1}, user_attrs={"mean_test_score": 0.5}),
        SimpleNamespace(params={"C": 2, "k": 3}, user_attrs={"mean_test_score": 0.7}),
        SimpleNamespace(params={"C": 3}, user_attrs={}),
    ]
    results = results_of(SimpleNamespace(trials_=trials))
    np.testing.assert_array_equal(results["mean_test_score"], [0.5, 0.7, np.nan])
    np.testing.assert_array_equal(results["rank_test_score"], [2, 1, 3])
    assert results["params"][1] == {"C": 2, "k": 3}
    assert results["param_k"].mask.tolist() == [True, False, True]
