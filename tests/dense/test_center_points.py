"""Center points of boxes."""

import numpy as np

from sklearn_distill.dense.center_points import (
    best_boxes,
    boxes_of_sides,
    map_of_centers,
    peaks_of,
    sides_of_boxes,
    smoothed,
)


def test_map_marks_centers_rings_and_background():
    boxes = np.array([[10, 20, 30, 40.0], [50, 20, 54, 80]])
    centers = map_of_centers(boxes, (90, 60), 0.03, 0.12)
    assert centers[29, 19] == 1
    assert centers[49, 52] == 2
    assert centers[29, 19 + 5] == -1
    assert centers[29, 19 + 8] == 0
    # The area of an ellipse with the squared radius 0.03.
    assert abs((centers == 1).sum() - np.pi * 0.03 * 400) < 6
    assert set(np.unique(centers)) == {-1, 0, 1, 2}


def test_small_and_thin_boxes_have_at_least_one_pixel():
    boxes = np.array([[3, 3, 4, 4.0], [8.2, 1, 8.9, 9]])
    centers = map_of_centers(boxes, (12, 12), 0.001, 0.001)
    assert centers[3, 3] == 1
    assert (centers == 2).sum() >= 1


def test_center_of_a_small_box_inside_a_large_one_wins():
    boxes = np.array([[0, 0, 40, 40.0], [21, 18, 25, 22]])
    centers = map_of_centers(boxes, (40, 40), 0.03, 0.12)
    assert centers[19, 22] == 2
    assert centers[20, 17] == 1


def test_sides_and_boxes_are_inverse():
    boxes = np.array([[2.0, 3, 12, 9], [0, 0, 5, 5]])
    rows, columns = np.array([5, 2]), np.array([7, 2])
    sides = sides_of_boxes(boxes, rows, columns)
    assert sides[0].tolist() == [5.5, 2.5, 4.5, 3.5]
    np.testing.assert_allclose(boxes_of_sides(sides, rows, columns), boxes)


def test_boxes_of_negative_sides_contain_their_pixel():
    [box] = boxes_of_sides(np.array([[-3.0, -3, -3, -3]]), np.array([4]), np.array([6]))
    assert box.tolist() == [6, 4, 7, 5]


def test_peaks_are_separate_maxima_above_the_threshold():
    scores = np.zeros((30, 30), dtype=np.float32)
    scores[5, 6], scores[20, 10], scores[25, 25] = 1.0, 0.8, 0.01
    rows, columns = peaks_of(smoothed(scores, 1.0), 1.0, 0.02)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [
        (5, 6),
        (20, 10),
    ]


def test_best_boxes_suppress_within_a_class_only():
    found = [
        {
            "boxes": np.array([[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 10.0]]),
            "labels": np.array(["a", "a", "b"]),
            "scores": np.array([0.5, 0.9, 0.7]),
        }
    ]
    best = best_boxes(found, np.array(["a", "b"]), 0.35, 10)
    assert best["labels"].tolist() == ["a", "b"]
    assert best["scores"].tolist() == [0.9, 0.7]
    assert len(best_boxes(found, np.array(["a", "b"]), 0.35, 1)["boxes"]) == 1
    assert best_boxes([], np.array(["a"]), 0.35, 1)["boxes"].shape == (0, 4)
