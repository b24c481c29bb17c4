"""Distribution matching from sums of features over parts."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs

from sklearn_distill import DistributionMatching, RandomSelection

MATCHING = DistributionMatching(4, n_networks=3, max_iter=60, random_state=0)


@pytest.fixture(scope="module")
def data():
    X, y = make_blobs([500, 200, 100], 5, cluster_std=3.0, random_state=0)
    return X[:, :5], y


def fit_in_parts(matching, X, y, n_parts, **kwargs):
    cuts = np.array_split(np.argsort(X[:, 0]), n_parts)
    of = [None if y is None else y[c] for c in cuts]
    known = [matching.describe(X[c], v) for c, v in zip(cuts, of, strict=True)]
    total = sum(known[1:], known[0])
    sums = [matching.accumulate(X[c], v, total) for c, v in zip(cuts, of, strict=True)]
    return matching.fit_statistics(sum(sums[1:], sums[0]))


@pytest.mark.parametrize("numeric", ["standard", "auto"])
def test_parts_give_the_rows_of_all_rows_together(data, numeric):
    X, y = data
    matching = clone(MATCHING).set_params(numeric=numeric)
    one = fit_in_parts(matching, X, y, 1).distilled_
    many = fit_in_parts(matching, X, y, 7).distilled_
    np.testing.assert_array_equal(one.y, many.y)
    np.testing.assert_allclose(one.X, many.X, atol=1e-3)
    np.testing.assert_allclose(many.class_mass, np.bincount(y))


def test_sums_of_parts_equal_the_sums_of_all_rows(data):
    X, y = data
    total = MATCHING.describe(X, y)
    whole = MATCHING.accumulate(X, y, total)
    parts = [MATCHING.accumulate(X[i::3], y[i::3], total) for i in range(3)]
    summed = parts[0] + parts[1] + parts[2]
    np.testing.assert_allclose(summed.features, whole.features, rtol=1e-10, atol=1e-8)
    np.testing.assert_allclose(summed.squares, whole.squares, rtol=1e-10)
    assert whole.features.shape[:2] == (3, 3)


def test_the_rows_are_better_than_the_initial_rows_and_score(data):
    X, y = data
    fitted = fit_in_parts(MATCHING, X, y, 4)
    losses = fitted.history_[:, "valid_loss"]
    assert losses[-1] < 0.7 * losses[0]
    random = RandomSelection(4, random_state=0).fit(X, y)
    assert fitted.score(X, y) > random.score(X, y) - 0.02


def test_weights_are_repetitions_and_rows_may_lack_labels(data):
    X, y = data
    weights = 1.0 + (np.arange(len(X)) % 2)
    repeated = np.repeat(np.arange(len(X)), weights.astype(int))
    total = MATCHING.describe(X, y)
    one = MATCHING.accumulate(X, y, total, sample_weight=weights)
    other = MATCHING.accumulate(X[repeated], y[repeated], total)
    np.testing.assert_allclose(one.features, other.features, rtol=1e-9, atol=1e-8)
    made = fit_in_parts(MATCHING, X, None, 3).distilled_
    assert made.y is None
    assert len(made) == 4


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"discrepancy": "mmd"}, "discrepancy='mmd' needs the real rows"),
        ({"factor": 2}, "factor=2 needs the real rows"),
        ({"network_training": "queue"}, "network_training='queue' needs"),
        ({"random_state": None}, "random_state must be an int"),
    ],
)
def test_parameters_that_need_real_rows_raise_errors(data, params, match):
    matching = DistributionMatching(random_state=0).set_params(**params)
    with pytest.raises(ValueError, match=match):
        matching.describe(*data)


def test_invalid_parts_raise_errors(data):
    X, y = data
    with pytest.raises(ValueError, match="continuous targets"):
        MATCHING.describe(X, X[:, 0])
    total = MATCHING.describe(X[y < 2], y[y < 2])
    with pytest.raises(ValueError, match="lacks the class 2"):
        MATCHING.accumulate(X, y, total)
    one = MATCHING.accumulate(X[y < 2], y[y < 2], total)
    with pytest.raises(ValueError, match="different networks"):
        one + MATCHING.accumulate(X, y, MATCHING.describe(X, y))
