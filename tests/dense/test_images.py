"""Checks of images."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from sklearn_distill.dense.images import (
    as_float,
    check_images,
    check_scale,
    largest_value,
)


def test_gray_array_becomes_views_with_one_channel():
    images = np.zeros((3, 5, 6))
    checked = check_images(images)
    assert checked.stacked
    assert [a.shape for a in checked.arrays] == [(5, 6, 1)] * 3
    assert np.shares_memory(checked.arrays[0], images)


def test_list_of_different_sizes_is_not_stacked():
    checked = check_images([np.zeros((5, 6, 3)), np.zeros((4, 9, 3))])
    assert not checked.stacked
    assert checked.sizes == [(5, 6), (4, 9)]


def test_object_array_of_images_is_a_list():
    images = np.empty(2, dtype=object)
    images[:] = [np.zeros((5, 6)), np.zeros((4, 9))]
    assert check_images(images).sizes == [(5, 6), (4, 9)]


def test_channels_first_are_moved_to_the_last_axis():
    assert check_images(np.zeros((2, 3, 20, 30)), "first").arrays[0].shape == (
        20,
        30,
        3,
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 3, 20, 30)), "channels first"),
        (np.zeros((20, 30)), r"Pass a single image as \[image\]"),
        (np.zeros((20, 30, 3)), "looks like a single color image"),
        (np.zeros((0, 5, 5)), "at least one image"),
        ([np.zeros((5, 0))], "has no pixels"),
        ([np.zeros((5, 5)), np.zeros((5, 5, 3))], "same number of channels"),
        ([np.full((5, 5), np.inf)], "NaN or infinite"),
        ([np.zeros(5)], "must have shape"),
        ([np.ma.array(np.zeros((5, 5)), mask=np.eye(5))], "masked array"),
    ],
)
def test_wrong_shapes_and_values_raise_value_error(images, message):
    with pytest.raises(ValueError, match=message):
        check_images(images)


@pytest.mark.parametrize("images", ["a.png", ["a.png"], 3, [np.array([["a"]])]])
def test_images_that_are_not_numbers_raise_type_error(images):
    with pytest.raises(TypeError, match=r"(?i)image"):
        check_images(images)


def test_unsigned_integers_are_scaled_and_floats_are_kept():
    assert as_float(np.array([[255]], dtype=np.uint8)) == 1
    assert as_float(np.array([[65535]], dtype=np.uint16)) == 1
    assert as_float(np.array([[True]])) == 1
    assert as_float(np.array([[-7.5]])) == -7.5
    assert largest_value(np.array([[-7, 3]])) == 7
    assert largest_value(np.array([[51]], dtype=np.uint8)) == pytest.approx(0.2)


def test_check_scale_rejects_floats_up_to_255_after_uint8():
    with pytest.raises(ValueError, match="float64 and values up to 200"):
        check_scale(np.array([[200.0]]), 0, np.dtype("uint8"), 1.0)
    check_scale(np.array([[0.9]]), 0, np.dtype("uint8"), 1.0)
    check_scale(np.array([[200.0]]), 0, np.dtype("float64"), 1.0)


@pytest.mark.parametrize(
    "images", [["a.png"], [Path("a.png")], np.array(["a.png", "a.png"])]
)
def test_paths_raise_type_error_that_names_the_path(images):
    with pytest.raises(TypeError, match=r"Image 0 is the path 'a.png'\. Read files"):
        check_images(images)


@pytest.mark.parametrize(
    "images", [pd.DataFrame(np.zeros((5, 5))), {0: np.zeros((5, 5))}, "a.png", None]
)
def test_other_containers_raise_type_error(images):
    with pytest.raises(TypeError, match=f"got {type(images).__name__}. Pass a single"):
        check_images(images)


def test_tensors_with_gradients_are_images():
    tensor = torch.arange(24.0).reshape(2, 3, 4).requires_grad_()
    for images in (tensor, list(tensor)):
        checked = check_images(images)
        assert checked.stacked == (images is tensor)
        assert checked.arrays[1][2, 3, 0] == 23


@pytest.mark.parametrize("dtype", ["u1", "u2", ">u2", "i4", "f2", "f4", "f8", "?"])
def test_views_of_any_dtype_and_order_are_images(dtype):
    values = np.arange(24).reshape(2, 3, 4).astype(dtype)
    values.flags.writeable = False
    for view in (values, np.asfortranarray(values), values[:, :, ::-1]):
        checked = check_images(view)
        np.testing.assert_array_equal(checked.arrays[1][:, :, 0], view[1])
