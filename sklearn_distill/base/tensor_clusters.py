"""k-means for tensors, on their device."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from torch import Tensor

# The maximum number of passes over the rows, and the squared movement of the centroids,
# relative to the mean variance of the columns, below which they have converged.
MAX_ITER = 100
TOLERANCE = 1e-4
# The number of distances that are computed together.
CHUNK_NUMBERS = 2**26


def k_means(
    Z: Tensor, sample_weight: np.ndarray, n_clusters: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return centroids and the cluster of each row by Lloyd's algorithm.

    The initial centroids are drawn by k-means++. An empty cluster gets the row that is
    farthest from its centroid. All sums have a fixed order, so that one seed gives the
    same clusters in every call.

    Parameters
    ----------
    Z : float32 tensor of shape (n, d)
    sample_weight : ndarray of shape (n,)
    n_clusters : int
        There are fewer clusters if there are fewer different rows.
    seed : int

    Returns
    -------
    centroids : ndarray of shape (n_clusters, d)
    labels : ndarray of int of shape (n,)
    """
    weights = torch.as_tensor(sample_weight, dtype=Z.dtype, device=Z.device)
    centroids = _plus_plus(Z, weights, n_clusters, seed)
    tolerance = TOLERANCE * float(Z.var(dim=0).mean())
    for _ in range(MAX_ITER):
        labels, distances = _nearest(Z, centroids)
        means, mass = _means(Z, weights, labels, len(centroids))
        empty = torch.nonzero(mass == 0.0)[:, 0]
        farthest = distances.topk(len(empty)).indices
        means[empty] = Z[farthest]
        moved = float((means - centroids).square().sum())
        centroids = means
        if moved <= tolerance:
            break
    labels, _ = _nearest(Z, centroids)
    used, inverse = np.unique(labels.cpu().numpy(), return_inverse=True)
    return centroids.cpu().numpy()[used], inverse


def _plus_plus(Z: Tensor, weights: Tensor, n_clusters: int, seed: int) -> Tensor:
    """Draw initial centroids, each with a probability that grows with its distance."""
    draws = np.random.RandomState(seed).uniform(size=n_clusters)
    chosen: list[int] = []
    mass = weights.double()
    nearest = torch.full((len(Z),), torch.inf, device=Z.device)
    for draw in draws.tolist():
        summed = mass.cumsum(0)
        total = float(summed[-1])
        if total == 0.0:
            # Every row equals a centroid.
            break
        row = int(torch.searchsorted(summed, draw * total, right=True))
        chosen.append(min(row, len(Z) - 1))
        nearest = torch.minimum(nearest, (Z - Z[chosen[-1]]).square().sum(dim=1))
        mass = weights.double() * nearest
    return Z[chosen]


def _nearest(Z: Tensor, centroids: Tensor) -> tuple[Tensor, Tensor]:
    """Return the nearest centroid of each row, and the squared distance to it."""
    norms = centroids.square().sum(dim=1)
    labels, distances = [], []
    for rows in Z.split(max(1, CHUNK_NUMBERS // len(centroids))):
        smallest = (norms - 2.0 * rows @ centroids.T).min(dim=1)
        labels.append(smallest.indices)
        distances.append(smallest.values + rows.square().sum(dim=1))
    return torch.cat(labels), torch.cat(distances)


def _means(
    Z: Tensor, weights: Tensor, labels: Tensor, n_clusters: int
) -> tuple[Tensor, Tensor]:
    """Return the mean and the total weight of each cluster.

    Products with indicators add in a fixed order, which sums by index on a GPU do not.
    """
    sums = torch.zeros(n_clusters, Z.shape[1] + 1, device=Z.device)
    weighted = weights[:, None] * torch.cat([Z, torch.ones_like(Z[:, :1])], dim=1)
    size = max(1, CHUNK_NUMBERS // n_clusters)
    for rows, codes in zip(weighted.split(size), labels.split(size), strict=True):
        members = torch.zeros(n_clusters, len(rows), device=Z.device)
        members[codes, torch.arange(len(rows), device=Z.device)] = 1.0
        sums += members @ rows
    mass = sums[:, -1]
    return sums[:, :-1] / mass[:, None].clamp_min(1e-30), mass
