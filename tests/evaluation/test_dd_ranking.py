"""LRS and ARS on cases made by hand, and on sets whose order is known."""

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
        ((0.9, 0.9, 0.9, 0.9), 0.0),  # all rows, in effect, and random ones as good
        ((1.0, 1.0, 1.0, 0.0), 0.5),  # nothing lost, everything gained
        ((1.0, 0.0, 0.0, 1.0), -1.0),  # the worst there is
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
def test_both_lie_between_0_and_1(a, b, c, d, weight):
    assert -1e-12 <= label_robust_score(a, b, c, d, weight=weight) <= 1 + 1e-12
    assert -1e-12 <= augmentation_robust_score(a, b, c, d, weight=weight) <= 1 + 1e-12


@pytest.fixture(scope="module")
def blobs():
    X, y = make_blobs(900, n_features=4, centers=3, cluster_std=4.0, random_state=0)
    return X[:600], y[:600], X[600:], y[600:]


def scored(distilled, blobs):
    random = RandomSelection(budget=4, random_state=1).fit_distill(*blobs[:2])
    return robust_scores(distilled, random, *blobs, prepare=preprocessor(blobs[0]))


def test_herding_is_above_random_and_wrong_labels_are_below(blobs):
    herded = HerdingSelection(budget=4, random_state=0).fit_distill(*blobs[:2])
    wrong = DistilledSet(herded.X, (herded.y + 1) % 3, classes=herded.classes)
    good, bad = scored(herded, blobs), scored(wrong, blobs)
    level = label_robust_score(0, 0, 0, 0)
    assert good["ARS"] > level > bad["ARS"]
    assert good["LRS"] > bad["LRS"]
    assert good["IOR"] > 0 > bad["IOR"]
    assert good["HLR"] == good["full hard"] - good["hard"]
    assert 0 <= bad["LRS"] <= good["LRS"] <= 1


def test_hard_labels_are_the_sets_own_without_soft_ones(blobs):
    """And with soft labels the two scores are of different recipes."""
    hard = HerdingSelection(budget=4, random_state=0).fit_distill(*blobs[:2])
    found = scored(hard, blobs)
    assert found["hard"] == found["own"]
    soft = DistilledSet(
        hard.X, hard.y, soft_labels=np.roll(np.eye(3), 1, axis=1)[hard.y],
        classes=hard.classes,
    )  # fmt: skip
    assert scored(soft, blobs)["own"] < found["own"] == found["hard"]


def test_test_rows_choose_nothing(blobs):
    """Scores on half of the test rows are those of models that know neither half."""
    X_train, y_train, X_test, y_test = blobs
    herded = HerdingSelection(budget=4, random_state=0).fit_distill(X_train, y_train)
    random = RandomSelection(budget=4, random_state=1).fit_distill(X_train, y_train)

    def own(rows, labels):
        return robust_scores(
            herded, random, X_train, y_train, rows, labels,
            prepare=preprocessor(X_train),
        )["own"]  # fmt: skip

    # Two halves of one size with the same classes: recalls average if models are equal.
    order = np.argsort(y_test, kind="stable")
    counts = np.bincount(y_test) // 2 * 2
    kept = np.concatenate([order[y_test[order] == c][:n] for c, n in enumerate(counts)])
    halves = kept[::2], kept[1::2]
    both = own(X_test[kept], y_test[kept])
    assert both == pytest.approx(np.mean([own(X_test[h], y_test[h]) for h in halves]))


def test_quantities_are_refused():
    X = np.arange(20.0).reshape(-1, 1)
    made = DistilledSet(X, X[:, 0])
    with pytest.raises(ValueError, match="are for classes"):
        robust_scores(made, made, X, X[:, 0], X, X[:, 0], prepare=preprocessor(X))
