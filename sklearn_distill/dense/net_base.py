"""Base class of the networks for segmentation and detection."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from .._utils._sklearn_private import Interval, StrOptions
from .._utils.device import resolve_device
from .blocks import blocks_of
from .images import Images, as_float
from .pixel_features import PixelFeatures


def unchanged(image: np.ndarray) -> np.ndarray:
    """Return an image unchanged, as the features of its pixels."""
    return image


class BaseDenseNet(BaseEstimator):
    """Base class of estimators that train a `SmallUNet` through skorch.

    Parameters
    ----------
    width : int
        The number of channels of the first block.
    depth : int
        How often the network halves the image.
    max_iter : int
        The number of optimizer steps.
    batch_size : int
        The number of patches of a step.
    patch_size : int
        The height and width of the random patches for training.
    lr : float
        The initial learning rate of Adam.
    channels : {"last", "first"}
        The position of the channels of color images.
    device : str
        The torch device; "auto" uses a GPU if one is available.
    random_state : int, RandomState instance or None
        Pass an int for reproducible results.
    """

    _parameter_constraints: dict[str, Any] = {
        "width": [Interval(Integral, 1, None, closed="left")],
        "depth": [Interval(Integral, 1, 6, closed="both")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "patch_size": [Interval(Integral, 8, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "channels": [StrOptions({"last", "first"})],
        "device": [str],
        "random_state": ["random_state"],
    }

    def _fit_images(self, images: Any) -> Images:
        """Store the scale of the images, and return the checked images."""
        self.features_ = PixelFeatures(unchanged, channels=self.channels).fit(images)
        self.n_channels_ = self.features_.n_channels_
        checked = self.features_.check(images)
        means, squares, size = 0.0, 0.0, 0
        for image in checked.arrays:
            pixels = as_float(image).reshape(-1, self.n_channels_).astype(np.float64)
            means = means + pixels.sum(axis=0)
            squares = squares + (pixels**2).sum(axis=0)
            size += len(pixels)
        self.mean_ = means / size
        self.std_ = np.sqrt(np.maximum(squares / size - self.mean_**2, 1e-12))
        return checked

    def _normalized(self, image: np.ndarray) -> np.ndarray:
        """Return an image of shape (H, W, C) as float32 of shape (C, H, W)."""
        values = (as_float(image) - self.mean_) / self.std_
        return np.moveaxis(values, 2, 0).astype(np.float32)

    def _train(
        self,
        images: Images,
        maps: list[np.ndarray],
        n_outputs: int,
        criterion: Any,
        *,
        fill: float = 0.0,
        bias: float | tuple[float, ...] = 0.0,
        mirror: Any = np.flip,
    ) -> None:
        """Train the network on random patches, and set `net_`."""
        import torch
        from skorch import NeuralNet
        from skorch.callbacks import LRScheduler

        from ..engine.randomness import own_randomness
        from .networks import SmallUNet
        from .patches import RandomPatches

        side = -(-self.patch_size // 2**self.depth)
        if self.batch_size * side**2 < 2:
            raise ValueError(
                f"depth={self.depth} shrinks the single patch of a step to one pixel, "
                "which cannot be normalized. Increase batch_size or patch_size, or "
                "lower depth."
            )
        seed = check_random_state(self.random_state).randint(np.iinfo(np.int32).max)
        device = resolve_device(self.device)
        arrays = [self._normalized(image) for image in images.arrays]
        n_patches = self.max_iter * self.batch_size
        patches = RandomPatches(
            arrays, maps, self.patch_size, n_patches, fill, mirror, seed
        )
        schedule = LRScheduler(
            torch.optim.lr_scheduler.CosineAnnealingLR,
            T_max=self.max_iter,
            step_every="batch",
        )
        net = NeuralNet(
            SmallUNet,
            criterion=criterion,
            module__n_channels=self.n_channels_,
            module__n_outputs=n_outputs,
            module__width=self.width,
            module__depth=self.depth,
            module__bias=bias,
            optimizer=torch.optim.Adam,
            lr=self.lr,
            batch_size=self.batch_size,
            max_epochs=1,
            train_split=None,
            callbacks=[("schedule", schedule)],
            verbose=0,
            device=device,
        )
        with own_randomness(device, seed):
            self.net_ = net.fit(patches, None)
        self.loss_ = self.net_.history[-1, "train_loss"]

    def _outputs(self, image: np.ndarray, margin: int = 0) -> Iterator[Any]:
        """Yield a block, the block with a margin, and the outputs of the latter."""
        import torch

        multiple = 2**self.depth
        # A pixel depends on at most this many pixels around it.
        halo = 8 * multiple
        shape = image.shape[0], image.shape[1]
        for block in blocks_of(shape):
            shown = block.grown(margin, shape)
            outer = shown.grown(halo, shape, multiple)
            pixels = self._normalized(image[outer.slices])
            with torch.no_grad():
                self.net_.module_.eval()
                tensor = torch.from_numpy(pixels)[None].to(self.net_.device)
                values = self.net_.module_(tensor)[0].cpu().numpy()
            yield block, shown, values[(slice(None), *shown.inside(outer))]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.no_validation = True
        return tags
