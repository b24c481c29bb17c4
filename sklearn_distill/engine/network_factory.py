"""The factory that makes networks from the parameter `network` of the methods."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .network_renewal import can_be_reset, copy_weights, reset
from .networks import MLP, ConvNet
from .randomness import own_randomness

# The number of channels of the convolutional network of network="auto" on a CPU, where
# a network with the literature's 128 channels takes minutes instead of seconds.
CPU_WIDTH = 32


class NetworkFactory:
    """Make new networks for rows of a given shape.

    Parameters
    ----------
    network : str, class, callable or skorch net
        "mlp", "convnet" or "auto", which is "mlp" for tables and "convnet" for images,
        128 channels wide on a GPU and 32 on a CPU. A module class, or a function that
        returns a module, is called with those of the arguments `n_inputs` (the number
        of values per row), `image_shape` (C, H, W) and `n_outputs` that it accepts. An
        unfitted skorch net provides its module class and module parameters.
    shape : tuple
        The shape of one row.
    n_outputs : int
        The number of outputs.
    device : str
        The device of the networks.

    Raises
    ------
    TypeError
        If `network` is a module instance, because clones of the estimator would share
        its weights.
    ValueError
        If the network cannot process rows of this shape, or has another number of
        outputs.
    """

    def __init__(
        self, network: Any, shape: tuple[int, ...], n_outputs: int, device: str
    ):
        self.device = device
        self.shape = tuple(shape)
        self.make, chosen = self._maker(network, len(shape) == 3)
        offered = {
            "n_inputs": int(np.prod(shape)),
            "image_shape": tuple(shape),
            "n_outputs": n_outputs,
        }
        accepted: dict[str, Any] = dict(inspect.signature(self.make).parameters)
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values()):
            accepted = {**accepted, **offered}
        self.arguments = {
            **{name: value for name, value in offered.items() if name in accepted},
            **chosen,
        }
        self._check_network(network, shape, n_outputs)

    def __call__(self) -> nn.Module:
        """Return a new network, in training mode, on the device.

        Torch's global generator determines the weights. Dropout is turned off, because
        matching requires that a network returns the same outputs for the same rows.
        """
        return self._on_cpu().to(self.device)

    def renewed(self, network: nn.Module) -> nn.Module:
        """Return a network like a new one, which may be the old one with new weights.

        The weights are those that a call of the factory would give. Drawing them for
        an existing network takes a fraction of the time.

        Parameters
        ----------
        network : nn.Module
            A network of this factory that is not needed any longer, whose weights do
            not require gradients.
        """
        if self._twin is None:
            return self().requires_grad_(False)
        if not self.device.startswith("cuda"):
            reset(network)
            return network
        # Draw the weights on the CPU, so that a seed means the same on every device.
        reset(self._twin)
        copy_weights(self._twin, network)
        return network

    @cached_property
    def _twin(self) -> nn.Module | None:
        """A network on the CPU that can be reset; None if networks cannot be reset."""
        rows = torch.zeros(2, *self.shape)
        try:
            with own_randomness():
                twin = self._on_cpu().requires_grad_(False)
            return twin if can_be_reset(self._on_cpu, rows) else None
        except Exception:
            # Some networks run on their own device only, or have lazy layers.
            return None

    def _on_cpu(self) -> nn.Module:
        """Return a new network before it is moved to the device."""
        return _without_dropout(self.make(**self.arguments))

    def _maker(self, network: Any, of_images: bool) -> tuple[Callable[..., Any], dict]:
        """Return the function that makes a module, and the arguments it always gets."""
        if isinstance(network, nn.Module):
            raise TypeError(
                "network is a module instance, whose weights all clones of the "
                "estimator would share. Pass the class, or an unfitted skorch net."
            )
        if hasattr(network, "get_params_for"):  # a skorch net
            if isinstance(network.module, nn.Module):
                raise TypeError(
                    "network is a skorch net with a module instance, whose weights all "
                    "clones of the estimator would share. Pass a skorch net with a "
                    "module class."
                )
            return network.module, network.get_params_for("module")
        if network == "convnet" and not of_images:
            raise ValueError(
                "network='convnet' requires images of shape (n, C, H, W), but X is a "
                "table. Pass image_shape, or use network='mlp'."
            )
        if network == "convnet" or (network == "auto" and of_images):
            narrow = network == "auto" and not self.device.startswith("cuda")
            return ConvNet, {"width": CPU_WIDTH} if narrow else {}
        if network in ("auto", "mlp"):
            return MLP, {}
        if callable(network):
            return network, {}
        raise ValueError(
            "network must be 'auto', 'mlp', 'convnet', a module class or an unfitted "
            f"skorch net; got {network!r}."
        )

    @torch.no_grad()
    def _check_network(
        self, network: Any, shape: tuple[int, ...], n_outputs: int
    ) -> None:
        """Make a network and run it, to raise an error before the first step."""
        with own_randomness():
            try:
                module = self()
                out = module(torch.zeros(2, *shape, device=self.device))
            except Exception as error:
                raise ValueError(
                    f"network={network!r} could not be made or run for rows of shape "
                    f"{tuple(shape)} with {self.arguments}: {error}"
                ) from error
        if not isinstance(out, Tensor) or out.shape != (2, n_outputs):
            found = (
                f"shape {tuple(out.shape)}"
                if isinstance(out, Tensor)
                else f"type {type(out).__name__}"
            )
            raise ValueError(
                f"network={network!r} must return a tensor of shape (2, {n_outputs}) "
                f"for two rows, got an output of {found}. A network has one output per "
                "class, or a single output for regression."
            )


def _without_dropout(network: Any) -> Any:
    """Set the dropout probabilities to 0, a change that `train` does not undo."""
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        elif isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
            module.dropout = 0.0
    return network
