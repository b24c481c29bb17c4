"""Forgetting: counts by definition, and the rows that are selected."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from sklearn_distill import ForgettingSelection
from sklearn_distill.selection.forgetting import ForgettingCounter


def test_counter_counts_changes_from_correct_to_incorrect():
    """Rows are never forgotten, forgotten twice, never learned, and learned late."""
    counter = ForgettingCounter(4)
    for is_correct in ([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 0, 1], [1, 0, 0, 1]):
        counter.update(np.array(is_correct, dtype=bool))
    assert list(counter.scores()) == [0, 2, 3, 0]


def test_easy_rows_have_correct_and_hard_rows_have_wrong_labels():
    X, y = make_blobs(300, centers=2, cluster_std=2.0, random_state=1)
    wrong = np.random.RandomState(0).rand(300) < 0.15
    noisy = np.where(wrong, 1 - y, y)

    def share_wrong(prefer):
        selection = ForgettingSelection(
            20, prefer=prefer, n_networks=1, max_epochs=8, random_state=0
        )
        rows = selection.fit(X, noisy).distilled_.X
        return np.mean([wrong[(X == row).all(axis=1)][0] for row in rows])

    assert share_wrong("easy") < 0.05
    assert share_wrong("hard") > 0.3


def test_fit_raises_when_y_is_continuous():
    X = np.random.RandomState(0).randn(40, 2)
    with pytest.raises(ValueError, match="needs class labels"):
        ForgettingSelection(5).fit(X, X[:, 0])
