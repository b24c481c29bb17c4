"""The decoder of a distilled set: the label of any encoded row."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import euclidean_distances

# The bandwidths of the Gaussian kernels as multiples of the squared width, and that of
# the Laplacian kernel as a multiple of the city-block width.
BANDWIDTHS = (0.1, 0.3, 1.0)
LAPLACIAN_BANDWIDTH = 0.3
# The ridge of the decoder that is computed from the rows alone.
RIDGE = 0.05
# The number of rows whose kernel values are computed at a time.
CHUNK = 4_096


@dataclass(frozen=True)
class Decoder:
    """A kernel model whose centers are rows of a distilled set and drawn points.

    The score of an encoded row z is the sum over the centers of k(z, center) times the
    coefficients of the center, plus an intercept and, for regression, a linear function
    of z. For classes, k is the mean of three Gaussian kernels and a Laplacian kernel;
    for regression it is one Gaussian kernel.

    Attributes
    ----------
    widths : float64 ndarray of shape (2,) or (1,)
        For classes, the squared and the city-block width of the kernels; for
        regression, the bandwidth of the Gaussian kernel.
    coef : float32 ndarray of shape (n_centers, n_scores) or None
        One score for two classes, and otherwise one for each class or target.
        None computes the coefficients from the rows and their labels, by kernel ridge
        regression.
    intercept : float32 ndarray of shape (n_scores,) or None
    centers : int ndarray of shape (n_centers,) or None
        The positions of the centers among the rows; None is all rows.
    drawn : int64 ndarray of shape (1,) or None
        The number of further centers, which follow the rows and are not stored, because
        the sampler draws the same ones whenever they are needed.
    relevance : float32 ndarray of shape (n_encoded,) or None
        The factors by which encoded columns are multiplied before distances are
        computed.
    linear : float32 ndarray of shape (n_encoded, n_scores) or None
    target : float64 ndarray of shape (4, n_targets) or None
        Regression only: mean, scale, minimum and maximum of each target.
    residual : float32 ndarray of shape (n_targets,) or None
        Regression only: the standard deviation of each target around the predictions,
        in units of the scale of the target.
    """

    widths: np.ndarray
    coef: np.ndarray | None = None
    intercept: np.ndarray | None = None
    centers: np.ndarray | None = None
    drawn: np.ndarray | None = None
    relevance: np.ndarray | None = None
    linear: np.ndarray | None = None
    target: np.ndarray | None = None
    residual: np.ndarray | None = None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that the decoder consists of, by name."""
        parts = {name: getattr(self, name) for name in ARRAYS}
        return {name: part for name, part in parts.items() if part is not None}

    @property
    def n_drawn(self) -> int:
        """The number of centers that are not distilled rows."""
        return 0 if self.drawn is None else int(self.drawn[0])

    def kernel(self, Z: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """Return the kernel values of encoded rows, of shape (n, n_centers)."""
        if self.relevance is not None:
            Z, centers = Z * self.relevance, centers * self.relevance
        if len(self.widths) == 1:
            return gaussian(Z, centers, float(self.widths[0]))
        return portfolio(Z, centers, self.widths)

    def scores(self, Z: np.ndarray, centers: np.ndarray) -> np.ndarray:
        """Return the scores of encoded rows, of shape (n, n_scores).

        Parameters
        ----------
        Z : float32 ndarray of shape (n, n_encoded)
        centers : float32 ndarray of shape (m, n_encoded)
            The encoded rows of the distilled set, followed by the drawn centers.
        """
        if self.centers is not None:
            drawn = centers[len(centers) - self.n_drawn :]
            centers = np.concatenate([centers[self.centers], drawn])
        coef: Any = self.coef
        out = np.empty((len(Z), coef.shape[1]), dtype=np.float64)
        for start in range(0, len(Z), CHUNK):
            part = slice(start, start + CHUNK)
            out[part] = self.kernel(Z[part], centers) @ coef + self.intercept
            if self.linear is not None:
                out[part] += Z[part] @ self.linear
        return out


ARRAYS = (
    "widths", "coef", "intercept", "centers", "drawn", "relevance", "linear",
    "target", "residual",
)  # fmt: skip


def gaussian(Z: np.ndarray, centers: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return the Gaussian kernel of two sets of rows, in single precision."""
    squared = euclidean_distances(Z, centers, squared=True)
    squared /= -bandwidth
    return np.exp(squared, out=squared).astype(np.float32, copy=False)


def portfolio(Z: np.ndarray, centers: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Return the mean of three Gaussian kernels and a Laplacian kernel."""
    squared = euclidean_distances(Z, centers, squared=True).astype(np.float32)
    out = cdist(Z, centers, "cityblock").astype(np.float32)
    out = np.exp(out / np.float32(-LAPLACIAN_BANDWIDTH * widths[1]))
    for bandwidth in BANDWIDTHS:
        out += np.exp(squared / np.float32(-bandwidth * widths[0]))
    return out / (1 + len(BANDWIDTHS))


def ridge_from_rows(
    decoder: Decoder, centers: np.ndarray, targets: np.ndarray
) -> Decoder:
    """Return a decoder whose coefficients are computed from labeled rows.

    Parameters
    ----------
    decoder : Decoder
        Without coefficients.
    centers : float32 ndarray of shape (m, n_encoded)
    targets : ndarray of shape (m, n_scores)
        Centered one-hot vectors or standardized targets.
    """
    if decoder.centers is not None:
        centers, targets = centers[decoder.centers], targets[decoder.centers]
    K = decoder.kernel(centers, centers).astype(np.float64)
    K[np.diag_indices_from(K)] += RIDGE
    mean = targets.mean(axis=0)
    coef = np.linalg.solve(K, targets - mean)
    filled: dict[str, Any] = decoder.arrays
    return Decoder(
        **filled
        | {"coef": coef.astype(np.float32), "intercept": mean.astype(np.float32)}
    )
