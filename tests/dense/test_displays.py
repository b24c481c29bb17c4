"""Displays of masks, boxes and distilled pixels."""

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistilledDetector,
    DistilledSegmenter,
    KernelInducingPoints,
    KMeansSelection,
    PixelFeatures,
)
from sklearn_distill.dense import (
    DetectionDisplay,
    DistilledPixelsDisplay,
    SegmentationDisplay,
    boxes_from_masks,
)
from sklearn_distill.dense.drawing import mean_colors, overlay, shown_image


@pytest.fixture(autouse=True)
def close_figures():
    import matplotlib.pyplot as plt

    with mpl.rc_context({"backend": "Agg"}):
        yield
        plt.close("all")


@pytest.fixture(scope="module")
def segmenter(squares):
    features = PixelFeatures(sigma_min=1, sigma_max=2)
    distiller = KMeansSelection(5, random_state=0)
    return DistilledSegmenter(distiller, GaussianNB(), features=features).fit(*squares)


def test_segmentation_display_draws_image_truth_and_prediction(segmenter, squares):
    display = SegmentationDisplay.from_estimator(segmenter, *squares)
    assert display.axes_.shape == (2, 3)
    titles = [ax.get_title() for ax in display.axes_[0]]
    assert titles == ["image", "true", "predicted"]
    drawn = display.axes_[0, 1].get_images()[0].get_array()
    assert np.abs(drawn[10, 12] - drawn[0, 0]).max() > 0.2
    one = SegmentationDisplay.from_estimator(segmenter, squares[0][:1])
    assert one.axes_.shape == (1, 2)


def test_pixels_display_has_a_dot_for_each_distilled_pixel(segmenter, squares):
    display = DistilledPixelsDisplay.from_estimator(segmenter, squares[0])
    dots = [c.get_offsets() for ax in display.axes_[0] for c in ax.collections]
    found = {tuple(d) for d in np.concatenate(dots).tolist()}
    expected = {(x, y) for _, y, x in segmenter.distilled_positions_.tolist()}
    assert found == expected


def test_detection_display_draws_boxes_with_high_scores(squares):
    images, masks = squares
    detector = DistilledDetector(
        KMeansSelection(10, random_state=0), GaussianNB(), features=PixelFeatures()
    ).fit(images, boxes_from_masks(masks))
    display = DetectionDisplay.from_estimator(
        detector, images, boxes_from_masks(masks), score_threshold=0.9
    )
    assert display.axes_.shape == (2, 2)
    [frame] = display.axes_[0, 0].patches
    assert (frame.get_x(), frame.get_y()) == (9.5, 7.5)
    assert (frame.get_width(), frame.get_height()) == (20, 16)
    found = detector.predict(images)[0]
    assert len(display.axes_[0, 1].patches) == (found["scores"] >= 0.9).sum()


def test_learned_pixels_cannot_be_drawn(squares):
    points = KernelInducingPoints(3, max_iter=3, random_state=0)
    model = DistilledSegmenter(points, GaussianNB(), max_pixels=100)
    model.fit(*squares)
    with pytest.raises(ValueError, match="learns new pixels"):
        DistilledPixelsDisplay.from_estimator(model, squares[0])


def test_shown_images_are_gray_or_rgb_between_zero_and_one():
    rng = np.random.RandomState(0)
    for channels in (1, 2, 3, 4, 7):
        shown = shown_image(rng.normal(size=(4, 5, channels)))
        assert shown.shape == (4, 5, 3)
        assert shown.min() == 0
        assert shown.max() == 1
    assert shown_image(np.ones((2, 2, 1))).max() == 0


def test_overlay_colors_only_known_labels():
    image = np.zeros((1, 3, 3))
    colored = overlay(image, np.array([[0, 1, 2]]), {1: (1.0, 0.0, 0.0)})
    assert colored[0].tolist() == [[0, 0, 0], [0.5, 0, 0], [0, 0, 0]]


def test_legend_shows_the_mean_color_of_the_pixels_of_a_label(segmenter, squares):
    images, masks = squares
    display = SegmentationDisplay.from_estimator(segmenter, images[:1], masks[:1])
    [legend] = display.figure_.legends
    drawn = [display.axes_[0, k].get_images()[0].get_array() for k in (1, 2)]
    shown = [masks[0], segmenter.predict(images[:1])[0]]
    for label, patch in enumerate(legend.get_patches()):
        pixels = [d[m == label] for d, m in zip(drawn, shown, strict=True)]
        expected = np.concatenate(pixels).mean(axis=0)
        np.testing.assert_allclose(patch.get_facecolor()[:3], expected, atol=1e-6)


def test_label_without_pixels_has_its_color_over_medium_gray():
    image, mask = np.zeros((2, 2, 3)), np.zeros((2, 2), dtype=int)
    found = mean_colors([image], [mask], {0: (1, 0, 0), 7: (0, 1, 0)})
    assert found == {0: (0.5, 0.0, 0.0), 7: (0.25, 0.75, 0.25)}
