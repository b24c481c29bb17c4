"""PixelFeatures: one row of features for each pixel of an image."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import Interval, StrOptions, _fit_context
from .basic_features import (
    basic_features,
    halo_of_scale,
    names_of_features,
    scales_between,
)
from .blocks import BLOCK_SIZE, Block, blocks_of
from .images import Images, as_float, check_images, check_scale, largest_value


# Features of images have four dimensions, which tables cannot hold.
class PixelFeatures(  # type: ignore[call-arg]
    TransformerMixin, BaseEstimator, auto_wrap_output_keys=None
):
    """Features of each pixel of an image, at several scales.

    The features describe the surroundings of a pixel, so that any scikit-learn
    estimator can be trained on pixels as rows, as in the trainable segmentation of
    scikit-image and ilastik.

    Parameters
    ----------
    features : {"basic"}, callable or torch.nn.Module, default="basic"
        What describes a pixel.

        - "basic": `skimage.feature.multiscale_basic_features`, that is, the intensity,
          the gradient magnitude and the eigenvalues of the Hessian matrix of each
          channel after Gaussian smoothing at each scale [1]_.
        - A callable receives an image as a float32 array of shape (H, W, C) and
          returns an array of shape (H, W, n_features).
        - A network receives a tensor of shape (1, C, H, W) and returns a feature map,
          or a list of feature maps, of shape (1, n_features, h, w), which are resized
          to the size of the image. Its weights are used as they are.
    intensity : bool, default=True
        Whether "basic" contains smoothed intensities.
    edges : bool, default=True
        Whether "basic" contains gradient magnitudes.
    texture : bool, default=True
        Whether "basic" contains the eigenvalues of the Hessian matrix.
    sigma_min : float, default=0.5
        The smallest scale of "basic", in pixels.
    sigma_max : float, default=8.0
        The largest scale of "basic". The scales between are powers of two times
        `sigma_min`.
    channels : {"last", "first"}, default="last"
        The position of the channels of color images. Images of shape (n, H, W) have
        one channel.
    halo : int, default=None
        The number of pixels around a pixel on which a callable or a network depends.
        If it is given, large images are processed in blocks. None processes each image
        as a whole. "basic" knows its own halo and always works in blocks.
    n_jobs : int, default=None
        The number of threads that "basic" uses for the scales. None means 1.

    Attributes
    ----------
    n_channels_ : int
        Number of channels of the images of `fit`.
    n_features_out_ : int
        Number of features of a pixel.
    dtype_ : dtype
        The dtype of the first image of `fit`.
    largest_value_ : float
        The largest absolute value of the images of `fit`. Unsigned integers are scaled
        to [0, 1].

    See Also
    --------
    DistilledSegmenter : A classifier of pixels.
    DistilledDetector : A detector of objects by the classes of pixels.

    Notes
    -----
    Booleans and unsigned integers are divided by the largest value of their dtype.
    Signed integers and floats keep their values. `transform` raises an error if images
    have another dtype and other values than those of `fit`.

    References
    ----------
    .. [1] S. van der Walt et al., "scikit-image: image processing in Python",
       PeerJ 2:e453, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill import PixelFeatures
    >>> images = np.random.RandomState(0).rand(2, 20, 30)
    >>> features = PixelFeatures(sigma_min=1, sigma_max=2).fit(images)
    >>> features.transform(images).shape
    (2, 20, 30, 8)
    >>> features.get_feature_names_out()[:2]
    array(['intensity_1', 'edges_1'], dtype=object)
    """

    _parameter_constraints: dict[str, Any] = {
        "features": [StrOptions({"basic"}), callable],
        "intensity": ["boolean"],
        "edges": ["boolean"],
        "texture": ["boolean"],
        "sigma_min": [Interval(Real, 0, None, closed="neither")],
        "sigma_max": [Interval(Real, 0, None, closed="neither")],
        "channels": [StrOptions({"last", "first"})],
        "halo": [None, Interval(Integral, 0, None, closed="left")],
        "n_jobs": [None, Integral],
    }

    def __init__(
        self,
        features: Any = "basic",
        *,
        intensity: bool = True,
        edges: bool = True,
        texture: bool = True,
        sigma_min: float = 0.5,
        sigma_max: float = 8.0,
        channels: str = "last",
        halo: int | None = None,
        n_jobs: int | None = None,
    ):
        self.features = features
        self.intensity = intensity
        self.edges = edges
        self.texture = texture
        self.sigma_min = sigma_min
        self.sigma_max = sigma_max
        self.channels = channels
        self.halo = halo
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, images: Any, y: Any = None) -> Self:
        """Learn the number of channels and of features, and the scale of the values.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images
            Images of a list have shape (H_i, W_i) or (H_i, W_i, C).
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object

        Raises
        ------
        ImportError
            If scikit-image is not installed and `features` is "basic".
        ValueError, TypeError
            If the images cannot be processed.
        """
        self._check_parameters()
        checked = check_images(images, self.channels)
        first = checked.arrays[0]
        self.dtype_, self.n_channels_ = first.dtype, first.shape[2]
        for number, image in enumerate(checked.arrays):
            check_scale(image, number, first.dtype, largest_value(first))
        self.largest_value_ = max(map(largest_value, checked.arrays))
        corner = first if self._block_size() is None else first[:64, :64]
        self.n_features_out_ = self._compute(as_float(corner)).shape[2]
        return self

    def transform(self, images: Any) -> Any:
        """Return the features of all pixels.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        ndarray of shape (n, H, W, n_features_out_), or list of ndarray
            A list of arrays of shape (H_i, W_i, n_features_out_) if `images` is a list.

        Raises
        ------
        ValueError, TypeError
            If the images differ from those of `fit` in their channels or their scale.
        """
        checked = self.check(images)
        shape = (self.n_features_out_,)
        results = [np.empty(s + shape, dtype=np.float32) for s in checked.sizes]
        for image, result in zip(checked.arrays, results, strict=True):
            for block in self.blocks(image):
                result[block.slices] = self.features_of_block(image, block)
        return np.stack(results) if checked.stacked else results

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the features.

        Parameters
        ----------
        input_features : object, default=None
            Ignored.

        Returns
        -------
        ndarray of str objects
        """
        check_is_fitted(self)
        if not isinstance(self.features, str):
            names = [f"feature_{i}" for i in range(self.n_features_out_)]
            return np.array(names, dtype=object)
        parts = ["intensity"] * self.intensity + ["edges"] * self.edges
        parts += ["texture_large", "texture_small"] * self.texture
        names = names_of_features(self._scales(), parts, self.n_channels_)
        return np.array(names, dtype=object)

    def check(self, images: Any) -> Images:
        """Return images after checking that they are like those of `fit`.

        Parameters
        ----------
        images : array-like of shape (n, H, W) or (n, H, W, C), or list of images

        Returns
        -------
        Images
            Views of the images, with their channels last.

        Raises
        ------
        ValueError, TypeError
            If the images differ from those of `fit` in their channels or their scale.
        """
        check_is_fitted(self)
        checked = check_images(images, self.channels)
        for number, image in enumerate(checked.arrays):
            if image.shape[2] != self.n_channels_:
                raise ValueError(
                    f"Image {number} has {image.shape[2]} channels, but the images of "
                    f"fit had {self.n_channels_}. Convert the images."
                )
            check_scale(image, number, self.dtype_, self.largest_value_)
        return checked

    def blocks(self, image: np.ndarray) -> Iterator[Block]:
        """Return an iterator over the blocks in which an image is processed.

        Parameters
        ----------
        image : ndarray of shape (H, W, C)

        Returns
        -------
        iterator of Block
        """
        return blocks_of((image.shape[0], image.shape[1]), self._block_size())

    def features_of_block(self, image: np.ndarray, block: Block) -> np.ndarray:
        """Return the features of the pixels of a block.

        Parameters
        ----------
        image : ndarray of shape (H, W, C)
            An image from `check`.
        block : Block

        Returns
        -------
        ndarray of shape (height, width, n_features_out_)
            As float32. The values do not depend on the block.
        """
        multiple = 1
        if hasattr(self.features, "state_dict"):
            from .network_features import NETWORK_STRIDE

            multiple = NETWORK_STRIDE
        outer = block.grown(self._halo(), image.shape[:2], multiple)
        values = self._compute(as_float(image[outer.slices]))
        return values[block.inside(outer)]

    def _check_parameters(self) -> None:
        """Raise ValueError for parameters that contradict each other."""
        if self.sigma_max < self.sigma_min:
            raise ValueError(
                f"sigma_max={self.sigma_max} is less than sigma_min={self.sigma_min}. "
                "Increase sigma_max."
            )
        if not (self.intensity or self.edges or self.texture):
            raise ValueError(
                "intensity, edges and texture are all False, so that there are no "
                "features. Set at least one of them to True."
            )
        if isinstance(self.features, type):
            raise TypeError(
                f"features must be an instance; got the class {self.features.__name__}."
            )

    def _scales(self) -> np.ndarray:
        """Return the standard deviations of the Gaussian filters of "basic"."""
        return scales_between(self.sigma_min, self.sigma_max)

    def _halo(self) -> int:
        """Return the number of pixels around a block that influence its features."""
        if not isinstance(self.features, str):
            return self.halo or 0
        return halo_of_scale(self.sigma_max)

    def _block_size(self) -> int | None:
        """Return the height and width of blocks, or None for whole images."""
        if isinstance(self.features, str) or self.halo is not None:
            return max(BLOCK_SIZE, 4 * self._halo())
        return None

    def _compute(self, image: np.ndarray) -> np.ndarray:
        """Return the features of a float32 image of shape (H, W, C)."""
        if isinstance(self.features, str):
            return basic_features(
                image,
                self._scales(),
                intensity=bool(self.intensity),
                edges=bool(self.edges),
                texture=bool(self.texture),
                n_jobs=self.n_jobs,
            )
        if hasattr(self.features, "state_dict"):
            from .network_features import features_of_network

            return features_of_network(self.features, image)
        values = np.asarray(self.features(image), dtype=np.float32)
        if values.ndim == 2:
            values = values[:, :, None]
        if values.ndim != 3 or values.shape[:2] != image.shape[:2]:
            raise ValueError(
                "The callable of PixelFeatures must return an array of shape (H, W, "
                f"n_features) = ({image.shape[0]}, {image.shape[1]}, n_features); got "
                f"shape {values.shape}."
            )
        if not np.isfinite(values).all():
            raise ValueError(
                "The callable of PixelFeatures returned NaN or infinite values. Return "
                "finite features."
            )
        return values
