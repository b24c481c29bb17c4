"""Learnable rows and labels stay where real ones can be."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sklearn_distill.engine.synthetic_rows import SyntheticRows

ROWS = np.zeros((4, 2), dtype=np.float32)


def learnable(targets, **kwargs):
    low, high = np.full(2, -1.0, np.float32), np.full(2, 1.0, np.float32)
    return SyntheticRows(ROWS, targets, low, high, lambda Z: Z, **kwargs)


@given(arrays(np.float32, (4, 3), elements=st.floats(-10, 10, width=32)))
def test_moved_labels_become_probabilities_again(moved):
    """Whatever a step made of them; valid ones stay as they are."""
    synthetic = learnable(np.zeros((4, 3), np.float32), learn_targets=True)
    with torch.no_grad():
        synthetic.targets.copy_(torch.from_numpy(moved))
    synthetic.clamp_()
    likely = synthetic.targets.detach() + 1 / 3
    torch.testing.assert_close(likely.sum(1), torch.ones(4))
    assert (likely > -1e-6).all()
    before = synthetic.targets.detach().clone()
    synthetic.clamp_()
    torch.testing.assert_close(synthetic.targets.detach(), before, rtol=0, atol=1e-5)


def test_moved_numbers_go_back_into_the_range_of_the_real_ones():
    targets = np.array([[-3.0], [-1.0], [0.5], [9.0]], np.float32)
    synthetic = learnable(targets, learn_targets=True, target_range=(-2.0, 2.0))
    synthetic.clamp_()
    assert synthetic.targets.detach()[:, 0].tolist() == [-2.0, -1.0, 0.5, 2.0]


def test_labels_that_are_not_learned_stay_as_they_came():
    targets = np.array([[9.0]] * 4, np.float32)
    synthetic = learnable(targets, target_range=(-2.0, 2.0))
    synthetic.clamp_()
    assert (synthetic.targets == 9.0).all()


def test_rows_go_back_into_their_range():
    synthetic = learnable(np.zeros((4, 1), np.float32))
    with torch.no_grad():
        synthetic.rows.fill_(7.0)
    synthetic.clamp_()
    assert (synthetic.rows == 1.0).all()
