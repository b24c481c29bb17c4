"""Discrepancies that compare statistics of features: means, kernel means, Gaussians."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .groups import group_means, in_both


def mean_variance(features: Tensor) -> Tensor:
    """Return the mean variance of each network's features, of shape (n_networks,).

    The variance is computed from the mean square, because `Tensor.var` over the rows
    takes longer than the network.
    """
    of_means = features.mean(dim=1).square().mean(dim=1)
    return features.square().mean(dim=(1, 2)) - of_means


def median_squared_distance(features: Tensor, n_rows: int = 256) -> Tensor:
    """Return the median squared distance within each network's features.

    Parameters
    ----------
    features : Tensor of shape (n_networks, n, d)
    n_rows : int, default=256
        The approximate number of rows that are compared. They are spread evenly over
        the batch, because the batch is sorted by group.

    Returns
    -------
    Tensor of shape (n_networks, 1, 1)
    """
    sample = features.detach()[:, :: max(1, features.shape[1] // n_rows)]
    distances = torch.cdist(sample, sample).square().flatten(1)
    return distances.median(dim=1).values.clamp_min(1e-12)[:, None, None]


class MeanDiscrepancy(nn.Module):
    r"""The squared distance between mean features (DM).

    .. math:: \sum_c \| \bar f_c(R) - \bar f_c(S) \|^2

    The distance is divided by the number of features and by their variance, so that it
    does not depend on the width and scale of a network.
    """

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = in_both(of_synthetic, of_real)
        difference = group_means(synthetic, of_synthetic) - group_means(real, of_real)
        scale = mean_variance(real.detach()).clamp_min(1e-12)
        per_group = difference.square().mean(dim=2) / scale[:, None]
        return per_group[:, both].mean()


class GaussianDiscrepancy(nn.Module):
    r"""The squared maximum mean discrepancy (MMD) in Gaussian kernels (M3D).

    Unlike `MeanDiscrepancy`, it depends on all moments of the features.

    Parameters
    ----------
    bandwidths : sequence of float, default=(0.1, 0.3, 1.0)
        The kernels' bandwidths, as multiples of the median squared distance between
        the features of real rows.
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
        both = in_both(of_synthetic, of_real)
        pair_weights = shares[:, both] @ shares[:, both].T
        pair_weights_real = shares[:, both] @ shares_real[:, both].T
        total = synthetic.new_zeros(())
        for bandwidth in self.bandwidths:
            kernel = torch.exp(-within / bandwidth)
            kernel_real = torch.exp(-across / bandwidth)
            # Leave out the third term of the MMD, between real rows, because it does
            # not depend on the synthetic rows.
            mmd = (kernel * pair_weights).sum((1, 2))
            mmd = mmd - 2.0 * (kernel_real * pair_weights_real).sum((1, 2))
            total = total + mmd.mean() / both.sum()
        return total / len(self.bandwidths)


class GaussianDivergence(nn.Module):
    r"""The Kullback-Leibler divergence of class-conditional Gaussian distributions.

    .. math:: \frac{1}{2d} \sum_j \left( \log \frac{v^R_j}{v^S_j} + \frac{v^S_j +
              (\mu^S_j - \mu^R_j)^2}{v^R_j} - 1 \right)

    The Gaussians have diagonal covariance matrices. Because a variance cannot be
    estimated well from a few rows, the variance of m synthetic rows of a class is
    averaged with the real variance, with weights m and 1.
    """

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        both = in_both(of_synthetic, of_real)
        mean, variance = self._moments(synthetic, of_synthetic)
        mean_real, variance_real = self._moments(real, of_real)
        overall = real.detach().var(dim=1)[:, None]
        # Regularize the variance, which is 0 if a feature is constant in a class, as
        # the outputs of rectifiers often are.
        variance_real = variance_real + 0.1 * overall + 1e-6
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
        """Return the mean and the variance of each group's features."""
        mean = group_means(features, groups)
        square = group_means(features.square(), groups)
        return mean, (square - mean.square()).clamp_min(0.0)


def _squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return squared distances whose gradient is finite where the distance is 0."""
    squares = a.square().sum(2)[:, :, None] + b.square().sum(2)[:, None, :]
    return (squares - 2.0 * a @ b.transpose(1, 2)).clamp_min(0.0)
