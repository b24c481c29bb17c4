"""Small convolutional networks whose output has the size of the image."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SmallUNet(nn.Module):
    """A small U-shaped network.

    Parameters
    ----------
    n_channels, n_outputs : int
        The number of channels of an image, and of outputs of a pixel.
    width : int, default=16
        The number of channels of the first block; each halving doubles it.
    depth : int, default=3
        How often the image is halved.
    bias : float or tuple of float, default=0.0
        The initial value of all outputs, or of each.
    """

    def __init__(
        self,
        n_channels: int,
        n_outputs: int,
        width: int = 16,
        depth: int = 3,
        bias: float | tuple[float, ...] = 0.0,
    ):
        super().__init__()
        widths = [width * 2**level for level in range(depth + 1)]
        inputs = [n_channels, *widths[:-1]]
        self.depth = depth
        self.down = nn.ModuleList(
            _block(n_in, n_out) for n_in, n_out in zip(inputs, widths, strict=True)
        )
        self.up = nn.ModuleList(
            _block(widths[level] + widths[level + 1], widths[level])
            for level in reversed(range(depth))
        )
        self.head = nn.Conv2d(width, n_outputs, 1)
        with torch.no_grad():
            self.head.bias.copy_(torch.as_tensor(bias).expand(n_outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return the outputs of all pixels.

        Parameters
        ----------
        images : Tensor of shape (n, C, H, W)

        Returns
        -------
        Tensor of shape (n, n_outputs, H, W)
        """
        height, width = images.shape[2:]
        multiple = 2**self.depth
        padding = (0, -width % multiple, 0, -height % multiple)
        x = F.pad(images, padding, mode="replicate")
        levels = []
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else F.max_pool2d(x, 2))
            levels.append(x)
        for level, block in zip(reversed(levels[:-1]), self.up, strict=True):
            grown = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([level, grown], dim=1))
        return self.head(x)[:, :, :height, :width]


def _block(n_in: int, n_out: int) -> nn.Sequential:
    """Return two convolutions with normalization and rectifiers."""
    layers: list[nn.Module] = []
    for channels in (n_in, n_out):
        layers += [
            nn.Conv2d(channels, n_out, 3, padding=1, bias=False),
            # In contrast to the normalization of single images, the result for a pixel
            # depends on its surroundings only, so that images can be cut into blocks.
            nn.BatchNorm2d(n_out),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class PixelLoss(nn.Module):
    """The cross-entropy of the classes of pixels; pixels of class -1 do not count."""

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of the labeled pixels.

        Parameters
        ----------
        outputs : Tensor of shape (n, n_classes, H, W)
        targets : Tensor of shape (n, 1, H, W)

        Returns
        -------
        Tensor
        """
        classes = targets[:, 0].long()
        total = F.cross_entropy(outputs, classes, ignore_index=-1, reduction="sum")
        return total / (classes >= 0).sum().clamp(min=1)


class CenterLoss(nn.Module):
    """The focal loss of heat maps of centers, and the error of the sides of boxes.

    Parameters
    ----------
    side_weight : float, default=1.0
        The weight of the error of the logarithms of the sides.
    """

    def __init__(self, side_weight: float = 1.0):
        super().__init__()
        self.side_weight = side_weight

    def forward(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss per object.

        Parameters
        ----------
        outputs : Tensor of shape (n, n_classes + 4, H, W)
            Logits of heat maps, and logarithms of the sides.
        targets : Tensor of shape (n, n_classes + 5, H, W)
            Heat maps between 0 and 1, logarithms of the sides, and the weight of the
            sides, which is 0 outside of centers.

        Returns
        -------
        Tensor
        """
        n_classes = outputs.shape[1] - 4
        logits, heat = outputs[:, :n_classes], targets[:, :n_classes]
        probability = logits.sigmoid()
        is_center = heat >= 1
        positive = F.logsigmoid(logits) * (1 - probability) ** 2
        negative = F.logsigmoid(-logits) * probability**2 * (1 - heat) ** 4
        n_centers = is_center.sum().clamp(min=1)
        focal = -torch.where(is_center, positive, negative).sum() / n_centers
        weights = targets[:, -1:]
        errors = (outputs[:, n_classes:] - targets[:, n_classes:-1]).abs()
        sides = (errors * weights).sum() / (4 * weights.sum().clamp(min=1))
        return focal + self.side_weight * sides
