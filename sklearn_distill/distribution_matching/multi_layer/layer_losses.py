"""Losses on the layers of networks: attention, class centres, confident labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_sources import NetworkObjective
from ..discrepancies import MeanDiscrepancy, group_means, membership, with_target


def spatial_attention(maps: Tensor, power: float) -> Tensor:
    """Return where a layer looks: sums over channels of |f|^p, to unit length.

    Parameters
    ----------
    maps : Tensor of shape (n_networks, n_rows, C, *spatial)
    power : float

    Returns
    -------
    Tensor of shape (n_networks, n_rows, n_places)
    """
    # The root of a sum of squares has no gradient where every channel is silent.
    summed = (maps.abs() + 1e-6).pow(power).sum(dim=2).flatten(2)
    return F.normalize(summed, dim=2)


def discrimination_loss(
    synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
) -> Tensor:
    """Cross-entropy of real embeddings against the class centres of synthetic ones.

    Embeddings are centred and brought to unit length, so that the loss does not depend
    on the scale of a network.
    """
    centre = real.mean(dim=1, keepdim=True)
    centres = F.normalize(group_means(synthetic - centre, of_synthetic), dim=2)
    towards = F.normalize(real - centre, dim=2) @ centres.transpose(1, 2)
    labels = of_real.argmax(dim=1).expand(len(real), -1)
    return F.cross_entropy(10.0 * towards.flatten(0, 1), labels.flatten())


def confident_loss(synthetic: Tensor, y_S: Tensor, real: Tensor, y_R: Tensor) -> Tensor:
    """Cross-entropy of synthetic rows, each network weighted by its accuracy on R.

    Parameters
    ----------
    synthetic, real : Tensors of shape (n_networks, n_rows, n_classes)
        Logits.
    y_S, y_R : Tensors of shape (n_rows, n_classes)
        Centred one-hots.
    """
    right = real.argmax(dim=2) == y_R.argmax(dim=1)
    accuracy = right.to(real.dtype).mean(dim=1)
    labels = y_S.argmax(dim=1)
    each = torch.stack([F.cross_entropy(logits, labels) for logits in synthetic])
    return (accuracy * each).mean()


class MultiLayerLoss(NetworkObjective):
    """The objective: the sum of the layers' discrepancies, and what helps classes.

    Parameters
    ----------
    networks : network source
    outputs : LayerOutputs
        The layers, the networks' logits last.
    discrepancy : nn.Module
        Of flat features.
    attention_power : float or None
        Of the attention that stands for feature maps; None takes maps as flat features.
    discriminators : nn.ModuleList or None
        One a layer.
    augmentation : SiameseAugmentation
    discrimination_weight, cross_entropy_weight : float
        0 where there are no classes, or networks that know nothing.
    task : {"classification", "regression", "unsupervised"}
    """

    def __init__(
        self,
        networks: Any,
        outputs: LayerOutputs,
        discrepancy: nn.Module,
        attention_power: float | None,
        discriminators: nn.ModuleList | None,
        augmentation: SiameseAugmentation,
        discrimination_weight: float,
        cross_entropy_weight: float,
        task: str,
    ):
        super().__init__(networks)
        self.outputs = outputs
        self.discrepancy = discrepancy
        self.attention_power = attention_power
        self.mean_discrepancy = MeanDiscrepancy()
        self.discriminators = discriminators
        self.augmentation = augmentation
        self.discrimination_weight = discrimination_weight
        self.cross_entropy_weight = cross_entropy_weight
        self.task = task

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        networks, change = self._seen_through(real, self.augmentation)
        S, R = change(S), change(R)
        with torch.no_grad():
            *layers_R, logits_R = self.outputs(networks, R)
        *layers_S, logits_S = self.outputs(networks, S)
        has_classes = self.task == "classification"
        of_S, of_R = membership(y_S, has_classes), membership(y_R, has_classes)
        loss = S.new_zeros(())
        for i, (f_S, f_R) in enumerate(zip(layers_S, layers_R, strict=True)):
            loss = loss + self._of_layer(i, f_S, f_R, y_S, y_R, of_S, of_R)
        loss = loss / len(layers_S)
        if self.discrimination_weight:
            f_S, f_R = layers_S[-1].flatten(2), layers_R[-1].flatten(2)
            told = discrimination_loss(f_S, f_R, of_S, of_R)
            loss = loss + self.discrimination_weight * told
        if self.cross_entropy_weight:
            told = confident_loss(logits_S, y_S, logits_R, y_R)
            loss = loss + self.cross_entropy_weight * told
        return loss

    def _of_layer(
        self,
        i: int,
        f_S: Tensor,
        f_R: Tensor,
        y_S: Tensor,
        y_R: Tensor,
        of_S: Tensor,
        of_R: Tensor,
    ) -> Tensor:
        discrepancy = self.discrepancy
        if self.attention_power is not None and f_S.ndim > 3:
            f_S, f_R = (spatial_attention(f, self.attention_power) for f in (f_S, f_R))
            discrepancy = self.mean_discrepancy
        f_S, f_R = f_S.flatten(2), f_R.flatten(2)
        if self.task == "regression":
            f_S, f_R = with_target(f_S, y_S), with_target(f_R, y_R)
        apart = discrepancy(f_S, f_R, of_S, of_R)
        if self.discriminators is not None:
            apart = apart + self.discriminators[i](f_S, f_R, of_S, of_R)
        return apart
