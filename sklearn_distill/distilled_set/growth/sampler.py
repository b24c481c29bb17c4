"""The sampler of a distilled set: how real rows spread around the distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sampler:
    """Draws encoded rows around the rows of a distilled set.

    The numbers of a drawn row are those of its distilled row plus normal noise; each
    category, and whether a value is missing, is drawn with the shares among the real
    rows that are nearest to the distilled row.

    Attributes
    ----------
    spread : float32 ndarray of shape (n_numeric,)
        The standard deviation of real rows around their nearest distilled row of the
        same class, for each encoded column of numbers.
    shares : float32 ndarray of shape (m, n_indicators) or None
        The shares of the categories and of missing values, in the order of the
        indicator columns of the encoder. None if there are no such columns.
    mass : float32 ndarray of shape (m,) or None
        The total weight of the real rows that are nearest to each distilled row. None
        draws all rows of a class equally often.
    factors : float32 ndarray of shape (n_factors, n_numeric) or None
        How columns of numbers vary together: the noise of a row is the sum of the
        factors, each times a normal number, and of independent noise, which fills the
        variance of each column up to the square of `spread`. In units of `spread`.
        None if the columns vary independently.
    """

    spread: np.ndarray
    shares: np.ndarray | None = None
    mass: np.ndarray | None = None
    factors: np.ndarray | None = None

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays that the sampler consists of, by name."""
        parts = {name: getattr(self, name) for name in ARRAYS}
        return {name: part for name, part in parts.items() if part is not None}

    def choose(
        self, rows: np.ndarray, n: int, rng: np.random.RandomState
    ) -> np.ndarray:
        """Draw n of the given positions of distilled rows, with replacement.

        Rows are drawn in equal numbers, or in proportion to their mass, up to rounding:
        systematic sampling has less variance than independent draws.
        """
        weights = np.ones(len(rows))
        if self.mass is not None and self.mass[rows].sum() > 0:
            weights = self.mass[rows].astype(np.float64)
        ends = np.cumsum(weights) / weights.sum()
        points = (np.arange(n) + rng.uniform()) / max(n, 1)
        return rows[np.searchsorted(ends, points, side="right").clip(max=len(rows) - 1)]

    def draw(
        self,
        Z: np.ndarray,
        chosen: np.ndarray,
        is_share: np.ndarray,
        blocks: list[slice],
        rng: np.random.RandomState,
    ) -> np.ndarray:
        """Return one encoded row around each of the chosen distilled rows.

        Parameters
        ----------
        Z : float32 ndarray of shape (m, n_encoded)
            The encoded rows of the distilled set.
        chosen : ndarray of int of shape (n,)
        is_share : bool ndarray of shape (n_encoded,)
            Which encoded columns are indicators.
        blocks : list of slice
            The encoded columns of each column of X.
        rng : RandomState
        """
        drawn = Z[chosen].astype(np.float64)
        noise = rng.standard_normal((len(chosen), len(self.spread)))
        if self.factors is not None:
            noise *= np.sqrt(np.maximum(1.0 - (self.factors**2).sum(axis=0), 0.0))
            noise += (
                rng.standard_normal((len(chosen), len(self.factors))) @ self.factors
            )
        drawn[:, ~is_share] += noise * self.spread
        if self.shares is None:
            return drawn.astype(np.float32)
        expected = np.zeros((len(Z), len(is_share)))
        expected[:, is_share] = self.shares
        for block in blocks:
            inside = is_share[block]
            if inside.all():
                drawn[:, block] = _one_hot(expected[:, block], chosen, rng)
            elif inside.any():
                # The last column of the block is the indicator of a missing value.
                last = block.stop - 1
                missing = rng.uniform(size=len(chosen)) < expected[chosen, last]
                drawn[:, last] = missing
                drawn[missing, block.start : last] = 0.0
        return drawn.astype(np.float32)


ARRAYS = ("spread", "shares", "mass", "factors")


def _one_hot(
    shares: np.ndarray, chosen: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Draw a category for each chosen row, and return one-hot vectors."""
    ends = np.cumsum(shares, axis=1)
    ends /= np.maximum(ends[:, -1:], 1e-12)
    points = rng.uniform(size=(len(chosen), 1))
    drawn = (points >= ends[chosen]).sum(axis=1).clip(max=shares.shape[1] - 1)
    return np.eye(shares.shape[1])[drawn]
