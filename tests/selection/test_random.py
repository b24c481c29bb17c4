"""Random selection: rows without replacement, drawn by weight."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import RandomSelection


def test_selected_rows_are_distinct_and_differ_between_seeds():
    X, y = np.arange(60.0)[:, None], np.arange(60) % 2
    sets = [
        set(RandomSelection(10, random_state=seed).fit_distill(X, y).X[:, 0])
        for seed in range(5)
    ]
    assert all(len(rows) == 20 for rows in sets)
    assert len(set(map(frozenset, sets))) == 5


def test_rows_are_drawn_in_proportion_to_their_weights():
    X, y = np.arange(60.0)[:, None], np.arange(60) % 2
    weights = np.where(X[:, 0] < 30, 9.0, 1.0)
    n_heavy = [
        (
            RandomSelection(1, random_state=seed).fit(X, y, weights).distilled_.X < 30
        ).sum()
        for seed in range(200)
    ]
    assert np.mean(n_heavy) / 2 == pytest.approx(0.9, abs=0.05)
