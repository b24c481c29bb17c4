"""Weights of distilled pixels, and classifiers that are fitted with them."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import pairwise_distances_argmin
from sklearn.preprocessing import StandardScaler

from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.data_prior import prior_ratio, sets_own_prior
from ..soft_labels.fitting import fit_on_set, weight_parameter

# The power of the represented mass that each kind of weights is.
POWERS = {"mass": 1.0, "sqrt": 0.5}


def represented_mass(
    distilled: DistilledSet, rows: np.ndarray, y: np.ndarray, weights: np.ndarray | None
) -> np.ndarray:
    """Return how many pixels each distilled pixel represents.

    A pixel is represented by the nearest distilled pixel of its class, in standardized
    features.

    Parameters
    ----------
    distilled : DistilledSet
        Distilled from `rows`.
    rows : ndarray of shape (n, n_features)
    y : ndarray of shape (n,)
    weights : ndarray of shape (n,) or None

    Returns
    -------
    ndarray of shape (m,)
        Positive; the sum of a class is its mass, except for half a pixel per row.
    """
    scaler = StandardScaler().fit(rows)
    weights = np.ones(len(rows)) if weights is None else weights
    mass = np.zeros(len(distilled))
    X = np.asarray(distilled.X)
    labels = np.asarray(distilled.y)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        of_class = y == label
        nearest = pairwise_distances_argmin(
            scaler.transform(rows[of_class]), scaler.transform(X[members])
        )
        represented = np.bincount(nearest, weights[of_class], len(members))
        # A row that represents no other pixel keeps half of its own weight.
        mass[members] = represented + 0.5 * weights[of_class].mean()
    return mass


def fit_weighted_by_mass(
    estimator: Any, distilled: DistilledSet, mass: np.ndarray, weights: str | None
) -> tuple[Any, np.ndarray | None]:
    """Fit a clone of a classifier on distilled pixels that represent others.

    Parameters
    ----------
    estimator : classifier
    distilled : DistilledSet
    mass : ndarray of shape (m,)
        From `represented_mass`.
    weights : {"mass", "sqrt"} or None
        The weights of the distilled pixels: their mass, its square root, or equal
        weights. If the classifier does not take sample weights, its probabilities are
        corrected to the class shares that the weights have.

    Returns
    -------
    fitted : classifier
    ratio : ndarray of shape (n_classes,) or None
        The factors for the columns of predicted probabilities; None for no correction.
    """
    if weights is None or sets_own_prior(estimator):
        return fit_on_set(clone(estimator), distilled), None
    weighted = copy.copy(distilled)
    weighted.sample_weight = mass ** POWERS[weights]
    weighted.sample_weight /= weighted.sample_weight.mean()
    fitted = fit_on_set(clone(estimator), weighted)
    if weight_parameter(estimator) is not None or not hasattr(fitted, "predict_proba"):
        return fitted, None
    codes = np.searchsorted(np.asarray(distilled.classes), np.asarray(distilled.y))
    return fitted, prior_ratio(
        np.bincount(codes, weighted.sample_weight), np.bincount(codes).astype(float)
    )
