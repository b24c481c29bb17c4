"""Submodular selection: the three functions, and lazy against plain greedy search."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from sklearn_distill import SubmodularSelection
from sklearn_distill.selection.submodular import (
    FacilityLocation,
    GraphCut,
    LogDeterminant,
    lazy_greedy,
)

N, K = 25, 6


def kernel(seed):
    Z = np.random.RandomState(seed).randn(N, 2)
    return np.exp(-((Z[:, None] - Z) ** 2).sum(axis=2))


def value(name, K_, share, chosen):
    """The functions as the docs define them, computed from scratch."""
    S = list(chosen)
    if name == "facility":
        return share @ K_[:, S].max(axis=1) if S else 0.0
    if name == "cut":
        within = K_[np.ix_(S, S)].sum() / (2 * K)
        return (share @ K_[:, S]).sum() - within
    return np.linalg.slogdet(K_[np.ix_(S, S)] + 1e-3 * np.eye(len(S)))[1]


FUNCTIONS = {
    "facility": lambda K_, share: FacilityLocation(K_, share),
    "cut": lambda K_, share: GraphCut(K_, share, K),
    "volume": lambda K_, share: LogDeterminant(K_),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(seed=st.integers(0, 10_000))
def test_gains_are_differences_of_the_function(name, seed):
    """gain(i) is f(S + i) - f(S), however many rows were added before."""
    K_, share = kernel(seed), np.full(N, 1 / N)
    function = FUNCTIONS[name](K_, share)
    chosen = []
    for i in np.random.RandomState(seed).permutation(N)[:5]:
        grown = value(name, K_, share, [*chosen, i]) - value(name, K_, share, chosen)
        assert function.gain(i) == pytest.approx(grown, rel=1e-6, abs=1e-8)
        function.add(i)
        chosen.append(i)


@pytest.mark.parametrize("trade_off", [0.0, 0.4])
@pytest.mark.parametrize("name", FUNCTIONS)
@given(seed=st.integers(0, 10_000))
def test_lazy_search_finds_what_plain_search_finds(name, trade_off, seed):
    """Skipping rows whose bound is too low changes nothing."""
    K_, share = kernel(seed), np.full(N, 1 / N)
    relevance = np.random.RandomState(seed + 1).rand(N)
    lazy = lazy_greedy(FUNCTIONS[name](K_, share), relevance, trade_off, K)
    function = FUNCTIONS[name](K_, share)
    span = np.ptp([function.gain(i) for i in range(N)]) or 1.0
    plain = []
    for _ in range(K):
        worth = [
            -np.inf
            if i in plain
            else (1 - trade_off) * function.gain(i) / span + trade_off * relevance[i]
            for i in range(N)
        ]
        plain.append(int(np.argmax(worth)))
        function.add(plain[-1])
    assert list(lazy) == plain


def test_relevance_keeps_wrong_labels_out():
    """Flipped labels are hardly ever kept once a classifier's opinion counts."""
    X, y = make_blobs(400, centers=2, cluster_std=1.5, random_state=0)
    wrong = np.random.RandomState(0).rand(400) < 0.2
    noisy = np.where(wrong, 1 - y, y)

    def share_wrong(**params):
        selection = SubmodularSelection(15, random_state=0, **params).fit(X, noisy)
        kept = [
            np.flatnonzero((X == row).all(axis=1))[0] for row in selection.distilled_.X
        ]
        return wrong[kept].mean()

    blind = share_wrong()
    told = share_wrong(relevance=LogisticRegression(), trade_off=0.7)
    assert blind > 0.1
    assert told < blind / 2
