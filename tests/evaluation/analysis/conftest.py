"""Fixtures of the analysis tests."""

import pytest
from sklearn.datasets import make_blobs

from sklearn_distill import analyze


@pytest.fixture(scope="session")
def blobs():
    """Rows and labels of three overlapping classes of 300, 300 and 60 rows."""
    return make_blobs([300, 300, 60], n_features=5, cluster_std=2.0, random_state=0)


@pytest.fixture(scope="session")
def analysis(blobs):
    """The analysis of the blobs."""
    return analyze(*blobs, n_draws=2)
