"""UNetSegmenter, CenterPointDetector and their networks."""

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_distill import CenterPointDetector, UNetSegmenter
from sklearn_distill.dense import boxes_from_masks, net_base
from sklearn_distill.dense.blocks import blocks_of
from sklearn_distill.dense.center_point_detector import maps_to_learn, mirrored
from sklearn_distill.dense.networks import CenterLoss, PixelLoss, SmallUNet

SMALL = {"width": 6, "depth": 2, "patch_size": 32, "lr": 0.02, "random_state": 0}


@pytest.fixture(scope="module")
def unet(squares):
    return UNetSegmenter(max_iter=40, **SMALL).fit(*squares)


@pytest.fixture(scope="module")
def detector(squares):
    images, masks = squares
    return CenterPointDetector(max_iter=80, **SMALL).fit(
        images, boxes_from_masks(masks)
    )


def test_unet_segments_the_images(unet, squares):
    images, masks = squares
    assert unet.score(images, masks) > 0.85
    proba = unet.predict_proba(list(images))
    np.testing.assert_allclose(proba[0].sum(axis=2), 1, atol=1e-5)
    np.testing.assert_array_equal(proba[0].argmax(axis=2), unet.predict(images)[0])


def test_detector_finds_the_squares(detector, squares):
    images, masks = squares
    assert detector.score(images, boxes_from_masks(masks)) > 0.9


def test_predictions_do_not_depend_on_blocks(unet, squares, monkeypatch):
    images, _ = squares
    large = [np.tile(images[0], (2, 2))]
    whole = unet.predict_proba(large)[0]
    monkeypatch.setattr(net_base, "blocks_of", lambda shape: blocks_of(shape, 24))
    np.testing.assert_allclose(unet.predict_proba(large)[0], whole, atol=1e-3)


def test_fit_is_reproducible_and_survives_pickling(unet, squares):
    images, masks = squares
    state = torch.random.get_rng_state()
    again = clone(unet).fit(images, masks)
    assert torch.equal(state, torch.random.get_rng_state())
    expected = unet.predict_proba(images)
    np.testing.assert_allclose(again.predict_proba(images), expected, atol=1e-5)
    loaded = pickle.loads(pickle.dumps(unet))
    np.testing.assert_array_equal(loaded.predict_proba(images), expected)


def test_wrong_input_raises(unet, squares):
    images, masks = squares
    with pytest.raises(ValueError, match="at least two classes"):
        UNetSegmenter(**SMALL).fit(images, np.ones_like(masks))
    with pytest.raises(ValueError, match="has 3 channels"):
        unet.predict([np.zeros((20, 20, 3))])
    with pytest.raises(ValueError, match="contain no boxes"):
        CenterPointDetector(**SMALL).fit(images, [{"boxes": [], "labels": []}] * 2)


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (13, 21)])
def test_network_returns_the_size_of_the_image(size):
    network = SmallUNet(2, 5, width=4, depth=3).eval()
    assert network(torch.zeros(1, 2, *size)).shape == (1, 5, *size)


def test_pixel_loss_leaves_out_pixels_without_a_label():
    outputs = torch.randn(1, 3, 4, 4)
    targets = torch.full((1, 1, 4, 4), -1.0)
    targets[0, 0, 1, 2] = 2
    expected = -torch.log_softmax(outputs[0, :, 1, 2], dim=0)[2]
    torch.testing.assert_close(PixelLoss()(outputs, targets), expected)
    assert PixelLoss()(outputs, torch.full((1, 1, 4, 4), -1.0)) == 0


def test_center_loss_is_least_for_the_maps_themselves():
    target = {"boxes": np.array([[2.0, 3, 12, 11]]), "labels": np.array(["a"])}
    maps = torch.from_numpy(maps_to_learn(target, (16, 16), np.array(["a"])))[None]
    logits = torch.where(maps[:, :1] >= 1, 12.0, -12.0)
    best = CenterLoss()(torch.cat([logits, maps[:, 1:-1]], dim=1), maps)
    worse = CenterLoss()(torch.cat([-logits, maps[:, 1:-1]], dim=1), maps)
    longer = CenterLoss()(torch.cat([logits, maps[:, 1:-1] + 1], dim=1), maps)
    assert best < 0.01
    assert worse > 1
    assert longer == pytest.approx(float(best) + 1, abs=1e-4)


@pytest.mark.parametrize("axis", [1, 2])
def test_mirrored_maps_are_the_maps_of_mirrored_boxes(axis):
    boxes = np.array([[2.0, 3, 12, 9], [8, 10, 14, 15]])
    target = {"boxes": boxes, "labels": np.array([0, 1])}
    moved = boxes.copy()
    low, high = (0, 2) if axis == 2 else (1, 3)
    moved[:, low], moved[:, high] = 16 - boxes[:, high], 16 - boxes[:, low]
    # Mirroring exchanges the neighbors of a center between two pixels, so that the maps
    # are compared for boxes whose centers are unique.
    maps = maps_to_learn(target, (16, 16), np.array([0, 1]))
    expected = maps_to_learn({**target, "boxes": moved}, (16, 16), np.array([0, 1]))
    np.testing.assert_allclose(mirrored(maps, axis)[-5:], expected[-5:], atol=1e-6)


def test_a_single_patch_of_one_pixel_raises(squares):
    net = UNetSegmenter(width=1, depth=6, patch_size=8, batch_size=1, max_iter=1)
    with pytest.raises(ValueError, match="which cannot be normalized"):
        net.fit(*squares)
    net.set_params(batch_size=2).fit(*squares)
    assert net.predict(squares[0]).shape == squares[1].shape
