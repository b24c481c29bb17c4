"""What the layers of networks make of rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

# So many rows at once on a CPU, where gradients are not needed: what a block of 32
# channels makes of 64 images of 32 x 32 stays in the cache.
CPU_CHUNK_NUMBERS = 65_536
WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


class LayerOutputs:
    """Run networks of one architecture, and return what chosen layers give.

    Parameters
    ----------
    example : nn.Module
        A network of that architecture.
    rows : Tensor of shape (n_rows, ...)
        What such networks take; they go through `example` once, which shows the order
        of its layers. Layers that are never called do not count.
    layers : None, "all" or sequence of str
        None is the embedding: what the last linear layer is handed. "all" is what each
        weighted layer but the first is handed: the output of each block, the embedding
        last. Names are those of ``named_modules()``, and stand for their outputs.
    with_logits : bool
        Whether the networks' own outputs come last.
    """

    def __init__(
        self,
        example: nn.Module,
        rows: Tensor,
        layers: str | Sequence[str] | None = None,
        with_logits: bool = False,
    ):
        self.with_logits = with_logits
        modules = _in_order_of_calls(example, rows)
        weighted = [name for name, m in modules.items() if isinstance(m, WEIGHTED)]
        linear = [name for name in weighted if isinstance(modules[name], nn.Linear)]
        # (name, whether the module's input is meant instead of its output)
        self.places: list[tuple[str, bool]]
        if layers is None or layers == "all":
            if not linear or len(weighted) < 2:
                raise ValueError(
                    f"{type(example).__name__} has no layer whose output could be "
                    "matched: an embedding is what its last linear layer is handed, "
                    "after at least one other weighted layer."
                )
            chosen = linear[-1:] if layers is None else weighted[1:]
            self.places = [(name, True) for name in chosen]
        else:
            unknown = [name for name in layers if name not in modules]
            if unknown or isinstance(layers, str) or not len(layers):
                raise ValueError(
                    f"layers={layers!r}: this network's layers are "
                    f"{list(modules)}. Pass a list of such names, "
                    "or 'all'."
                )
            self.places = [(name, False) for name in layers]

    def __len__(self) -> int:
        return len(self.places) + self.with_logits

    def __call__(
        self, networks: Sequence[nn.Module], x: Tensor, batched: bool | None = None
    ) -> list[Tensor]:
        """Return one tensor a layer, of shape (n_networks, n_rows, ...).

        Parameters
        ----------
        networks : sequence of nn.Module
        x : Tensor of shape (n_rows, ...)
        batched : bool, default=None
            Whether all networks run in one call. None is yes on a GPU, where starting
            a kernel costs more than running it; on a CPU that is slower than a loop.
        """
        if batched is None:
            batched = x.is_cuda and not _keeps_statistics(networks[0])
        if batched and len(networks) > 1:
            return self._all_at_once(networks, x)
        each = [self._in_parts(network, x) for network in networks]
        return [torch.stack(outputs) for outputs in zip(*each, strict=True)]

    def _in_parts(self, network: nn.Module, x: Tensor) -> list[Tensor]:
        """Run one network, on a CPU without gradients in parts that fit its cache."""
        n_rows = len(x)
        if not torch.is_grad_enabled() and not x.is_cuda and x.ndim > 2:
            if not _keeps_statistics(network):
                n_rows = max(1, CPU_CHUNK_NUMBERS // x[0].numel())
        parts = [self._run(network, part, network) for part in x.split(n_rows)]
        if len(parts) == 1:
            return parts[0]
        return [torch.cat(outputs) for outputs in zip(*parts, strict=True)]

    def _all_at_once(self, networks: Sequence[nn.Module], x: Tensor) -> list[Tensor]:
        parameters, buffers = stack_module_state(list(networks))
        skeleton = networks[0]

        def one(parameters: Any, buffers: Any, x: Tensor) -> list[Tensor]:
            def call(x: Tensor) -> Tensor:
                return functional_call(skeleton, (parameters, buffers), (x,))

            return self._run(skeleton, x, call)

        detached = {name: p.detach() for name, p in parameters.items()}
        run = vmap(one, in_dims=(0, 0, None), randomness="different")
        return run(detached, buffers, x)

    def _run(
        self, hooked: nn.Module, x: Tensor, call: Callable[[Tensor], Tensor]
    ) -> list[Tensor]:
        caught: dict[int, Tensor] = {}
        modules = dict(hooked.named_modules())
        handles = []
        for i, (name, of_input) in enumerate(self.places):
            if of_input:

                def before(_m: Any, given: Any, i: int = i) -> None:
                    caught[i] = given[0]

                handles.append(modules[name].register_forward_pre_hook(before))
            else:

                def after(_m: Any, _given: Any, out: Tensor, i: int = i) -> None:
                    # A rectifier that comes next may work in place.
                    caught[i] = out.clone()

                handles.append(modules[name].register_forward_hook(after))
        try:
            logits = call(x)
        finally:
            for handle in handles:
                handle.remove()
        outputs = [caught[i] for i in range(len(self.places))]
        return outputs + [logits] if self.with_logits else outputs


@torch.no_grad()
def _in_order_of_calls(network: nn.Module, rows: Tensor) -> dict[str, nn.Module]:
    """Return the modules inside a network that rows pass, by their last call."""
    called: dict[str, nn.Module] = {}
    modes = {module: module.training for module in network.modules()}
    handles = []
    for name, module in network.named_modules():

        def before(module: nn.Module, _given: Any, name: str = name) -> None:
            called.pop(name, None)
            called[name] = module

        if name:
            handles.append(module.register_forward_pre_hook(before))
    # So that normalisation keeps its statistics.
    network.eval()
    try:
        network(rows)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes.items():
            module.training = mode
    return called


def _keeps_statistics(network: nn.Module) -> bool:
    """Tell whether rows of a batch see each other, as batch normalisation lets them."""
    return any(
        isinstance(m, nn.modules.batchnorm._BatchNorm) for m in network.modules()
    )
