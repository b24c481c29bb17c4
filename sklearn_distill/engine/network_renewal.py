"""New random weights for a network in place, without making a new network."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .randomness import own_randomness

Make = Callable[[], nn.Module]


@torch.no_grad()
def reset(network: nn.Module) -> None:
    """Reset the layers of a network in the order in which the network holds them."""
    for module in network.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()


def can_be_reset(make: Make, rows: Tensor) -> bool:
    """Return whether `reset` gives a network what its constructor would give it.

    The weights, the buffers and the state of torch's generator must be the same. Only
    networks whose layers are all torch's own are compared, because other layers may
    have a state that is not a tensor.

    Parameters
    ----------
    make : callable
        Returns a new network, on the CPU.
    rows : Tensor of shape (n_rows, ...)
        Rows that pass a network before it is reset, which may change its buffers.
    """
    with own_randomness():
        used = make()
        if not all(_is_of_torch(module) for module in used.modules()):
            return False
        with torch.no_grad():
            used(rows)
        torch.manual_seed(0)
        new = make()
        state_of_generator = torch.get_rng_state()
        torch.manual_seed(0)
        reset(used)
        if not torch.equal(torch.get_rng_state(), state_of_generator):
            return False
    return _are_equal(new.state_dict(), used.state_dict())


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Copy the parameters and buffers of a network to its twin on another device.

    The values are sent in one piece per type, and on a GPU without waiting for it.
    """
    pairs: dict[torch.dtype, list[tuple[Tensor, Tensor]]] = {}
    targets = target.state_dict()
    for name, value in source.state_dict().items():
        pairs.setdefault(value.dtype, []).append((value, targets[name]))
    for of_type in pairs.values():
        flat = torch.cat([value.reshape(-1) for value, _ in of_type])
        device = of_type[0][1].device
        if device.type == "cuda":
            # The memory is not reused before the copy is over.
            flat = flat.pin_memory()
        parts = flat.to(device, non_blocking=True).split(
            [value.numel() for value, _ in of_type]
        )
        for part, (value, there) in zip(parts, of_type, strict=True):
            there.copy_(part.view(value.shape))


def _is_of_torch(module: nn.Module) -> bool:
    """Return whether a module has layers inside, or is a layer of torch."""
    return any(module.children()) or type(module).__module__.startswith("torch.nn.")


def _are_equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two states have the same names and the same tensors."""
    return one.keys() == other.keys() and all(
        isinstance(value, Tensor)
        and torch.equal(value, other[name])
        and value.stride() == other[name].stride()
        for name, value in one.items()
    )
