"""Kernel inducing points: kernels, labels, initial rows and learning."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from sklearn_distill import HerdingSelection, KernelInducingPoints


@pytest.mark.parametrize(
    "kernel", ["portfolio", "linear", "rbf", "laplacian", "ntk", "nngp"]
)
@pytest.mark.parametrize("continuous", [False, True])
def test_learning_lowers_the_training_loss_of_each_kernel(
    few_digits, kernel, continuous
):
    X, y = (
        make_regression(900, 4, noise=3.0, random_state=0) if continuous else few_digits
    )
    points = KernelInducingPoints(
        9 if continuous else 1,
        kernel=kernel,
        mmd_weight=0.0,
        max_iter=40,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points.fit(X, y)
    losses = points.history_[:, "train_loss"]
    assert losses[-1] < losses[0]


def test_learned_rows_score_higher_than_herded_rows():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    start = HerdingSelection(5, random_state=0).fit(X, y).score(X_test, y_test)
    points = KernelInducingPoints(5, max_iter=100, random_state=0).fit(X, y)
    assert points.score(X_test, y_test) > start + 0.02
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("seed", [0, 1])
def test_learned_labels_train_an_accurate_classifier(seed):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=seed)
    points = KernelInducingPoints(3, learn_labels=True, max_iter=150, random_state=seed)
    X_few, y_few, weights = points.fit(X, y).distilled_.expand()
    scale = MinMaxScaler().fit(X)
    model = LogisticRegression(max_iter=1000)
    model.fit(scale.transform(X_few), y_few, sample_weight=weights)
    assert model.score(scale.transform(X_test), y_test) > 0.8


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("init", ["auto", "herding", "k-means", "random"])
def test_init_selects_the_initial_rows(init):
    """For classification, "auto" is "herding"; only centroids are not real rows."""
    X, y = load_digits(return_X_y=True)
    points = KernelInducingPoints(
        2, init=init, max_iter=1, learning_rate=1e-9, random_state=0
    )
    small = points.fit_distill(X, y)
    is_real = [(row == X).all(axis=1).any() for row in small.X]
    assert all(is_real) == (init != "k-means")
    np.testing.assert_array_equal(np.bincount(small.y), 2)
    if init == "auto":
        other = clone(points).set_params(init="herding").fit_distill(X, y)
        np.testing.assert_array_equal(small.X, other.X)


@pytest.mark.parametrize(
    "bandwidths", [(), (0.0,), (-1.0, 1.0), ("wide",), ((1.0,),), (float("nan"),)]
)
def test_fit_raises_when_bandwidths_are_invalid(make_classes, bandwidths):
    X, y = make_classes()
    with pytest.raises(ValueError, match=r"bandwidths|could not convert"):
        KernelInducingPoints(3, bandwidths=bandwidths).fit(X, y)
