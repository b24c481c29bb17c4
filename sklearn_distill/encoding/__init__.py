"""Encoders from tables and images to the numeric space of the learned rows, and back.

An encoder has `fit(X, sample_weight)`, `encode`, `decode`, `snap` and `check_known`.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from .image import ImageEncoder
from .table import TableEncoder

__all__ = ["ImageEncoder", "TableEncoder", "make_encoder"]


def make_encoder(
    X: Any,
    *,
    image_shape: tuple[int, ...] | None = None,
    numeric: str = "auto",
    categorical_features: Any = "from_dtype",
) -> TableEncoder | ImageEncoder:
    """Return the unfitted encoder for the rows of X.

    Parameters
    ----------
    X : ndarray or DataFrame of n rows
    image_shape : tuple (C, H, W), default=None
        The shape of one image, if X contains images as flat rows.
    numeric : {"auto", "standard", "quantile"}, default="auto"
        How numeric columns of a table are scaled; see `NumericColumn`.
    categorical_features : {"auto", "from_dtype"} or array-like, default="from_dtype"
        Which numeric columns are categories; see `categorical_mask`.

    Returns
    -------
    TableEncoder or ImageEncoder
    """
    if image_shape is not None or getattr(X, "ndim", 2) > 2:
        return ImageEncoder(image_shape)
    return TableEncoder(numeric, categorical_features)
