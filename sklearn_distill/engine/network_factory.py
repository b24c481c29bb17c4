"""The parameter `network` of the methods, turned into networks for the data at hand."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .networks import MLP, ConvNet
from .randomness import own_randomness

# Channels of the convolutional network of network="auto". The literature's 128 take
# minutes where a GPU takes seconds.
CPU_WIDTH = 32


class NetworkFactory:
    """Make new networks for rows of a given shape.

    Parameters
    ----------
    network : str, class or skorch net
        "auto" is "mlp" for tables and "convnet" for images, the latter 128 channels
        wide on a GPU and 32 on a CPU. A class of modules, or a function that returns
        one, is called with those of the arguments `n_inputs` (numbers a row),
        `image_shape` (C, H, W) and `n_outputs` that it takes. Of an unfitted skorch
        net module and module parameters are used.
    shape : tuple
        The shape of one row.
    n_outputs : int
    device : str

    Raises
    ------
    TypeError
        For a module instance, which carries its weights through `clone`.
    ValueError
        If the network cannot take such rows, or has not so many outputs.
    """

    def __init__(
        self, network: Any, shape: tuple[int, ...], n_outputs: int, device: str
    ):
        self.device = device
        self.make, given = self._maker(network, len(shape) == 3)
        offered = {
            "n_inputs": int(np.prod(shape)),
            "image_shape": tuple(shape),
            "n_outputs": n_outputs,
        }
        taken: dict[str, Any] = dict(inspect.signature(self.make).parameters)
        if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in taken.values()):
            taken = {**taken, **offered}
        self.arguments = {
            **{name: value for name, value in offered.items() if name in taken},
            **given,
        }
        self._try_out(network, shape, n_outputs)

    def __call__(self) -> nn.Module:
        """Return a new network, in training mode, on the device.

        Its weights come from torch's global generator. Its dropout layers drop nothing:
        matching needs networks that answer the same twice.
        """
        return _without_dropout(self.make(**self.arguments).to(self.device))

    def _maker(self, network: Any, of_images: bool) -> tuple[Callable[..., Any], dict]:
        """Return what makes a module, and the arguments that the user has given."""
        if isinstance(network, nn.Module):
            raise TypeError(
                "network is a module instance: its weights would be shared by all "
                "clones of the estimator. Pass the class, or an unfitted skorch net."
            )
        if hasattr(network, "get_params_for"):  # a skorch net
            if isinstance(network.module, nn.Module):
                raise TypeError(
                    "network is a skorch net with a module instance: its weights would "
                    "be shared by all clones of the estimator. Give the net the class."
                )
            return network.module, network.get_params_for("module")
        if network == "convnet" and not of_images:
            raise ValueError(
                "network='convnet' is for images, (n, C, H, W), but X is a table. Pass "
                "image_shape, or take network='mlp'."
            )
        if network == "convnet" or (network == "auto" and of_images):
            narrow = network == "auto" and not self.device.startswith("cuda")
            return ConvNet, {"width": CPU_WIDTH} if narrow else {}
        if network in ("auto", "mlp"):
            return MLP, {}
        if callable(network):
            return network, {}
        raise ValueError(
            f"network={network!r} is no network: pass 'auto', 'mlp', 'convnet', a "
            "module class or an unfitted skorch net."
        )

    @torch.no_grad()
    def _try_out(self, network: Any, shape: tuple[int, ...], n_outputs: int) -> None:
        """Fail here, with a message, rather than in the first step."""
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
            found = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
            raise ValueError(
                f"network={network!r} answers two rows with {found}; the answer should "
                f"be a tensor of shape (2, {n_outputs}): one output a class, or one "
                "for regression."
            )


def _without_dropout(network: Any) -> Any:
    """Set the probabilities of dropout to 0, which `train` leaves as they are."""
    for module in network.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
        elif isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
            module.dropout = 0.0
    return network
