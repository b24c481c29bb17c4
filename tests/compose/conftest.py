"""Data, and classes that record calls, for tests of composition."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris

from sklearn_distill import RandomSelection


class CountingSelection(RandomSelection):
    """A distiller that counts the fits of all its clones."""

    plugin_api = 1
    n_fits = 0

    def _distill(self, problem):
        type(self).n_fits += 1
        return super()._distill(problem)


@pytest.fixture
def counting():
    """The class CountingSelection, with its counter at 0."""
    CountingSelection.n_fits = 0
    return CountingSelection


@pytest.fixture
def breast_cancer():
    return load_breast_cancer(return_X_y=True)


@pytest.fixture
def iris():
    """The iris data with strings as labels."""
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture
def iris_frame():
    """The iris data as a DataFrame with an additional category and a shuffled index."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    X["color"] = np.where(X.iloc[:, 0] > 5.8, "dark", "light")
    X.index = y.index = np.random.RandomState(0).permutation(150) * 3 + 10
    return X, y.map({0: "a", 1: "b", 2: "c"}).astype("str")


@pytest.fixture
def three_rows_per_class():
    """Return a function that makes weights of 1 for three rows per class, else 0."""

    def function(y):
        weights = np.zeros(len(y))
        for label in np.unique(y):
            weights[np.flatnonzero(y == label)[:3]] = 1.0
        return weights

    return function
