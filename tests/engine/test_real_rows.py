"""Real rows on the device, and class-balanced batches of them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch

from sklearn_distill.engine.real_rows import Batches, RealRows


def make_real_rows(groups, weights=None):
    """Return real rows whose only column is the index of the row."""
    groups = np.asarray(groups)
    Z = np.arange(len(groups), dtype=np.float32)[:, None]
    weights = np.ones(len(groups)) if weights is None else np.asarray(weights)
    return RealRows(Z, groups[:, None].astype(np.float32), groups, weights, "cpu")


def draw_batch(real, batch_size=300, seed=0):
    """Return the indices and the classes of the rows of a batch."""
    rows, targets = real.draw(batch_size, torch.Generator().manual_seed(seed))
    return rows[:, 0].numpy().astype(int), targets[:, 0].numpy().astype(int)


def test_batches_contain_equally_many_rows_of_each_class():
    groups = np.repeat([0, 1, 2], [500, 20, 1])
    rows, targets = draw_batch(make_real_rows(groups))
    np.testing.assert_array_equal(np.bincount(targets), [100, 100, 100])
    np.testing.assert_array_equal(groups[rows], targets)
    assert len(set(rows[targets == 1])) == 20


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_batches_skip_classes_without_rows(missing):
    """The rows of a missing class are not replaced by rows of another class."""
    groups = np.repeat(np.setdiff1d([0, 1, 2], [missing]), 30)
    rows, targets = draw_batch(make_real_rows(groups))
    np.testing.assert_array_equal(groups[rows], targets)
    assert set(targets) == {0, 1, 2} - {missing}
    for group in set(targets):
        assert len(set(rows[targets == group])) == 30


def test_rows_are_drawn_in_proportion_to_their_weights():
    weights = np.array([1.0, 3.0, 4.0, 1e-9])
    rows, _ = draw_batch(make_real_rows([0, 0, 0, 0], weights), batch_size=1_000)
    shares = np.bincount(rows, minlength=4) / 1_000
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.06)


def test_batches_end_after_the_total_number_or_after_end():
    real = make_real_rows([0, 1] * 10)
    batches = Batches(real, 4, n_batches=3, seed=0, n_total=5)
    assert [len(list(batches)) for _ in range(3)] == [3, 2, 0]
    batches = Batches(real, 4, n_batches=3, seed=0)
    iterator = iter(batches)
    next(iterator)
    batches.end()
    assert list(iterator) == []
    fixed = Batches(real, 4, n_batches=2, seed=0, fixed=True)
    first, second = ([rows for rows, _ in fixed] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_a_batch_is_not_larger_than_the_number_of_rows():
    y = np.arange(3_000) % 3
    Z, targets = np.zeros((3_000, 2), np.float32), np.eye(3, dtype=np.float32)[y]
    rows = RealRows(Z, targets, y, np.ones(3_000), "cpu")
    batch, _ = rows.draw(10**9, torch.Generator().manual_seed(0))
    assert len(batch) == 3_000


def test_positions_of_several_batches_are_those_of_single_draws():
    """Checkpoints and the results of a seed do not depend on the epoch length."""
    real = make_real_rows(np.arange(300) % 7, np.linspace(0.5, 2.0, 300))
    together, single = (torch.Generator().manual_seed(3) for _ in range(2))
    positions = real.draw_positions(140, 4, together)
    for batch in positions:
        rows, targets = real.draw(140, single)
        taken_rows, taken_targets = real.take(batch)
        assert torch.equal(rows, taken_rows)
        assert torch.equal(targets, taken_targets)
    assert torch.equal(together.get_state(), single.get_state())
