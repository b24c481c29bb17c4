"""Samplers that are fitted to training rows."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet, KMeansSelection
from sklearn_distill.base.growth_fitting import common_factors


def correlated(n):
    """Return rows of which the first two columns are nearly equal."""
    rng = np.random.RandomState(0)
    X = rng.randn(n, 3)
    X[:, 1] = X[:, 0] + 0.1 * X[:, 1]
    return X


def test_factors_reproduce_the_correlations():
    X = correlated(4_000) * [1.0, 5.0, 2.0]
    factors = common_factors(X, np.ones(4_000), X.std(axis=0))
    assert len(factors) == 1
    assert factors[0, 0] * factors[0, 1] == pytest.approx(0.995, abs=0.05)
    assert abs(factors[0, 2]) < 0.1


def test_independent_columns_have_no_factors():
    X = np.random.RandomState(0).randn(2_000, 10)
    assert common_factors(X, np.ones(2_000), X.std(axis=0)) is None


def test_constant_columns_have_no_factors():
    X = np.zeros((50, 2))
    assert common_factors(X, np.ones(50), X.std(axis=0)) is None


@pytest.fixture(scope="module")
def small():
    X = correlated(800)
    distiller = KMeansSelection(
        10, representative="centroid", densify="auto", task="regression", random_state=0
    )
    return distiller.fit(pd.DataFrame(X, columns=list("abc")), X[:, 0] ** 2).distilled_


def test_grown_rows_of_a_regression_keep_correlations(small):
    grown = small.densify(2_000, random_state=0)
    assert np.corrcoef(grown.X["a"], grown.X["b"])[0, 1] > 0.97
    assert abs(np.corrcoef(grown.X["a"], grown.X["c"])[0, 1]) < 0.15


def test_factors_are_stored_and_counted(small, tmp_path):
    sampler = small.growth.sampler
    assert sampler.factors.shape[1] == 3
    small.save(tmp_path / "set.parquet")
    loaded = DistilledSet.load(tmp_path / "set.parquet")
    np.testing.assert_array_equal(loaded.growth.sampler.factors, sampler.factors)
    assert loaded.growth.n_numbers == small.growth.n_numbers


@pytest.mark.parametrize(
    ("part", "name", "array"),
    [
        ("decoder", "drawn", np.array([], dtype=np.int64)),
        ("decoder", "drawn", np.array([-1])),
        ("decoder", "drawn", np.array([7])),
        ("sampler", "factors", np.ones((1, 2), dtype=np.float32)),
    ],
)
def test_parts_of_another_shape_are_errors(small, part, name, array):
    from dataclasses import replace

    changed = replace(getattr(small.growth, part), **{name: array})
    growth = replace(small.growth, **{part: changed})
    with pytest.raises(ValueError, match=rf"{name}|coef"):
        growth.check(small.X)
