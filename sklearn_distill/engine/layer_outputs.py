"""The outputs of chosen layers of networks."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

# The number of values per chunk of images on a CPU, without gradients. The outputs of a
# block of 32 channels for 64 images of 32 x 32 pixels fit into the cache.
CPU_CHUNK_NUMBERS = 65_536
WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class LayerOutputs:
    """Run networks of one architecture, and return the outputs of chosen layers.

    Parameters
    ----------
    example : nn.Module
        A network of the architecture.
    rows : Tensor of shape (n_rows, ...)
        Rows on which `example` is run once, to find out the order of its layers. Layers
        that are not called are ignored.
    layers : None, "all" or sequence of str, default=None
        None is the embedding: the input of the last linear layer. "all" is the inputs
        of all weighted layers except the first, which are the outputs of the blocks;
        the embedding is the last of them. Names are those of ``named_modules()``, and
        stand for the outputs of these modules.
    with_logits : bool, default=False
        Whether the outputs of the networks themselves are returned too, as the last
        layer.

    Raises
    ------
    ValueError
        If `layers` has an unknown name, or if the network has no embedding.
    """

    def __init__(
        self,
        example: nn.Module,
        rows: Tensor,
        layers: str | Sequence[str] | None = None,
        with_logits: bool = False,
    ):
        self.with_logits = with_logits
        modules = _modules_in_call_order(example, rows)
        weighted = [name for name, m in modules.items() if isinstance(m, WEIGHTED)]
        linear = [name for name in weighted if isinstance(modules[name], nn.Linear)]
        # Pairs (name, whether the module's input is meant instead of its output).
        self.places: list[tuple[str, bool]]
        if layers is None or layers == "all":
            if not linear or len(weighted) < 2:
                raise ValueError(
                    f"{type(example).__name__} has no layer whose output could be "
                    "matched. The embedding is the input of the last linear layer, "
                    "which must follow at least one other weighted layer. Pass a "
                    "network with a hidden layer."
                )
            chosen = linear[-1:] if layers is None else weighted[1:]
            self.places = [(name, True) for name in chosen]
        else:
            unknown = [name for name in layers if name not in modules]
            if unknown or isinstance(layers, str) or not len(layers):
                raise ValueError(
                    "layers must be 'all' or a list of names of layers, and this "
                    f"network's layers are {list(modules)}; got {layers!r}."
                )
            self.places = [(name, False) for name in layers]

    def __len__(self) -> int:
        return len(self.places) + self.with_logits

    def __call__(
        self, networks: Sequence[nn.Module], x: Tensor, batched: bool | None = None
    ) -> list[Tensor]:
        """Return one tensor per layer, of shape (n_networks, n_rows, ...).

        Parameters
        ----------
        networks : sequence of nn.Module
            Networks of the architecture.
        x : Tensor of shape (n_rows, ...)
            The rows.
        batched : bool, default=None
            Whether all networks run in one call. None is True on a GPU, where starting
            a kernel takes longer than running it, and False on a CPU, where a loop is
            faster.
        """
        if batched is None:
            batched = x.is_cuda and not _has_batch_normalization(networks[0])
        if batched and len(networks) > 1:
            return self._all_networks(networks, x)
        outputs = [self._one_network(network, x) for network in networks]
        return [torch.stack(layer) for layer in zip(*outputs, strict=True)]

    def _one_network(self, network: nn.Module, x: Tensor) -> list[Tensor]:
        """Run a network; on a CPU without gradients, in chunks that fit the cache."""
        n_rows = len(x)
        if not torch.is_grad_enabled() and not x.is_cuda and x.ndim > 2:
            if not _has_batch_normalization(network):
                n_rows = max(1, CPU_CHUNK_NUMBERS // x[0].numel())
        chunks = [self._run(network, chunk, network) for chunk in x.split(n_rows)]
        if len(chunks) == 1:
            return chunks[0]
        return [torch.cat(outputs) for outputs in zip(*chunks, strict=True)]

    def _all_networks(self, networks: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
        """Run all networks in one vectorized call."""
        parameters, buffers = stack_module_state(list(networks))
        skeleton = networks[0]

        def run_one(parameters: Any, buffers: Any, x: Tensor) -> list[Tensor]:
            def call(x: Tensor) -> Tensor:
                return functional_call(skeleton, (parameters, buffers), (x,))

            return self._run(skeleton, x, call)

        detached = {name: p.detach() for name, p in parameters.items()}
        run_all = vmap(run_one, in_dims=(0, 0, None), randomness="different")
        return run_all(detached, buffers, x)

    def _run(
        self, hooked: nn.Module, x: Tensor, call: Callable[[Tensor], Tensor]
    ) -> list[Tensor]:
        """Return the chosen layers' outputs during ``call(x)``, caught by hooks."""
        caught: dict[int, Tensor] = {}
        modules = dict(hooked.named_modules())
        handles = []
        for i, (name, of_input) in enumerate(self.places):
            if of_input:

                def catch_input(_module: Any, inputs: Any, i: int = i) -> None:
                    caught[i] = inputs[0]

                handles.append(modules[name].register_forward_pre_hook(catch_input))
            else:

                def catch_output(
                    _module: Any, _inputs: Any, output: Tensor, i: int = i
                ) -> None:
                    # Copy the output, because the next layer may work in place.
                    caught[i] = output.clone()

                handles.append(modules[name].register_forward_hook(catch_output))
        try:
            logits = call(x)
        finally:
            for handle in handles:
                handle.remove()
        outputs = [caught[i] for i in range(len(self.places))]
        return outputs + [logits] if self.with_logits else outputs


@torch.no_grad()
def _modules_in_call_order(network: nn.Module, rows: Tensor) -> dict[str, nn.Module]:
    """Return the called modules inside a network, in the order of their last calls."""
    called: dict[str, nn.Module] = {}
    modes = {module: module.training for module in network.modules()}
    handles = []
    for name, module in network.named_modules():

        def record(module: nn.Module, _inputs: Any, name: str = name) -> None:
            called.pop(name, None)
            called[name] = module

        if name:
            handles.append(module.register_forward_pre_hook(record))
    # Use evaluation mode, so that batch normalization keeps its statistics.
    network.eval()
    try:
        network(rows)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return called


def _has_batch_normalization(network: nn.Module) -> bool:
    """Return whether the outputs for a row depend on the other rows of the batch."""
    return any(
        isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules()
    )
