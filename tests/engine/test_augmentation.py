"""Siamese augmentation: the same change to both batches, differentiable."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch

from sklearn_distill.engine.augmentation import (
    AUTO_IMAGE,
    IMAGE_AUGMENTATIONS,
    TABLE_AUGMENTATIONS,
    SiameseAugmentation,
)

EVERY_CHANGE = [(name, (3, 9, 8)) for name in IMAGE_AUGMENTATIONS]
EVERY_CHANGE += [(name, (5,)) for name in TABLE_AUGMENTATIONS]


@pytest.mark.parametrize(("name", "shape"), EVERY_CHANGE)
def test_a_change_is_the_same_for_every_row_of_both_batches(name, shape):
    row = torch.rand(1, *shape)
    for seed in range(5):
        torch.manual_seed(seed)
        change = SiameseAugmentation(name, of_images=len(shape) == 3).draw()
        one = change(row)
        many = change(row.repeat(4, *[1] * len(shape)))
        assert one.shape == row.shape
        torch.testing.assert_close(many, one.expand_as(many))


@pytest.mark.parametrize(("name", "shape"), EVERY_CHANGE)
def test_gradients_reach_the_rows(name, shape):
    rows = torch.rand(2, *shape, requires_grad=True)
    SiameseAugmentation(name, of_images=len(shape) == 3).draw()(rows).sum().backward()
    assert torch.isfinite(rows.grad).all()
    assert rows.grad.abs().sum() > 0


@pytest.mark.parametrize(("name", "shape"), EVERY_CHANGE)
def test_some_draw_changes_something(name, shape):
    rows = torch.rand(2, *shape)
    torch.manual_seed(0)
    augmentation = SiameseAugmentation(name, of_images=len(shape) == 3)
    assert any(not torch.equal(augmentation.draw()(rows), rows) for _ in range(10))


def test_crop_shifts_without_wrapping_round():
    rows = torch.ones(1, 1, 16, 16)
    torch.manual_seed(0)
    shifted = [SiameseAugmentation("crop", True).draw()(rows) for _ in range(20)]
    assert all(part.sum() >= 14 * 14 for part in shifted)
    assert any(part.sum() < 256 for part in shifted)


def test_no_image_is_mirrored_unless_asked_for():
    assert "flip" not in AUTO_IMAGE


def test_tables_stay_as_they_are_by_default():
    rows = torch.rand(3, 4)
    assert SiameseAugmentation("auto", of_images=False).draw()(rows) is rows
    assert SiameseAugmentation(None, of_images=True).draw()(rows) is rows


def test_a_function_of_the_users_own():
    augmentation = SiameseAugmentation(lambda: lambda x: x + 1, of_images=False)
    assert augmentation.draw()(torch.zeros(1)).item() == 1


def test_an_unknown_change_is_refused_by_name():
    with pytest.raises(ValueError, match="'flip' is not known for tables"):
        SiameseAugmentation(["noise", "flip"], of_images=False)
