"""The encoder of images."""

import numpy as np
import pytest

from sklearn_distill.encoding.columns import MAX_ENCODED

# The tolerance for encoded values: they are rounded to 5 decimals, twice, in float32.
CLOSE = 3e-5


def some_images(dtype, shape=(20, 2, 3, 4)):
    rng = np.random.RandomState(0)
    if dtype == "scaled":
        return rng.randint(0, 256, shape) / 255
    if np.dtype(dtype).kind == "f":
        return rng.standard_normal(shape).astype(dtype)
    return rng.randint(0, 2 if dtype == "bool" else 100, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "bool", "scaled"])
@pytest.mark.parametrize("as_rows", [False, True])
def test_decoding_restores_integer_and_scaled_images_exactly(
    fit_encoder, dtype, as_rows
):
    images = some_images(dtype)
    X = images.reshape(20, -1) if as_rows else images
    encoder = fit_encoder(X, image_shape=(2, 3, 4) if as_rows else None)
    Z = encoder.encode(X)
    assert Z.shape == (20, 2, 3, 4)
    rows = encoder.decode(Z)
    assert rows.dtype == X.dtype
    np.testing.assert_array_equal(rows, X)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e30])
def test_float_images_of_any_magnitude_are_restored(round_trip, dtype, size):
    if dtype == "float32" and size == 1e-200:
        size = 1e-30
    images = some_images(dtype) * np.dtype(dtype).type(size)
    rows = round_trip(images)
    assert rows.dtype == dtype
    np.testing.assert_allclose(rows / size, images / size, atol=1e-4)


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_encoded_channels_have_weighted_mean_0_and_variance_1(encode, dtype):
    images = some_images(dtype)
    images[:, 1] = images[:, 1] * 3 + 5
    weights = np.random.RandomState(1).uniform(0.1, 10, len(images))
    Z = encode(images, weights).astype(np.float64)
    means = np.average(Z.mean(axis=(2, 3)), axis=0, weights=weights)
    squares = np.average((Z**2).mean(axis=(2, 3)), axis=0, weights=weights)
    np.testing.assert_allclose(means, 0, atol=1e-4)
    np.testing.assert_allclose(squares, 1, atol=1e-3)


def test_integer_weights_are_equivalent_to_repeated_images(fit_encoder, encode):
    images = some_images("float64")
    counts = np.random.RandomState(1).randint(1, 4, len(images))
    np.testing.assert_allclose(
        encode(images, counts.astype(float)),
        fit_encoder(np.repeat(images, counts, axis=0)).encode(images),
        atol=CLOSE,
    )


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e30])
def test_constant_channel_is_decoded_to_its_value(fit_encoder, constant):
    images = some_images("float64")
    images[:, 0] = constant
    encoder = fit_encoder(images, np.random.RandomState(1).rand(len(images)))
    np.testing.assert_array_equal(encoder.encode(images)[:, 0], 0)
    Z = np.random.RandomState(2).standard_normal((5, 2, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(encoder.decode(Z)[:, 0], constant)


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int64", "float32", "float64"])
def test_decoded_images_lie_in_the_range_of_each_pixel(fit_encoder, dtype):
    images = some_images(dtype)
    if dtype == "int64":
        images[0], images[1] = 2**63 - 1, -(2**63)
    encoder = fit_encoder(images)
    Z = np.random.RandomState(3).standard_normal((50, 2, 3, 4)).astype(np.float32)
    Z[0], Z[1], Z[2] = np.inf, -np.inf, 3e38
    rows = encoder.decode(Z)
    assert rows.dtype == images.dtype
    assert (rows >= images.min(axis=0)).all()
    assert (rows <= images.max(axis=0)).all()
    np.testing.assert_array_equal(rows[0], images.max(axis=0))
    np.testing.assert_array_equal(rows[1], images.min(axis=0))


def test_snap_decodes_and_encodes_and_is_idempotent(fit_encoder):
    encoder = fit_encoder(some_images("uint8"))
    Z = np.random.RandomState(3).standard_normal((9, 2, 3, 4)).astype(np.float32)
    snapped = encoder.snap(Z)
    np.testing.assert_array_equal(snapped, encoder.encode(encoder.decode(Z)))
    np.testing.assert_array_equal(encoder.snap(snapped), snapped)


def test_images_are_encoded_alike_in_every_block(fit_encoder, encode):
    images = some_images("uint8", (9_000, 1, 2, 2))
    Z = encode(images)
    np.testing.assert_allclose(Z.mean(), 0, atol=1e-4)
    np.testing.assert_array_equal(fit_encoder(images).encode(images[8_500:]), Z[8_500:])


def test_encoded_outliers_are_clipped_to_finite_numbers(fit_encoder):
    encoder = fit_encoder(np.array([1e-200, 2e-200, 4e-200]).reshape(3, 1, 1, 1))
    far = encoder.encode(np.full((1, 1, 1, 1), 1e150))
    np.testing.assert_array_equal(far.ravel(), [MAX_ENCODED])
    np.testing.assert_array_equal(encoder.encode(np.full((1, 1, 1, 1), -1e150)), -far)


@pytest.mark.parametrize("size", [1.0, 1e30, 1e-30])
def test_channel_that_varies_by_rounding_errors_is_encoded_as_constant(encode, size):
    pixels = np.array([0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2]) * size
    images = np.repeat(pixels[:, None, None, None], 4, axis=3)
    np.testing.assert_array_equal(encode(images), 0)


def test_decode_and_snap_raise_for_nan(fit_encoder):
    encoder = fit_encoder(np.random.RandomState(0).rand(3, 1, 2, 2))
    Z = np.full((1, 1, 2, 2), np.nan, dtype=np.float32)
    for method in (encoder.decode, encoder.snap):
        with pytest.raises(ValueError, match=r"contain NaN .*smaller learning rate"):
            method(Z)
