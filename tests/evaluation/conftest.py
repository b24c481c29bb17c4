"""Fixtures of the evaluation tests: no windows, closed figures, and small data sets."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def iris() -> tuple[np.ndarray, np.ndarray]:
    """The rows and labels of iris, as arrays."""
    return load_iris(return_X_y=True)


@pytest.fixture(scope="session")
def wine() -> tuple[np.ndarray, np.ndarray]:
    """The rows and labels of wine, as arrays."""
    return load_wine(return_X_y=True)
