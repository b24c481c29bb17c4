"""Maps from tables and images to the numeric space of the learned rows, and back."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from .image import ImageEncoder
from .table import TableEncoder

__all__ = ["ImageEncoder", "TableEncoder", "make_encoder"]


def make_encoder(
    X: Any, *, image_shape: tuple[int, ...] | None = None, numeric: str = "auto"
) -> TableEncoder | ImageEncoder:
    """Return the unfitted encoder for these rows."""
    if image_shape is not None or getattr(X, "ndim", 2) > 2:
        return ImageEncoder(image_shape)
    return TableEncoder(numeric)
