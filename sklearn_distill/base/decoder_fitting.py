"""Fit the decoder of a distilled set with classes to the training rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from ..distilled_set.growth import Decoder
from ..distilled_set.growth.decoder import ridge_from_rows
from .kernel_features import (
    MAX_CHOICE_ROWS,
    MAX_ROWS,
    center_positions,
    kernel_values,
    nystrom_basis,
)
from .prototypes import median_distance

# The inverse strengths of the penalty of logistic regression, in the order in which
# they are fitted, and the numbers of iterations for the choice and for the final fit.
PENALTIES = (1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0)
CHOICE_ITERATIONS = 15
ITERATIONS = 40


def fit_classification_decoder(
    Z: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    codes_of_centers: np.ndarray,
    *,
    n_classes: int,
    others: np.ndarray | None,
    drawn: np.ndarray | None = None,
    rng: np.random.RandomState,
) -> Decoder:
    """Return a class-balanced logistic regression on kernels at the centers.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, n_encoded)
    codes : ndarray of int of shape (n,)
    weights : ndarray of shape (n,)
    centers : float32 ndarray of shape (m, n_encoded)
    codes_of_centers : ndarray of int of shape (m,)
    n_classes : int
    drawn : float32 ndarray of shape (n_drawn, n_encoded) or None
        Further centers, which the sampler draws in the same way whenever they are
        needed, so that they are not stored.
    others : ndarray of int or None
        If the centers are real rows, the positions of all other rows. Kernel ridge
        regression from the rows alone, which stores no coefficients, is then used if it
        predicts other rows at least as well. Learned rows were fitted to the training
        rows, so that this comparison would be biased.
    rng : RandomState
    """
    widths = np.array(
        [median_distance(Z, rng), median_distance(Z, rng, metric="cityblock")]
    )
    plain = Decoder(widths, centers=center_positions(centers, codes_of_centers))
    if n_classes == 1:
        return plain
    used = _class_balanced(codes, MAX_ROWS, rng)
    at = centers if plain.centers is None else centers[plain.centers]
    n_drawn = 0 if drawn is None else len(drawn)
    if drawn is not None and n_drawn:
        at = np.concatenate([at, drawn])
    basis = nystrom_basis(plain.kernel(at, at))
    features = kernel_values(plain, Z[used], at) @ basis
    y, balanced = codes[used], _balanced(codes[used], weights[used], n_classes)
    choice = rng.permutation(len(used))[:MAX_CHOICE_ROWS]
    held_out = np.zeros(len(used), dtype=bool)
    held_out[choice[: len(choice) // 3]] = True
    training = np.setdiff1d(choice, np.flatnonzero(held_out))
    if len(np.unique(y[training])) < n_classes or not held_out.any():
        return plain
    model, best, score = _chosen_penalty(
        features, y, balanced, training, np.flatnonzero(held_out)
    )
    if others is not None:
        rest = np.flatnonzero(held_out & np.isin(used, others))
        own = ridge_from_rows(plain, centers, np.eye(n_classes)[codes_of_centers])
        scores = own.scores(Z[used[rest]], centers)
        if len(rest) and _balanced_accuracy(y[rest], scores.argmax(1)) >= score:
            return plain
    model.set_params(C=best, max_iter=ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, y, sample_weight=balanced)
    return Decoder(
        widths,
        coef=(basis @ model.coef_.T).astype(np.float32),
        intercept=np.asarray(model.intercept_, dtype=np.float32),
        centers=plain.centers,
        drawn=np.array([n_drawn]) if n_drawn else None,
    )


def _chosen_penalty(
    features: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    training: np.ndarray,
    held_out: np.ndarray,
) -> tuple[LogisticRegression, float, float]:
    """Return a model to continue from, its penalty and its held-out score."""
    model = LogisticRegression(warm_start=True, max_iter=CHOICE_ITERATIONS)
    found = []
    for C in PENALTIES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.set_params(C=C).fit(
                features[training], y[training], sample_weight=weights[training]
            )
        proba = model.predict_proba(features[held_out])
        labels = model.classes_[proba.argmax(axis=1)]
        score = _balanced_accuracy(y[held_out], labels)
        own = proba[np.arange(len(held_out)), y[held_out]]
        found.append(
            (score, np.average(np.log(own + 1e-9), weights=weights[held_out]), C)
        )
    score, _, best = max(found)
    return model, best, score


def _class_balanced(
    codes: np.ndarray, max_rows: int, rng: np.random.RandomState
) -> np.ndarray:
    """Return positions of at most `max_rows` rows; small classes are kept whole."""
    if len(codes) <= max_rows:
        return np.arange(len(codes))
    counts = np.sort(np.bincount(codes))
    # The largest number of rows of a class for which all classes fit.
    rest, cap = max_rows, 0
    for i, count in enumerate(counts):
        cap = rest // (len(counts) - i)
        if count > cap:
            break
        rest -= count
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    starts = np.searchsorted(codes[order], np.arange(len(counts)))
    rank = np.arange(len(codes)) - starts[codes[order]]
    return np.sort(order[rank < max(cap, 1)])


def _balanced_accuracy(y: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean recall of the classes in y."""
    counts = np.bincount(y)
    correct = np.bincount(y[y == labels], minlength=len(counts))
    return float(np.mean(correct[counts > 0] / counts[counts > 0]))


def _balanced(codes: np.ndarray, weights: np.ndarray, n_classes: int) -> np.ndarray:
    """Return weights with equal sums for all classes and a mean of 1."""
    mass = np.bincount(codes, weights=weights, minlength=n_classes)
    balanced = weights / mass[codes]
    return balanced / balanced.mean()
