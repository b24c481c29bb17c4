"""Fixtures of the tests of measures."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from sklearn_distill import HerdingSelection
from sklearn_distill.evaluation import preprocessor


@pytest.fixture(scope="session")
def wine_problem(wine):
    """A distilled set of wine, test rows, a fitted preprocessor, and training rows."""
    X, y = wine
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    small = HerdingSelection(budget=5, random_state=0).fit_distill(X_train, y_train)
    return small, X_test, y_test, preprocessor(X_train), X_train


@pytest.fixture
def two_samples():
    """Rows of two normal distributions with different means and deviations."""
    rng = np.random.RandomState(0)
    return rng.normal(size=(40, 3)), rng.normal(0.7, 1.2, size=(25, 3))
