"""Differentiable training of networks, as a function of rows, targets and step size."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...engine.network_training import Loss
from ...engine.recompute import recomputed

# The momentum of SGD, and the decay rates of Adam's two moving averages.
MOMENTUM, DECAY_MEAN, DECAY_SQUARE = 0.9, 0.9, 0.999
# Added to Adam's mean square before taking the root. Otherwise the derivative of a step
# would be huge for weights whose gradients are almost zero.
EPSILON = 1e-8


class UnrolledTraining:
    """Train a network on all rows in each step, with gradients through the last steps.

    Parameters
    ----------
    task_loss : callable
        The training loss, a function of outputs and targets.
    optimizer : {"sgd", "adam"}, default="adam"
        The optimizer. SGD has a momentum of 0.9.
    recompute : bool, default=False
        Whether the steps that gradients flow through are recomputed in the backward
        pass, so that only their weights are stored. This needs less memory and more
        time. The steps before them are never stored.
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
            The initial network, which is not changed.
        rows : Tensor of shape (m, ...)
        targets : Tensor of shape (m, n_targets)
        step_size : Tensor of shape ()
        n_before : int
            The number of steps without gradients.
        n_window : int
            The number of subsequent steps through which gradients flow to `rows`,
            `targets` and `step_size`.
        trainable : frozenset of str, default=None
            The names of the weights that are trained; None is all weights.
        """
        weights = tuple(p.detach() for p in network.parameters())
        # The state consists of the weights and the moving averages of the optimizer.
        state = weights + self.n_memories * tuple(torch.zeros_like(p) for p in weights)
        learned = rows, targets, step_size
        for t in range(n_before + n_window):
            step = partial(self._step, network, trainable, t)
            if t < n_before:
                with torch.no_grad():
                    state = step(*learned, *state)
            elif self.recompute:
                state = recomputed(step, *learned, *state)
            else:
                state = step(*learned, *state)
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
        """Return the state after step `t`."""
        n = len(state) // (1 + self.n_memories)
        weights, memories = state[:n], state[n:]
        gradients = self._gradients(network, trainable, rows, targets, weights)
        if self.n_memories == 1:
            return _sgd_step(step_size, weights, memories, gradients)
        return _adam_step(t, step_size, weights, memories[:n], memories[n:], gradients)

    def _gradients(
        self,
        network: nn.Module,
        trainable: frozenset[str] | None,
        rows: Tensor,
        targets: Tensor,
        weights: Sequence[Tensor],
    ) -> tuple[Tensor, ...]:
        """Return the gradients of the training loss for the weights."""
        create_graph = torch.is_grad_enabled()
        with torch.enable_grad():
            weights = [
                w if w.requires_grad else w.detach().requires_grad_() for w in weights
            ]
            loss = self.task_loss(_run(network, weights, rows), targets)
            gradients = torch.autograd.grad(
                loss,
                weights,
                create_graph=create_graph,
                allow_unused=True,
                materialize_grads=True,
            )
        if trainable is None:
            return gradients
        # Weights that the user froze in the network's __init__ must not change.
        names = dict(network.named_parameters())
        return tuple(
            g if name in trainable else torch.zeros_like(g)
            for g, name in zip(gradients, names, strict=True)
        )


def _sgd_step(
    step_size: Tensor,
    weights: Sequence[Tensor],
    velocities: Sequence[Tensor],
    gradients: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    """Return the weights and velocities after a step of SGD with momentum."""
    velocities = [MOMENTUM * v + g for v, g in zip(velocities, gradients, strict=True)]
    weights = [w - step_size * v for w, v in zip(weights, velocities, strict=True)]
    return *weights, *velocities


def _adam_step(
    t: int,
    step_size: Tensor,
    weights: Sequence[Tensor],
    means: Sequence[Tensor],
    squares: Sequence[Tensor],
    gradients: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    """Return the weights and the moving averages after step `t` of Adam."""
    means = _averaged(DECAY_MEAN, means, gradients)
    squares = _averaged(DECAY_SQUARE, squares, [g.square() for g in gradients])
    # Correct the bias of the moving averages, which start at 0.
    bias_mean, bias_square = 1 - DECAY_MEAN ** (t + 1), 1 - DECAY_SQUARE ** (t + 1)
    weights = [
        w - step_size * (m / bias_mean) / (v / bias_square + EPSILON).sqrt()
        for w, m, v in zip(weights, means, squares, strict=True)
    ]
    return *weights, *means, *squares


def _averaged(
    decay: float, old: Sequence[Tensor], new: Sequence[Tensor]
) -> list[Tensor]:
    """Return the moving averages after adding new values."""
    return [decay * a + (1 - decay) * b for a, b in zip(old, new, strict=True)]


def _run(network: nn.Module, weights: Sequence[Tensor], rows: Tensor) -> Tensor:
    """Return the outputs of a network with other weights."""
    named = dict(zip(dict(network.named_parameters()), weights, strict=True))
    # Copy the buffers, because normalization layers update their statistics in place.
    buffers = {name: b.clone() for name, b in network.named_buffers()}
    return functional_call(network, (named, buffers), (rows,))


class ClippedGradients(nn.Module):
    """Return tensors unchanged, and clip their gradients in the backward pass.

    The joint norm of the gradients is limited to a multiple of its running mean.

    Parameters
    ----------
    decay : float, default=0.9
        The decay of the running mean.
    factor : float, default=2.0
        The limit, as a multiple of the running mean.
    """

    def __init__(self, decay: float = 0.9, factor: float = 2.0):
        super().__init__()
        self.decay = decay
        self.factor = factor
        # The running mean of the norms; 0 before the first gradient.
        self.register_buffer("usual", torch.zeros((), dtype=torch.float64))

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        # Tensors that are not learned have no gradients, and do not add to the norm.
        clipped = iter(_Clipped.apply(self, *(t for t in tensors if t.requires_grad)))
        return tuple(next(clipped) if t.requires_grad else t for t in tensors)

    def scale_of(self, norm: float) -> float:
        """Return the factor that clips gradients of this norm; update the mean."""
        usual = float(self.usual)
        if not math.isfinite(norm) or norm == 0.0:
            return 1.0
        allowed = min(norm, self.factor * usual) if usual else norm
        # Update the mean with the clipped norm, so that one large gradient does not
        # raise the limit for the next ones.
        mean = self.decay * usual + (1 - self.decay) * allowed if usual else norm
        self.usual.fill_(mean)
        return allowed / norm


class _Clipped(torch.autograd.Function):
    """The autograd function behind `ClippedGradients`."""

    @staticmethod
    def forward(ctx: Any, owner: ClippedGradients, *tensors: Tensor) -> Any:
        ctx.owner = owner
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        squares = [g.double().square().sum() for g in gradients if g is not None]
        scale = ctx.owner.scale_of(float(torch.stack(squares).sum().sqrt()))
        return None, *(g if g is None else g * scale for g in gradients)
