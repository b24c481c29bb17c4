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
