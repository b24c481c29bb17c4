"""The kernel features of decoders: centers, kernel values and Nystrom features."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from ..distilled_set.growth import Decoder
from ..distilled_set.growth.decoder import CHUNK

# At most this many rows of a set are centers of the decoder, and at most this many
# training rows are used for the final fit and for the choice of its parameters.
MAX_CENTERS = 500
MAX_ROWS = 10_000
MAX_CHOICE_ROWS = 6_000
# Eigenvalues of the kernel matrix below this share of the largest one are dropped.
MIN_EIGENVALUE = 1e-6


def center_positions(centers: np.ndarray, codes: np.ndarray) -> np.ndarray | None:
    """Return the positions of the centers, or None if all rows are centers."""
    if len(centers) <= MAX_CENTERS:
        return None
    by_class = np.argsort(codes, kind="stable")
    even = np.linspace(0, len(centers) - 1, MAX_CENTERS).astype(np.int64)
    return np.sort(by_class[even])


def kernel_values(decoder: Decoder, Z: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the kernel values of many rows, with bounded memory for distances."""
    starts = range(0, len(Z), CHUNK)
    return np.concatenate([decoder.kernel(Z[s : s + CHUNK], at) for s in starts])


def nystrom_basis(K: np.ndarray) -> np.ndarray:
    """Return the matrix by which kernel values become Nystrom features."""
    values, vectors = np.linalg.eigh(K.astype(np.float64))
    kept = values > MIN_EIGENVALUE * values[-1]
    return (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)
