"""The features of scikit-image."""

import numpy as np
import pytest
from skimage.feature import multiscale_basic_features

from sklearn_distill.dense.basic_features import (
    basic_features,
    halo_of_scale,
    names_of_features,
    scales_between,
)

ALL = {"intensity": True, "edges": True, "texture": True, "n_jobs": None}


def test_scales_are_powers_of_two_times_the_smallest():
    np.testing.assert_allclose(scales_between(0.5, 8), [0.5, 1, 2, 4, 8])
    np.testing.assert_allclose(scales_between(3, 3), [3])


def test_features_are_those_of_scikit_image():
    image = np.random.RandomState(0).rand(20, 25, 3).astype(np.float32)
    found = basic_features(image, scales_between(1, 4), **ALL)
    expected = multiscale_basic_features(
        image, sigma_min=1, sigma_max=4, channel_axis=-1
    )
    np.testing.assert_allclose(found, expected, atol=1e-6)
    names = names_of_features(scales_between(1, 4), ["a", "b", "c", "d"], 3)
    assert len(names) == found.shape[2]
    assert names[4] == "channel_0_a_2"


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1)])
def test_images_of_one_row_or_column_have_finite_features(shape):
    image = np.full((*shape, 1), 0.5, dtype=np.float32)
    found = basic_features(image, scales_between(0.5, 1), **ALL)
    assert found.shape == (*shape, 8)
    np.testing.assert_allclose(found[..., 0], 0.5, atol=1e-6)


def test_pixels_beyond_the_halo_have_no_influence():
    image = np.random.RandomState(0).rand(40, 60, 1).astype(np.float32)
    changed, halo = image.copy(), halo_of_scale(2)
    changed[:, : 30 - halo] = 0
    scales = scales_between(1, 2)
    first, second = (basic_features(x, scales, **ALL)[:, 30:] for x in (image, changed))
    np.testing.assert_array_equal(first, second)
