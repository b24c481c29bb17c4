"""The objective of multi-layer distribution matching, and its terms."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...engine.augmentation import SiameseAugmentation
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_objective import NetworkObjective
from ..discrepancies import (
    Discriminator,
    MeanDiscrepancy,
    group_means,
    membership,
    with_target,
)


def spatial_attention(maps: Tensor, power: float) -> Tensor:
    """Return the attention map of a layer: the sum of |f|^power over the channels.

    Parameters
    ----------
    maps : Tensor of shape (n_networks, n_rows, C, *spatial)
        The outputs of the layer.
    power : float
        The exponent.

    Returns
    -------
    Tensor of shape (n_networks, n_rows, n_places)
        Vectors of unit length.
    """
    # Add a constant, because the gradient of the length is not finite at places where
    # all channels are 0.
    summed = (maps.abs() + 1e-6).pow(power).sum(dim=2).flatten(2)
    return F.normalize(summed, dim=2)


def discrimination_loss(
    synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
) -> Tensor:
    """Return the cross-entropy of a nearest-centroid classifier on real embeddings.

    The centroids are the class means of the synthetic embeddings. Embeddings are
    centered and scaled to unit length, so that the loss does not depend on the scale of
    a network. The parameters are those of a discrepancy.
    """
    center = real.mean(dim=1, keepdim=True)
    centroids = F.normalize(group_means(synthetic - center, of_synthetic), dim=2)
    similarity = F.normalize(real - center, dim=2) @ centroids.transpose(1, 2)
    labels = of_real.argmax(dim=1).expand(len(real), -1)
    return F.cross_entropy(10.0 * similarity.flatten(0, 1), labels.flatten())


def confident_loss(synthetic: Tensor, y_S: Tensor, real: Tensor, y_R: Tensor) -> Tensor:
    """Return the cross-entropy of synthetic rows, weighted by the networks' accuracy.

    Parameters
    ----------
    synthetic, real : Tensors of shape (n_networks, n_rows, n_classes)
        The networks' logits for synthetic and for real rows. The weight of a network is
        its accuracy on the real rows.
    y_S, y_R : Tensors of shape (n_rows, n_classes)
        Centered one-hot vectors.
    """
    correct = real.argmax(dim=2) == y_R.argmax(dim=1)
    accuracy = correct.to(real.dtype).mean(dim=1)
    labels = y_S.argmax(dim=1)
    losses = torch.stack([F.cross_entropy(logits, labels) for logits in synthetic])
    return (accuracy * losses).mean()


def make_discriminators(
    layers: Sequence[Tensor],
    n_groups: int,
    attention_power: float | None,
    n_products: int,
) -> nn.ModuleList:
    """Return one discriminator per layer.

    Parameters
    ----------
    layers : sequence of Tensor of shape (n_networks, n_rows, ...)
        Examples of the outputs of the layers.
    n_groups : int
        The number of groups of rows.
    attention_power : float or None
        The exponent of the attention maps that replace feature maps.
    n_products : int
        The number of continuous targets whose products with the outputs are appended.
    """
    discriminators = []
    for f in layers:
        if attention_power is not None and f.ndim > 3:
            f = spatial_attention(f, attention_power)
        n_features = f[0, 0].numel() * (1 + n_products)
        discriminators.append(Discriminator(n_features, n_groups))
    return nn.ModuleList(discriminators)


class MultiLayerLoss(NetworkObjective):
    """The mean discrepancy of the layers, and two terms that separate the classes.

    Parameters
    ----------
    networks : RandomNetworks, NetworkQueue or TrainedNetworks
        The source of the networks.
    outputs : LayerOutputs
        The matched layers; the logits of the networks are the last output.
    discrepancy : nn.Module
        The discrepancy of flat features.
    attention_power : float or None
        The exponent of the attention maps that replace feature maps; None flattens the
        feature maps.
    discriminators : nn.ModuleList or None
        One discriminator per layer.
    augmentation : SiameseAugmentation
        The augmentation of both batches.
    discrimination_weight, cross_entropy_weight : float
        The weights of `discrimination_loss` and `confident_loss`. Both are 0 if there
        are no classes, and the second is 0 if the networks are not trained.
    task : {"classification", "regression", "unsupervised"}
        The task.
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
        super().__init__(networks, augmentation)
        self.outputs = outputs
        self.discrepancy = discrepancy
        self.attention_power = attention_power
        self.mean_discrepancy = MeanDiscrepancy()
        self.discriminators = discriminators
        self.discrimination_weight = discrimination_weight
        self.cross_entropy_weight = cross_entropy_weight
        self.task = task

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        networks, augment = self._networks_and_augmentation(real)
        S, R = augment(S), augment(R)
        with torch.no_grad():
            *layers_R, logits_R = self.outputs(networks, R)
        *layers_S, logits_S = self.outputs(networks, S)
        has_classes = self.task == "classification"
        of_S, of_R = membership(y_S, has_classes), membership(y_R, has_classes)
        loss = S.new_zeros(())
        for i, (f_S, f_R) in enumerate(zip(layers_S, layers_R, strict=True)):
            loss = loss + self._layer_loss(i, f_S, f_R, y_S, y_R, of_S, of_R)
        loss = loss / len(layers_S)
        if self.discrimination_weight:
            f_S, f_R = layers_S[-1].flatten(2), layers_R[-1].flatten(2)
            term = discrimination_loss(f_S, f_R, of_S, of_R)
            loss = loss + self.discrimination_weight * term
        if self.cross_entropy_weight:
            term = confident_loss(logits_S, y_S, logits_R, y_R)
            loss = loss + self.cross_entropy_weight * term
        return loss

    def _layer_loss(
        self,
        i: int,
        f_S: Tensor,
        f_R: Tensor,
        y_S: Tensor,
        y_R: Tensor,
        of_S: Tensor,
        of_R: Tensor,
    ) -> Tensor:
        """Return the discrepancy of the i-th layer's outputs f_S and f_R."""
        discrepancy = self.discrepancy
        if self.attention_power is not None and f_S.ndim > 3:
            f_S, f_R = (spatial_attention(f, self.attention_power) for f in (f_S, f_R))
            discrepancy = self.mean_discrepancy
        f_S, f_R = f_S.flatten(2), f_R.flatten(2)
        if self.task == "regression":
            f_S, f_R = with_target(f_S, y_S), with_target(f_R, y_R)
        loss = discrepancy(f_S, f_R, of_S, of_R)
        if self.discriminators is not None:
            loss = loss + self.discriminators[i](f_S, f_R, of_S, of_R)
        return loss
