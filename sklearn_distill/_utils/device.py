"""The torch device on which tensors are stored."""

# SPDX-License-Identifier: BSD-3-Clause

from types import ModuleType
from typing import Any

import numpy as np

from .array_namespace import is_tensor

# Smaller groups of rows are processed by NumPy, for which they need not be copied.
MIN_DEVICE_ROWS = 4_001


def accelerator_of(X: Any) -> str | None:
    """Return the GPU on which a tensor lies; None for the CPU and for other objects."""
    if not is_tensor(X) or X.device.type != "cuda":
        return None
    return str(X.device)


def rows_on_device(Z: np.ndarray, device: str | None) -> Any:
    """Return many rows as a tensor on a device, and others unchanged.

    Parameters
    ----------
    Z : ndarray of shape (n, d)
    device : str or None
        A device for arrays of at least `MIN_DEVICE_ROWS` rows; None is NumPy.
    """
    if device is None or len(Z) < MIN_DEVICE_ROWS:
        return Z
    import torch

    return torch.as_tensor(Z, device=device)


def array_module(Z: Any) -> ModuleType:
    """Return torch for a tensor and NumPy for an array.

    The caller may only use functions that both modules have under the same name.
    """
    if not is_tensor(Z):
        return np
    import torch

    return torch


def resolve_device(device: str) -> str:
    """Return the name of a torch device that can be used on this machine.

    Parameters
    ----------
    device : str
        A torch device such as "cpu" or "cuda:1", which is returned unchanged, or "auto"
        for "cuda" if a GPU is available and "cpu" otherwise.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the device is not available or does not support double precision.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # Some sums are computed in double precision, which some devices do not support.
        torch.zeros(1, device=device, dtype=torch.float64).cpu()
    except (RuntimeError, AssertionError, TypeError) as error:
        # The first line of torch's long error messages states the problem.
        reason = str(error).partition("\n")[0].rstrip(".")
        raise ValueError(
            f"device={device!r} cannot be used on this machine: {reason}. Set "
            "device='auto' to use a GPU if one is available and the CPU otherwise."
        ) from error
    return device
