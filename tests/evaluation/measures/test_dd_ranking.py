"""Tests of LRS and ARS, by hand and on sets whose order is known."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs

from sklearn_distill import DistilledSet, HerdingSelection, RandomSelection
from sklearn_distill.evaluation import (
    augmentation_robust_score,
    label_robust_score,
    preprocessor,
    robust_scores,
)

fractions = st.floats(0, 1)


@pytest.mark.parametrize(
    ("scores", "alpha"),
    [
        ((0.9, 0.9, 0.9, 0.9), 0.0),  # distilled, random and full data are equal
        (
            (1.0, 1.0, 1.0, 0.0),
            0.5,
        ),  # as good as the full data, and random rows are useless
        ((1.0, 0.0, 0.0, 1.0), -1.0),  # worst case
        ((0.8, 0.5, 0.7, 0.6), 0.5 * 0.1 - 0.5 * 0.3),
    ],
)
def test_label_robust_score_by_hand(scores, alpha):
    expected = (math.exp(alpha) - math.exp(-1)) / (math.e - math.exp(-1))
    assert label_robust_score(*scores) == pytest.approx(expected)


def test_augmentation_robust_score_by_hand():
    beta = 0.25 * (0.8 - 0.6) + 0.75 * (0.5 - 0.6)
    expected = (math.exp(beta) - math.exp(-1)) / (math.e - math.exp(-1))
    found = augmentation_robust_score(0.8, 0.6, 0.5, 0.6, weight=0.25)
    assert found == pytest.approx(expected)
    assert augmentation_robust_score(1, 0, 1, 0) == pytest.approx(1.0)
    assert augmentation_robust_score(0, 1, 0, 1) == pytest.approx(0.0)


@given(fractions, fractions, fractions, fractions, fractions)
def test_scores_are_between_0_and_1(a, b, c, d, weight):
    assert -1e-12 <= label_robust_score(a, b, c, d, weight=weight) <= 1 + 1e-12
    assert -1e-12 <= augmentation_robust_score(a, b, c, d, weight=weight) <= 1 + 1e-12


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(900, n_features=4, centers=3, cluster_std=4.0, random_state=0)
    return X[:600], y[:600], X[600:], y[600:]


def robust_scores_of(distilled, blobs):
    """Return the robust scores of a set with four rows per class."""
    random = RandomSelection(budget=4, random_state=1).fit_distill(*blobs[:2])
    return robust_scores(distilled, random, *blobs, prepare=preprocessor(blobs[0]))


def test_herding_is_better_than_random_and_wrong_labels_are_worse(blobs):
    herded = HerdingSelection(budget=4, random_state=0).fit_distill(*blobs[:2])
    wrong = DistilledSet(herded.X, (herded.y + 1) % 3, classes=herded.classes)
    good, bad = robust_scores_of(herded, blobs), robust_scores_of(wrong, blobs)
    neutral = label_robust_score(0, 0, 0, 0)
    assert good["ARS"] > neutral > bad["ARS"]
    assert good["LRS"] > bad["LRS"]
    assert good["IOR"] > 0 > bad["IOR"]
    assert good["HLR"] == good["full hard"] - good["hard"]
    assert 0 <= bad["LRS"] <= good["LRS"] <= 1


def test_own_score_equals_hard_score_without_soft_labels(blobs):
    hard = HerdingSelection(budget=4, random_state=0).fit_distill(*blobs[:2])
    scores = robust_scores_of(hard, blobs)
    assert scores["hard"] == scores["own"]
    soft = DistilledSet(
        hard.X, hard.y, soft_labels=np.roll(np.eye(3), 1, axis=1)[hard.y],
        classes=hard.classes,
    )  # fmt: skip
    assert robust_scores_of(soft, blobs)["own"] < scores["own"]


def test_models_do_not_depend_on_the_test_rows(blobs):
    """The score on all test rows is the mean of the scores on two halves."""
    X_train, y_train, X_test, y_test = blobs
    herded = HerdingSelection(budget=4, random_state=0).fit_distill(X_train, y_train)
    random = RandomSelection(budget=4, random_state=1).fit_distill(X_train, y_train)

    def own(rows, labels):
        return robust_scores(
            herded, random, X_train, y_train, rows, labels,
            prepare=preprocessor(X_train),
        )["own"]  # fmt: skip

    # Both halves have the same number of rows of each class, so that recalls average.
    order = np.argsort(y_test, kind="stable")
    counts = np.bincount(y_test) // 2 * 2
    kept = np.concatenate([order[y_test[order] == c][:n] for c, n in enumerate(counts)])
    halves = kept[::2], kept[1::2]
    both = own(X_test[kept], y_test[kept])
    assert both == pytest.approx(np.mean([own(X_test[h], y_test[h]) for h in halves]))


def test_robust_scores_raises_for_a_continuous_target():
    X = np.arange(20.0).reshape(-1, 1)
    distilled = DistilledSet(X, X[:, 0])
    with pytest.raises(ValueError, match="require class labels"):
        robust_scores(
            distilled, distilled, X, X[:, 0], X, X[:, 0], prepare=preprocessor(X)
        )
