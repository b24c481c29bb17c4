"""Tests of SoftLabelsDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    SoftLabelsDisplay,
)


def test_soft_labels_are_sorted_by_class(herding):
    display = SoftLabelsDisplay.from_estimator(herding)
    order = np.argsort(herding.distilled_.y, kind="stable")
    assert (display.soft_labels == herding.distilled_.soft_labels[order]).all()
    assert (display.image_.get_array() == display.soft_labels).all()
    assert [t.get_text() for t in display.ax_.get_xticklabels()] == list("012")


def test_set_without_soft_labels_raises(iris):
    with pytest.raises(ValueError, match="does not have soft labels"):
        SoftLabelsDisplay.from_estimator(HerdingSelection(budget=2).fit(*iris))


def test_classifier_shows_learned_labels_of_its_distiller(iris):
    points = KernelInducingPoints(2, max_iter=30, learn_labels=True, random_state=0)
    model = DistilledClassifier(points, GaussianNB()).fit(*iris)
    shown = SoftLabelsDisplay.from_estimator(model).soft_labels
    learned = model.distiller_.distilled_.soft_labels
    assert (np.sort(shown, 0) == np.sort(learned, 0)).all()


def test_plot_draws_on_given_axes(herding, assert_plots_on_given_and_new_axes):
    display = SoftLabelsDisplay.from_estimator(herding)
    assert_plots_on_given_and_new_axes(display)
