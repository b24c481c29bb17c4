"""Tests of the learning curve and of the budget that it suggests."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_blobs
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import balanced_accuracy_score

from sklearn_distill import analyze
from sklearn_distill.evaluation.analysis.learning_curve import (
    _split,
    learning_curve,
    suggested_budget,
)


def test_curve_rises_to_the_score_of_all_rows(analysis):
    curve = analysis.curve
    assert curve.index.tolist() == [1, 2, 5, 10, 20, 50, 100]
    assert curve["rows"].tolist()[:4] == [3, 6, 15, 30]
    assert curve["score"].iloc[0] < curve["score"].iloc[-1]
    assert curve["score"].iloc[-1] <= analysis.full_score + 0.03
    assert analysis.budget in curve.index


def test_full_score_is_the_test_score_on_all_training_rows(blobs):
    X, y = blobs
    forest = RandomForestClassifier(5, random_state=0)
    curve, full_score = learning_curve(forest, X, y, True, 1, 3)
    train, test = _split(y, True, 3)
    assert len(test) == 198
    predictions = forest.fit(X[train], y[train]).predict(X[test])
    assert full_score == balanced_accuracy_score(y[test], predictions)
    assert curve["deviation"].isna().all()


@pytest.mark.parametrize(
    ("scores", "budget"),
    [
        ([0.90, 0.903, 0.906, 0.908], 1),  # flat from the start
        ([0.50, 0.80, 0.98, 0.985], 4),  # flat from the third point
        ([0.50, 0.501, 0.502, 0.503], 8),  # flat, but far from the full score
        ([0.50, 0.70, 0.80, 0.95], 8),  # still rising
    ],
)
def test_suggested_budget_by_hand(scores, budget):
    curve = pd.DataFrame({"score": scores}, index=[1, 2, 4, 8])
    assert suggested_budget(curve, 0.99) == budget
    assert suggested_budget(curve.iloc[:0], 0.99) == 1


def test_budget_is_small_for_separated_classes_and_large_for_a_checkerboard():
    X, y = make_blobs(600, centers=3, cluster_std=0.3, random_state=0)
    assert analyze(X, y, n_draws=1).budget <= 2
    rng = np.random.RandomState(0)
    X = rng.uniform(0, 4, size=(1_200, 2))
    checkerboard = (np.floor(X).sum(axis=1) % 2).astype(int)
    assert analyze(X, checkerboard, n_draws=1).budget >= 50
