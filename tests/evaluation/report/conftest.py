"""Fixtures of the report tests."""

import pytest
from sklearn.datasets import load_wine

from sklearn_distill import DistillationReport, KMeansSelection

LEARNERS = ["logistic", "naive Bayes"]


@pytest.fixture(scope="session")
def wine_frames():
    """Training rows, training labels, test rows and test labels of wine."""
    X, y = load_wine(return_X_y=True, as_frame=True)
    return X.iloc[::2], y.iloc[::2], X.iloc[1::2], y.iloc[1::2]


@pytest.fixture(scope="session")
def report(wine_frames):
    """A report on k-means with two seeds and two learners."""
    X, y, X_test, y_test = wine_frames
    distiller = KMeansSelection(budget=3, random_state=0).fit(X, y)
    return DistillationReport.from_estimator(
        distiller, X_test, y_test, X, y, learners=LEARNERS, n_seeds=2
    )
