"""Tests of the detection of suspect labels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sklearn_distill.evaluation.analysis.suspect_labels import suspect_labels

FOREST = RandomForestClassifier(20, class_weight="balanced", random_state=0)


def test_one_flipped_label_is_the_only_suspect():
    Z = np.random.RandomState(0).normal(size=(100, 2))
    y = (Z[:, 0] > 0).astype(int)
    Z[:, 0] += 10 * y
    y[13] = 1 - y[13]
    assert suspect_labels(FOREST, Z, y, True, 0).tolist() == [13]


def test_outlier_of_a_continuous_target_is_the_first_suspect():
    rng = np.random.RandomState(0)
    Z = rng.normal(size=(100, 2))
    y = Z[:, 0] + 0.1 * rng.normal(size=100)
    y[42] += 50.0
    forest = RandomForestRegressor(20, random_state=0)
    assert suspect_labels(forest, Z, y, False, 0)[0] == 42


def test_singleton_class_is_not_suspect():
    Z = np.arange(6.0)[:, None]
    assert suspect_labels(FOREST, Z, np.array([0, 0, 0, 0, 0, 1]), True, 0).size == 0
    suspects = suspect_labels(FOREST, Z, np.array([0, 0, 1, 1, 1, 2]), True, 0)
    assert 5 not in suspects
