"""Training that can be differentiated: its result as a function of rows and labels."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...engine.network_sources import Loss

# SGD's momentum, and Adam's decays.
MOMENTUM, DECAY_MEAN, DECAY_SQUARE = 0.9, 0.9, 0.999
# Added to Adam's mean square, inside the root: a weight whose gradient is next to
# nothing would else have a step that changes with it by a hundred million.
GUARD = 1e-8


class _Recomputed(torch.autograd.Function):
    """Call a function of tensors, and compute it again on the way back.

    torch's own checkpointing keeps what it computes again where the function takes
    gradients itself, and saves nothing.
    """

    @staticmethod
    def forward(
        ctx: Any, function: Callable[..., tuple[Tensor, ...]], *given: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.function = function
        ctx.save_for_backward(*given)
        return tuple(out.detach() for out in function(*given))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        given = [
            t.detach().requires_grad_(needed)
            for t, needed in zip(
                ctx.saved_tensors, ctx.needs_input_grad[1:], strict=True
            )
        ]
        with torch.enable_grad():
            out = ctx.function(*given)
        wanted = [t for t in given if t.requires_grad]
        found = iter(torch.autograd.grad(out, wanted, gradients, allow_unused=True))
        return None, *(next(found) if t.requires_grad else None for t in given)


class UnrolledTraining:
    """Train a network, with all rows at each step, and let gradients through the end.

    Parameters
    ----------
    task_loss : callable
        What a training step lowers, of outputs and targets.
    optimizer : {"sgd", "adam"}
        SGD has a momentum of 0.9.
    recompute : bool
        Whether of the steps that gradients flow through only the weights are kept, and
        all between them is computed again on the way back: less memory, more time.
        Steps before those take no memory either way.
    """

    def __init__(
        self, task_loss: Loss, optimizer: str = "adam", recompute: bool = False
    ):
        self.task_loss = task_loss
        self.n_memories = {"sgd": 1, "adam": 2}[optimizer]
        self.recompute = recompute

    def __call__(
        self,
        network: nn.Module,
        rows: Tensor,
        targets: Tensor,
        step_size: Tensor,
        n_before: int,
        n_window: int,
        trainable: frozenset[str] | None = None,
    ) -> Callable[[Tensor], Tensor]:
        """Return the trained network, as a function of rows.

        Parameters
        ----------
        network : nn.Module
            Where to start; it stays as it is.
        rows : Tensor of shape (m, ...)
        targets : Tensor of shape (m, n_targets)
        step_size : Tensor of shape ()
        n_before : int
            Steps that no gradient flows through.
        n_window : int
            Steps after them that gradients flow through, to `rows`, `targets` and
            `step_size`.
        trainable : frozenset of str, default=None
            The names of the weights that the training changes; None is all weights.
        """
        weights = tuple(p.detach() for p in network.parameters())
        # The weights, then what the optimiser remembers of them.
        state = weights + self.n_memories * tuple(torch.zeros_like(p) for p in weights)
        given = rows, targets, step_size
        for t in range(n_before + n_window):
            step = partial(self._step, network, trainable, t)
            if t < n_before:
                with torch.no_grad():
                    state = step(*given, *state)
            elif self.recompute:
                state = _Recomputed.apply(step, *given, *state)
            else:
                state = step(*given, *state)
        return partial(_run, network, state[: len(weights)])

    def _step(
        self,
        network: nn.Module,
        trainable: frozenset[str] | None,
        t: int,
        rows: Tensor,
        targets: Tensor,
        step_size: Tensor,
        *state: Tensor,
    ) -> tuple[Tensor, ...]:
        n = len(state) // (1 + self.n_memories)
        through = torch.is_grad_enabled()
        with torch.enable_grad():
            weights = [
                w if w.requires_grad else w.detach().requires_grad_() for w in state[:n]
            ]
            loss = self.task_loss(_run(network, weights, rows), targets)
            gradients = torch.autograd.grad(
                loss,
                weights,
                create_graph=through,
                allow_unused=True,
                materialize_grads=True,
            )
        if trainable is not None:
            # Weights that the user froze in the network's __init__ must not change.
            names = dict(network.named_parameters())
            gradients = tuple(
                g if name in trainable else torch.zeros_like(g)
                for g, name in zip(gradients, names, strict=True)
            )
        if self.n_memories == 1:
            speeds = [
                MOMENTUM * v + g for v, g in zip(state[n:], gradients, strict=True)
            ]
            moved = [w - step_size * v for w, v in zip(state[:n], speeds, strict=True)]
            return *moved, *speeds
        means = _averaged(DECAY_MEAN, state[n : 2 * n], gradients)
        squares = _averaged(
            DECAY_SQUARE, state[2 * n :], [g.square() for g in gradients]
        )
        # Averages start at 0; these make up for it.
        grown, grown_square = 1 - DECAY_MEAN ** (t + 1), 1 - DECAY_SQUARE ** (t + 1)
        moved = [
            w - step_size * (m / grown) / (v / grown_square + GUARD).sqrt()
            for w, m, v in zip(state[:n], means, squares, strict=True)
        ]
        return *moved, *means, *squares


def _averaged(decay: float, old: Any, new: Any) -> list[Tensor]:
    return [decay * a + (1 - decay) * b for a, b in zip(old, new, strict=True)]


def _run(network: nn.Module, weights: Any, rows: Tensor) -> Tensor:
    named = dict(zip(dict(network.named_parameters()), weights, strict=True))
    # Normalisation that keeps statistics writes into its buffers.
    buffers = {name: b.clone() for name, b in network.named_buffers()}
    return functional_call(network, (named, buffers), (rows,))


class ClippedGradients(nn.Module):
    """Pass tensors on; their gradients come back no longer than is usual.

    The norm of all of them together is held to twice its running mean.

    Parameters
    ----------
    decay : float
        Of the running mean.
    factor : float
        How many times the mean is allowed.
    """

    def __init__(self, decay: float = 0.9, factor: float = 2.0):
        super().__init__()
        self.decay = decay
        self.factor = factor
        # 0 before the first gradient.
        self.register_buffer("usual", torch.zeros((), dtype=torch.float64))

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        # Of what is not learned no gradient is made, nor counted.
        clipped = iter(_Clipped.apply(self, *(t for t in tensors if t.requires_grad)))
        return tuple(next(clipped) if t.requires_grad else t for t in tensors)

    def scale_of(self, norm: float) -> float:
        """Return what to multiply gradients of this norm by, and remember the norm."""
        usual = float(self.usual)
        if not math.isfinite(norm) or norm == 0.0:
            return 1.0
        allowed = min(norm, self.factor * usual) if usual else norm
        # What is clipped counts as clipped: a leap does not raise the bar for the next.
        mean = self.decay * usual + (1 - self.decay) * allowed if usual else norm
        self.usual.fill_(mean)
        return allowed / norm


class _Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, owner: ClippedGradients, *tensors: Tensor) -> Any:
        ctx.owner = owner
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        there = [g.double().square().sum() for g in gradients if g is not None]
        scale = ctx.owner.scale_of(float(torch.stack(there).sum().sqrt()))
        return None, *(g if g is None else g * scale for g in gradients)
