"""Tests of RecoveryCurveDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import HerdingSelection, RecoveryCurveDisplay


def test_curves_hold_the_means_of_the_comparison(compared):
    display = RecoveryCurveDisplay.from_comparison(compared)
    curve = display.curves["herding"]
    assert curve[:, 0].tolist() == [3, 12]
    assert curve[1, 1] == pytest.approx(compared.summary(4).loc["herding", "mean"])
    assert display.full == pytest.approx(compared.full_data().mean())
    assert set(display.lines_) == {"random", "herding", "k-means"}
    assert (display.lines_["herding"].get_ydata() == curve[:, 1]).all()


def test_curve_of_a_single_learner(compared):
    mean = RecoveryCurveDisplay.from_comparison(compared)
    single = RecoveryCurveDisplay.from_comparison(compared, learner="naive Bayes")
    assert single.curves["random"] == pytest.approx(mean.curves["random"])
    assert single.full == pytest.approx(mean.full)


def test_estimator_is_compared_with_random_rows(iris):
    display = RecoveryCurveDisplay.from_estimator(
        HerdingSelection(), *iris, budgets=[1, 5], cv=2, learners=["naive Bayes"]
    )
    assert list(display.curves) == ["random", "herding"]
    assert display.curves["herding"][:, 0].tolist() == [3, 15]


def test_lines_beyond_ten_have_another_dash_style():
    curve = np.array([[1, 0.5, 0.1], [2, 0.6, 0.1]])
    display = RecoveryCurveDisplay({str(i): curve for i in range(12)}).plot()
    styles = [line.get_linestyle() for line in display.lines_.values()]
    assert styles == ["-"] * 10 + ["--"] * 2


def test_plot_draws_on_given_axes(compared, assert_plots_on_given_and_new_axes):
    display = RecoveryCurveDisplay.from_comparison(compared)
    assert_plots_on_given_and_new_axes(display)


@pytest.mark.parametrize(("n_curves", "n_bands"), [(3, 3), (4, 0)])
def test_deviations_are_bars_if_there_are_many_curves(n_curves, n_bands):
    curve = np.array([[1, 0.5, 0.1], [2, 0.6, 0.1]])
    display = RecoveryCurveDisplay({str(i): curve for i in range(n_curves)}).plot()
    kinds = [type(c).__name__ for c in display.ax_.collections]
    assert kinds.count("FillBetweenPolyCollection") == n_bands
    assert kinds.count("LineCollection") == (n_curves if n_bands == 0 else 0)
