"""Tests of DistilledRowsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, make_regression
from sklearn.decomposition import PCA
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledClassifier,
    DistilledRowsDisplay,
    DistilledSet,
    HerdingSelection,
)


def test_rows_are_on_the_principal_components_of_the_real_rows(iris, herding):
    X, y = iris
    display = DistilledRowsDisplay.from_estimator(herding, X, y)
    scaler = StandardScaler().fit(X)
    pca = PCA(2, random_state=0).fit(scaler.transform(X))
    expected = pca.transform(scaler.transform(herding.distilled_.X))
    assert display.distilled == pytest.approx(expected)
    assert display.explained == pytest.approx(pca.explained_variance_ratio_)
    assert len(display.real) == len(X)
    assert [t.get_text() for t in display.ax_.get_legend().get_texts()] == list("012")


def test_continuous_targets_have_a_color_bar():
    X, y = load_diabetes(return_X_y=True)
    fitted = HerdingSelection(budget=9).fit(X, y + 0.5)
    display = DistilledRowsDisplay.from_estimator(fitted, X, y + 0.5)
    _, colorbar = display.figure_.axes
    assert colorbar.get_ylabel() == "y"
    drawn = np.asarray(display.ax_.collections[1].get_array())
    assert drawn == pytest.approx(fitted.distilled_.y)


def test_rows_without_labels_have_the_colors_of_real_and_distilled_rows():
    X, _ = load_diabetes(return_X_y=True)
    fitted = HerdingSelection(budget=9).fit(X)
    display = DistilledRowsDisplay.from_estimator(fitted, X)
    assert display.distilled_labels is None
    assert [len(c.get_offsets()) for c in display.ax_.collections] == [442, 9]


def test_single_column_is_drawn_on_the_first_axis():
    X, _ = load_diabetes(return_X_y=True)
    fitted = HerdingSelection(budget=9).fit(X[:, :1])
    display = DistilledRowsDisplay.from_estimator(fitted, X[:, :1])
    assert display.real.shape == (442, 2)
    assert display.real[:, 1] == pytest.approx(np.zeros(442))


def test_integer_targets_of_regression_are_drawn_on_a_color_scale():
    X, y = load_diabetes(return_X_y=True)
    y = y.astype(int)
    distilled = DistilledSet(X[:7], y[:7] + 0.5)
    display = DistilledRowsDisplay.from_set(distilled, X, y)
    assert display.is_regression
    assert len(display.ax_.collections[1].get_offsets()) == 7
    assert display.ax_.get_legend() is None


def test_dtype_decides_if_is_regression_is_none():
    points, labels = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])
    for y, n_legends in ((labels, 1), (labels.astype(float), 0)):
        display = DistilledRowsDisplay(points, points, y, y, [0.6, 0.4]).plot()
        assert (display.ax_.get_legend() is not None) == n_legends


def test_more_than_ten_classes_do_not_have_a_legend():
    points, labels = np.arange(22.0).reshape(11, 2), np.arange(11)
    display = DistilledRowsDisplay(points, points, labels, labels, [0.6, 0.4]).plot()
    assert display.ax_.get_legend() is None
    assert len(display.ax_.collections) == 22


def test_classifier_shows_the_rows_of_its_distiller(iris):
    X, y = iris
    model = DistilledClassifier(HerdingSelection(2), GaussianNB()).fit(X, y)
    rows = DistilledRowsDisplay.from_estimator(model, X, y).distilled
    inner = DistilledRowsDisplay.from_estimator(model.distiller_, X, y).distilled
    assert (rows == inner).all()


def test_plot_draws_on_given_axes(iris, herding, assert_plots_on_given_and_new_axes):
    display = DistilledRowsDisplay.from_estimator(herding, *iris)
    assert_plots_on_given_and_new_axes(display)


def test_rows_are_colored_by_the_first_of_several_targets():
    X, y = make_regression(40, 3, n_targets=2, random_state=0)
    small = HerdingSelection(budget=5).fit_distill(X, y)
    display = DistilledRowsDisplay.from_set(small, X, y)
    np.testing.assert_array_equal(display.distilled_labels, small.y[:, 0])
