"""Parts are reduced to weighted rows that represent them."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics.pairwise import rbf_kernel

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    SubmodularSelection,
    UncertaintySelection,
)
from sklearn_distill.streaming.part import Part, cut, united
from sklearn_distill.streaming.part_reader import PartReader
from sklearn_distill.streaming.reduction import PartReducer, distinct_labels
from sklearn_distill.streaming.stream import PartStatistics


def reduced(distiller, X, y=None, weights=None, seed=0):
    reader = PartReader(distiller)
    part = reader.read(X, y, weights)
    scales = PartStatistics.of(part, reader).scales(part.X, distiller.numeric)
    return part, PartReducer(distiller, reader.task, 2)(part, scales, seed)


def mmd(X, v, Y, w):
    """The maximum mean discrepancy between two sets of weighted rows."""
    Z, u = np.r_[X, Y], np.r_[v / v.sum(), -w / w.sum()]
    return np.sqrt(max(0.0, u @ rbf_kernel(Z, gamma=0.3) @ u))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(5, 40), min_size=2, max_size=4),
    st.integers(0, 1_000),
    st.booleans(),
)
def test_mmd_bound_holds_for_any_parts(sizes, seed, is_sorted):
    rng = np.random.RandomState(seed)
    X = rng.randn(sum(sizes), 2)
    X = X[np.argsort(X[:, 0])] if is_sorted else X
    parts, bound = [], 0.0
    for rows in np.split(X, np.cumsum(sizes)[:-1]):
        part, small = reduced(HerdingSelection(2), rows, seed=seed)
        parts.append(small)
        bound += len(rows) / len(X) * mmd(rows, part.weights, small.X, small.weights)
    union = united(parts)
    _, last = reduced(HerdingSelection(2), union.X, weights=union.weights)
    bound += mmd(union.X, union.weights, last.X, last.weights)
    assert mmd(X, np.ones(len(X)), last.X, last.weights) <= bound + 1e-7


@pytest.mark.parametrize(
    "distiller",
    [
        RandomSelection(3),
        HerdingSelection(3),
        KMeansSelection(3),
        KMeansSelection(3, representative="centroid"),
        SubmodularSelection(3),
        UncertaintySelection(3),
        KernelInducingPoints(3),
    ],
    ids=lambda d: type(d).__name__,
)
def test_mass_of_the_result_is_that_of_the_part(distiller):
    rng = np.random.RandomState(0)
    X, y = rng.randn(90, 3), np.repeat([0, 1], [60, 30])
    weights = rng.rand(90) + 0.5
    _, small = reduced(distiller, X, y, weights)
    assert len(small) <= 12
    np.testing.assert_allclose(
        np.bincount(small.y, weights=small.weights), np.bincount(y, weights=weights)
    )
    assert small.n_samples == 90
    one_class = reduced(distiller, X, np.zeros(90, dtype=int))[1]
    assert one_class.weights.sum() == pytest.approx(90)


@pytest.mark.parametrize("distiller", [HerdingSelection(3), KMeansSelection(3)])
def test_a_weight_of_two_is_equivalent_to_two_rows(distiller):
    rng = np.random.RandomState(0)
    X = rng.randn(60, 3)
    times = 1 + np.arange(60) % 2
    weighted = reduced(distiller, X, weights=times.astype(float))[1]
    repeated = reduced(distiller, np.repeat(X, times, axis=0))[1]
    if isinstance(distiller, HerdingSelection):
        np.testing.assert_allclose(weighted.X, repeated.X)
    assert weighted.weights.sum() == repeated.weights.sum() == 90
    distance = mmd(weighted.X, weighted.weights, repeated.X, repeated.weights)
    assert distance < 0.2


def test_rows_that_fit_the_budget_are_kept_in_their_order():
    X = np.random.RandomState(0).randn(8, 2)
    part, small = reduced(HerdingSelection(4), X, np.arange(8) % 2)
    np.testing.assert_array_equal(small.X, part.X)
    np.testing.assert_array_equal(small.positions, part.positions)
    np.testing.assert_array_equal(small.weights, np.ones(8))


def test_labels_of_two_kinds_raise_an_error():
    X, weights = np.zeros((1, 1)), np.ones(1)
    parts = [Part(X, np.array([label]), weights, None, 1) for label in (1, "a")]
    with pytest.raises(ValueError, match="numbers in some batches and text"):
        united(parts)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([3, -1, 3, 5, -1] * 3),
        np.array([3, 200, 3], dtype=np.uint8),
        np.array([2**62 + 5, 7, 7, 2**62 + 5] * 3),
        np.array([10**9, 0, 10**9]),
        np.array(["b", "abc", "b", "b", "abc"] * 3),
        np.array(["b", "abc", "b", "b", "abc"] * 3, dtype=object),
        np.array([True, False, True] * 3),
        np.array([1.5, 0.5, 1.5] * 3),
        np.array([1, 2, 1, 2] * 3, dtype=object),
    ],
)
def test_distinct_labels_are_those_of_numpy(labels):
    classes, codes = distinct_labels(labels)
    expected, expected_codes = np.unique(labels, return_inverse=True)
    assert classes.dtype == expected.dtype
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(codes, expected_codes)


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(1, 8))
def test_cut_keeps_the_order_of_all_rows(lengths, size):
    ends = np.cumsum([0, *lengths])
    rows = np.arange(ends[-1])
    parts = [
        Part(rows[a:b, None], None, np.ones(b - a), rows[a:b], b - a)
        for a, b in pairwise(ends)
    ]
    n_chunks = len(rows) // size
    chunks, rest = cut(parts, size, n_chunks)
    assert [sum(map(len, chunk)) for chunk in chunks] == [size] * n_chunks
    found = [part.positions for chunk in [*chunks, rest] for part in chunk]
    np.testing.assert_array_equal(np.concatenate([*found, rows[:0]]), rows)
