"""The objective of meta-learning: the loss of networks trained on the rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.last_call_cache import LastCallCache
from ...engine.network_objective import NetworkObjective
from ...engine.network_sources import RandomNetworks
from .unrolling import ClippedGradients, UnrolledTraining


class MetaLearningLoss(NetworkObjective):
    """The loss on real rows of networks that are trained on the synthetic rows.

    The networks of the validation loss are trained for all `horizon` steps, from the
    same initial weights in each validation pass.

    Parameters
    ----------
    networks : RandomNetworks
        The source of the untrained networks.
    inner : UnrolledTraining
        The training on the synthetic rows.
    horizon : int
        The number of steps of a whole training.
    window : int
        The number of steps at the end of a training through which gradients flow.
    step_size : float
        The initial step size of the inner training.
    learn_step_size : bool
        Whether this step size is learned.
    augmentation : SiameseAugmentation
        The augmentation of both batches.
    """

    def __init__(
        self,
        networks: RandomNetworks,
        inner: UnrolledTraining,
        horizon: int,
        window: int,
        step_size: float,
        learn_step_size: bool,
        augmentation: SiameseAugmentation,
    ):
        super().__init__(networks, augmentation)
        self.inner = inner
        self.horizon = horizon
        self.window = window
        self.log_step_size = nn.Parameter(
            torch.tensor(float(step_size)).log(), requires_grad=learn_step_size
        )
        self.clipped = ClippedGradients()
        self.validation_networks = LastCallCache(self._train_validation_networks)

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        if self.training:
            augment = self.augmentation.draw()
            networks = self.source.draw(real)
            R = augment(R)
            S, y_S, log_step_size = self.clipped(S, y_S, self.log_step_size)
            trained = self._train(networks, augment(S), y_S, log_step_size)
        else:
            trained = self.validation_networks(S, y_S, self.log_step_size)
        losses = [self.inner.task_loss(network(R), y_R) for network in trained]
        return torch.stack(losses).mean()

    def _train(
        self,
        networks: list[nn.Module],
        S: Tensor,
        y_S: Tensor,
        log_step_size: Tensor,
    ) -> list[Callable[[Tensor], Tensor]]:
        """Train networks for a random number of steps, with gradients at the end."""
        n_before = int(torch.randint(self.horizon - self.window + 1, ()))
        arguments = S, y_S, log_step_size.exp(), n_before, self.window
        trainable = self.source.trainable
        return [self.inner(network, *arguments, trainable) for network in networks]

    def _train_validation_networks(
        self, S: Tensor, y_S: Tensor, log_step_size: Tensor
    ) -> list[Callable[[Tensor], Tensor]]:
        """Train the fixed networks for all steps, without gradients."""
        source = self.source
        arguments = S, y_S, log_step_size.exp(), self.horizon, 0
        return [self.inner(net, *arguments, source.trainable) for net in source.fixed]
