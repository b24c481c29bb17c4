"""Colors and images of the displays."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.optional import import_matplotlib
from .images import as_float

# Opacity of the colors of a mask over its image.
OPACITY = 0.5


def shown_image(image: np.ndarray) -> np.ndarray:
    """Return an image as gray or RGB values between 0 and 1.

    Parameters
    ----------
    image : ndarray of shape (H, W, C)

    Returns
    -------
    ndarray of shape (H, W, 3)
        The first channel in gray, unless there are three or four channels. The darkest
        value becomes 0 and the brightest 1.
    """
    values = as_float(image[..., :3] if image.shape[2] in (3, 4) else image[..., :1])
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / (high - low or 1.0)
    return np.broadcast_to(scaled, scaled.shape[:2] + (3,))


def colors_of(labels: Any) -> dict[Any, Any]:
    """Return a color for each label, as (red, green, blue)."""
    plt = import_matplotlib()
    colors = plt.get_cmap("tab10" if len(labels) <= 10 else "tab20").colors
    return {label: colors[i % len(colors)] for i, label in enumerate(labels)}


def overlay(image: np.ndarray, mask: np.ndarray, colors: dict[Any, Any]) -> np.ndarray:
    """Return an image in which the pixels of each label have its color.

    Parameters
    ----------
    image : ndarray of shape (H, W, 3)
    mask : ndarray of shape (H, W)
        Pixels whose label has no color remain as they are.
    colors : dict

    Returns
    -------
    ndarray of shape (H, W, 3)
    """
    result = np.array(image)
    for label, color in colors.items():
        inside = mask == label
        result[inside] = (1 - OPACITY) * result[inside] + OPACITY * np.array(color)
    return result


def new_axes(n_rows: int, n_columns: int, image: np.ndarray) -> tuple[Any, np.ndarray]:
    """Return a figure and its axes, each for an image of this shape."""
    plt = import_matplotlib()
    ratio = image.shape[0] / image.shape[1]
    width = min(6.0, 12.0 / n_columns)
    size = (n_columns * width, n_rows * (width * ratio + 0.3))
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=size, squeeze=False, layout="constrained"
    )
    return figure, axes


def mean_colors(
    images: list[np.ndarray], masks: list[np.ndarray], colors: dict[Any, Any]
) -> dict[Any, Any]:
    """Return the mean color that the pixels of each label have in an `overlay`.

    Parameters
    ----------
    images : list of ndarray of shape (H_i, W_i, 3)
    masks : list of ndarray of shape (H_i, W_i)
    colors : dict

    Returns
    -------
    dict
        Labels without pixels have their color over a medium gray.
    """
    found = {}
    for label, color in colors.items():
        pairs = zip(images, masks, strict=True)
        inside = [image[mask == label] for image, mask in pairs]
        below = np.concatenate(inside)
        below = below if len(below) else np.full((1, 3), 0.5)
        mixed = (1 - OPACITY) * below.mean(axis=0) + OPACITY * np.array(color)
        found[label] = tuple(mixed.tolist())
    return found


def add_legend(figure: Any, colors: dict[Any, Any]) -> None:
    """Add a legend of the labels below the axes of a figure."""
    from matplotlib.patches import Patch

    names = {label: str(label).replace("$", r"\$") for label in colors}
    handles = [Patch(color=colors[label], label=names[label]) for label in colors]
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=min(6, len(handles)),
        frameon=False,
    )


def draw_image(ax: Any, image: np.ndarray, title: str) -> None:
    """Draw an image without ticks."""
    ax.imshow(image)
    ax.set_title(title, fontsize="medium")
    ax.set_axis_off()
