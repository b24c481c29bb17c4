"""Distribution matching from sums of features, which parts of a data set can add up.

With fixed networks, the loss of distribution matching depends on the real rows only
through the mean features of each class. Sums of features over parts therefore give the
same distilled rows as the features of all rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..._utils.containers import take_rows
from ...encoding.statistics import ImageStatistics, TableStatistics
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_factory import NetworkFactory
from ...engine.randomness import own_randomness
from ..discrepancies import group_means, membership

# The number of rows whose features are computed at once.
BLOCK = 4_096


@dataclass(frozen=True)
class ColumnDescription:
    """What the parts of a data set tell each other before features are computed.

    Descriptions are added up with ``+``. They hold means, extremes, about 256 quantiles
    of each numeric column, and the categories with their frequencies.

    Attributes
    ----------
    rows : TableStatistics or ImageStatistics
    count_of : dict
        The number of rows of each class; the key is None without labels.
    mass_of : dict
        The total weight of the rows of each class.
    like : ndarray or DataFrame of no rows
        The container of decoded rows.
    """

    rows: TableStatistics | ImageStatistics
    count_of: dict[Any, int]
    mass_of: dict[Any, float]
    like: Any

    def __add__(self, other: "ColumnDescription") -> "ColumnDescription":
        kind: Any = type(self.rows)
        return replace(
            self,
            rows=kind.merged([self.rows, other.rows]),
            count_of=_added(self.count_of, other.count_of),
            mass_of=_added(self.mass_of, other.mass_of),
        )

    @property
    def classes(self) -> np.ndarray | None:
        """The sorted classes; None without labels."""
        return None if None in self.count_of else np.array(sorted(self.count_of))

    @property
    def labels(self) -> list[Any]:
        """The keys of the classes in their order."""
        return [None] if self.classes is None else self.classes.tolist()


def _added(one: dict[Any, Any], other: dict[Any, Any]) -> dict[Any, Any]:
    """Return the sums of the values of two dicts."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in one | other}


def described(
    X: Any, y: np.ndarray | None, weights: np.ndarray, rows: Any
) -> ColumnDescription:
    """Return the description of rows, whose statistics are `rows`."""
    if y is None:
        counts, masses = {None: len(X)}, {None: float(weights.sum())}
    else:
        classes, codes = np.unique(y, return_inverse=True)
        counts = dict(zip(classes.tolist(), np.bincount(codes).tolist(), strict=True))
        mass = np.bincount(codes, weights=weights)
        masses = dict(zip(classes.tolist(), mass.tolist(), strict=True))
    return ColumnDescription(rows, counts, masses, take_rows(X, np.arange(0)))


@dataclass(frozen=True)
class FeatureSums:
    """Sums over the rows of a part, which are added up with ``+``.

    Attributes
    ----------
    features : float64 ndarray of shape (n_networks, n_classes, n_features)
        Weighted sums of the features.
    squares : float64 ndarray of shape (n_networks,)
        Weighted sums of the mean squared feature.
    rows : float64 ndarray of shape (2, n_classes, n_encoded)
        Weighted sums of the encoded rows and of their squares, for the initial rows.
    mass : float64 ndarray of shape (n_classes,)
        The total weights.
    description : ColumnDescription
        That of all parts.
    seed : int
        The seed of the networks.
    """

    features: np.ndarray
    squares: np.ndarray
    rows: np.ndarray
    mass: np.ndarray
    description: ColumnDescription
    seed: int

    def __add__(self, other: "FeatureSums") -> "FeatureSums":
        if self.features.shape != other.features.shape or self.seed != other.seed:
            raise ValueError(
                "The sums are from different networks or descriptions. Call accumulate "
                "with the same parameters and the same total description on all parts."
            )
        return replace(
            self,
            features=self.features + other.features,
            squares=self.squares + other.squares,
            rows=self.rows + other.rows,
            mass=self.mass + other.mass,
        )


class FixedNetworks:
    """The networks of a seed, in double precision, and their embedding.

    Parameters
    ----------
    network : str, class, callable or skorch net
        See `NetworkFactory`.
    shape : tuple
        The shape of one encoded row.
    n_outputs, n_networks, seed : int
    """

    def __init__(
        self,
        network: Any,
        shape: tuple[int, ...],
        n_outputs: int,
        n_networks: int,
        seed: int,
    ):
        with own_randomness("cpu", seed):
            make = NetworkFactory(network, shape, n_outputs, "cpu")
            made = [make().double() for _ in range(n_networks)]
        self.networks = [module.requires_grad_(False) for module in made]
        example = torch.zeros(2, *shape, dtype=torch.float64)
        self.outputs = LayerOutputs(self.networks[0], example)

    def features(self, rows: Tensor) -> Tensor:
        """Return the embeddings, of shape (n_networks, n, n_features)."""
        (embedding,) = self.outputs(self.networks, rows.double())
        return embedding.flatten(2)


def sums_of(
    networks: FixedNetworks,
    Z: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    description: ColumnDescription,
    seed: int,
) -> FeatureSums:
    """Return the sums over encoded rows.

    Parameters
    ----------
    networks : FixedNetworks
    Z : float32 ndarray of shape (n, ...)
    codes : int ndarray of shape (n,)
        The positions of the labels among those of the description.
    weights : float64 ndarray of shape (n,)
    description : ColumnDescription
    seed : int
    """
    n_classes = len(description.labels)
    shares = np.zeros((len(Z), n_classes))
    shares[np.arange(len(Z)), codes] = weights
    flat = Z.reshape(len(Z), -1).astype(np.float64)
    features: Any = 0.0
    squares: Any = 0.0
    for start in range(0, len(Z), BLOCK):
        block = slice(start, start + BLOCK)
        with torch.no_grad():
            f = networks.features(torch.from_numpy(Z[block])).numpy()
        features = features + np.einsum("nc,knd->kcd", shares[block], f)
        squares = squares + (f**2).mean(axis=2) @ weights[block]
    rows = np.stack([shares.T @ flat, shares.T @ flat**2])
    return FeatureSums(features, squares, rows, shares.sum(axis=0), description, seed)


class MeanFeatureLoss(nn.Module):
    """The squared distance of the mean features from those of the sums.

    Parameters
    ----------
    networks : FixedNetworks
    sums : FeatureSums
        Of all parts.
    """

    def __init__(self, networks: FixedNetworks, sums: FeatureSums):
        super().__init__()
        self.networks = networks
        self.has_classes = sums.description.classes is not None
        means = sums.features / sums.mass[:, None]
        overall = sums.features.sum(axis=1) / sums.mass.sum()
        variance = sums.squares / sums.mass.sum() - (overall**2).mean(axis=1)
        # Single precision removes the rounding errors of the sums, which the steps
        # would otherwise amplify.
        self.means = torch.from_numpy(means.astype(np.float32)).double()
        scale = torch.from_numpy(variance.astype(np.float32)).double()
        self.scale = scale.clamp_min(1e-12)

    def forward(self, synthetic: tuple[Tensor, Tensor], _real: Any = None) -> Tensor:
        S, y = synthetic
        groups = membership(y, self.has_classes).double()
        means = group_means(self.networks.features(S), groups)
        difference = (means - self.means).square().mean(dim=2)
        return (difference / self.scale[:, None]).mean().to(S.dtype)


def drawn_rows(
    sums: FeatureSums, n_rows: np.ndarray, encoder: Any, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw initial rows from a normal distribution for each class.

    Returns
    -------
    Z : float32 ndarray of shape (m, ...)
    codes : int64 ndarray of shape (m,)
    """
    mean = sums.rows[0] / sums.mass[:, None]
    variance = np.maximum(sums.rows[1] / sums.mass[:, None] - mean**2, 0.0)
    codes = np.repeat(np.arange(len(n_rows)), n_rows)
    noise = rng.standard_normal((len(codes), mean.shape[1]))
    # Rounding hides the rounding errors of the sums.
    Z = np.round(mean[codes] + np.sqrt(variance[codes]) * noise, 6)
    Z = Z.astype(np.float32).reshape(len(codes), *encoder.shape_)
    return np.clip(Z, encoder.lower_, encoder.upper_), codes


def typical_distance(sums: FeatureSums) -> float:
    """Return the root of the mean squared distance between two real rows."""
    mean = sums.rows[0].sum(axis=0) / sums.mass.sum()
    squares = sums.rows[1].sum(axis=0) / sums.mass.sum()
    return float(np.sqrt(2.0 * np.maximum(squares - mean**2, 0.0).sum()))
