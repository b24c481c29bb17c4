"""Tests of the detection of copies."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest

from sklearn_distill.evaluation.measures.copies import copies


def test_copies_are_distinguished_from_new_rows():
    rng = np.random.RandomState(4)
    train, test = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    copied = copies(train, test, train[:10])
    assert copied == {"copies": 1.0, "nearest": 0.0, "nearer to training": 1.0}
    new = copies(train, test, rng.normal(size=(300, 3)))
    assert new["copies"] == 0.0
    assert new["nearest"] == pytest.approx(1.0, abs=0.2)
    assert new["nearer to training"] == pytest.approx(0.5, abs=0.1)


def test_copies_by_hand():
    real, held_out = np.array([[0.0], [4.0]]), np.array([[1.0], [8.0]])
    found = copies(real, held_out, np.array([[0.0], [0.5], [3.0], [8.0]]))
    assert found["copies"] == 0.25
    # Distances to the nearest real row are 0, 0.5, 1 and 4, and real rows are 4 apart.
    assert found["nearest"] == pytest.approx(0.75 / 4)
    # The row 0.5 is as near to 0 as to 1.
    assert found["nearer to training"] == pytest.approx((1 + 0.5 + 1 + 0) / 4)


def test_share_nearer_to_training_requires_held_out_rows():
    found = copies(np.array([[0.0], [4.0]]), None, np.array([[1.0]]))
    assert math.isnan(found["nearer to training"])
    assert found["nearest"] == pytest.approx(0.25)
