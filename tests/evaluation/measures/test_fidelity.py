"""Tests of all fidelity measures together."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet, RandomSelection
from sklearn_distill.evaluation import preprocessor
from sklearn_distill.evaluation.measures.copies import copies
from sklearn_distill.evaluation.measures.distribution_distances import squared_mmd
from sklearn_distill.evaluation.measures.fidelity import fidelity


def test_random_sample_is_more_faithful_than_shifted_rows():
    rng = np.random.RandomState(5)
    y = np.repeat(["no", "yes"], [400, 200])
    X = pd.DataFrame(
        {
            "size": rng.normal(size=600) + (y == "yes"),
            "weight": rng.gamma(2.0, size=600),
            "color": rng.choice(["red", "blue"], 600),
        }
    )
    train, test = np.arange(0, 600, 2), np.arange(1, 600, 2)
    sampler = RandomSelection(budget=40, random_state=0)
    small = sampler.fit_distill(X.loc[train], y[train])
    shifted = DistilledSet(
        small.X.assign(size=small.X["size"] + 2, color="red"), small.y,
        classes=small.classes,
    )  # fmt: skip
    good, bad = (
        fidelity(one, X.loc[train], y[train], prepare=preprocessor(X.loc[train]),
                 X_test=X.loc[test], y_test=y[test])
        for one in (small, shifted)
    )  # fmt: skip
    for name in ("marginals", "density", "coverage"):
        assert good[name] > bad[name], name
    for name in ("mmd2", "sliced wasserstein", "auc linear", "auc trees", "nearest"):
        assert good[name] < bad[name], name
    assert good["correlations"] > 0.9
    assert good["copies"] == 1.0
    assert abs(good["mmd2"]) < 0.02
    assert bad["auc linear"] > 0.9


def test_distances_are_averaged_over_the_classes():
    rng = np.random.RandomState(6)
    X, y = rng.normal(size=(60, 4)), np.repeat([0, 1, 2], 20)
    small = RandomSelection(budget=3, random_state=0).fit_distill(X, y)
    prepare = preprocessor(X)
    found = fidelity(small, X, y, prepare=prepare)
    Z, Z_small = prepare.transform(X), prepare.transform(small.X)
    expected = [squared_mmd(Z[y == c], Z_small[small.y == c]) for c in range(3)]
    assert found["mmd2"] == pytest.approx(np.mean(expected))
    assert {name: found[name] for name in ("copies", "nearest")} == {
        name: copies(Z, None, Z_small)[name] for name in ("copies", "nearest")
    }


def test_measures_of_spread_are_nan_for_one_row_per_class():
    rng = np.random.RandomState(6)
    X, y = rng.normal(size=(60, 4)), np.repeat([0, 1, 2], 20)
    small = RandomSelection(budget=1, random_state=0).fit_distill(X, y)
    found = fidelity(small, X, y, prepare=preprocessor(X))
    assert math.isnan(found["mmd2"])
    assert found["copies"] == 1.0
    assert found["sliced wasserstein"] > 0


def test_regression_rows_are_one_class():
    rng = np.random.RandomState(7)
    X = rng.normal(size=(60, 2))
    y = X[:, 0] + 0.1
    small = RandomSelection(budget=10, random_state=0).fit_distill(X, y)
    prepare = preprocessor(X)
    found = fidelity(small, X, y, prepare=prepare)
    expected = squared_mmd(prepare.transform(X), prepare.transform(small.X))
    assert found["mmd2"] == pytest.approx(expected)


def test_all_measures_are_finite_for_missing_values():
    rng = np.random.RandomState(8)
    y = np.repeat(["no", "yes"], [120, 80])
    X = pd.DataFrame(
        {
            "size": np.where(rng.rand(200) < 0.3, np.nan, rng.normal(size=200)),
            "color": np.where(rng.rand(200) < 0.2, None, rng.choice(["a", "b"], 200)),
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.rand(200), "D"),
        }
    )
    X.loc[::9, "day"] = pd.NaT
    small = RandomSelection(budget=30, random_state=0).fit_distill(X, y)
    good = fidelity(small, X, y, prepare=preprocessor(X))
    bad = fidelity(
        DistilledSet(small.X.dropna(), small.y[small.X.notna().all(axis=1)]),
        X, y, prepare=preprocessor(X),
    )  # fmt: skip
    assert np.isfinite(
        [value for key, value in good.items() if key[:6] != "nearer"]
    ).all()
    assert good["marginals"] > 0.8
    assert bad["marginals"] < good["marginals"] - 0.05
