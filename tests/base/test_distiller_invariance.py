"""Changes of the input under which distilled sets do not change."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


UNIT_METHODS = [
    HerdingSelection(4),
    KMeansSelection(4, random_state=0),
    KMeansSelection(4, representative="centroid", random_state=0),
    KernelInducingPoints(4, max_iter=3, random_state=0),
]


def as_rows(distilled):
    """Return the rows of a set with their labels, sorted."""
    return sorted(map(tuple, np.column_stack([distilled.X, distilled.y])))


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    budget=st.integers(1, 4),
    continuous=st.booleans(),
    scale=st.sampled_from([1.0, 0.1, 1e6]),
)
def test_herding_weights_are_equivalent_to_repeated_rows(
    seed, budget, continuous, scale
):
    """Only the ratios of the weights matter."""
    rng = np.random.RandomState(seed)
    X = rng.randn(30, 3)
    y = X @ [1.0, 2.0, -1.0] if continuous else np.arange(30) % 3
    weights = rng.randint(1, 4, 30)
    repeated = HerdingSelection(budget).fit(
        np.repeat(X, weights, axis=0), np.repeat(y, weights)
    )
    weighted = HerdingSelection(budget).fit(X, y, sample_weight=scale * weights)
    assert as_rows(weighted.distilled_) == as_rows(repeated.distilled_)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), continuous=st.booleans())
def test_herding_does_not_depend_on_the_order_of_rows(seed, continuous):
    rng = np.random.RandomState(seed)
    X = rng.randn(40, 3)
    y = X @ [1.0, 2.0, -1.0] if continuous else np.arange(40) % 3
    order = rng.permutation(40)
    plain = HerdingSelection(4).fit(X, y).distilled_
    shuffled = HerdingSelection(4).fit(X[order], y[order]).distilled_
    assert as_rows(shuffled) == as_rows(plain)


@pytest.mark.parametrize("method", UNIT_METHODS, ids=repr)
@settings(max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    scale=st.lists(
        st.floats(1e-6, 1e6).flatmap(lambda s: st.sampled_from([s, -s])),
        min_size=3,
        max_size=3,
    ),
    shift=st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3),
)
def test_scaling_and_shifting_columns_scales_and_shifts_the_set(
    method, seed, scale, shift
):
    """The scale of a column may be negative."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((45, 3)) * [1.0, 3.0, 1.0]
    X[:, 2] **= 3
    y = np.arange(45) % 3
    scale = np.array(scale)
    shift = np.array(shift) * np.abs(scale)
    plain = clone(method).fit(X, y).distilled_
    moved = clone(method).fit(X * scale + shift, y).distilled_
    error = (moved.X - (plain.X * scale + shift)) / (np.abs(scale) * X.std(axis=0))
    assert np.abs(error).max() < 1e-4
    np.testing.assert_array_equal(moved.y, plain.y)


@pytest.mark.parametrize(
    "method",
    [RandomSelection(4, random_state=0), *UNIT_METHODS[2:]],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize(
    "load", [load_iris, load_wine, load_breast_cancer, load_digits]
)
@pytest.mark.parametrize(
    ("scale", "shift"), [(10.0, 3.0), (0.3048, 0.0), (1e-3, -273.15)]
)
def test_units_of_real_data_scale_and_shift_the_set(method, load, scale, shift):
    """Sets are equal to float32 precision."""
    X, y = load(return_X_y=True)
    plain = clone(method).fit(X, y).distilled_
    moved = clone(method).fit(X * scale + shift, y).distilled_
    expected = plain.X * scale + shift
    rounding = np.abs(expected) * np.finfo(np.float32).eps
    error = np.abs(moved.X - expected) - rounding
    assert (error <= 1e-4 * X.std(axis=0) * scale).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), names=st.permutations(["a", "b", "c"]))
def test_renaming_the_classes_renames_the_labels_of_the_set(make_classes, seed, names):
    X, y = make_classes((20, 15, 10), n_features=3, seed=seed)
    plain = HerdingSelection(3).fit(X, np.array(["a", "b", "c"])[y]).distilled_
    renamed = HerdingSelection(3).fit(X, np.array(names)[y]).distilled_
    new_name = dict(zip("abc", names, strict=True))
    expected = {(*row, new_name[label]) for row, label in zip(*plain, strict=True)}
    assert {(*row, label) for row, label in zip(*renamed, strict=True)} == expected
