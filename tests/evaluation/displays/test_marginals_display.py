"""Tests of MarginalsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistilledClassifier,
    DistilledSet,
    HerdingSelection,
    MarginalsDisplay,
    RandomSelection,
)


@pytest.fixture(scope="module")
def table():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"n": rng.rand(60), "c": rng.choice(list("abc"), 60)})
    fitted = RandomSelection(budget=8, random_state=0).fit(X, rng.randint(0, 2, 60))
    return fitted, X


def test_numbers_are_histograms_and_categories_are_bars(table):
    fitted, X = table
    display = MarginalsDisplay.from_estimator(fitted, X)
    assert list(display.columns) == ["n", "c"]
    assert (display.columns["c"][1] == fitted.distilled_.X["c"]).all()
    density, _ = np.histogram(X["n"], bins=20, density=True)
    heights = [bar.get_height() for bar in display.axes_[0].patches[:20]]
    assert heights == pytest.approx(density)
    bars = [bar.get_height() for bar in display.axes_[1].patches]
    assert bars == [np.mean(X["c"] == value) for value in "abc"]
    markers = display.axes_[1].lines[0].get_ydata()
    assert list(markers) == [np.mean(fitted.distilled_.X["c"] == v) for v in "abc"]


def test_given_axes_are_limited_to_a_single_column(table):
    display = MarginalsDisplay.from_estimator(*table)
    with pytest.raises(ValueError, match="ax can show one column; got 2 columns"):
        display.plot(ax=display.ax_)


def test_unknown_columns_raise_with_the_names_of_known_columns():
    X, y = load_iris(return_X_y=True, as_frame=True)
    fitted = RandomSelection(budget=8, random_state=0).fit(X, y)
    match = r"the columns \['zz'\]. Its columns are: 'sepal length \(cm\)', 'sepal wid"
    with pytest.raises(ValueError, match=match):
        MarginalsDisplay.from_estimator(fitted, X, columns=["petal width (cm)", "zz"])
    wide = DistilledSet(np.eye(30))
    for column in (30, "zz"):
        with pytest.raises(ValueError, match=r"are: 0, 1, .*, 19 and 10 more"):
            MarginalsDisplay.from_set(wide, np.eye(30), columns=[column])


def test_negative_positions_select_columns_of_arrays():
    wide = DistilledSet(np.eye(30))
    columns = MarginalsDisplay.from_set(wide, np.eye(30), columns=[29, -1]).columns
    assert (columns["29"][0] == columns["-1"][0]).all()


def test_classifier_shows_the_columns_of_its_distiller(iris):
    X, y = iris
    model = DistilledClassifier(HerdingSelection(2), GaussianNB()).fit(X, y)
    columns = MarginalsDisplay.from_estimator(model, X).columns
    assert (columns["1"][1] == model.distiller_.distilled_.X[:, 1]).all()


def test_plot_draws_on_given_axes(iris, herding, assert_plots_on_given_and_new_axes):
    display = MarginalsDisplay.from_estimator(herding, iris[0], columns=[1])
    assert_plots_on_given_and_new_axes(display)


def test_booleans_are_bars():
    X = pd.DataFrame({"b": [True, False, False, False]})
    display = MarginalsDisplay({"b": (X["b"].to_numpy(), np.array([True, False]))})
    display.plot()
    heights = [bar.get_height() for bar in display.axes_[0].patches]
    assert heights == [0.75, 0.25]
    names = [label.get_text() for label in display.axes_[0].get_xticklabels()]
    assert names == ["False", "True"]
