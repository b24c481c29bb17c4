"""Encoders of numeric and of categorical columns."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_distill.encoding.columns import (
    HEAVY_TAILED,
    MAX_ENCODED,
    NumericColumn,
)

# The tolerance for encoded values: they are rounded to 5 decimals, twice, in float32.
CLOSE = 3e-5


def column(*values, dtype=None):
    return np.array(values, dtype=dtype)[:, None]


@given(
    hnp.arrays(np.float64, st.integers(3, 40), elements=st.floats(-1, 1)),
    st.integers(-30, 30),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["auto", "standard", "quantile"]),
)
def test_encoded_column_has_weighted_mean_0_and_variance_1(
    encode, values, exponent, seed, numeric
):
    assume(np.ptp(values) > 1e-6)
    X = (values * 10.0**exponent)[:, None]
    weights = np.random.RandomState(seed).uniform(0.1, 10, len(X))
    z = encode(X, weights, numeric=numeric)[:, 0].astype(np.float64)
    mean = np.average(z, weights=weights)
    assert mean == pytest.approx(0, abs=1e-4)
    assert np.average((z - mean) ** 2, weights=weights) == pytest.approx(1, rel=1e-3)


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["normal", "heavy", "whole", "quantile"]),
    st.floats(1e-3, 1e3),
    st.sampled_from([-1, 1]),
    st.floats(-1e3, 1e3),
)
def test_encoding_is_invariant_to_scaling_and_shifting(
    fit_encoder, seed, kind, size, sign, shift
):
    rng = np.random.RandomState(seed)
    X = {
        "normal": rng.standard_normal((60, 1)),
        "heavy": rng.standard_cauchy((60, 1)),
        "whole": rng.randint(0, 9, (60, 1)).astype(float),
        "quantile": rng.exponential(size=(60, 1)),
    }[kind]
    scale = sign * size
    numeric = "quantile" if kind == "quantile" else "auto"
    here = fit_encoder(X, numeric=numeric)
    there = fit_encoder(X * scale + shift, numeric=numeric)
    np.testing.assert_allclose(
        there.encode(X * scale + shift), sign * here.encode(X), atol=CLOSE
    )
    Z = rng.uniform(here.lower_, here.upper_, (20, 1)).astype(np.float32)
    np.testing.assert_allclose(
        there.decode(sign * Z),
        here.decode(Z) * scale + shift,
        atol=1e-4 * np.ptp(X) * size,
    )


def test_heavy_tailed_column_is_encoded_by_quantiles(encode, round_trip):
    X = np.random.RandomState(0).lognormal(sigma=2.5, size=(5_000, 1))
    z = encode(X)
    assert np.abs(encode(X, numeric="standard")).max() > 30
    assert np.abs(z).max() < 5
    np.testing.assert_allclose(round_trip(X), X, rtol=1e-2)


def test_column_without_heavy_tails_is_standardized(encode):
    X = np.random.RandomState(0).uniform(size=(500, 1))
    np.testing.assert_array_equal(encode(X), encode(X, numeric="standard"))


def test_auto_uses_quantiles_if_the_weighted_kurtosis_is_large():
    # A column of zeros with a share p of ones has the kurtosis 1 / (p (1 - p)) - 3.
    X = column(*[0.0] * 9, 1.0)
    rare, common = np.r_[np.ones(9), 0.5], np.r_[np.ones(9), 2.0]
    for weights, is_heavy in ((rare, True), (common, False)):
        share = weights[-1] / weights.sum()
        assert (1 / (share * (1 - share)) - 3 > HEAVY_TAILED) == is_heavy
        assert (NumericColumn().fit(X[:, 0], weights).knots_ is not None) == is_heavy


def test_quantile_encoding_keeps_order_and_range_beyond_the_knots(fit_encoder):
    X = np.random.RandomState(0).standard_cauchy((20_000, 1))
    encoder = fit_encoder(X)
    ordered = np.sort(X, axis=0)
    assert (np.diff(encoder.encode(ordered)[:, 0]) >= 0).all()
    ends = encoder.decode(np.float32([[-99], [99]]))
    np.testing.assert_array_equal(ends, ordered[[0, -1]])


@pytest.mark.parametrize(
    "X",
    [
        np.full((5, 1), 7),
        np.full((5, 1), 0.1),
        np.full((5, 1), 1e30),
        np.full((5, 1), 0.0),
        np.full((5, 1), -1e-300),
        np.full((5, 1), np.float32(0.1)),
        np.full((5, 1), True),
        np.full((5, 1), 2**63 - 1),
        np.array([["a"]] * 5, dtype=object),
    ],
    ids=lambda X: f"{X[0, 0]!r}",
)
@pytest.mark.parametrize("numeric", ["auto", "quantile"])
def test_constant_column_is_decoded_to_its_value(fit_encoder, X, numeric):
    encoder = fit_encoder(X, np.arange(1.0, 6.0), numeric=numeric)
    assert len(np.unique(encoder.encode(X), axis=0)) == 1
    garbage = np.random.RandomState(0).standard_normal((5, 1)).astype(np.float32)
    rows = encoder.decode(garbage)
    np.testing.assert_array_equal(rows, X)
    assert rows.dtype == X.dtype


@pytest.mark.parametrize("size", [1.0, 1e30, 1e-30])
def test_column_that_varies_by_rounding_errors_is_encoded_as_constant(encode, size):
    X = column(0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2) * size
    np.testing.assert_array_equal(encode(X), 0)


@pytest.mark.parametrize(
    "X",
    [
        (2**52 + np.arange(0, 1000, 7))[:, None],
        (1e9 + 1e-4 * np.arange(50))[:, None],
    ],
    ids=["large integers", "large floats"],
)
def test_small_differences_between_large_numbers_are_encoded(encode, round_trip, X):
    z = encode(X)
    assert z.std() == pytest.approx(1, rel=1e-3)
    np.testing.assert_array_equal(round_trip(X), X)


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-30, 1e30, 1e149])
def test_numbers_of_any_magnitude_are_restored(round_trip, size):
    X = np.random.RandomState(0).standard_normal((40, 1)) * size
    np.testing.assert_allclose(round_trip(X) / size, X / size, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_multiples_of_a_tenth_are_restored_exactly(fit_encoder, round_trip, dtype):
    X = column(*np.random.RandomState(0).randint(0, 80, 100) / 10, dtype=dtype)
    np.testing.assert_array_equal(round_trip(X), X)
    Z = np.random.RandomState(1).standard_normal((200, 1)).astype(np.float32)
    tenths = fit_encoder(X).decode(Z) * 10
    np.testing.assert_allclose(tenths, np.rint(tenths), atol=1e-4)


@pytest.mark.parametrize("largest", [100, 5_000])
def test_decoded_prices_are_whole_cents(fit_encoder, round_trip, largest):
    prices = np.random.RandomState(0).randint(0, 100 * largest, 500) / 100
    Z = np.random.RandomState(1).standard_normal((500, 1)).astype(np.float32)
    decoded = fit_encoder(prices[:, None]).decode(Z)
    np.testing.assert_allclose(decoded, np.round(decoded, 2), rtol=1e-12)
    if largest == 100:
        np.testing.assert_array_equal(round_trip(prices[:, None])[:, 0], prices)


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int64", [2**53 + 1, 2**60 + 3, 2**62 - 1]),
        ("int64", [-(2**63), 5, 2**63 - 1]),
        ("uint64", [0, 5, 2**64 - 1]),
        ("uint64", [2**64 - 3000, 2**64 - 1500, 2**64 - 1]),
    ],
)
def test_decoded_large_integers_stay_in_the_observed_range(fit_encoder, dtype, values):
    X = column(*values, dtype=dtype)
    encoder = fit_encoder(X)
    rows = encoder.decode(np.linspace(-9, 9, 200, dtype=np.float32)[:, None])
    assert rows.dtype == dtype
    assert rows.min() == min(values)
    assert rows.max() == max(values)


def test_decode_means_returns_values_between_grid_points():
    column = NumericColumn().fit(np.array([1, 2, 4]), np.ones(3))
    block = (np.array([[1.75], [4.0]]) - column.mean_) / column.scale_
    np.testing.assert_allclose(column.decode_means(block), [1.75, 4.0])
    on_grid = column.decode_means(block[1:])
    assert on_grid.tolist() == [4]
    assert on_grid.dtype == np.int64
    assert column.decode(block).tolist() == [2, 4]


def test_numeric_categories_are_one_hot_encoded(fit_encoder, encode):
    X = pd.DataFrame({"c": pd.Categorical([1, 2, 10] * 5)})
    halfway = fit_encoder(X).decode(np.float32([[0.4, 0.5, 0.45]]))
    # The categories are sorted as text: 1, 10, 2.
    assert halfway["c"].tolist() == [10]
    assert encode(X).shape == (15, 3)


def test_categories_are_one_hot_encoded_in_sorted_order(encode):
    Z = encode(np.array([["b"], ["a"], ["b"]], dtype=object))
    np.testing.assert_array_equal(Z, [[0, 1], [1, 0], [0, 1]])


def test_encoded_outliers_are_clipped_to_finite_numbers(fit_encoder):
    X = column(1e-200, 2e-200, 4e-200)
    encoder = fit_encoder(X)
    far = encoder.encode(np.full_like(X[:1], 1e150))
    np.testing.assert_array_equal(far.ravel(), [MAX_ENCODED])
    np.testing.assert_array_equal(encoder.encode(np.full_like(X[:1], -1e150)), -far)


def test_very_unequal_weights_give_finite_encodings(encode):
    X = column(*range(9), 1e6)
    weights = np.r_[np.ones(9), 1e-12]
    for numeric in ("auto", "standard", "quantile"):
        Z = encode(X, weights, numeric=numeric)
        assert np.isfinite(Z).all()
        assert (np.diff(Z[:, 0]) > 0).all()
