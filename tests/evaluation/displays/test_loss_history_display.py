"""Tests of LossHistoryDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    LossHistoryDisplay,
)


def test_losses_are_those_of_the_history(points):
    display = LossHistoryDisplay.from_estimator(points)
    assert display.valid_loss.tolist() == list(points.history_[:, "valid_loss"])
    assert display.train_loss.tolist() == list(points.history_[:, "train_loss"])
    assert display.steps[-1] == points.n_iter_
    training, validation, best = display.ax_.lines
    assert (training.get_ydata() == display.train_loss).all()
    assert (validation.get_ydata() == display.valid_loss).all()
    assert best.get_ydata() == [np.min(display.valid_loss)]


def test_selection_does_not_have_a_loss_history(iris):
    with pytest.raises(ValueError, match="HerdingSelection does not have a loss hist"):
        LossHistoryDisplay.from_estimator(HerdingSelection(budget=2).fit(*iris))


def test_classifier_shows_the_losses_of_its_distiller(iris):
    points = KernelInducingPoints(2, max_iter=30, random_state=0)
    model = DistilledClassifier(points, GaussianNB()).fit(*iris)
    display = LossHistoryDisplay.from_estimator(model)
    assert display.steps[-1] == model.distiller_.n_iter_


def test_missing_validation_loss_is_not_drawn_as_best():
    nan = np.full(3, np.nan)
    display = LossHistoryDisplay(np.arange(3), np.arange(3.0), nan).plot()
    assert len(display.ax_.lines) == 2


def test_plot_draws_on_given_axes(points, assert_plots_on_given_and_new_axes):
    display = LossHistoryDisplay.from_estimator(points)
    assert_plots_on_given_and_new_axes(display)
