"""Tests of DistilledImagesDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import DistilledClassifier, DistilledImagesDisplay, DistilledSet


def test_images_are_in_the_row_of_their_class(digits):
    display = DistilledImagesDisplay.from_estimator(digits, max_images=2)
    assert display.images.shape == (20, 1, 8, 8)
    grid = np.asarray(display.ax_.images[0].get_array())
    second = digits.distilled_.X[digits.distilled_.y == 3].reshape(-1, 8, 8)[1]
    cell = grid[3 * 9 : 3 * 9 + 8, 9:17]
    assert cell == pytest.approx(second / display.images.max())
    assert [t.get_text() for t in display.ax_.get_yticklabels()][3] == "3"


def test_color_images_without_labels():
    X = np.random.RandomState(0).rand(5, 3, 4, 6)
    display = DistilledImagesDisplay.from_set(DistilledSet(X))
    assert display.labels is None
    grid = np.asarray(display.ax_.images[0].get_array())
    assert grid.shape == (5, 35, 4)
    scaled = (X - X.min()) / (X.max() - X.min())
    assert grid[:4, 7:13, :3] == pytest.approx(np.moveaxis(scaled[1], 0, 2))
    # Images are opaque and the margins between them are transparent.
    assert (grid[:4, 7:13, 3] == 1).all()
    assert (grid[:, 6, 3] == 0).all()


def test_classifier_shows_the_images_of_its_distiller(digits):
    model = DistilledClassifier(clone(digits), GaussianNB())
    model.fit(*load_digits(return_X_y=True))
    images = DistilledImagesDisplay.from_estimator(model).images
    assert (images == DistilledImagesDisplay.from_estimator(digits).images).all()


def test_rows_that_are_not_images_raise():
    X = np.zeros((5, 2, 4, 6))
    with pytest.raises(ValueError, match=r"Rows must be images .* \(2, 4, 6\)"):
        DistilledImagesDisplay.from_set(DistilledSet(X))


def test_plot_draws_on_given_axes(digits, assert_plots_on_given_and_new_axes):
    display = DistilledImagesDisplay.from_estimator(digits)
    assert_plots_on_given_and_new_axes(display)
