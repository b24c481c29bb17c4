"""Feature maps of a frozen torch network, as features of pixels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# The layers of usual networks halve an image at most five times.
NETWORK_STRIDE = 32


def features_of_network(network: nn.Module, image: np.ndarray) -> np.ndarray:
    """Return the feature maps of a network, resized to the size of an image.

    Parameters
    ----------
    network : nn.Module
        Maps a tensor of shape (1, C, H, W) to one feature map of shape (1, n_features,
        h, w), or to a list, a tuple or a dict of feature maps.
    image : ndarray of shape (H, W, C)
        As float32.

    Returns
    -------
    ndarray of shape (H, W, n_features)

    Raises
    ------
    ValueError
        If the network does not return feature maps of finite values.
    """
    weights = next(network.parameters(), torch.empty(0))
    height, width = image.shape[:2]
    # Pad to a multiple of the stride, so that the maps of blocks and of whole images
    # have the same grid.
    padding = [(0, -side % NETWORK_STRIDE) for side in (height, width)]
    image = np.pad(image, [*padding, (0, 0)], mode="edge")
    tensor = torch.from_numpy(np.ascontiguousarray(np.moveaxis(image, 2, 0)))[None]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            maps = network(tensor.to(weights.device))
    finally:
        network.train(was_training)
    if isinstance(maps, dict):
        maps = list(maps.values())
    maps = [maps] if isinstance(maps, torch.Tensor) else list(maps)
    shapes = [tuple(m.shape) for m in maps]
    if not maps or any(len(s) != 4 or s[0] != 1 for s in shapes):
        raise ValueError(
            "The network of PixelFeatures must return feature maps of shape (1, "
            f"n_features, h, w); got shapes {shapes}. Remove its last layers."
        )
    size = image.shape[:2]
    resized = [
        F.interpolate(m.float(), size=size, mode="bilinear", align_corners=False)
        for m in maps
    ]
    values = torch.cat(resized, dim=1)[0].permute(1, 2, 0).cpu().numpy()
    if not np.isfinite(values).all():
        raise ValueError(
            "The network of PixelFeatures returned NaN or infinite values. Check its "
            "weights and the scale of the images."
        )
    return values[:height, :width]
