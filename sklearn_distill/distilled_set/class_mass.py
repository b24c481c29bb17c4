"""Sample weights from the class mass of a distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from .parts import SetParts


def mass_weights(parts: SetParts) -> np.ndarray:
    """Return the number of training rows that each distilled row represents.

    Parameters
    ----------
    parts : SetParts

    Returns
    -------
    ndarray of shape (m,)

    Raises
    ------
    ValueError
        If the class mass of the set is unknown.
    """
    if parts.class_mass is None:
        raise ValueError(
            "The class mass of this distilled set is unknown, so that the class shares "
            "of its training data cannot be restored. Pass class_mass, the number of "
            "training rows of each class, to DistilledSet, or distill the data again."
        )
    weights = parts.sample_weight
    if weights is None:
        weights = np.ones(parts.X.shape[0])
    codes = np.zeros(parts.X.shape[0], dtype=np.int64)
    if parts.classes is not None and parts.y is not None:
        sorter = np.argsort(parts.classes)
        codes = sorter[np.searchsorted(parts.classes, parts.y, sorter=sorter)]
    total = np.bincount(codes, weights=weights, minlength=len(parts.class_mass))
    ratio = np.divide(
        parts.class_mass, total, out=np.zeros_like(total), where=total > 0
    )
    return weights * ratio[codes]
