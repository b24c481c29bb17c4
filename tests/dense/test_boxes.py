"""Boxes: checks, overlaps, suppression of duplicates, boxes of masks."""

import numpy as np
import pytest

from sklearn_distill.dense import box_iou, boxes_from_masks
from sklearn_distill.dense.boxes import check_targets, suppress_duplicates


def target(boxes, labels=None):
    return {"boxes": boxes, "labels": ["a"] * len(boxes) if labels is None else labels}


def test_iou_of_known_boxes():
    found = box_iou([[0, 0, 4, 4], [10, 10, 12, 12]], [[2, 2, 6, 6], [0, 0, 4, 8]])
    np.testing.assert_allclose(found, [[4 / 28, 0.5], [0, 0]])
    assert box_iou([], [[0, 0, 1, 1]]).shape == (0, 1)
    assert box_iou([[0, 0, 0, 0]], [[0, 0, 0, 0]]).tolist() == [[0.0]]


def test_suppression_keeps_the_best_of_overlapping_boxes():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10.0]])
    kept = suppress_duplicates(boxes, np.array([0.5, 0.9, 0.1]), 0.35)
    assert kept.tolist() == [1, 2]
    assert len(suppress_duplicates(boxes, np.array([0.5, 0.9, 0.1]), 1.0)) == 3


def test_boxes_are_clipped_to_their_image():
    [checked] = check_targets([target([[-5, -5, 5, 50]])], [(20, 30)])
    assert checked["boxes"].tolist() == [[0, 0, 5, 20]]


def test_images_without_objects_are_allowed():
    [checked] = check_targets([target([])], [(20, 30)])
    assert checked["boxes"].shape == (0, 4)
    assert len(checked["labels"]) == 0


@pytest.mark.parametrize(
    ("boxes", "message"),
    [
        ([[5, 5, 5, 9]], "Row 0 of targets.* has no area"),
        ([[1, 1, 3, 3], [5, 9, 7, 5]], "Row 1 of targets.* has no area"),
        ([[np.nan, 0, 1, 1]], "NaN or infinite values, first in row 0"),
        ([[40, 5, 50, 9]], "lies outside its image of 20 x 30"),
        ([[1, 2, 3]], r"must have shape \(m, 4\)"),
        ([5, 4, 19, 16], r"must have shape \(m, 4\)"),
        ([[0.1, 0.1, 0.9, 1.0]], "lie between 0 and 1.*multiply relative boxes"),
    ],
)
def test_wrong_boxes_raise_value_error(boxes, message):
    with pytest.raises(ValueError, match=message):
        check_targets([target(boxes)], [(20, 30)])


def test_wrong_containers_raise():
    box = [[0, 0, 1, 1]]
    with pytest.raises(ValueError, match="1 images and 2 targets"):
        check_targets([target(box)] * 2, [(20, 30)])
    with pytest.raises(ValueError, match="has 1 boxes, but 2 labels"):
        check_targets([target(box, ["a", "b"])])
    with pytest.raises(TypeError, match="single dict"):
        check_targets(target(box))
    with pytest.raises(TypeError, match="with the keys"):
        check_targets([box])
    with pytest.raises(TypeError, match="must be a list"):
        check_targets(None)
    with pytest.raises(ValueError, match="contains NaN"):
        check_targets([{**target(box), "scores": [np.nan]}], scored=True)


def test_boxes_of_instances_contain_exactly_their_pixels():
    rng = np.random.RandomState(0)
    mask = np.zeros((30, 40), dtype=int)
    mask[3:9, 5:12], mask[20:30, 33:40] = 7, 300
    mask[25, rng.randint(0, 20, 4)] = 12
    [found] = boxes_from_masks([mask])
    assert len(found["boxes"]) == 3
    for (left, top, right, bottom), number in zip(
        found["boxes"].astype(int), [7, 12, 300], strict=True
    ):
        y, x = np.nonzero(mask == number)
        assert (x.min(), y.min(), x.max() + 1, y.max() + 1) == (
            left,
            top,
            right,
            bottom,
        )


def test_labels_of_instances_and_empty_masks():
    masks = [np.array([[0, 1, 2]]), np.zeros((2, 2), dtype=int)]
    first, second = boxes_from_masks(masks, [{1: "cat", 2: "dog"}, {}])
    assert first["labels"].tolist() == ["cat", "dog"]
    assert second["boxes"].shape == (0, 4)
    with pytest.raises(ValueError, match="object 2, for which"):
        boxes_from_masks(masks, [{1: "cat"}, {}])


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["a", None], "contains None or NaN"),
        ([np.nan, "a"], "contains None or NaN"),
        ([1.0, np.nan], "contains None or NaN"),
        (np.array([None, "a"], dtype=object), "contains None or NaN"),
        (["a", 1], "strings and numbers"),
    ],
)
def test_missing_and_mixed_labels_raise_value_error(labels, message):
    with pytest.raises(ValueError, match=message):
        check_targets([target([[0, 0, 5, 5], [5, 5, 9, 9]], labels)])


@pytest.mark.parametrize("boxes", [[["a", 0, 5, 5]], [[0, 0, 5, 5j]], [[0, 0, [5], 5]]])
def test_boxes_that_are_not_numbers_raise_type_error(boxes):
    with pytest.raises(TypeError, match=r"targets\[0\]\['boxes'\] must hold numbers"):
        check_targets([target(boxes, ["a"])])


def test_labels_keep_their_type():
    box = [[0, 0, 5, 5], [5, 5, 9, 9]]
    for labels, kind in (
        (["a", "b"], "U"),
        ([1, 2], "i"),
        ([True, False], "b"),
        (np.array(["a", "b"], dtype=object), "U"),
        (np.array([3, 4], dtype=np.uint8), "u"),
    ):
        [checked] = check_targets([target(box, labels)])
        assert checked["labels"].dtype.kind == kind
        assert checked["labels"].tolist() == list(labels)
