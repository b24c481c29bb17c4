"""The objective of distribution matching in the embeddings of networks."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_objective import NetworkObjective
from ..discrepancies import membership, with_target


class DistributionMatchingLoss(NetworkObjective):
    """The discrepancy between the embeddings of synthetic and of real rows.

    Parameters
    ----------
    networks : RandomNetworks, NetworkQueue or TrainedNetworks
        The source of the networks.
    features : LayerOutputs
        The embedding.
    discrepancy : nn.Module
        The discrepancy of the embeddings.
    augmentation : SiameseAugmentation
        The augmentation of both batches.
    task : {"classification", "regression", "unsupervised"}
        The task.
    """

    def __init__(
        self,
        networks: Any,
        features: LayerOutputs,
        discrepancy: nn.Module,
        augmentation: SiameseAugmentation,
        task: str,
    ):
        super().__init__(networks, augmentation)
        self.features = features
        self.discrepancy = discrepancy
        self.task = task

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        networks, augment = self._networks_and_augmentation(real)
        S, R = augment(S), augment(R)
        with torch.no_grad():
            (f_R,) = self.features(networks, R)
        (f_S,) = self.features(networks, S)
        f_S, f_R = f_S.flatten(2), f_R.flatten(2)
        if self.task == "regression":
            f_S, f_R = with_target(f_S, y_S), with_target(f_R, y_R)
        has_classes = self.task == "classification"
        of_S, of_R = membership(y_S, has_classes), membership(y_R, has_classes)
        return self.discrepancy(f_S, f_R, of_S, of_R)
