"""The features of scikit-image for the pixels of an image, at several scales."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from .._utils.optional import import_skimage


def scales_between(sigma_min: float, sigma_max: float) -> np.ndarray:
    """Return the standard deviations of the Gaussian filters, about powers of two.

    Parameters
    ----------
    sigma_min, sigma_max : float

    Returns
    -------
    ndarray of shape (n_scales,)
    """
    low, high = np.log2(sigma_min), np.log2(sigma_max)
    return np.logspace(low, high, int(high - low + 1), base=2)


def halo_of_scale(sigma_max: float) -> int:
    """Return the number of pixels around a block that influence its features."""
    # scikit-image truncates Gaussians at four standard deviations. The second
    # differences and their own borders reach three pixels further.
    return int(np.ceil(4 * sigma_max)) + 4


def names_of_features(
    scales: np.ndarray, parts: list[str], n_channels: int
) -> list[str]:
    """Return the names of the features, in the order of `basic_features`.

    Parameters
    ----------
    scales : ndarray of shape (n_scales,)
    parts : list of str
        What is computed at each scale.
    n_channels : int

    Returns
    -------
    list of str
    """
    names = [f"{part}_{sigma:.3g}" for sigma in scales for part in parts]
    if n_channels == 1:
        return names
    return [f"channel_{c}_{name}" for c in range(n_channels) for name in names]


def basic_features(
    image: np.ndarray,
    scales: np.ndarray,
    *,
    intensity: bool,
    edges: bool,
    texture: bool,
    n_jobs: int | None,
) -> np.ndarray:
    """Return `skimage.feature.multiscale_basic_features` of any image.

    Parameters
    ----------
    image : ndarray of float32 of shape (H, W, C)
    scales : ndarray of shape (n_scales,)
        From `scales_between`.
    intensity, edges, texture : bool
    n_jobs : int or None

    Returns
    -------
    ndarray of float32 of shape (H, W, n_features)
    """
    height, width = image.shape[:2]
    if min(height, width) < 2:
        # Differences need at least two pixels in each direction.
        grow = [(0, max(0, 2 - side)) for side in (height, width)]
        image = np.pad(image, [*grow, (0, 0)], mode="edge")
    values = import_skimage().feature.multiscale_basic_features(
        image,
        intensity=intensity,
        edges=edges,
        texture=texture,
        sigma_min=scales[0],
        sigma_max=scales[-1],
        num_sigma=len(scales),
        workers=1 if n_jobs is None else max(1, n_jobs),
        channel_axis=-1,
    )
    return values.astype(np.float32, copy=False)[:height, :width]
