"""Settings and fixtures of all tests."""

import os
from pathlib import Path

# Set these variables before torch and OpenMP are loaded, so that they also apply to the
# subprocesses of tests. Parallel test processes with one thread per core each would
# compete for the cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from sklearn.datasets import load_digits, make_blobs

from sklearn_distill import KernelInducingPoints

settings.register_profile("ci", derandomize=True, deadline=None)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real tables; tests that use it are skipped if it is not set."""
    folder = os.environ.get("SKLEARN_DISTILL_DATA")
    if not folder:
        pytest.skip("SKLEARN_DISTILL_DATA, the folder of real tables, is not set.")
    return Path(folder)


@pytest.fixture(scope="session")
def make_classes():
    """A function that returns a table of numbers with overlapping classes."""

    def make(sizes=(60, 30, 12), n_features=4, seed=0):
        return make_blobs(
            list(sizes), n_features=n_features, cluster_std=2.0, random_state=seed
        )

    return make


@pytest.fixture(scope="session")
def make_table():
    """A function that makes a DataFrame with columns of all types and an odd index."""

    def make(n=100, seed=0):
        rng = np.random.RandomState(seed)
        return pd.DataFrame(
            {
                "length": rng.randn(n).round(3),
                "small": rng.randn(n).astype(np.float32),
                "count": rng.poisson(4, n),
                "byte": rng.randint(0, 200, n).astype(np.uint8),
                "nullable": pd.array(rng.randint(0, 9, n), dtype="Int16"),
                "flag": rng.rand(n) < 0.3,
                "color": rng.choice(["red", "green", "blue"], n),
                "size": pd.Categorical(
                    rng.choice(["S", "L"], n), categories=["S", "M", "L"], ordered=True
                ),
                "constant": 7.5,
            },
            index=rng.permutation(n) * 7 + 1_000,
        )

    return make


@pytest.fixture(scope="session")
def make_images():
    """A function that returns small random images in two classes."""

    def make(n=40, seed=0):
        rng = np.random.RandomState(seed)
        return rng.randint(0, 256, (n, 2, 3, 3)).astype(np.uint8), np.arange(n) % 2

    return make


@pytest.fixture
def few_digits():
    """400 digits, on which a few steps of learning lower the validation loss."""
    X, y = load_digits(return_X_y=True)
    return X[:400], y[:400]


@pytest.fixture(scope="session")
def make_points():
    """A function that returns KernelInducingPoints that make three steps."""

    def make(**params):
        return KernelInducingPoints(**{"max_iter": 3, "random_state": 0, **params})

    return make


@pytest.fixture(scope="session")
def are_real_rows():
    """A function that tells whether all rows are rows of X, up to rounding."""

    def are_real(rows, X):
        distances = np.abs(rows[:, None, :] - X[None, :, :]).max(axis=2)
        return bool((distances.min(axis=1) < 1e-4).all())

    return are_real
