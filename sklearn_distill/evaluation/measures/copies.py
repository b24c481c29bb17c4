"""Detection of distilled rows that are copies of real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.neighbors import NearestNeighbors


def copies(
    real: np.ndarray, held_out: np.ndarray | None, distilled: np.ndarray
) -> dict[str, float]:
    """Return how close distilled rows are to the real rows that they summarize.

    Parameters
    ----------
    real : ndarray of shape (n, d)
        The training data of the distilled set.
    held_out : ndarray of shape (k, d) or None
        Real rows that were not distilled.
    distilled : ndarray of shape (m, d)

    Returns
    -------
    dict
        "copies" is the share of distilled rows that equal a real row. "nearest" is the
        median distance of a distilled row to the nearest real row, divided by the
        median distance of a real row to its nearest real row. "nearer to training" is
        the share of distilled rows that are nearer to the training rows than to the
        same number of held-out rows, where ties count one half. It is 0.5 if distilled
        rows do not reveal which real rows were distilled.
    """
    nearest_real = NearestNeighbors(n_neighbors=1).fit(real)
    distances = nearest_real.kneighbors(distilled)[0][:, 0]
    spacing = float(np.median(nearest_real.kneighbors()[0])) if len(real) > 1 else 0.0
    nearer = float("nan")
    if held_out is not None and len(held_out):
        size = min(len(real), len(held_out))
        rng = np.random.RandomState(0)
        to_training, to_held_out = (
            NearestNeighbors(n_neighbors=1)
            .fit(rows[rng.permutation(len(rows))[:size]])
            .kneighbors(distilled)[0][:, 0]
            for rows in (real, held_out)
        )
        ties = to_training == to_held_out
        nearer = float(np.mean((to_training < to_held_out) + 0.5 * ties))
    return {
        # Distances are computed from sums of squares, so the distance of a copy may
        # differ from 0 by a rounding error.
        "copies": float((distances <= 1e-6).mean()),
        "nearest": float(np.median(distances)) / spacing
        if spacing > 0
        else float("nan"),
        "nearer to training": nearer,
    }
