"""Statistics of tables and images that can be merged."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill.encoding import ImageEncoder, TableEncoder
from sklearn_distill.encoding.column_statistics import NumberStatistics, shortened
from sklearn_distill.encoding.statistics import ImageStatistics, TableStatistics


@pytest.fixture(scope="module")
def table():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    n = 4_000
    return pd.DataFrame(
        {
            "normal": rng.randn(n) * 3 + 1e6,
            "heavy": rng.standard_t(1.5, n),
            "text": rng.choice(list("xyz"), n),
            "date": pd.date_range("2020-01-01", periods=n, freq="h"),
            "count": rng.poisson(4, n),
            "gaps": np.where(rng.rand(n) < 0.2, np.nan, rng.randn(n)),
            "constant": 7,
        }
    ).sort_values("normal", ignore_index=True)


def merged(X, weights, n_parts):
    mask = np.zeros(X.shape[1], dtype=bool)
    cuts = np.array_split(np.arange(len(X)), n_parts)
    return TableStatistics.merged(
        [TableStatistics.of(X.iloc[c], weights[c], mask) for c in cuts]
    )


@pytest.mark.parametrize("n_parts", [1, 7])
def test_encoder_of_sorted_parts_is_that_of_all_rows(table, n_parts):
    weights = np.random.RandomState(1).rand(len(table)) + 0.5
    made = merged(table, weights, n_parts).encoder(table, "auto")
    whole = TableEncoder().fit(table, weights)
    difference = np.abs(made.encode(table) - whole.encode(table))
    by_column = {
        name: difference[:, place].max()
        for name, place in zip(table, whole.slices_, strict=True)
    }
    assert max(by_column[c] for c in ("normal", "text", "count", "constant")) < 1e-4
    assert by_column["gaps"] < 1e-4
    assert by_column["date"] < 0.02
    assert difference[:, whole.slices_[1]].mean() < 0.02
    assert made.columns_[5].share_ == pytest.approx(whole.columns_[5].share_)
    assert made.decode(made.encode(table)).dtypes.equals(table.dtypes)


def test_extremes_and_total_weight_survive_shortening():
    rng = np.random.RandomState(0)
    values, weights = rng.randn(5_000), rng.rand(5_000)
    kept, mass = shortened(values, weights, 50)
    assert len(kept) <= 50
    assert (kept[0], kept[-1]) == (values.min(), values.max())
    assert mass.sum() == pytest.approx(weights.sum())
    assert np.isin(kept, values).all()
    for q in (0.1, 0.5, 0.9):
        rank = weights[values <= kept[np.searchsorted(np.cumsum(mass), q * mass.sum())]]
        assert rank.sum() / weights.sum() == pytest.approx(q, abs=0.03)


def test_moments_of_huge_values_do_not_raise():
    values = np.array([1e200, -1e200, 3.0])
    statistics = NumberStatistics.of(values, np.ones(3))
    assert statistics.moments is None
    assert np.isfinite(statistics.encoder("auto").encode(values)).all()


def test_columns_of_another_kind_are_named(table):
    one = merged(table[["count"]], np.ones(len(table)), 1)
    other = merged(table[["text"]].set_axis(["count"], axis=1), np.ones(len(table)), 1)
    with pytest.raises(ValueError, match="column 'count' holds"):
        TableStatistics.merged([one, other])


def test_columns_without_values_take_the_kind_of_the_others():
    pd = pytest.importorskip("pandas")
    mask, weights = np.zeros(1, dtype=bool), np.ones(2)
    parts = [
        TableStatistics.of(pd.DataFrame({"a": values}), weights, mask)
        for values in ([None, None], ["x", "y"], [np.nan, np.nan])
    ]
    column = TableStatistics.merged(parts).columns[0]
    assert column.weight_of == {"x": 1.0, "y": 1.0}
    assert column.missing == 4.0


def test_encoder_of_images_in_parts_is_that_of_all_images():
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, (60, 2, 3, 3)).astype(np.uint8)
    X[:, 1] = 9
    weights = rng.rand(60) + 0.5
    cuts = np.array_split(np.arange(60), 4)
    made = ImageStatistics.merged(
        [ImageStatistics.of(X[c], weights[c], None) for c in cuts]
    ).encoder(X, "auto")
    whole = ImageEncoder().fit(X, weights)
    np.testing.assert_allclose(made.encode(X), whole.encode(X), atol=2e-5)
    np.testing.assert_array_equal(made.decode(made.encode(X)), X)
