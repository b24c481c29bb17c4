"""Discrepancies with an adversary, which is optimized to increase them."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .groups import group_means, in_both
from .statistics import MeanDiscrepancy


class _Reversal(torch.autograd.Function):
    """The autograd function behind `reverse_gradient`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return -gradients[0]


def reverse_gradient(x: Tensor) -> Tensor:
    """Return x, and reverse the sign of its gradients in the backward pass."""
    return _Reversal.apply(x)


class CharacteristicDiscrepancy(nn.Module):
    r"""The distance between characteristic functions at learned frequencies (NCFM).

    Let :math:`\Phi(t) = \frac{1}{n} \sum_i \exp(i \langle t, f_i \rangle)` for the
    features f of the rows of a class, centered and scaled to a mean squared length of
    2. The discrepancy is

    .. math:: \mathbb{E}_t \left[ \alpha (|\Phi_R| - |\Phi_S|)^2 + 2 (1 - \alpha)
              |\Phi_R| |\Phi_S| (1 - \cos(\arg \Phi_R - \arg \Phi_S)) \right]^{1/2} .

    The frequencies t are drawn from a mixture of Gaussians, whose means and scales are
    the adversary. In evaluation mode the frequencies are fixed.

    Parameters
    ----------
    n_features : int
        The number of features of a row.
    n_frequencies : int, default=256
        The number of frequencies.
    n_components : int, default=16
        The number of Gaussians in the mixture.
    amplitude : float, default=0.5
        :math:`\alpha`, the weight of the amplitude; the phase has the rest.
    """

    def __init__(
        self,
        n_features: int,
        n_frequencies: int = 256,
        n_components: int = 16,
        amplitude: float = 0.5,
    ):
        super().__init__()
        self.n_frequencies = n_frequencies
        self.amplitude = amplitude
        self.means = nn.Parameter(torch.zeros(n_components, n_features))
        self.log_scales = nn.Parameter(torch.zeros(n_components))
        self.register_buffer(
            "validation_frequencies", torch.randn(n_frequencies, n_features)
        )

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = in_both(of_synthetic, of_real)
        frequencies = self._frequencies()
        center = real.detach().mean(dim=1, keepdim=True)
        length = (real.detach() - center).square().sum(dim=2).mean(dim=1)
        length = (0.5 * length).clamp_min(1e-12).sqrt()[:, None, None]
        parts = []
        for features, groups in ((synthetic, of_synthetic), (real, of_real)):
            angles = (features - center) / length @ frequencies.T
            parts.append(group_means(torch.cos(angles), groups)[:, both])
            parts.append(group_means(torch.sin(angles), groups)[:, both])
        re_S, im_S, re_R, im_R = parts
        # Compute the phase term from |a - b|^2 = (|a| - |b|)^2 + 2 |a| |b| (1 - cos),
        # because the gradient of an angle would be infinite at 0.
        size_S = (re_S.square() + im_S.square() + 1e-12).sqrt()
        size_R = (re_R.square() + im_R.square() + 1e-12).sqrt()
        by_amplitude = (size_R - size_S).square()
        in_total = (re_R - re_S).square() + (im_R - im_S).square()
        by_phase = (in_total - by_amplitude).clamp_min(0.0)
        squared = self.amplitude * by_amplitude + (1.0 - self.amplitude) * by_phase
        return (squared + 1e-8).sqrt().mean()

    def _frequencies(self) -> Tensor:
        """Return new frequencies of the mixture, or the fixed ones for validation."""
        if not self.training:
            return self.validation_frequencies
        # Bound means and scales. Otherwise the frequencies would grow until the
        # discrepancy depends on the sizes of the samples instead of their positions.
        means = reverse_gradient(self.means).tanh()
        scales = reverse_gradient(self.log_scales).clamp(-2.0, 2.0).exp()
        component = torch.arange(self.n_frequencies, device=means.device) % len(means)
        noise = torch.randn(
            self.n_frequencies, means.shape[1], dtype=means.dtype, device=means.device
        )
        return means[component] + scales[component, None] * noise


class Discriminator(nn.Module):
    r"""The success of a network in telling synthetic from real features.

    The input of the discriminator D is a row's features and class. The rows minimize,
    and D maximizes,

    .. math:: \log 2 - \frac{1}{2} \left( \mathbb{E}_R [-\log D] + \mathbb{E}_S
              [-\log (1 - D)] \right),

    a lower bound on the Jensen-Shannon divergence. In evaluation mode the result is the
    `MeanDiscrepancy` instead, because the value of the game depends on the current
    discriminator and does not measure the progress of the rows.

    Parameters
    ----------
    n_features, n_groups : int
        The number of features of a row, and of groups.
    width : int, default=128
        The number of hidden units.
    """

    def __init__(self, n_features: int, n_groups: int, width: int = 128):
        super().__init__()
        self.network = nn.Sequential(
            nn.Linear(n_features + n_groups, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, 1),
        )
        self.validation_discrepancy = MeanDiscrepancy()

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        if not self.training:
            return self.validation_discrepancy(synthetic, real, of_synthetic, of_real)
        center = real.detach().mean(dim=1, keepdim=True)
        scale = real.detach().std(dim=1, keepdim=True) + 1e-6
        synthetic = (reverse_gradient(synthetic) - center) / scale
        losses = [
            self._loss(synthetic, of_synthetic, is_real=False),
            self._loss((real - center) / scale, of_real, is_real=True),
        ]
        mean_loss = sum(losses) / 2.0
        # The value is the divergence, but the gradient is that of the discriminator's
        # loss; the gradient for the synthetic features is reversed.
        return mean_loss - 2.0 * mean_loss.detach() + math.log(2.0)

    def _loss(self, features: Tensor, groups: Tensor, is_real: bool) -> Tensor:
        """Return the discriminator's cross-entropy; all classes have equal weights."""
        classes = groups.expand(len(features), *groups.shape)
        logits = self.network(torch.cat([features, classes], dim=2))[..., 0]
        losses = F.softplus(-logits if is_real else logits)
        per_group = group_means(losses[..., None], groups)[..., 0]
        return per_group[:, groups.sum(dim=0) > 0].mean()
