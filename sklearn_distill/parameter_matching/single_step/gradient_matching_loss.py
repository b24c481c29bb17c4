"""The objective of gradient matching: equal gradients of synthetic and real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.network_objective import NetworkObjective
from ...engine.network_sources import Make
from ...engine.network_training import frozen, train_step
from ...engine.real_rows import Batches, RealRows
from .distances import Distance
from .gradients import Groups, group_gradients


class GradientMatchingLoss(NetworkObjective):
    """The distance between the gradients of synthetic and of real rows, by group.

    Parameters
    ----------
    networks : RandomNetworks or NetworkQueue
        The source of the networks.
    trained_on : {"real", "synthetic", "none"}
        The rows on which a queue trains the networks.
    groups : Groups
        The synthetic rows of each class; one group if there are no classes.
    distance : callable
        The distance between the gradients in one layer.
    augmentation : SiameseAugmentation
        The augmentation of both batches.
    has_classes : bool
        Whether the targets are centered one-hot vectors.
    """

    def __init__(
        self,
        networks: Any,
        trained_on: str,
        groups: Groups,
        distance: Distance,
        augmentation: SiameseAugmentation,
        has_classes: bool,
    ):
        super().__init__(networks, augmentation)
        self.trained_on = trained_on
        self.groups = groups
        self.distance = distance
        self.has_classes = has_classes

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        batch = self._repeated(synthetic) if self.trained_on == "synthetic" else real
        networks, augment = self._networks_and_augmentation(batch)
        S, R = augment(S), augment(R)
        which, groups = consecutive_groups(y_R, self.has_classes)
        of_S = self.groups.of(which, S, y_S)
        of_R = groups.of(torch.arange(len(which), device=which.device), R, y_R)
        total = S.new_zeros(())
        for network in networks:
            with torch.no_grad():
                by_layer_R = group_gradients(
                    network, *of_R, has_classes=self.has_classes
                )
            by_layer_S = group_gradients(network, *of_S, has_classes=self.has_classes)
            for g_S, g_R in zip(by_layer_S, by_layer_R, strict=True):
                total = total + self.distance(g_S, g_R)
        return total / len(networks)

    def _repeated(self, synthetic: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
        """Repeat each synthetic row, so that each training step of a queue sees all.

        A queue divides a batch among its training steps.
        """
        n_times = self.source.n_train_steps
        return tuple(t.detach().repeat_interleave(n_times, 0) for t in synthetic)


def consecutive_groups(targets: Tensor, has_classes: bool) -> tuple[Tensor, Groups]:
    """Return the classes in a batch that is sorted by class, and the rows of each."""
    if not has_classes:
        n_rows = torch.tensor([len(targets)], device=targets.device)
        return torch.zeros_like(n_rows), Groups(n_rows)
    which, counts = torch.unique_consecutive(targets.argmax(dim=1), return_counts=True)
    return which, Groups(counts)


def networks_of_ages(
    make: Make, real: RealRows, batch_size: int, ages: Sequence[int]
) -> list[nn.Module]:
    """Return copies of one network after different numbers of training steps.

    Parameters
    ----------
    make : callable
        Returns a new network.
    real : RealRows
        The rows to train on.
    batch_size : int
        The number of rows in a batch.
    ages : sequence of int
        The numbers of steps, in ascending order.
    """
    network = make()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    copies = []
    age = 0
    for next_age in ages:
        seed = int(torch.randint(2**31, ()))
        for rows, targets in Batches(real, batch_size, next_age - age, seed):
            train_step(network, optimizer, rows, targets, real.task_loss)
        age = next_age
        copies.append(frozen(copy.deepcopy(network)))
    return copies
