"""Synthetic rows for a teacher to label."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.knowledge_distillation.transfer_set import MAKERS, make_rows

ALL = pytest.mark.parametrize("name", MAKERS)


def table(n=80, seed=0):
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(
        {
            "size": rng.normal(50.0, 10.0, n),
            "count": rng.poisson(3, n),
            "color": rng.choice(["red", "green", "blue"], n),
            "grade": pd.Categorical(rng.choice(["a", "b"], n), categories=["b", "a"]),
            "paid": rng.random_sample(n) > 0.5,
        }
    )
    return X, (X["size"] > 50).to_numpy().astype(int)


@ALL
def test_rows_have_valid_values_in_every_column(name):
    """Categories are known, integers stay integers and numbers stay in the range."""
    X, y = table()
    made = make_rows(name, X, y, y, 200, seed=0)
    assert len(made) == 200
    assert list(made.columns) == list(X.columns)
    assert list(made.dtypes) == list(X.dtypes)
    assert set(made["color"]) == {"red", "green", "blue"}
    assert made["size"].between(X["size"].min(), X["size"].max()).all()
    assert set(made["count"]) <= set(range(X["count"].max() + 1))
    assert set(made["paid"]) == {True, False}


@ALL
def test_rows_are_new_but_similarly_distributed(name):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 3)) @ rng.normal(size=(3, 3))
    y = (X[:, 0] > 0).astype(int)
    made = make_rows(name, X, y, y, 600, seed=0)
    assert made.shape == (600, 3)
    copies = (made[:, None] == X[None]).all(axis=2).any(axis=1)
    assert copies.mean() < 0.25
    np.testing.assert_allclose(made.mean(axis=0), X.mean(axis=0), atol=0.5)
    # The correlations between the columns are kept.
    difference = np.corrcoef(made.T) - np.corrcoef(X.T)
    assert np.abs(difference).max() < 0.35


@ALL
def test_images_with_continuous_targets(name):
    rng = np.random.RandomState(0)
    images = rng.random_sample((30, 1, 4, 4))
    y = rng.normal(size=30)
    made = make_rows(name, images, y, y, 40, seed=0)
    assert made.shape == (40, 1, 4, 4)


@ALL
def test_seed_determines_the_rows(name):
    X, y = table()
    first, second, other = (
        make_rows(name, X, y, y, 50, seed=seed) for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)


def test_munge_stays_within_clusters_but_mixup_does_not():
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.normal(-10, 1, (50, 2)), rng.normal(10, 1, (50, 2))])
    y = np.repeat([0, 1], 50)
    made = make_rows("munge", X, y, y, 400, seed=0)
    assert (np.sign(made[:, 0]) == np.sign(made[:, 1])).all()
    between = make_rows("mixup", X, y, y, 400, seed=0)
    assert (np.abs(between).max(axis=1) < 6).mean() > 0.05


def test_gaussian_mixture_keeps_the_class_shares():
    X = np.concatenate([np.full((30, 1), -5.0), np.full((10, 1), 5.0)])
    X += np.random.RandomState(0).normal(0, 0.1, X.shape)
    y = np.repeat([0, 1], [30, 10])
    made = make_rows("gaussian_mixture", X, y, y, 400, seed=0)
    assert np.mean(made > 0) == pytest.approx(0.25, abs=0.07)
    singleton = np.array([0] * 39 + [1])
    assert make_rows("gaussian_mixture", X, singleton, singleton, 40, seed=0).shape == (
        40,
        1,
    )
