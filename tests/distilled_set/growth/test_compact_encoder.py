"""The encoder of tables that consists of few numbers."""

import json

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.distilled_set.growth import CompactEncoder
from sklearn_distill.distilled_set.growth.compact_encoder import state_from_json
from sklearn_distill.encoding import TableEncoder


def compact(X, numeric="auto"):
    return CompactEncoder.from_encoder(TableEncoder(numeric).fit(X, np.ones(len(X))))


@pytest.fixture
def table():
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {
            "tenths": rng.randint(0, 100, 300) / 10,
            "normal": rng.randn(300),
            "letter": rng.choice(list("abc"), 300),
            "missing": np.where(rng.uniform(size=300) < 0.3, np.nan, 1.5),
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(300), "D"),
        }
    )


def test_encoded_rows_are_those_of_the_original_encoder(table):
    original = TableEncoder().fit(table, np.ones(300))
    np.testing.assert_array_equal(compact(table).encode(table), original.encode(table))


def test_decoded_rows_are_the_floats_of_the_data(table):
    encoder = compact(table)
    pd.testing.assert_frame_equal(
        encoder.decode(encoder.encode(table)), table, atol=1e-4
    )
    assert set(encoder.decode(encoder.encode(table))["tenths"]) <= set(table["tenths"])


def test_indicators_are_categories_and_missing_values(table):
    # One-hot block of three letters, and the second column of "missing".
    expected = [False, False, True, True, True, False, True, False]
    np.testing.assert_array_equal(compact(table).is_share_, expected)


def test_quantiles_are_thinned_and_stay_monotone():
    X = np.exp(np.random.RandomState(0).randn(2_000, 1))
    encoder = compact(X, "quantile")
    Z = encoder.encode(np.sort(X, axis=0))
    assert (np.diff(Z[:, 0]) >= 0).all()
    original = TableEncoder("quantile").fit(X, np.ones(2_000))
    assert np.abs(encoder.encode(X) - original.encode(X)).mean() < 0.05
    # Minimum, maximum, mean and scale, 17 quantiles, and two normal scores.
    assert encoder.n_numbers_ == 4 + 17 + 2


def test_rare_categories_share_the_last_column():
    names = [f"c{i:03}" for i in range(100)]
    frequent = np.repeat(names[:63], 5)
    X = pd.DataFrame({"name": np.r_[frequent, names[63:]]})
    with pytest.warns(UserWarning, match="has 100 categories"):
        encoder = compact(X)
    Z = encoder.encode(pd.DataFrame({"name": ["c000", "c080", "c090"]}))
    assert Z.shape == (3, 64)
    assert Z[0].argmax() != 63
    np.testing.assert_array_equal(Z[1:].argmax(axis=1), 63)
    np.testing.assert_array_equal(Z.sum(axis=1), 1.0)


def test_state_survives_json(table):
    encoder = compact(table)
    state = json.loads(json.dumps(encoder.state_for_json()))
    restored = CompactEncoder.from_state(state_from_json(state), table)
    np.testing.assert_array_equal(restored.encode(table), encoder.encode(table))
    Z = encoder.encode(table) + 0.1
    pd.testing.assert_frame_equal(restored.decode(Z), encoder.decode(Z))
    np.testing.assert_array_equal(restored.lower_, encoder.lower_)
