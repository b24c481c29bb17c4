"""Multi-formation: several small images in the storage of one, for all methods."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from sklearn_distill import (
    DistributionMatching,
    GradientMatching,
    MultiLayerDistributionMatching,
    NeuralFeatureRegression,
)

METHODS = [
    DistributionMatching,
    GradientMatching,
    MultiLayerDistributionMatching,
    NeuralFeatureRegression,
]


@pytest.fixture
def images():
    """Noise images of 8 x 8 pixels in three classes that differ in brightness."""
    rng = np.random.RandomState(0)
    images, y = rng.rand(90, 1, 8, 8).astype(np.float32), np.repeat([0, 1, 2], 30)
    images[y == 1, :, :4] += 0.5
    images[y == 2, :, :, :4] += 0.5
    return images, y


@pytest.mark.parametrize("method", METHODS)
def test_factor_learns_more_and_smaller_images_of_the_same_total_size(method, images):
    """A factor of 2 learns four images for each image of the budget."""
    X, y = images
    distilled = method(2, factor=2, max_iter=20, random_state=0).fit(X, y).distilled_
    assert distilled.X.shape == (24, 1, 8, 8)
    np.testing.assert_array_equal(np.bincount(distilled.y), [8, 8, 8])
    assert distilled.info["bytes_learned"] == 6 * X[0].nbytes
    assert distilled.info["bytes"] == distilled.nbytes > 24 * X[0].nbytes
    # Images that are interpolated from 4 x 4 pixels have at most rank 4, apart from
    # pixels that are clipped to the range of the real images.
    singular_values = np.linalg.svd(distilled.X[:, 0], compute_uv=False)
    assert (singular_values[:, 4] < 1e-2 * singular_values[:, 0]).all()


def test_fit_raises_when_warm_start_is_combined_with_factor(images):
    X, y = images
    matching = GradientMatching(
        2, factor=2, max_iter=2, warm_start=True, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        matching.fit(X, y)
    with pytest.raises(ValueError, match="cannot be combined with factor=2"):
        matching.fit(X, y)


def test_fit_raises_when_factor_is_used_for_tables_or_small_classes():
    X, y = load_digits(return_X_y=True)
    with pytest.raises(ValueError, match="factor=2 requires images"):
        GradientMatching(2, factor=2).fit(X, y)
    with pytest.raises(
        ValueError, match="factor=4 requires at least 32 rows of group 0"
    ):
        GradientMatching(2, factor=4, image_shape=(1, 8, 8)).fit(X[:200], y[:200])
