"""Checks of masks."""

import numpy as np
import pytest

from sklearn_distill.dense.masks import check_masks, labels_of_masks

SIZES = [(4, 5)]


def test_integers_booleans_and_whole_floats_are_masks():
    for dtype in (np.uint8, bool, np.int64, np.float64):
        [mask] = check_masks(np.ones((1, 4, 5), dtype=dtype), SIZES)
        assert mask.dtype.kind in "bui"
    assert check_masks([np.zeros((4, 5, 1), dtype=int)], SIZES)[0].shape == (4, 5)


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        (np.zeros((1, 5, 4), dtype=int), ValueError, "height and width"),
        (np.zeros((2, 4, 5), dtype=int), ValueError, "1 images and 2 masks"),
        (np.zeros((4, 5), dtype=int), ValueError, r"Pass a single mask as \[mask\]"),
        (np.full((1, 4, 5), 0.5), ValueError, "NaN or fractions"),
        (np.full((1, 4, 5), np.nan), ValueError, "NaN or fractions"),
        (np.zeros((1, 4, 5, 3), dtype=int), ValueError, "one integer per pixel"),
        (np.full((1, 4, 5), "a"), TypeError, "integer labels"),
        (None, TypeError, "must be an array"),
        ([], ValueError, "at least one mask"),
    ],
)
def test_wrong_masks_raise(masks, error, message):
    with pytest.raises(error, match=message):
        check_masks(masks, SIZES)


def test_labels_leave_out_the_ignored_one():
    masks = [np.array([[3, -1], [7, 3]]), np.array([[1]])]
    assert labels_of_masks(masks, -1).tolist() == [1, 3, 7]
    assert labels_of_masks(masks, None).tolist() == [-1, 1, 3, 7]
    assert labels_of_masks([np.array([[True, False]])], 0).tolist() == [False, True]


def test_labels_beyond_64_bit_signed_integers_raise():
    mask = np.array([[0, 2**63 + 5]], dtype=np.uint64)
    with pytest.raises(ValueError, match="contains the label 9223372036854775813"):
        check_masks([mask])
    np.testing.assert_array_equal(check_masks([mask // 2])[0], mask // 2)


def test_names_as_labels_raise_type_error():
    with pytest.raises(TypeError, match=r"dtype <U3\. Encode names as integers"):
        check_masks([np.array([["sky", "car"]])])
