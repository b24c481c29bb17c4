"""Intersection over union, compared with scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from sklearn_distill.dense import iou_per_class, mean_iou
from sklearn_distill.dense import segmentation_metrics as module


@pytest.fixture
def masks():
    rng = np.random.RandomState(0)
    true = rng.randint(0, 4, (3, 17, 23))
    predicted = np.where(
        rng.rand(*true.shape) < 0.6, true, rng.randint(0, 6, true.shape)
    )
    return true, predicted


def test_mean_iou_is_the_macro_jaccard_score(masks, monkeypatch):
    true, predicted = masks
    expected = jaccard_score(true.ravel(), predicted.ravel(), average="macro")
    assert mean_iou(true, predicted) == pytest.approx(expected)
    monkeypatch.setattr(module, "PIECE", 50)
    assert mean_iou(true, predicted) == pytest.approx(expected)


def test_iou_per_class_is_the_jaccard_score_of_each_class(masks):
    true, predicted = masks
    expected = jaccard_score(true.ravel(), predicted.ravel(), average=None)
    found = iou_per_class(true, predicted)
    assert list(found) == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(list(found.values()), expected)


def test_ignored_pixels_are_left_out(masks):
    true, predicted = masks
    kept = true != 2
    expected = jaccard_score(true[kept], predicted[kept], average=None, labels=[0, 1])
    found = iou_per_class(true, predicted, labels=[0, 1], ignore_label=2)
    np.testing.assert_allclose(list(found.values()), expected)


def test_absent_class_is_nan_and_does_not_count(masks):
    true, _ = masks
    found = iou_per_class(true, true, labels=[0, 9])
    assert found[0] == 1
    assert np.isnan(found[9])
    assert mean_iou(true, true, labels=[0, 9]) == 1
    assert np.isnan(mean_iou(true, true, labels=[9]))


def test_lists_of_different_sizes_and_booleans():
    true = [np.array([[True, False]]), np.array([[True], [True]])]
    predicted = [np.array([[True, True]]), np.array([[True], [False]])]
    assert iou_per_class(true, predicted) == {False: 0.0, True: 0.5}


def test_masks_of_different_shapes_raise(masks):
    true, _ = masks
    with pytest.raises(ValueError, match="Mask 0 of y_pred has shape"):
        mean_iou(true, true[:, :-1])
    with pytest.raises(ValueError, match="one mask for each image"):
        mean_iou(true, true[:2])
