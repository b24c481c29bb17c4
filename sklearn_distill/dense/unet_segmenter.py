"""UNetSegmenter: a small U-shaped network for segmentation."""

# SPDX-License-Identifier: BSD-3-Clause

from numbers import Integral
from typing import Any, Self

import numpy as np
from scipy.special import softmax
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import _fit_context
from .masks import MaskEncoder, check_masks, labels_of_masks
from .net_base import BaseDenseNet
from .segmentation_metrics import mean_iou


class UNetSegmenter(BaseDenseNet):
    """A segmentation of images by a small U-shaped network.

    The network [1]_ is trained through skorch on random patches of the images, such as
    the tiles of `TileSelection` or the scenes of `SceneComposer`.

    Parameters
    ----------
    width : int, default=16
        The number of channels of the first block; each halving doubles it.
    depth : int, default=3
        How often the network halves the image.
    max_iter : int, default=300
        The number of optimizer steps.
    batch_size : int, default=8
        The number of patches of a step.
    patch_size : int, default=64
        The height and width of the random patches for training.
    lr : float, default=0.003
        The initial learning rate of Adam, which falls to 0 as a half cosine.
    ignore_label : int, default=-1
        The label of pixels whose class is unknown. None means that all are labeled.
    channels : {"last", "first"}, default="last"
        The position of the channels of color images.
    device : str, default="auto"
        The torch device; "auto" uses a GPU if one is available.
    random_state : int, RandomState instance or None, default=None
        Pass an int for reproducible results.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained network.
    classes_ : ndarray of shape (n_classes,)
        The labels in the masks, without `ignore_label`.
    loss_ : float
        The mean training loss.
    n_channels_ : int
        Number of channels of the images.

    See Also
    --------
    DistilledSegmenter : A classifier of distilled pixels.

    References
    ----------
    .. [1] O. Ronneberger, P. Fischer, T. Brox, "U-Net: Convolutional Networks for
       Biomedical Image Segmentation", MICCAI 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill import UNetSegmenter
    >>> images = np.random.RandomState(0).rand(4, 16, 16)
    >>> masks = (images > 0.5).astype(int)
    >>> unet = UNetSegmenter(
    ...     width=4, depth=1, max_iter=40, patch_size=16, lr=0.03, random_state=0
    ... ).fit(images, masks)
    >>> bool(unet.score(images, masks) > 0.8)
    True
    """

    _parameter_constraints: dict[str, Any] = {
        **BaseDenseNet._parameter_constraints,
        "ignore_label": [None, Integral],
    }

    def __init__(
        self,
        *,
        width: int = 16,
        depth: int = 3,
        max_iter: int = 300,
        batch_size: int = 8,
        patch_size: int = 64,
        lr: float = 0.003,
        ignore_label: int | None = -1,
        channels: str = "last",
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ):
        self.width = width
        self.depth = depth
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.patch_size = patch_size
        self.lr = lr
        self.ignore_label = ignore_label
        self.channels = channels
        self.device = device
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, images: Any, masks: Any) -> Self:
        """Train the network.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        masks : array-like of int of shape (n, H, W), or list of arrays

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If images and masks do not match, or if fewer than two classes are labeled.
        """
        from .networks import PixelLoss

        checked = self._fit_images(images)
        arrays = check_masks(masks, checked.sizes)
        self.classes_ = labels_of_masks(arrays, self.ignore_label)
        if len(self.classes_) < 2:
            raise ValueError(
                "The masks must label pixels of at least two classes; got "
                f"{self.classes_.tolist()}. Label some pixels of the background."
            )
        encode = MaskEncoder(self.classes_)
        maps = [encode(mask)[None].astype(np.float32) for mask in arrays]
        self._train(checked, maps, len(self.classes_), PixelLoss, fill=-1.0)
        return self

    def predict(self, images: Any) -> Any:
        """Predict the class of each pixel.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        ndarray of shape (n, H, W), or list of ndarray of shape (H_i, W_i)
        """
        check_is_fitted(self)
        checked = self.features_.check(images)
        masks = [np.empty(size, dtype=self.classes_.dtype) for size in checked.sizes]
        for image, mask in zip(checked.arrays, masks, strict=True):
            for block, _, outputs in self._outputs(image):
                mask[block.slices] = self.classes_[outputs.argmax(axis=0)]
        return np.stack(masks) if checked.stacked else masks

    def predict_proba(self, images: Any) -> Any:
        """Predict the class probabilities of each pixel.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        ndarray of shape (n, H, W, n_classes), or list of ndarray
        """
        check_is_fitted(self)
        checked = self.features_.check(images)
        shape = (len(self.classes_),)
        maps = [np.empty(size + shape, dtype=np.float32) for size in checked.sizes]
        for image, proba in zip(checked.arrays, maps, strict=True):
            for block, _, outputs in self._outputs(image):
                proba[block.slices] = np.moveaxis(softmax(outputs, axis=0), 0, 2)
        return np.stack(maps) if checked.stacked else maps

    def score(self, images: Any, masks: Any) -> float:
        """Return the mean intersection over union (mIoU) of predicted masks.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
        masks : array-like of int of shape (n, H, W), or list of arrays

        Returns
        -------
        float
        """
        predicted = self.predict(images)
        return mean_iou(masks, predicted, ignore_label=self.ignore_label)
