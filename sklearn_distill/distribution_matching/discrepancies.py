"""How far apart two groups of rows are, class by class, in a space of features.

Every discrepancy is a module that is called with

``synthetic`` : Tensor of shape (n_networks, m, d)
    Features of the synthetic rows, through each network.
``real`` : Tensor of shape (n_networks, n, d)
``of_synthetic`` : Tensor of shape (m, n_groups)
    1 where a row is of a group, 0 elsewhere.
``of_real`` : Tensor of shape (n, n_groups)

and returns a number, the mean over networks and groups. No loop runs over classes. Its
parameters, where it has some, are an adversary's: they climb where the rows descend.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return -gradients[0]


def reverse_gradient(x: Tensor) -> Tensor:
    """Return x; gradients change their sign on the way back."""
    return _Reversal.apply(x)


def membership(targets: Tensor, has_classes: bool) -> Tensor:
    """Return 1 where a row is of a group, 0 elsewhere: (n, n_groups)."""
    if not has_classes:
        return torch.ones(len(targets), 1, device=targets.device)
    one_hot = torch.zeros_like(targets)
    return one_hot.scatter_(1, targets.argmax(dim=1, keepdim=True), 1.0)


def with_target(features: Tensor, targets: Tensor) -> Tensor:
    """Return features f beside y f, whose means say how both go along."""
    return torch.cat([features, targets * features], dim=2)


def group_means(features: Tensor, groups: Tensor) -> Tensor:
    """Return the mean of each group's features, (n_networks, n_groups, d)."""
    shares = groups / groups.sum(dim=0).clamp_min(1.0)
    return torch.einsum("ng,knd->kgd", shares, features)


def mean_variance(features: Tensor) -> Tensor:
    """Return the variance of each network's features, averaged over them, (k,).

    By way of the mean square: `Tensor.var` over rows takes longer than the network.
    """
    of_means = features.mean(dim=1).square().mean(dim=1)
    return features.square().mean(dim=(1, 2)) - of_means


def present(of_synthetic: Tensor, of_real: Tensor) -> Tensor:
    """Tell which groups have rows on both sides."""
    return (of_synthetic.sum(dim=0) > 0) & (of_real.sum(dim=0) > 0)


def median_squared_distance(features: Tensor, n_rows: int = 256) -> Tensor:
    """Return the median squared distance within each network's features, (k, 1, 1).

    Of a few rows, spread over the batch, which comes in order of groups.
    """
    some = features.detach()[:, :: max(1, features.shape[1] // n_rows)]
    distances = torch.cdist(some, some).square().flatten(1)
    return distances.median(dim=1).values.clamp_min(1e-12)[:, None, None]


class MeanDiscrepancy(nn.Module):
    r"""Squared distance of mean features,

    .. math:: \sum_c \| \bar f_c(R) - \bar f_c(S) \|^2,

    over the number of features and their variance, so that wide networks weigh no more.
    """

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = present(of_synthetic, of_real)
        apart = group_means(synthetic, of_synthetic) - group_means(real, of_real)
        scale = mean_variance(real.detach()).clamp_min(1e-12)
        per_group = apart.square().mean(dim=2) / scale[:, None]
        return per_group[:, both].mean()


class GaussianDiscrepancy(nn.Module):
    r"""Squared maximum mean discrepancy in Gaussian kernels: all moments at once.

    Parameters
    ----------
    bandwidths : sequence of float
        Multiples of the median squared distance between features of real rows.
    """

    def __init__(self, bandwidths: Sequence[float] = (0.1, 0.3, 1.0)):
        super().__init__()
        self.bandwidths = tuple(bandwidths)

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        median = median_squared_distance(real)
        within = _squared_distances(synthetic, synthetic) / median
        across = _squared_distances(synthetic, real) / median
        shares = of_synthetic / of_synthetic.sum(dim=0).clamp_min(1.0)
        shares_real = of_real / of_real.sum(dim=0).clamp_min(1.0)
        both = present(of_synthetic, of_real)
        alike = shares[:, both] @ shares[:, both].T
        alike_real = shares[:, both] @ shares_real[:, both].T
        total = synthetic.new_zeros(())
        for bandwidth in self.bandwidths:
            kernel = torch.exp(-within / bandwidth)
            kernel_real = torch.exp(-across / bandwidth)
            # The third term, between real rows, does not depend on the synthetic ones.
            apart = (kernel * alike).sum((1, 2))
            apart = apart - 2.0 * (kernel_real * alike_real).sum((1, 2))
            total = total + apart.mean() / both.sum()
        return total / len(self.bandwidths)


class GaussianDivergence(nn.Module):
    r"""Kullback-Leibler divergence of class-conditional Gaussians in feature space,

    .. math:: \frac{1}{2d} \sum_j \left( \log \frac{v^R_j}{v^S_j} + \frac{v^S_j +
              (\mu^S_j - \mu^R_j)^2}{v^R_j} - 1 \right),

    with variances of each feature for itself. A few rows say little about a variance:
    those of the synthetic rows are taken with one part in `1 + m` of the real one, for
    m rows of the class.
    """

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = present(of_synthetic, of_real)
        mean, variance = self._moments(synthetic, of_synthetic)
        mean_real, variance_real = self._moments(real, of_real)
        typical = real.detach().var(dim=1)[:, None]
        # A feature that a rectifier blanks for a class has no variance there at all.
        variance_real = variance_real + 0.1 * typical + 1e-6
        n_rows = of_synthetic.sum(dim=0)[:, None]
        variance = (n_rows * variance + variance_real) / (n_rows + 1.0)
        divergence = (
            torch.log(variance_real / variance)
            + (variance + (mean - mean_real).square()) / variance_real
            - 1.0
        )
        return 0.5 * divergence.mean(dim=2)[:, both].mean()

    @staticmethod
    def _moments(features: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        mean = group_means(features, groups)
        square = group_means(features.square(), groups)
        return mean, (square - mean.square()).clamp_min(0.0)


class CharacteristicDiscrepancy(nn.Module):
    r"""Distance of characteristic functions at frequencies that an adversary picks.

    With :math:`\Phi(t) = \frac{1}{n} \sum_i \exp(i \langle t, f_i \rangle)` for the
    features f of a class's rows, centred and scaled to a mean squared length of 2,

    .. math:: \mathbb{E}_t \left[ \alpha (|\Phi_R| - |\Phi_S|)^2 + 2 (1 - \alpha)
              |\Phi_R| |\Phi_S| (1 - \cos(\arg \Phi_R - \arg \Phi_S)) \right]^{1/2} .

    Frequencies come from a mixture of Gaussians whose means and scales climb where the
    rows descend.

    Parameters
    ----------
    n_frequencies : int
    n_components : int
        Gaussians in the mixture.
    amplitude : float
        :math:`\alpha`.
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
        self.register_buffer("looks", torch.randn(n_frequencies, n_features))

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = present(of_synthetic, of_real)
        frequencies = self._frequencies()
        centre = real.detach().mean(dim=1, keepdim=True)
        length = (real.detach() - centre).square().sum(dim=2).mean(dim=1)
        length = (0.5 * length).clamp_min(1e-12).sqrt()[:, None, None]
        parts = []
        for features, groups in ((synthetic, of_synthetic), (real, of_real)):
            angles = (features - centre) / length @ frequencies.T
            parts.append(group_means(torch.cos(angles), groups)[:, both])
            parts.append(group_means(torch.sin(angles), groups)[:, both])
        re_S, im_S, re_R, im_R = parts
        # |a - b|^2 = (|a| - |b|)^2 + 2 |a| |b| (1 - cos): by way of it no angle is
        # taken, whose gradient would be infinite at 0.
        size_S = (re_S.square() + im_S.square() + 1e-12).sqrt()
        size_R = (re_R.square() + im_R.square() + 1e-12).sqrt()
        by_amplitude = (size_R - size_S).square()
        in_all = (re_R - re_S).square() + (im_R - im_S).square()
        by_phase = (in_all - by_amplitude).clamp_min(0.0)
        squared = self.amplitude * by_amplitude + (1.0 - self.amplitude) * by_phase
        return (squared + 1e-8).sqrt().mean()

    def _frequencies(self) -> Tensor:
        if not self.training:
            return self.looks
        # Without a bound they would run off to where a few points and many differ most,
        # whatever the points.
        means = reverse_gradient(self.means).tanh()
        scales = reverse_gradient(self.log_scales).clamp(-2.0, 2.0).exp()
        which = torch.arange(self.n_frequencies, device=means.device) % len(means)
        drawn = torch.randn(
            self.n_frequencies, means.shape[1], dtype=means.dtype, device=means.device
        )
        return means[which] + scales[which, None] * drawn


class Discriminator(nn.Module):
    r"""How well a network tells synthetic features from real ones, class by class.

    The discriminator sees features and class, and climbs; the rows descend on

    .. math:: \log 2 - \frac{1}{2} \left( \mathbb{E}_R [-\log D] + \mathbb{E}_S
              [-\log (1 - D)] \right),

    a bound from below on the Jensen-Shannon divergence. Looks at held-back rows take
    `MeanDiscrepancy` instead: a game's value does not say how far the rows have come.

    Parameters
    ----------
    n_features, n_groups : int
    width : int
        Hidden units.
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
        self.when_looking = MeanDiscrepancy()

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        if not self.training:
            return self.when_looking(synthetic, real, of_synthetic, of_real)
        typical = real.detach()
        centre = typical.mean(dim=1, keepdim=True)
        scale = typical.std(dim=1, keepdim=True) + 1e-6
        losses = [
            self._loss((reverse_gradient(synthetic) - centre) / scale, of_synthetic, 0),
            self._loss((real - centre) / scale, of_real, 1),
        ]
        confusion = sum(losses) / 2.0
        # The value is the divergence, the gradient for the discriminator its loss.
        return confusion - 2.0 * confusion.detach() + math.log(2.0)

    def _loss(self, features: Tensor, groups: Tensor, label: int) -> Tensor:
        classes = groups.expand(len(features), *groups.shape)
        logits = self.network(torch.cat([features, classes], dim=2))[..., 0]
        each = F.softplus(-logits if label else logits)
        # Every class weighs the same on both sides.
        per_group = group_means(each[..., None], groups)[..., 0]
        return per_group[:, groups.sum(dim=0) > 0].mean()


class CallableDiscrepancy(nn.Module):
    """A user's function of two tensors, (m, d) and (n, d), for each class and network.

    Parameters
    ----------
    function : callable
    """

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.function = function

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        values = [
            self.function(S[one], R[other])
            for S, R in zip(synthetic, real, strict=True)
            for one, other in zip(of_synthetic.T > 0, of_real.T > 0, strict=True)
            if one.any() and other.any()
        ]
        return torch.stack(values).mean()


def make_discrepancy(which: Any, n_features: int, n_groups: int) -> nn.Module:
    """Return the discrepancy of that name, or of that function."""
    if callable(which):
        return CallableDiscrepancy(which)
    makers: dict[str, Callable[[], nn.Module]] = {
        "mean": MeanDiscrepancy,
        "mmd": GaussianDiscrepancy,
        "kl": GaussianDivergence,
        "characteristic": lambda: CharacteristicDiscrepancy(n_features),
        "adversarial": lambda: Discriminator(n_features, n_groups),
    }
    return makers[which]()


def _squared_distances(one: Tensor, other: Tensor) -> Tensor:
    """Return squared distances, (k, m, n), with a gradient where they are 0."""
    squares = one.square().sum(2)[:, :, None] + other.square().sum(2)[:, None, :]
    return (squares - 2.0 * one @ other.transpose(1, 2)).clamp_min(0.0)
