"""Encoding and decoding of missing values."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.encoding import TableEncoder
from sklearn_distill.encoding.incomplete import missing_rows


def incomplete_column(share, n=1_000, kind="numbers"):
    rng = np.random.RandomState(0)
    values = rng.normal(size=n)
    if kind == "categories":
        values = rng.choice(["a", "b", "c"], n)
    if kind == "dates":
        values = pd.date_range("2020-01-01", periods=n)
    return pd.Series(values).mask(np.arange(n) < round(share * n)).to_frame("x")


@pytest.mark.parametrize("kind", ["numbers", "categories", "dates"])
@pytest.mark.parametrize("share", [0.01, 0.1, 0.45, 0.9])
@pytest.mark.parametrize("n_rows", [30, 50, 200])
def test_learned_rows_lack_values_as_often_as_real_rows(kind, share, n_rows):
    X = incomplete_column(share, kind=kind)
    encoder = TableEncoder().fit(X, np.ones(len(X)))
    rng = np.random.RandomState(1)
    # Learned indicators are means of the indicators of several rows.
    groups = rng.randint(len(X), size=(n_rows, 7))
    Z = encoder.encode(X)[groups].mean(axis=1).astype(np.float32)
    made = encoder.decode(Z)
    assert abs(made["x"].isna().mean() - share) <= 0.5 / n_rows + 1e-9
    assert made["x"].dtype == X["x"].dtype
    np.testing.assert_array_equal(encoder.snap(Z), encoder.encode(made))
    np.testing.assert_array_equal(encoder.snap(encoder.snap(Z)), encoder.snap(Z))


@pytest.mark.parametrize("kind", ["numbers", "categories", "dates"])
def test_real_rows_keep_their_missing_values(kind):
    X = incomplete_column(0.1, kind=kind)
    encoder = TableEncoder().fit(X, np.ones(len(X)))
    for rows in (slice(80, 110), slice(0, 20), slice(200, 220)):
        made = encoder.decode(encoder.encode(X[rows]))
        np.testing.assert_array_equal(made.isna(), X[rows].isna())


def test_missing_number_is_encoded_as_the_mean_with_an_indicator():
    X = np.array([[1.0], [np.nan], [3.0], [5.0]])
    encoder = TableEncoder().fit(X, np.ones(4))
    Z = encoder.encode(X)
    np.testing.assert_array_equal(Z[1], [0.0, 1.0])
    np.testing.assert_array_equal(Z[:, 1], [0, 1, 0, 0])
    np.testing.assert_allclose(Z[[0, 2, 3], 0].mean(), 0.0, atol=1e-5)


def test_values_that_are_missing_only_after_fit_have_the_encoding_of_the_mean():
    X = pd.DataFrame({"x": [1.0, 3.0], "c": ["a", "b"]})
    encoder = TableEncoder().fit(X, np.ones(2))
    new = pd.DataFrame({"x": [np.nan], "c": [None]})
    encoder.check_known(new)
    np.testing.assert_array_equal(encoder.encode(new), [[0.0, 0.0, 0.0]])


def test_column_without_missing_values_has_the_same_encoding_as_before():
    X = pd.DataFrame({"x": [1.0, 3.0, 4.0], "gap": [1.0, None, 2.0]})
    encoder = TableEncoder().fit(X, np.ones(3))
    alone = TableEncoder().fit(X[["x"]], np.ones(3))
    assert encoder.shape_ == (3,)
    np.testing.assert_array_equal(encoder.encode(X)[:, :1], alone.encode(X[["x"]]))


def test_weights_of_rows_decide_how_many_values_are_missing():
    X = np.array([[1.0], [np.nan], [3.0]])
    encoder = TableEncoder().fit(X, np.array([1.0, 8.0, 1.0]))
    made = encoder.decode(np.linspace([0, 0.1], [1, 0.9], 10, dtype=np.float32))
    np.testing.assert_array_equal(np.isnan(made[:, 0]), np.arange(10) >= 2)


def test_missing_rows_breaks_ties_by_distance():
    missing = missing_rows(np.array([0.0, 0.5, 0.5, 0.2]), np.array([0, 3, 1, 0]), 0.25)
    np.testing.assert_array_equal(missing, [False, False, True, False])
