"""Siamese augmentation: one differentiable operation for both batches."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch

from sklearn_distill.engine.augmentation import (
    AUTO_IMAGE,
    IMAGE_AUGMENTATIONS,
    TABLE_AUGMENTATIONS,
    SiameseAugmentation,
)

ALL_OPERATIONS = [(name, (3, 9, 8)) for name in IMAGE_AUGMENTATIONS]
ALL_OPERATIONS += [(name, (5,)) for name in TABLE_AUGMENTATIONS]


@pytest.mark.parametrize(("name", "shape"), ALL_OPERATIONS)
def test_operation_is_the_same_for_every_row_of_both_batches(name, shape):
    row = torch.rand(1, *shape)
    for seed in range(5):
        torch.manual_seed(seed)
        operation = SiameseAugmentation(name, of_images=len(shape) == 3).draw()
        one = operation(row)
        many = operation(row.repeat(4, *[1] * len(shape)))
        assert one.shape == row.shape
        torch.testing.assert_close(many, one.expand_as(many))


@pytest.mark.parametrize(("name", "shape"), ALL_OPERATIONS)
def test_gradients_flow_through_operations(name, shape):
    rows = torch.rand(2, *shape, requires_grad=True)
    SiameseAugmentation(name, of_images=len(shape) == 3).draw()(rows).sum().backward()
    assert torch.isfinite(rows.grad).all()
    assert rows.grad.abs().sum() > 0


@pytest.mark.parametrize(("name", "shape"), ALL_OPERATIONS)
def test_operations_change_rows(name, shape):
    rows = torch.rand(2, *shape)
    torch.manual_seed(0)
    augmentation = SiameseAugmentation(name, of_images=len(shape) == 3)
    assert any(not torch.equal(augmentation.draw()(rows), rows) for _ in range(10))


def test_crop_fills_the_border_with_zeros():
    rows = torch.ones(1, 1, 16, 16)
    torch.manual_seed(0)
    shifted = [SiameseAugmentation("crop", True).draw()(rows) for _ in range(20)]
    assert all(part.sum() >= 14 * 14 for part in shifted)
    assert any(part.sum() < 256 for part in shifted)


def test_auto_does_not_mirror_images():
    assert "flip" not in AUTO_IMAGE


def test_tables_are_not_augmented_by_default():
    rows = torch.rand(3, 4)
    assert SiameseAugmentation("auto", of_images=False).draw()(rows) is rows
    assert SiameseAugmentation(None, of_images=True).draw()(rows) is rows


def test_callable_draws_a_function_of_rows():
    augmentation = SiameseAugmentation(lambda: lambda x: x + 1, of_images=False)
    assert augmentation.draw()(torch.zeros(1)).item() == 1


def test_augmentation_raises_when_the_operation_is_unknown():
    with pytest.raises(ValueError, match="'flip' is not known for tables"):
        SiameseAugmentation(["noise", "flip"], of_images=False)


def test_flip_mirrors_left_and_right_or_nothing():
    rows = torch.rand(2, 3, 4, 5)
    augmentation = SiameseAugmentation("flip", of_images=True)
    torch.manual_seed(0)
    drawn = [augmentation.draw()(rows) for _ in range(20)]
    mirrored = [torch.equal(result, rows.flip(3)) for result in drawn]
    unchanged = [torch.equal(result, rows) for result in drawn]
    assert any(mirrored)
    assert any(unchanged)
    assert all(a != b for a, b in zip(mirrored, unchanged, strict=True))


def test_cutout_sets_at_most_a_square_of_half_the_side_to_zero():
    rows = torch.ones(1, 1, 8, 8)
    augmentation = SiameseAugmentation("cutout", of_images=True)
    torch.manual_seed(0)
    removed = [64 - int(augmentation.draw()(rows).sum()) for _ in range(20)]
    assert max(removed) == 16
    assert min(removed) >= 4


def test_dropout_sets_about_a_tenth_of_the_columns_to_zero():
    rows = torch.ones(2, 1_000)
    torch.manual_seed(0)
    result = SiameseAugmentation("dropout", of_images=False).draw()(rows)
    assert set(result.unique().tolist()) == {0.0, 1.0}
    assert 0.07 < float((result[0] == 0).float().mean()) < 0.13
