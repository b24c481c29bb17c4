"""Checks of the shapes of images."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import RandomSelection
from sklearn_distill.validation.images import check_image_shape


@pytest.mark.parametrize(
    ("X", "image_shape", "error", "message"),
    [
        (np.zeros((3, 4)), (1, 2, 3), ValueError, "has 6 pixels.* rows of X have 4"),
        (
            np.zeros((3, 1, 2, 2)),
            (1, 4, 1),
            ValueError,
            r"does not match X, .* images of shape \(1, 2, 2\)",
        ),
        (np.zeros((3, 4)), (2, 2), ValueError, r"must be \(channels, height, width\)"),
        (np.zeros((3, 4)), (0, 2, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (-1, -2, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (1, 2.0, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (1, None, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), ("1", 2, 2), ValueError, "three positive integers"),
        (np.full((3, 4), "a"), (1, 2, 2), ValueError, "Images must be numeric"),
        (np.full((3, 4), 1, object), (1, 2, 2), ValueError, "Images must be numeric"),
        (
            pd.DataFrame(np.eye(4)),
            (1, 2, 2),
            TypeError,
            "as an array, but X is a DataFrame",
        ),
    ],
)
def test_check_image_shape_raises_for_a_shape_that_does_not_match(
    X, image_shape, error, message
):
    with pytest.raises(error, match=message):
        check_image_shape(X, image_shape)


@pytest.mark.parametrize("image_shape", [(1, 2, 2), [1, 2, 2], (np.int64(1), 2, 2)])
def test_check_image_shape_accepts_flat_rows_and_4d_images(image_shape):
    for X in (np.zeros((3, 4)), np.zeros((3, 1, 2, 2))):
        check_image_shape(X, image_shape)


@pytest.mark.parametrize("shape", [(3, 8, 8, 3), (3, 8, 8, 1), (3, 8, 8, 4)])
def test_check_image_shape_raises_if_channels_are_last(shape):
    with pytest.raises(ValueError, match=r"channels last\. Pass np\.moveaxis"):
        check_image_shape(np.zeros(shape), None)
    with pytest.raises(ValueError, match=r"channels last\. Pass np\.moveaxis"):
        check_image_shape(np.zeros((3, np.prod(shape[1:]))), shape[1:])


def test_transform_raises_for_images_of_another_shape():
    images = RandomSelection(budget=1).fit(np.ones((6, 1, 2, 2)), [0, 1] * 3)
    with pytest.raises(ValueError, match=r"\(1, 3, 3\).*fitted with .*\(1, 2, 2\)"):
        images.transform(np.ones((2, 1, 3, 3)))
