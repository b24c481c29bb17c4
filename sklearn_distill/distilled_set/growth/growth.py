"""What a distilled set needs to grow: encoder, sampler and decoder."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import softmax

from .compact_encoder import CompactEncoder
from .decoder import Decoder, ridge_from_rows
from .sampler import Sampler

# The seed with which the centers of a decoder are drawn that are not distilled rows.
CENTER_SEED = 0


def drawn_centers(
    encoder: CompactEncoder, sampler: Sampler, Z: np.ndarray, n: int
) -> np.ndarray:
    """Return n points around the encoded distilled rows Z, the same in each call."""
    rng = np.random.RandomState(CENTER_SEED)
    chosen = np.arange(n) % len(Z)
    drawn = sampler.draw(Z, chosen, encoder.is_share_, encoder.slices_, rng)
    return np.clip(drawn, encoder.lower_, encoder.upper_)


@dataclass(frozen=True)
class Growth:
    """The sampler and the decoder of the m rows of a distilled set.

    The distillers create this object if their parameter `densify` is set.

    Attributes
    ----------
    encoder : CompactEncoder
        Maps rows to the encoded space and back to valid values.
    sampler : Sampler
    decoder : Decoder
    """

    encoder: CompactEncoder
    sampler: Sampler
    decoder: Decoder

    @cached_property
    def n_numbers(self) -> int:
        """The number of values that the encoder, sampler and decoder store."""
        return self.encoder.n_numbers_ + sum(part.size for part in self._arrays)

    @cached_property
    def nbytes(self) -> int:
        """The size of all numbers in bytes."""
        n_bytes = sum(part.nbytes for part in self._arrays)
        return int(8 * self.encoder.n_numbers_ + n_bytes)

    @property
    def _arrays(self) -> list[np.ndarray]:
        """The arrays of sampler and decoder."""
        return [*self.sampler.arrays.values(), *self.decoder.arrays.values()]

    def check(self, X: Any) -> None:
        """Raise ValueError unless the parts belong to the rows X."""
        m, n_columns = X.shape[0], len(self.encoder.columns_)
        if X.shape[1:] != (n_columns,):
            raise ValueError(
                f"growth was fitted to {n_columns} columns, but X has shape {X.shape}."
            )
        drawn, factors = self.decoder.drawn, self.sampler.factors
        if drawn is not None and (drawn.shape != (1,) or drawn[0] < 0):
            raise ValueError(f"drawn must be one number of centers; got {drawn}.")
        if factors is not None and factors.shape[1:] != self.sampler.spread.shape:
            raise ValueError(
                f"factors has shape {factors.shape}, but spread has "
                f"{len(self.sampler.spread)} columns."
            )
        of_rows = {"shares": self.sampler.shares, "mass": self.sampler.mass}
        sizes = {name: len(part) for name, part in of_rows.items() if part is not None}
        if self.decoder.centers is None and self.decoder.coef is not None:
            sizes["coef"] = len(self.decoder.coef) - self.decoder.n_drawn
        for name, size in sizes.items():
            if size != m:
                raise ValueError(
                    f"growth has {size} rows of {name}, but X has {m} rows. The "
                    "sampler and the decoder belong to all rows of the set that they "
                    "were fitted to; pass growth=None for a part of the rows."
                )

    def centers(self, X: Any) -> np.ndarray:
        """Return the encoded distilled rows, with shares in place of indicators.

        Centers of the decoder that are not distilled rows follow.
        """
        Z, n_drawn = self.encoder.encode(X), self.decoder.n_drawn
        drawn = drawn_centers(self.encoder, self.sampler, Z, n_drawn)
        if self.sampler.shares is not None:
            Z[:, self.encoder.is_share_] = self.sampler.shares
        return np.concatenate([Z, drawn]) if n_drawn else Z

    def decode_labels(
        self, Z: np.ndarray, X: Any, codes: np.ndarray, n_classes: int | None
    ) -> np.ndarray:
        """Return class probabilities or targets of encoded rows.

        Parameters
        ----------
        Z : float32 ndarray of shape (n, n_encoded)
        X : ndarray or DataFrame of m rows
            The rows of the distilled set.
        codes : ndarray of shape (m,) or (m, n_targets)
            Their class codes, or their targets.
        n_classes : int or None
            None for regression.

        Returns
        -------
        ndarray of shape (n, n_classes), or (n,) or (n, n_targets) for regression
            Probabilities assume equal class shares.
        """
        centers, decoder = self.centers(X), self.decoder
        if n_classes is None:
            target: Any = decoder.target
            mean, scale, low, high = target
            if decoder.coef is None:
                targets = (codes.reshape(len(codes), -1) - mean) / scale
                decoder = ridge_from_rows(decoder, centers, targets)
            scores = decoder.scores(Z, centers)
            targets = np.clip(mean + scale * scores, low, high)
            return targets[:, 0] if codes.ndim == 1 else targets
        if decoder.coef is None:
            targets = np.eye(n_classes)[codes]
            decoder = ridge_from_rows(decoder, centers, targets)
            # Predictions of ridge regression are between 0 and 1 approximately.
            proba = np.clip(decoder.scores(Z, centers), 1e-6, None)
            return proba / proba.sum(axis=1, keepdims=True)
        scores = decoder.scores(Z, centers)
        if scores.shape[1] == 1 and n_classes == 2:
            scores = np.column_stack([np.zeros(len(Z)), scores])
        return softmax(scores, axis=1)

    def draw_rows(
        self, X: Any, chosen: np.ndarray, rng: np.random.RandomState
    ) -> tuple[Any, np.ndarray]:
        """Return new valid rows around the chosen rows of X, and their encoding."""
        encoder = self.encoder
        Z = self.sampler.draw(
            encoder.encode(X), chosen, encoder.is_share_, encoder.slices_, rng
        )
        rows = encoder.decode(np.clip(Z, encoder.lower_, encoder.upper_))
        return rows, encoder.encode(rows)
