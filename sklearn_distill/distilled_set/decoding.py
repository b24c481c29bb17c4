"""Labels and probabilities that the decoder of a distilled set predicts."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.containers import in_form_of
from .._utils.native_rows import dense_rows_of
from .growth import Growth
from .parts import SetParts


def growth_of(parts: SetParts, name: str) -> Growth:
    """Return the sampler and the decoder, or raise ValueError."""
    if parts.growth is None:
        raise ValueError(
            f"{name} requires a sampler and a decoder, which this distilled set does "
            "not have. Set densify='auto' on the distiller, for example "
            "KMeansSelection(representative='centroid', densify='auto'), and distill "
            "the data again."
        )
    return parts.growth


def codes_of(parts: SetParts) -> np.ndarray:
    """Return the class code of each distilled row; zeros for regression."""
    if parts.classes is None:
        return np.zeros(parts.X.shape[0], dtype=np.int64)
    sorter = np.argsort(parts.classes)
    return sorter[np.searchsorted(parts.classes, parts.y, sorter=sorter)]


def predicted_probabilities(parts: SetParts, X: Any, prior: str) -> np.ndarray:
    """Return the class probabilities of the decoder for the rows of X."""
    if parts.classes is None:
        raise ValueError(
            "predict_proba requires classes, but the set has continuous targets. Use "
            "predict."
        )
    growth_of(parts, "predict_proba")
    return _decoded(parts, X, prior)


def predicted_labels(parts: SetParts, X: Any, prior: str) -> np.ndarray:
    """Return the labels that the decoder predicts for the rows of X."""
    growth_of(parts, "predict")
    decoded = _decoded(parts, X, prior)
    if parts.classes is None:
        return decoded
    return parts.classes[decoded.argmax(axis=1)]


def _decoded(parts: SetParts, X: Any, prior: str) -> np.ndarray:
    """Return the probabilities or targets of the decoder for the rows of X."""
    if prior not in ("data", "set"):
        raise ValueError(f"prior must be 'data' or 'set'; got {prior!r}.")
    own, growth = dense_rows_of(parts.X), growth_of(parts, "predict")
    X = dense_rows_of(X)
    if getattr(X, "ndim", 2) != 2 or np.shape(X)[1:] != own.shape[1:]:
        raise ValueError(
            f"X must have the {own.shape[1]} columns of the set; got shape "
            f"{np.shape(X)}."
        )
    X = in_form_of(own, X)
    if hasattr(own, "iloc"):
        X = X[own.columns]
    n_classes = None if parts.classes is None else len(parts.classes)
    codes = parts.y if n_classes is None else codes_of(parts)
    decoded = growth.decode_labels(growth.encoder.encode(X), own, codes, n_classes)
    if n_classes is not None and prior == "data" and parts.class_mass is not None:
        decoded = decoded * parts.class_mass
        decoded /= decoded.sum(axis=1, keepdims=True)
    return decoded
