"""Rows as nets take them, and what the layers of a net make of them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

CHUNK = 8_192


def as_float32(X: Any) -> np.ndarray:
    """Return rows as a net takes them."""
    if hasattr(X, "toarray"):
        X = X.toarray()
    try:
        return np.ascontiguousarray(np.asarray(X), dtype=np.float32)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"A net takes numbers: {error}. Put an encoder of categories before it, in "
            "a Pipeline."
        ) from error


def layer_outputs(net: Any, names: list[str], Z: np.ndarray) -> list[np.ndarray]:
    """Return what named layers of a net put out for all rows, flat, in float32."""
    parts: list[list[np.ndarray]] = [[] for _ in names]

    def keep(i: int) -> Callable[..., None]:
        return lambda module, inputs, output: parts[i].append(
            output.detach().flatten(1).cpu().numpy()
        )

    handles = [
        net.module_.get_submodule(name).register_forward_hook(keep(i))
        for i, name in enumerate(names)
    ]
    net.module_.eval()
    with torch.no_grad():
        for chunk in np.split(Z, range(CHUNK, len(Z), CHUNK)):
            net.module_(torch.as_tensor(chunk, device=net.device))
    for handle in handles:
        handle.remove()
    return [np.concatenate(part) for part in parts]
