"""The sample of labeled pixels."""

import numpy as np
import pytest

from sklearn_distill import PixelFeatures
from sklearn_distill.dense import pixel_rows
from sklearn_distill.dense.images import check_images
from sklearn_distill.dense.masks import MaskEncoder
from sklearn_distill.dense.pixel_rows import rows_of_pixels, sample_pixels


@pytest.fixture
def masks():
    rng = np.random.RandomState(0)
    return [rng.choice([-1, 0, 5, 9], size, p=[0.1, 0.8, 0.07, 0.03]) for size in
            ((30, 40), (20, 25))]  # fmt: skip


ENCODE = MaskEncoder(np.array([0, 5, 9]))


def test_encoder_maps_classes_to_codes_and_others_to_minus_one():
    codes = ENCODE(np.array([[-1, 0, 5], [9, 7, 100]]))
    assert codes.tolist() == [[-1, 0, 1], [2, -1, -1]]


def test_all_labeled_pixels_are_kept_if_there_are_few(masks):
    sample = sample_pixels(masks, ENCODE, 3, 10**6, np.random.RandomState(0))
    assert len(sample.code) == sum((m >= 0).sum() for m in masks)
    assert sample.weights() is None


@pytest.mark.parametrize("piece", [7, 1 << 20])
def test_sample_is_balanced_and_labels_are_those_of_the_masks(
    masks, piece, monkeypatch
):
    monkeypatch.setattr(pixel_rows, "PIECE", piece)
    sample = sample_pixels(masks, ENCODE, 3, 150, np.random.RandomState(0))
    pairs = zip(sample.image, sample.position, strict=True)
    labels = [masks[i].ravel()[p] for i, p in pairs]
    np.testing.assert_array_equal(labels, np.array([0, 5, 9])[sample.code])
    pixels = list(zip(sample.image, sample.position, strict=True))
    assert len(set(pixels)) == len(pixels)
    total = [sum((m == c).sum() for m in masks) for c in (0, 5, 9)]
    assert sample.counts.tolist() == total
    sampled = np.bincount(sample.code)
    assert sampled[2] == min(50, total[2])
    assert sampled.sum() == 150
    sums = np.bincount(sample.code, sample.weights())
    np.testing.assert_allclose(sums, total)


def test_rows_are_the_features_at_the_positions(masks):
    rng = np.random.RandomState(1)
    images = check_images([rng.rand(*mask.shape) for mask in masks])
    features = PixelFeatures(sigma_max=1).fit([a[..., 0] for a in images.arrays])
    sample = sample_pixels(masks, ENCODE, 3, 60, rng)
    rows = rows_of_pixels(features, images, sample.image, sample.position)
    maps = features.transform([a[..., 0] for a in images.arrays])
    positions = sample.positions(np.arange(60), images.sizes)
    for row, (i, y, x) in zip(rows, positions, strict=True):
        np.testing.assert_allclose(row, maps[i][y, x], atol=1e-6)
