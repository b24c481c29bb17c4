"""Losses on the layers of networks: attention, discrimination, cross-entropy."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import nn

from sklearn_distill.distribution_matching.multi_layer.layer_losses import (
    confident_loss,
    discrimination_loss,
    spatial_attention,
)


def test_spatial_attention_of_a_map_with_one_active_location():
    maps = torch.zeros(1, 1, 2, 2, 2)
    maps[..., 0, 1] = 3.0
    attention = spatial_attention(maps, 4.0)
    torch.testing.assert_close(
        attention, torch.tensor([[[0.0, 1.0, 0.0, 0.0]]]), rtol=0, atol=1e-6
    )


def test_spatial_attention_is_the_normalized_sum_of_powers_over_channels():
    maps = torch.rand(2, 3, 4, 5, 6) + 0.1
    expected = (maps**4).sum(dim=2).flatten(2)
    expected = expected / expected.norm(dim=2, keepdim=True)
    torch.testing.assert_close(
        spatial_attention(maps, 4.0), expected, rtol=1e-3, atol=0
    )


def test_discrimination_loss_is_the_cross_entropy_of_similarities_to_class_means():
    torch.manual_seed(0)
    synthetic, real = torch.randn(1, 4, 5), torch.randn(1, 6, 5)
    of_synthetic = torch.eye(2)[[0, 0, 1, 1]]
    labels = torch.tensor([0, 1, 0, 1, 1, 0])
    found = discrimination_loss(synthetic, real, of_synthetic, torch.eye(2)[labels])
    center = real[0].mean(0)
    means = torch.stack([synthetic[0, :2].mean(0), synthetic[0, 2:].mean(0)]) - center
    cosines = torch.cosine_similarity((real[0] - center)[:, None], means[None], dim=2)
    expected = nn.functional.cross_entropy(10.0 * cosines, labels)
    torch.testing.assert_close(found, expected)


def test_confident_loss_weights_networks_by_their_accuracy():
    torch.manual_seed(0)
    synthetic, targets = torch.randn(2, 2, 2), torch.eye(2) - 0.5
    # The first network predicts all real rows correctly, the second one half of them.
    real = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]])
    found = confident_loss(synthetic, targets, real, targets)
    losses = [nn.functional.cross_entropy(s, torch.arange(2)) for s in synthetic]
    torch.testing.assert_close(found, (1.0 * losses[0] + 0.5 * losses[1]) / 2)
