"""Prediction and scoring of detectors."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from sklearn_distill import PixelFeatures
from sklearn_distill.dense.blocks import blocks_of
from sklearn_distill.dense.detection_base import DetectorMixin, ScoreMaps


class DetectsBrightPixels(DetectorMixin, BaseEstimator):
    """A detector of squares of five pixels around the brightest pixels."""

    score_threshold, nms, max_detections = 0.1, 0.0, 10
    _peak_width = 1.0

    def fit(self, images):
        self.features_ = PixelFeatures(lambda image: image).fit(images)
        self.classes_ = np.array(["bright"])
        return self

    def _score_maps(self, image):
        for block in blocks_of(image.shape[:2], 8):
            shown = block.grown(2, image.shape[:2])
            scores = np.moveaxis(image[shown.slices], 2, 0)
            yield ScoreMaps(
                block,
                shown,
                scores,
                lambda code, y, x, shown=shown: (
                    np.stack([x - 2, y - 2, x + 3, y + 3], axis=1)
                    + [shown.left, shown.top, shown.left, shown.top]
                ),
            )


@pytest.fixture
def image():
    image = np.zeros((20, 30))
    # The second pixel is on the border of two blocks, the third in a corner.
    image[5, 6], image[8, 15], image[19, 29] = 0.5, 0.9, 0.7
    return image


def test_peaks_of_all_blocks_become_boxes_inside_the_image(image):
    [found] = DetectsBrightPixels().fit([image]).predict([image])
    assert found["scores"].tolist() == [0.9, 0.7, 0.5]
    assert found["boxes"].tolist() == [
        [13, 6, 18, 11],
        [27, 17, 30, 20],
        [4, 3, 9, 8],
    ]
    assert found["labels"].tolist() == ["bright"] * 3


def test_score_is_the_average_precision_and_checks_the_boxes(image):
    detector = DetectsBrightPixels().fit([image])
    boxes = [[13, 6, 18, 11], [27, 17, 30, 20]]
    target = {"boxes": boxes, "labels": ["bright"] * 2}
    assert detector.score([image], [target]) == 1
    outside = {"boxes": [[50, 0, 60, 9]], "labels": ["bright"]}
    with pytest.raises(ValueError, match="lies outside its image"):
        detector.score([image], [outside])
    with pytest.raises(ValueError, match="labels of one type"):
        detector.score([image], [{"boxes": boxes, "labels": [1, 2]}])
    assert np.isnan(detector.score([image], [{"boxes": [], "labels": []}]))
