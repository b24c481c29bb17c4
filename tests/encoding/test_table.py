"""Tables and images as numbers, and back to what the data could hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_distill._utils.containers import take_rows
from sklearn_distill.encoding import make_encoder
from sklearn_distill.encoding.columns import (
    FARTHEST,
    HEAVY_TAILED,
    MAX_CATEGORIES,
    CategoryColumn,
    NumericColumn,
    grid_of,
)

INT_DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
# Two roundings to 5 decimals, and float32.
CLOSE = 3e-5


def fitted(X, weights=None, **parameters):
    weights = np.ones(len(X)) if weights is None else weights
    return make_encoder(X, **parameters).fit(X, weights)


def round_trip(X, **parameters):
    encoder = fitted(X, **parameters)
    return encoder.decode(encoder.encode(X))


def encoded(X, weights=None, **parameters):
    return fitted(X, weights, **parameters).encode(X)


def column(*values, dtype=None):
    return np.array(values, dtype=dtype)[:, None]


@st.composite
def whole_numbers(draw, n):
    dtype = draw(st.sampled_from(INT_DTYPES))
    low, high = max(np.iinfo(dtype).min, -1000), min(np.iinfo(dtype).max, 1000)
    return pd.Series(draw(lists_of(st.integers(low, high), n)), dtype=dtype)


def lists_of(values, n):
    return st.lists(values, min_size=n, max_size=n)


@st.composite
def even_steps(draw, n):
    dtype = draw(st.sampled_from(["float32", "float64", "Float64", "double[pyarrow]"]))
    step = draw(st.sampled_from([0.1, 0.25, 1.0, 3.7]))
    steps = draw(lists_of(st.integers(-50, 50), n))
    return pd.Series(np.array(steps) * step, dtype=dtype)


@st.composite
def nullable_integers(draw, n):
    dtype = draw(st.sampled_from(["Int8", "Int64", "UInt16", "int32[pyarrow]"]))
    return pd.Series(draw(lists_of(st.integers(0, 100), n)), dtype=dtype)


@st.composite
def truths(draw, n):
    dtype = draw(st.sampled_from(["bool", "boolean", "bool[pyarrow]", "object"]))
    return pd.Series(draw(lists_of(st.booleans(), n)), dtype=dtype)


@st.composite
def texts(draw, n):
    dtype = draw(st.sampled_from(["object", "str", "string", "string[pyarrow]"]))
    words = st.text(st.characters(codec="utf-8"), max_size=4)
    return pd.Series(draw(lists_of(words, n)), dtype=dtype)


@st.composite
def mixed_objects(draw, n):
    labels = st.one_of(st.sampled_from(["a", "b", "7"]), st.integers(0, 9))
    return pd.Series(draw(lists_of(labels, n)), dtype=object)


@st.composite
def categories(draw, n):
    levels = draw(
        st.sampled_from([["low", "mid", "high", "unused"], [10, 2, 7], [2.5, 0.1]])
    )
    dtype = pd.CategoricalDtype(levels, ordered=draw(st.booleans()))
    return pd.Series(draw(lists_of(st.sampled_from(levels[:-1]), n)), dtype=dtype)


COLUMNS = [
    whole_numbers,
    even_steps,
    nullable_integers,
    truths,
    texts,
    mixed_objects,
    categories,
]


@st.composite
def tables(draw):
    n = draw(st.integers(2, 12))
    kinds = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=5))
    frame = pd.concat([draw(kind(n)) for kind in kinds], axis=1)
    return frame.set_axis([f"c{j}" for j in range(len(kinds))], axis=1)


@settings(max_examples=200)
@given(tables())
def test_a_table_comes_back_from_the_encoded_rows_with_its_dtypes(X):
    pd.testing.assert_frame_equal(round_trip(X), X)


def is_possible(value, seen):
    """Tell whether a column that held the seen values could hold this one."""
    are_objects = seen.dtype == object and set(map(type, seen)) == {int}
    if seen.dtype.kind in "iuf" or are_objects:
        whole = seen.dtype.kind == "f" or value == int(value)
        return seen.min() <= value <= seen.max() and whole
    return value in set(seen)


@settings(max_examples=200)
@given(tables(), st.data())
def test_whatever_is_decoded_is_a_row_that_the_table_could_hold(X, data):
    encoder = fitted(X)
    Z = data.draw(
        hnp.arrays(
            np.float32,
            (5, *encoder.shape_),
            elements=st.floats(width=32, allow_nan=False),
        )
    )
    rows = encoder.decode(Z)
    pd.testing.assert_series_equal(rows.dtypes, X.dtypes)
    for name in X:
        assert all(is_possible(value, X[name]) for value in rows[name])


@given(tables(), st.randoms(use_true_random=False))
def test_the_encoding_does_not_depend_on_the_order_of_rows(X, random):
    order = np.array(random.sample(range(len(X)), len(X)))
    np.testing.assert_allclose(
        encoded(take_rows(X, order)), encoded(X)[order], atol=CLOSE
    )


@given(tables(), st.data())
def test_a_weight_is_as_good_as_that_many_rows(X, data):
    counts = np.array(data.draw(lists_of(st.integers(1, 4), len(X))))
    repeated = take_rows(X, np.repeat(np.arange(len(X)), counts))
    weighted = fitted(X, counts.astype(float))
    np.testing.assert_allclose(
        weighted.encode(X), fitted(repeated).encode(X), atol=CLOSE
    )


@given(tables(), st.integers(0, 2**32 - 1))
def test_snap_is_decode_then_encode_and_a_second_snap_changes_nothing(X, seed):
    encoder = fitted(X)
    Z = np.random.RandomState(seed).uniform(-3, 3, (6, *encoder.shape_))
    snapped = encoder.snap(Z.astype(np.float32))
    np.testing.assert_array_equal(
        snapped, encoder.encode(encoder.decode(Z.astype(np.float32)))
    )
    np.testing.assert_allclose(encoder.snap(snapped), snapped, atol=CLOSE)


@given(tables())
def test_no_encoded_row_lies_outside_the_bounds(X):
    encoder = fitted(X)
    Z = encoder.encode(X)
    assert Z.dtype == encoder.lower_.dtype == np.float32
    assert (Z >= encoder.lower_).all()
    assert (Z <= encoder.upper_).all()


@given(
    hnp.arrays(np.float64, st.integers(3, 40), elements=st.floats(-1, 1)),
    st.integers(-30, 30),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["auto", "standard", "quantile"]),
)
def test_an_encoded_column_has_weighted_mean_0_and_variance_1(
    values, exponent, seed, numeric
):
    assume(np.ptp(values) > 1e-6)
    X = (values * 10.0**exponent)[:, None]
    weights = np.random.RandomState(seed).uniform(0.1, 10, len(X))
    z = encoded(X, weights, numeric=numeric)[:, 0].astype(np.float64)
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
def test_scaling_and_shifting_a_column_leaves_its_encoding_as_it_is(
    seed, kind, size, sign, shift
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
    here, there = fitted(X, numeric=numeric), fitted(X * scale + shift, numeric=numeric)
    np.testing.assert_allclose(
        there.encode(X * scale + shift), sign * here.encode(X), atol=CLOSE
    )
    Z = rng.uniform(here.lower_, here.upper_, (20, 1)).astype(np.float32)
    np.testing.assert_allclose(
        there.decode(sign * Z),
        here.decode(Z) * scale + shift,
        atol=1e-4 * np.ptp(X) * size,
    )


def test_a_heavy_tailed_column_goes_through_its_quantiles_and_comes_back():
    X = np.random.RandomState(0).lognormal(sigma=2.5, size=(5_000, 1))
    z = encoded(X)
    assert np.abs(encoded(X, numeric="standard")).max() > 30
    assert np.abs(z).max() < 5
    np.testing.assert_allclose(round_trip(X), X, rtol=1e-2)


def test_a_column_that_is_not_heavy_tailed_is_only_scaled():
    X = np.random.RandomState(0).uniform(size=(500, 1))
    np.testing.assert_array_equal(encoded(X), encoded(X, numeric="standard"))


def test_a_column_at_the_edge_of_heavy_tails_is_judged_by_its_weighted_kurtosis():
    # A share p of ones has kurtosis 1 / (p (1 - p)) - 3.
    X = column(*[0.0] * 9, 1.0)
    rare, common = np.r_[np.ones(9), 0.5], np.r_[np.ones(9), 2.0]
    for weights, is_heavy in ((rare, True), (common, False)):
        share = weights[-1] / weights.sum()
        assert (1 / (share * (1 - share)) - 3 > HEAVY_TAILED) == is_heavy
        assert (NumericColumn().fit(X[:, 0], weights).knots_ is not None) == is_heavy


def test_more_distinct_values_than_knots_keep_their_order_and_their_ends():
    X = np.random.RandomState(0).standard_cauchy((20_000, 1))
    encoder = fitted(X)
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
def test_a_constant_column_is_kept(X, numeric):
    encoder = fitted(X, np.arange(1.0, 6.0), numeric=numeric)
    assert len(np.unique(encoder.encode(X), axis=0)) == 1
    garbage = np.random.RandomState(0).standard_normal((5, 1)).astype(np.float32)
    rows = encoder.decode(garbage)
    np.testing.assert_array_equal(rows, X)
    assert rows.dtype == X.dtype


@pytest.mark.parametrize("size", [1.0, 1e30, 1e-30])
def test_a_column_that_is_constant_but_for_rounding_counts_as_constant(size):
    X = column(0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2) * size
    np.testing.assert_array_equal(encoded(X), 0)
    images = np.repeat(X[:, :, None, None], 4, axis=3)
    np.testing.assert_array_equal(encoded(images), 0)


@pytest.mark.parametrize(
    "X",
    [
        (2**52 + np.arange(0, 1000, 7))[:, None],
        (1e9 + 1e-4 * np.arange(50))[:, None],
    ],
    ids=["large integers", "large floats"],
)
def test_small_differences_between_large_numbers_are_differences(X):
    z = encoded(X)
    assert z.std() == pytest.approx(1, rel=1e-3)
    np.testing.assert_array_equal(round_trip(X), X)


@pytest.mark.parametrize("size", [1e-310, 1e-200, 1e-30, 1e30, 1e149])
def test_columns_of_any_size_come_back(size):
    X = np.random.RandomState(0).standard_normal((40, 1)) * size
    np.testing.assert_allclose(round_trip(X) / size, X / size, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_of_a_tenth_come_back_to_the_last_digit(dtype):
    X = column(*np.random.RandomState(0).randint(0, 80, 100) / 10, dtype=dtype)
    np.testing.assert_array_equal(round_trip(X), X)
    Z = np.random.RandomState(1).standard_normal((200, 1)).astype(np.float32)
    tenths = fitted(X).decode(Z) * 10
    np.testing.assert_allclose(tenths, np.rint(tenths), atol=1e-4)


@pytest.mark.parametrize("largest", [100, 5_000])
def test_money_stays_in_whole_cents(largest):
    prices = np.random.RandomState(0).randint(0, 100 * largest, 500) / 100
    Z = np.random.RandomState(1).standard_normal((500, 1)).astype(np.float32)
    decoded = fitted(prices[:, None]).decode(Z)
    np.testing.assert_allclose(decoded, np.round(decoded, 2), rtol=1e-12)
    if largest == 100:
        np.testing.assert_array_equal(round_trip(prices[:, None])[:, 0], prices)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([0, 1, 5], 1),
        ([0.3, 0.5, 0.9], 0.2),
        ([0, 2, 5], 1),
        ([-0.2, 0.0, 0.3], 0.1),
        ([7.0, 7.0], None),
        ([0.0, 1.0, np.sqrt(2)], None),
        ([0.0, 1e-9, 1.0], None),
        ([0.0, 5e-324, 1.0], None),
        ([1e30, 2e30, 5e30], 1e30),
    ],
)
def test_a_grid_is_found_where_there_is_one(values, step):
    grid = grid_of(np.array(values, dtype=float))
    assert (grid is None) == (step is None)
    if grid is not None:
        assert grid[1] == pytest.approx(step)


@given(st.integers(4, 50), st.integers(0, 2**32 - 1))
def test_numbers_that_lie_anywhere_lie_on_no_grid(n, seed):
    assert grid_of(np.random.RandomState(seed).standard_normal(n)) is None


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int64", [2**53 + 1, 2**60 + 3, 2**62 - 1]),
        ("int64", [-(2**63), 5, 2**63 - 1]),
        ("uint64", [0, 5, 2**64 - 1]),
        ("uint64", [2**64 - 3000, 2**64 - 1500, 2**64 - 1]),
    ],
)
def test_integers_that_no_float_can_hold_stay_in_their_range(dtype, values):
    X = column(*values, dtype=dtype)
    encoder = fitted(X)
    rows = encoder.decode(np.linspace(-9, 9, 200, dtype=np.float32)[:, None])
    assert rows.dtype == dtype
    assert rows.min() == min(values)
    assert rows.max() == max(values)


@pytest.mark.parametrize("dtype", [*INT_DTYPES, "float32", "float64", "bool"])
def test_an_array_keeps_its_dtype(dtype):
    X = (np.arange(24).reshape(8, 3) % 5).astype(dtype)
    np.testing.assert_array_equal(round_trip(X), X)
    assert round_trip(X).dtype == X.dtype


@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
def test_unusual_floats_keep_their_dtype_and_about_their_values(dtype):
    X = np.random.RandomState(0).standard_normal((20, 2)).astype(dtype)
    rows = round_trip(X)
    assert rows.dtype == X.dtype
    np.testing.assert_allclose(rows.astype(float), X.astype(float), atol=1e-2)


def test_objects_that_are_whole_numbers_stay_whole():
    X = np.array([[1, "a", 0.5], [2, "b", 1.5], [9, "a", 0.7]], dtype=object)
    rows = round_trip(X)
    assert rows.tolist() == X.tolist()
    assert [type(value) for value in rows[0]] == [int, str, float]


def test_numbers_that_are_categories_are_not_numbers():
    X = pd.DataFrame({"c": pd.Categorical([1, 2, 10] * 5)})
    halfway = fitted(X).decode(np.float32([[0.4, 0.5, 0.45]]))
    assert halfway["c"].tolist() == [10]  # in the order of their text: 1, 10, 2
    assert encoded(X).shape == (15, 3)


def test_strings_of_an_array_are_categories():
    X = np.array([["red", "1"], ["blue", "2"], ["red", "3"]])
    encoder = fitted(X)
    assert encoder.shape_ == (5,)
    rows = encoder.decode(encoder.encode(X))
    assert rows.dtype == X.dtype
    np.testing.assert_array_equal(rows, X)


def test_a_category_is_one_column_that_is_1():
    Z = encoded(np.array([["b"], ["a"], ["b"]], dtype=object))
    np.testing.assert_array_equal(Z, [[0, 1], [1, 0], [0, 1]])


@pytest.mark.parametrize(
    ("n_categories", "width"),
    [(MAX_CATEGORIES, 64), (MAX_CATEGORIES + 1, 64), (300, 64)],
)
def test_beyond_64_categories_the_rare_ones_share_a_slot(n_categories, width):
    names = np.array([f"c{j:03d}" for j in range(n_categories)], dtype=object)
    values = np.repeat(names, np.arange(n_categories, 0, -1))
    one_hot = CategoryColumn().fit(values, np.ones(len(values)))
    assert one_hot.width == width
    decoded = one_hot.decode(one_hot.encode(names))
    # The slot of the rare ones stands for the most frequent of them.
    np.testing.assert_array_equal(decoded[:width], names[:width])
    assert set(decoded[width:]) <= {names[width - 1]}


def test_the_weight_of_a_category_decides_whether_it_has_a_slot_of_its_own():
    names = np.array([f"c{j:03d}" for j in range(200)], dtype=object)
    weights = np.ones(200)
    weights[150] = 5.0
    one_hot = CategoryColumn().fit(names, weights)
    assert one_hot.decode(one_hot.encode(names[150:151])) == ["c150"]


def test_an_unknown_category_is_refused_by_column_and_value():
    X = pd.DataFrame({"size": [1.0, 2.0], "colour": ["red", "blue"]})
    new = pd.DataFrame({"size": [9.0], "colour": ["green"]})
    encoder = fitted(X)
    encoder.check_known(X)
    with pytest.raises(
        ValueError, match=r"'colour' has .*\['green'\].*drop their rows"
    ):
        encoder.check_known(new)
    with pytest.raises(ValueError, match=r"column 1 has .*'green'"):
        fitted(X.to_numpy(dtype=object)).check_known(new.to_numpy(dtype=object))


@pytest.mark.parametrize(
    "X",
    [
        column(1e-200, 2e-200, 4e-200),
        np.array([1e-200, 2e-200, 4e-200]).reshape(3, 1, 1, 1),
    ],
    ids=["table", "images"],
)
def test_rows_far_from_all_others_are_encoded_as_finite_numbers(X):
    encoder = fitted(X)
    far = encoder.encode(np.full_like(X[:1], 1e150))
    np.testing.assert_array_equal(far.ravel(), [FARTHEST])
    np.testing.assert_array_equal(encoder.encode(np.full_like(X[:1], -1e150)), -far)


def test_weights_of_very_different_sizes_give_finite_rows():
    X = column(*range(9), 1e6)
    weights = np.r_[np.ones(9), 1e-12]
    for numeric in ("auto", "standard", "quantile"):
        Z = encoded(X, weights, numeric=numeric)
        assert np.isfinite(Z).all()
        assert (np.diff(Z[:, 0]) > 0).all()


def test_rows_with_nan_are_not_decoded():
    images = np.random.RandomState(0).rand(3, 1, 2, 2)
    for encoder in (fitted(column(1, 2, 4)), fitted(images)):
        Z = np.full((1, *encoder.shape_), np.nan, dtype=np.float32)
        for method in (encoder.decode, encoder.snap):
            with pytest.raises(
                ValueError, match=r"diverged. Learn with a smaller step"
            ):
                method(Z)


def test_column_names_that_are_twice_there_and_any_index_are_fine():
    X = pd.DataFrame(
        [[1, "a"], [2, "b"], [4, "a"]], columns=["x", "x"], index=[7, 7, 3]
    )
    pd.testing.assert_frame_equal(round_trip(X), X.reset_index(drop=True))


def test_take_rows_gives_rows_in_the_order_asked_for_with_a_fresh_index():
    X = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 6, 7])
    assert take_rows(X, np.array([2, 0])).equals(pd.DataFrame({"a": [3, 1]}))
    np.testing.assert_array_equal(take_rows(X.to_numpy(), np.array([2, 2])), [[3], [3]])


def some_images(dtype, shape=(20, 2, 3, 4)):
    rng = np.random.RandomState(0)
    if dtype == "scaled":
        return rng.randint(0, 256, shape) / 255
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.randint(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "bool", "scaled"])
@pytest.mark.parametrize("as_rows", [False, True])
def test_images_come_back_to_the_last_bit(dtype, as_rows):
    images = some_images(dtype)
    X = images.reshape(20, -1) if as_rows else images
    encoder = fitted(X, image_shape=(2, 3, 4) if as_rows else None)
    Z = encoder.encode(X)
    assert Z.shape == (20, 2, 3, 4)
    rows = encoder.decode(Z)
    assert rows.dtype == X.dtype
    np.testing.assert_array_equal(rows, X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e30])
def test_images_of_floats_of_any_size_come_back(dtype, size):
    if dtype == "float32" and size == 1e-200:
        size = 1e-30
    images = some_images(dtype) * np.dtype(dtype).type(size)
    rows = round_trip(images)
    assert rows.dtype == dtype
    np.testing.assert_allclose(rows / size, images / size, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_each_channel_has_weighted_mean_0_and_variance_1(dtype):
    images = some_images(dtype)
    images[:, 1] = images[:, 1] * 3 + 5
    weights = np.random.RandomState(1).uniform(0.1, 10, len(images))
    Z = encoded(images, weights).astype(np.float64)
    means = np.average(Z.mean(axis=(2, 3)), axis=0, weights=weights)
    squares = np.average((Z**2).mean(axis=(2, 3)), axis=0, weights=weights)
    np.testing.assert_allclose(means, 0, atol=1e-4)
    np.testing.assert_allclose(squares, 1, atol=1e-3)


def test_the_weight_of_an_image_is_as_good_as_that_many_images():
    images = some_images("float64")
    counts = np.random.RandomState(1).randint(1, 4, len(images))
    np.testing.assert_allclose(
        encoded(images, counts.astype(float)),
        fitted(np.repeat(images, counts, axis=0)).encode(images),
        atol=CLOSE,
    )


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e30])
def test_a_constant_channel_is_kept(constant):
    images = some_images("float64")
    images[:, 0] = constant
    encoder = fitted(images, np.random.RandomState(1).rand(len(images)))
    np.testing.assert_array_equal(encoder.encode(images)[:, 0], 0)
    Z = np.random.RandomState(2).standard_normal((5, 2, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(encoder.decode(Z)[:, 0], constant)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float32", "float64"])
def test_whatever_is_decoded_is_an_image_within_each_pixels_range(dtype):
    images = some_images(dtype)
    if dtype == "int64":
        images[0], images[1] = 2**63 - 1, -(2**63)
    encoder = fitted(images)
    Z = np.random.RandomState(3).standard_normal((50, 2, 3, 4)).astype(np.float32)
    Z[0], Z[1], Z[2] = np.inf, -np.inf, 3e38
    rows = encoder.decode(Z)
    assert rows.dtype == images.dtype
    assert (rows >= images.min(axis=0)).all()
    assert (rows <= images.max(axis=0)).all()
    np.testing.assert_array_equal(rows[0], images.max(axis=0))
    np.testing.assert_array_equal(rows[1], images.min(axis=0))


def test_snapping_images_twice_is_snapping_them_once():
    encoder = fitted(some_images("uint8"))
    Z = np.random.RandomState(3).standard_normal((9, 2, 3, 4)).astype(np.float32)
    snapped = encoder.snap(Z)
    np.testing.assert_array_equal(snapped, encoder.encode(encoder.decode(Z)))
    np.testing.assert_array_equal(encoder.snap(snapped), snapped)


def test_more_images_than_one_block_are_encoded_alike():
    images = some_images("uint8", (9_000, 1, 2, 2))
    Z = encoded(images)
    np.testing.assert_allclose(Z.mean(), 0, atol=1e-4)
    np.testing.assert_array_equal(fitted(images).encode(images[8_500:]), Z[8_500:])
