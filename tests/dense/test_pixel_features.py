"""PixelFeatures."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from sklearn_distill import PixelFeatures
from sklearn_distill.dense import blocks, pixel_features

skimage = pytest.importorskip("skimage")


@pytest.fixture
def image():
    return np.random.RandomState(0).rand(150, 170, 2).astype(np.float32)


def test_basic_features_are_those_of_scikit_image(image):
    from skimage.feature import multiscale_basic_features

    features = PixelFeatures(sigma_min=0.5, sigma_max=4).fit([image])
    expected = multiscale_basic_features(
        image, sigma_min=0.5, sigma_max=4, channel_axis=-1
    )
    [found] = features.transform([image])
    np.testing.assert_array_equal(found, expected)
    assert features.n_features_out_ == expected.shape[2]
    assert len(features.get_feature_names_out()) == expected.shape[2]


def test_features_do_not_depend_on_the_blocks(image, monkeypatch):
    features = PixelFeatures(sigma_max=4).fit([image])
    [whole] = features.transform([image])
    monkeypatch.setattr(pixel_features, "BLOCK_SIZE", 40)
    assert len(list(features.blocks(image))) > 1
    [in_blocks] = features.transform([image])
    np.testing.assert_allclose(in_blocks, whole, atol=2e-6)


def test_names_tell_the_channel_the_kind_and_the_scale(image):
    names = PixelFeatures(sigma_max=1).fit([image]).get_feature_names_out()
    assert names[0] == "channel_0_intensity_0.5"
    assert names[-1] == "channel_1_texture_small_1"
    gray = PixelFeatures(edges=False, texture=False).fit(image[None, :, :, 0])
    assert list(gray.get_feature_names_out()) == [
        f"intensity_{s}" for s in ("0.5", "1", "2", "4", "8")
    ]


def test_uint8_and_uint16_and_floats_give_equal_features():
    small = np.random.RandomState(0).randint(0, 256, (1, 20, 20)).astype(np.uint8)
    features = PixelFeatures(sigma_max=2).fit(small)
    expected = features.transform(small)
    for other in (small.astype(np.uint16) * 257, small / 255):
        np.testing.assert_allclose(features.transform(other), expected, atol=1e-6)


def test_callable_receives_floats_and_returns_features(image):
    features = PixelFeatures(lambda x: np.stack([x[..., 0], x[..., 1] ** 2], axis=-1))
    [found] = features.fit([image]).transform([image])
    np.testing.assert_array_equal(found[..., 0], image[..., 0])
    assert list(features.get_feature_names_out()) == ["feature_0", "feature_1"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[1:], r"must return an array of shape \(H, W"),
        (lambda x: x * np.nan, "NaN or infinite"),
    ],
)
def test_wrong_results_of_a_callable_raise(image, function, message):
    with pytest.raises(ValueError, match=message):
        PixelFeatures(function).fit([image])


def test_feature_maps_of_a_network_have_the_size_of_the_image(image, monkeypatch):
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(2, 3, 3, padding=1), torch.nn.AvgPool2d(4)
    )
    features = PixelFeatures(network, halo=40).fit([image])
    [whole] = features.transform([image])
    assert whole.shape == (150, 170, 3)
    monkeypatch.setattr(pixel_features, "BLOCK_SIZE", 64)
    monkeypatch.setattr(PixelFeatures, "_block_size", lambda self: 64)
    [in_blocks] = clone(features).fit([image]).transform([image])
    np.testing.assert_allclose(in_blocks[:96, :96], whole[:96, :96], atol=1e-5)
    assert network.training


def test_network_that_returns_no_feature_map_raises(image):
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    with pytest.raises(ValueError, match="Remove its last layers"):
        PixelFeatures(network).fit([image])


def test_image_of_one_pixel_has_finite_features():
    found = PixelFeatures().fit_transform(np.ones((1, 1, 1)))
    assert found.shape[:3] == (1, 1, 1)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"sigma_min": 4, "sigma_max": 2}, ValueError),
        ({"intensity": False, "edges": False, "texture": False}, ValueError),
        ({"features": dict}, TypeError),
        ({"features": "fancy"}, ValueError),
        ({"halo": -1}, ValueError),
    ],
)
def test_wrong_parameters_raise(parameters, error, image):
    with pytest.raises(error):
        PixelFeatures(**parameters).fit([image])


def test_other_channels_and_scales_than_in_fit_raise(image):
    features = PixelFeatures(sigma_max=1).fit([image])
    with pytest.raises(ValueError, match="has 1 channels, but the images of fit had 2"):
        features.transform([image[..., 0]])
    with pytest.raises(ValueError, match="Convert all images to one dtype"):
        features.transform([(255 * image).astype(np.float64)])
    with pytest.raises(NotFittedError):
        clone(features).transform([image])


def test_missing_scikit_image_is_an_error_that_names_the_extra(image, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "skimage", None)
    with pytest.raises(ImportError, match=r"sklearn-distill\[dense\]"):
        PixelFeatures().fit([image])


def test_memory_of_a_block_is_bounded():
    assert blocks.BLOCK_SIZE == 512
    image = np.broadcast_to(np.zeros((), dtype=np.uint8), (3_000, 3_000, 1))
    sizes = [b.shape for b in PixelFeatures().fit([np.zeros((9, 9))]).blocks(image)]
    assert max(sizes) == (512, 512)


def test_features_stay_arrays_when_tables_are_the_output_of_transformers():
    images = np.random.RandomState(0).rand(2, 12, 14)
    features = PixelFeatures(sigma_max=1)
    with config_context(transform_output="pandas"):
        found = features.fit_transform(images)
    assert isinstance(found, np.ndarray)
    assert not hasattr(features, "set_output")
