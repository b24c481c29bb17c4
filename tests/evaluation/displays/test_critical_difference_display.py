"""Tests of CriticalDifferenceDisplay."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import CriticalDifferenceDisplay


def test_bars_connect_ranks_that_do_not_differ():
    display = CriticalDifferenceDisplay(
        list("abcd"), np.array([1.0, 1.8, 3.2, 4.0]), critical_difference=1.5
    ).plot()
    assert display.cliques_ == [(1.0, 1.8), (1.8, 3.2), (3.2, 4.0)]
    names = [t.get_text().strip() for t in display.ax_.texts]
    assert {"a (1.0)", "d (4.0)"} <= set(names)
    assert "critical difference 1.50" in names


def test_ranks_that_differ_are_not_connected():
    display = CriticalDifferenceDisplay(["a", "b"], np.array([1.0, 2.0]), 0.5).plot()
    assert display.cliques_ == []


def test_comparison_is_ranked_by_its_block_scores(compared):
    display = CriticalDifferenceDisplay.from_comparison(compared, 4)
    tested = compared.ranks(4)
    assert display.names == ["random", "herding", "k-means"]
    assert (display.ranks == tested.ranks).all()
    assert display.critical_difference == tested.critical_difference
    assert (display.p_value, display.n_blocks) == (tested.p_value, 3)
    text = display.ax_.texts[-1].get_text()
    assert text.endswith(f"Friedman p = {tested.p_value:.2g}; 3 blocks")


def test_alpha_changes_the_critical_difference():
    scores = [[0.7, 0.8], [0.6, 0.7], [0.5, 0.7]]
    strict, lenient = (
        CriticalDifferenceDisplay.from_scores(scores, ["a", "b"], alpha=alpha)
        for alpha in (0.01, 0.2)
    )
    assert strict.critical_difference > lenient.critical_difference
    assert strict.ranks == pytest.approx([2.0, 1.0])


def test_plot_draws_on_given_axes(compared, assert_plots_on_given_and_new_axes):
    display = CriticalDifferenceDisplay.from_comparison(compared, 4)
    assert_plots_on_given_and_new_axes(display)
