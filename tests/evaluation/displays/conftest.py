"""Fixtures of the display tests."""

import matplotlib.pyplot as plt
import pytest
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import HerdingSelection, KernelInducingPoints, compare_distillers


@pytest.fixture(scope="session")
def herding(iris):
    """A distiller with soft labels, fitted on iris."""
    return HerdingSelection(budget=4, soft_labels=GaussianNB(), random_state=0).fit(
        *iris
    )


@pytest.fixture(scope="session")
def digits():
    """A distiller that was fitted on flat images."""
    return HerdingSelection(budget=3, image_shape=(1, 8, 8)).fit(
        *load_digits(return_X_y=True)
    )


@pytest.fixture(scope="session")
def points(iris):
    """A distiller that learned its rows from iris."""
    return KernelInducingPoints(budget=2, max_iter=30, random_state=0).fit(*iris)


@pytest.fixture(scope="session")
def compared(iris):
    """A comparison of three methods at two budgets."""
    return compare_distillers(
        *iris, ["random", "herding", "k-means"], budgets=[1, 4], cv=3,
        learners=["naive Bayes"],
    )  # fmt: skip


@pytest.fixture
def assert_plots_on_given_and_new_axes():
    """A function that plots a display on given axes and on a new figure."""

    def check(display):
        ax = plt.figure().subplots()
        assert display.plot(ax=ax) is display
        assert display.ax_ is ax
        assert display.figure_ is ax.figure
        assert display.plot().ax_ is not ax
        display.figure_.canvas.draw()

    return check
