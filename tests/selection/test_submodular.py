"""Submodular selection: the functions by definition, and the lazy greedy algorithm."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from sklearn_distill import SubmodularSelection
from sklearn_distill.selection.submodular import FUNCTIONS, lazy_greedy

# The number of rows, and the number of rows to select.
N, N_ROWS = 25, 6


def make_similarities(seed):
    """Return the Gaussian similarities of random rows."""
    Z = np.random.RandomState(seed).randn(N, 2)
    return np.exp(-((Z[:, None] - Z) ** 2).sum(axis=2))


def evaluate(name, K, share, selected):
    """Return the value of a function for a set of rows, from its definition."""
    S = list(selected)
    if name == "facility-location":
        return share @ K[:, S].max(axis=1) if S else 0.0
    if name == "graph-cut":
        within = K[np.ix_(S, S)].sum() / (2 * N_ROWS)
        return (share @ K[:, S]).sum() - within
    return np.linalg.slogdet(K[np.ix_(S, S)] + 1e-3 * np.eye(len(S)))[1]


@pytest.mark.parametrize("name", FUNCTIONS)
@given(seed=st.integers(0, 10_000))
def test_gains_are_differences_of_the_function(name, seed):
    """gain(i) is f(S + i) - f(S) for every set S of added rows."""
    K, share = make_similarities(seed), np.full(N, 1 / N)
    function = FUNCTIONS[name](K, share, N_ROWS)
    selected = []
    for i in np.random.RandomState(seed).permutation(N)[:5]:
        before = evaluate(name, K, share, selected)
        after = evaluate(name, K, share, [*selected, i])
        gain = pytest.approx(after - before, rel=1e-6, abs=1e-8)
        assert function.gain(i) == gain
        function.add(i)
        selected.append(i)


@pytest.mark.parametrize("trade_off", [0.0, 0.4])
@pytest.mark.parametrize("name", FUNCTIONS)
@given(seed=st.integers(0, 10_000))
def test_lazy_greedy_selects_the_rows_of_plain_greedy(name, trade_off, seed):
    K, share = make_similarities(seed), np.full(N, 1 / N)
    relevance = np.random.RandomState(seed + 1).rand(N)
    lazy = lazy_greedy(FUNCTIONS[name](K, share, N_ROWS), relevance, trade_off, N_ROWS)
    function = FUNCTIONS[name](K, share, N_ROWS)
    span = np.ptp([function.gain(i) for i in range(N)]) or 1.0
    plain = []
    for _ in range(N_ROWS):
        values = [
            -np.inf
            if i in plain
            else (1 - trade_off) * function.gain(i) / span + trade_off * relevance[i]
            for i in range(N)
        ]
        plain.append(int(np.argmax(values)))
        function.add(plain[-1])
    assert list(lazy) == plain


def test_relevance_avoids_mislabeled_rows():
    X, y = make_blobs(400, centers=2, cluster_std=1.5, random_state=0)
    wrong = np.random.RandomState(0).rand(400) < 0.2
    noisy = np.where(wrong, 1 - y, y)

    def share_wrong(**params):
        selection = SubmodularSelection(15, random_state=0, **params).fit(X, noisy)
        kept = [
            np.flatnonzero((X == row).all(axis=1))[0] for row in selection.distilled_.X
        ]
        return wrong[kept].mean()

    without = share_wrong()
    with_relevance = share_wrong(relevance=LogisticRegression(), trade_off=0.7)
    assert without > 0.1
    assert with_relevance < without / 2
