"""The plot of a search."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import DistilledSearchCV, HerdingSelection
from sklearn_distill.model_selection import SearchDisplay

matplotlib = pytest.importorskip("matplotlib")


@pytest.fixture(autouse=True)
def without_windows():
    """Draw without a screen, and close all figures."""
    matplotlib.use("Agg")
    yield
    matplotlib.pyplot.close("all")


def test_confirmed_candidates_and_seconds_are_drawn(rows, grid):
    search = DistilledSearchCV(grid, HerdingSelection(budget=4), top_k=3).fit(*rows)
    display = search.plot()
    assert isinstance(display, SearchDisplay)
    x, y = display.ax_.lines[-2].get_data()
    assert len(x) == 3
    assert set(y) == set(search.confirmation_.cv_results_["mean_test_score"])
    winner = display.ax_.lines[-1].get_ydata()
    assert winner == [search.best_score_]
    widths = [patch.get_width() for patch in display.time_ax_.patches]
    assert widths[-1] == search.distill_time_
    assert "distilled rows" in display.ax_.get_xlabel()


def test_search_without_confirmation_and_given_axes(rows, grid):
    search = DistilledSearchCV(grid, HerdingSelection(budget=4), confirm=False)
    _, axes = matplotlib.pyplot.subplots(1, 2)
    display = search.fit(*rows).plot(ax=axes)
    assert display.ax_ is axes[0]
    assert np.isnan(display.confirmed).all()
