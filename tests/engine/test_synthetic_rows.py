"""Learnable rows and labels, and the values that they can have."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_distill.engine.synthetic_rows import SyntheticRows

ROWS = np.zeros((4, 2), dtype=np.float32)


def make_rows(targets, **kwargs):
    """Return four distilled rows of two columns with values between -1 and 1."""
    low, high = np.full(2, -1.0, np.float32), np.full(2, 1.0, np.float32)
    return SyntheticRows(ROWS, targets, low, high, lambda Z: Z, **kwargs)


@given(arrays(np.float32, (4, 3), elements=st.floats(-10, 10, width=32)))
def test_clamp_makes_learned_labels_valid_probabilities(moved):
    """Valid labels do not change."""
    synthetic = make_rows(np.zeros((4, 3), np.float32), learn_targets=True)
    with torch.no_grad():
        synthetic.targets.copy_(torch.from_numpy(moved))
    synthetic.clamp_()
    proba = synthetic.targets.detach() + 1 / 3
    torch.testing.assert_close(proba.sum(1), torch.ones(4))
    assert (proba > -1e-6).all()
    before = synthetic.targets.detach().clone()
    synthetic.clamp_()
    torch.testing.assert_close(synthetic.targets.detach(), before, rtol=0, atol=1e-5)


def test_clamp_moves_learned_targets_into_the_range_of_real_targets():
    targets = np.array([[-3.0], [-1.0], [0.5], [9.0]], np.float32)
    synthetic = make_rows(targets, learn_targets=True, target_range=(-2.0, 2.0))
    synthetic.clamp_()
    assert synthetic.targets.detach()[:, 0].tolist() == [-2.0, -1.0, 0.5, 2.0]


def test_clamp_does_not_change_targets_that_are_not_learned():
    targets = np.array([[9.0]] * 4, np.float32)
    synthetic = make_rows(targets, target_range=(-2.0, 2.0))
    synthetic.clamp_()
    assert (synthetic.targets == 9.0).all()


def test_clamp_moves_rows_into_the_range_of_real_rows():
    synthetic = make_rows(np.zeros((4, 1), np.float32))
    with torch.no_grad():
        synthetic.rows.fill_(7.0)
    synthetic.clamp_()
    assert (synthetic.rows == 1.0).all()


def test_evaluation_mode_returns_the_decoded_rows():
    low, high = np.full(2, -1.0, np.float32), np.full(2, 1.0, np.float32)
    targets = np.arange(4, dtype=np.float32)[:, None]
    rows = np.float32([[0.2, 0.8], [0.4, 0.6], [0.6, 0.4], [0.8, 0.2]])
    synthetic = SyntheticRows(rows, targets, low, high, np.round)
    learned, labels = synthetic.train()(targets)
    np.testing.assert_array_equal(learned.detach(), rows)
    np.testing.assert_array_equal(labels.detach(), targets)
    decoded, _ = synthetic.eval()(targets)
    np.testing.assert_array_equal(decoded.detach(), np.round(rows))
