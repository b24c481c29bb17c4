"""The encoder of tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_distill._utils.containers import take_rows
from sklearn_distill.encoding import ImageEncoder, TableEncoder, make_encoder

INT_DTYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
# The tolerance for encoded values: they are rounded to 5 decimals, twice, in float32.
CLOSE = 3e-5


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
def booleans(draw, n):
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
    booleans,
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


@pytest.mark.parametrize(
    ("X", "parameters", "encoder"),
    [
        (np.ones((2, 3)), {}, TableEncoder),
        (pd.DataFrame(np.ones((2, 3))), {}, TableEncoder),
        (np.ones((2, 1, 3, 3)), {}, ImageEncoder),
        (np.ones((2, 9)), {"image_shape": (1, 3, 3)}, ImageEncoder),
    ],
)
def test_make_encoder_selects_the_encoder_of_tables_or_images(X, parameters, encoder):
    assert type(make_encoder(X, **parameters)) is encoder


@settings(max_examples=200)
@given(tables())
def test_decoding_restores_the_encoded_table_and_its_dtypes(round_trip, X):
    pd.testing.assert_frame_equal(round_trip(X), X)


def is_possible(value, seen):
    """Tell whether a value is valid for a column with the seen values."""
    are_objects = seen.dtype == object and set(map(type, seen)) == {int}
    if seen.dtype.kind in "iuf" or are_objects:
        whole = seen.dtype.kind == "f" or value == int(value)
        return seen.min() <= value <= seen.max() and whole
    return value in set(seen)


@settings(max_examples=200)
@given(tables(), st.data())
def test_decoding_any_encoded_row_gives_valid_values(fit_encoder, X, data):
    encoder = fit_encoder(X)
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
def test_encoding_does_not_depend_on_the_order_of_rows(encode, X, random):
    order = np.array(random.sample(range(len(X)), len(X)))
    np.testing.assert_allclose(
        encode(take_rows(X, order)), encode(X)[order], atol=CLOSE
    )


@given(tables(), st.data())
def test_integer_weights_are_equivalent_to_repeated_rows(fit_encoder, X, data):
    counts = np.array(data.draw(lists_of(st.integers(1, 4), len(X))))
    repeated = take_rows(X, np.repeat(np.arange(len(X)), counts))
    weighted = fit_encoder(X, counts.astype(float))
    np.testing.assert_allclose(
        weighted.encode(X), fit_encoder(repeated).encode(X), atol=CLOSE
    )


@given(tables(), st.integers(0, 2**32 - 1))
def test_snap_decodes_and_encodes_and_is_idempotent(fit_encoder, X, seed):
    encoder = fit_encoder(X)
    Z = np.random.RandomState(seed).uniform(-3, 3, (6, *encoder.shape_))
    snapped = encoder.snap(Z.astype(np.float32))
    np.testing.assert_array_equal(
        snapped, encoder.encode(encoder.decode(Z.astype(np.float32)))
    )
    np.testing.assert_allclose(encoder.snap(snapped), snapped, atol=CLOSE)


@given(tables())
def test_encoded_rows_lie_within_the_bounds(fit_encoder, X):
    encoder = fit_encoder(X)
    Z = encoder.encode(X)
    assert Z.dtype == encoder.lower_.dtype == np.float32
    assert (Z >= encoder.lower_).all()
    assert (Z <= encoder.upper_).all()


@pytest.mark.parametrize("dtype", [*INT_DTYPES, "float32", "float64", "bool"])
def test_decoding_an_array_restores_its_dtype(round_trip, dtype):
    X = (np.arange(24).reshape(8, 3) % 5).astype(dtype)
    np.testing.assert_array_equal(round_trip(X), X)
    assert round_trip(X).dtype == X.dtype


@pytest.mark.parametrize("dtype", ["float16", "longdouble"])
def test_float16_and_longdouble_arrays_are_restored_approximately(round_trip, dtype):
    X = np.random.RandomState(0).standard_normal((20, 2)).astype(dtype)
    rows = round_trip(X)
    assert rows.dtype == X.dtype
    np.testing.assert_allclose(rows.astype(float), X.astype(float), atol=1e-2)


def test_decoding_an_object_array_keeps_the_type_of_each_column(round_trip):
    X = np.array([[1, "a", 0.5], [2, "b", 1.5], [9, "a", 0.7]], dtype=object)
    rows = round_trip(X)
    assert rows.tolist() == X.tolist()
    assert [type(value) for value in rows[0]] == [int, str, float]


def test_string_arrays_are_encoded_as_categories(fit_encoder):
    X = np.array([["red", "1"], ["blue", "2"], ["red", "3"]])
    encoder = fit_encoder(X)
    assert encoder.shape_ == (5,)
    rows = encoder.decode(encoder.encode(X))
    assert rows.dtype == X.dtype
    np.testing.assert_array_equal(rows, X)


def test_check_known_raises_for_unknown_categories(fit_encoder):
    X = pd.DataFrame({"size": [1.0, 2.0], "color": ["red", "blue"]})
    new = pd.DataFrame({"size": [9.0], "color": ["green"]})
    encoder = fit_encoder(X)
    encoder.check_known(X)
    with pytest.raises(ValueError, match=r"'color' has .*\['green'\].*drop their rows"):
        encoder.check_known(new)
    with pytest.raises(ValueError, match=r"column 1 has .*'green'"):
        fit_encoder(X.to_numpy(dtype=object)).check_known(new.to_numpy(dtype=object))


def test_check_known_raises_for_text_in_a_numeric_column(fit_encoder):
    encoder = fit_encoder(pd.DataFrame({"size": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="column 'size' held numbers in fit, but not"):
        encoder.check_known(pd.DataFrame({"size": [1.0, "big"]}))


def test_fit_warns_if_categories_are_merged(fit_encoder):
    X = pd.DataFrame({"id": [f"id{j}" for j in range(65)]})
    message = "column 'id' has 65 categories; all but the 63 most frequent are merged"
    with pytest.warns(UserWarning, match=message):
        fit_encoder(X)


def test_decode_and_snap_raise_for_nan(fit_encoder):
    encoder = fit_encoder(np.array([[1], [2], [4]]))
    Z = np.full((1, 1), np.nan, dtype=np.float32)
    for method in (encoder.decode, encoder.snap):
        with pytest.raises(ValueError, match=r"contain NaN .*smaller learning rate"):
            method(Z)


def test_decoding_supports_duplicate_column_names_and_any_index(round_trip):
    X = pd.DataFrame(
        [[1, "a"], [2, "b"], [4, "a"]], columns=["x", "x"], index=[7, 7, 3]
    )
    pd.testing.assert_frame_equal(round_trip(X), X.reset_index(drop=True))


def test_take_rows_returns_rows_in_the_given_order_with_a_new_index():
    X = pd.DataFrame({"a": [1, 2, 3]}, index=[5, 6, 7])
    assert take_rows(X, np.array([2, 0])).equals(pd.DataFrame({"a": [3, 1]}))
    np.testing.assert_array_equal(take_rows(X.to_numpy(), np.array([2, 2])), [[3], [3]])
