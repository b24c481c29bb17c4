"""Fit the decoder of a distilled set to the training rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from ..distilled_set.growth import Decoder
from ..distilled_set.growth.decoder import ridge_from_rows
from .prototypes import median_distance

# At most this many rows of a set are centers of the decoder, and at most this many
# training rows are used for the final fit and for the choice of its parameters.
MAX_CENTERS = 500
MAX_ROWS = 10_000
MAX_CHOICE_ROWS = 6_000
# The inverse strengths of the penalty of logistic regression, in the order in which
# they are fitted, and the numbers of iterations for the choice and for the final fit.
PENALTIES = (1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0)
CHOICE_ITERATIONS = 15
ITERATIONS = 40
# Regression: bandwidths as multiples of the median squared distance, and ridges.
REGRESSION_BANDWIDTHS = (0.3, 1.0, 3.0, 10.0)
RIDGES = (0.003, 0.03, 0.3, 3.0, 30.0)
# Eigenvalues of the kernel matrix below this share of the largest one are dropped.
MIN_EIGENVALUE = 1e-6


def fit_classification_decoder(
    Z: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    codes_of_centers: np.ndarray,
    *,
    n_classes: int,
    others: np.ndarray | None,
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
    plain = Decoder(widths, centers=_positions(centers, codes_of_centers))
    if n_classes == 1:
        return plain
    used = _class_balanced(codes, MAX_ROWS, rng)
    at = centers if plain.centers is None else centers[plain.centers]
    basis = _basis(plain.kernel(at, at))
    features = _in_chunks(plain, Z[used], at) @ basis
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


def fit_regression_decoder(
    Z: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    target: np.ndarray,
    *,
    rng: np.random.RandomState,
) -> Decoder:
    """Return a ridge regression on a Gaussian kernel at the centers and on all columns.

    The bandwidth, the ridge, and whether distances weight the encoded columns by their
    relevance are chosen by the error on a third of the rows.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, n_encoded)
    y : ndarray of shape (n,) or (n, n_targets)
        Standardized targets.
    weights : ndarray of shape (n,)
    centers : float32 ndarray of shape (m, n_encoded)
    target : float64 ndarray of shape (4, n_targets)
        Mean, scale, minimum and maximum of the targets in the units of the user.
    rng : RandomState
    """
    used = rng.permutation(len(Z))[:MAX_ROWS]
    Z, weights = Z[used], weights[used]
    y = y[used].reshape(len(used), -1).astype(np.float64)
    n_choice = min(len(Z), MAX_CHOICE_ROWS)
    held_out, training = np.arange(n_choice // 3), np.arange(n_choice // 3, n_choice)
    if not len(held_out):
        held_out = training
    positions = _positions(centers, np.zeros(len(centers), dtype=np.int64))
    at = centers if positions is None else centers[positions]
    relevance = _relevance(Z[training], y[training], weights[training], rng)
    found: list[tuple[float, int, Decoder, np.ndarray, float, np.ndarray]] = []
    for factors in (None, relevance):
        scaled = Z if factors is None else Z * factors
        median = median_distance(scaled, rng)
        for multiple in REGRESSION_BANDWIDTHS:
            decoder = Decoder(
                np.array([multiple * median]), centers=positions, relevance=factors
            )
            basis = _basis(decoder.kernel(at, at))
            columns = _columns(decoder, Z[:n_choice], at, basis)
            for ridge in RIDGES:
                fitted = _ridge(
                    columns[training], y[training], weights[training], ridge
                )
                missed = (columns[held_out] @ fitted - y[held_out]) ** 2
                errors = np.average(missed, axis=0, weights=weights[held_out])
                found.append((errors.mean(), len(found), decoder, basis, ridge, errors))
    _, _, decoder, basis, ridge, errors = min(found, key=lambda one: one[:2])
    fitted = _ridge(_columns(decoder, Z, at, basis), y, weights, ridge)
    n_kernel = basis.shape[1]
    return Decoder(
        decoder.widths,
        coef=(basis @ fitted[:n_kernel]).astype(np.float32),
        intercept=fitted[-1].astype(np.float32),
        centers=positions,
        relevance=decoder.relevance,
        linear=fitted[n_kernel:-1].astype(np.float32),
        target=target,
        residual=np.sqrt(errors).astype(np.float32),
    )


def _columns(
    decoder: Decoder, Z: np.ndarray, at: np.ndarray, basis: np.ndarray
) -> np.ndarray:
    """Return the columns of the ridge regression: kernel, rows and a constant."""
    kernel = _in_chunks(decoder, Z, at) @ basis
    return np.column_stack([kernel, Z, np.ones(len(Z))]).astype(np.float64)


def _ridge(
    columns: np.ndarray, y: np.ndarray, weights: np.ndarray, ridge: float
) -> np.ndarray:
    """Return the coefficients of a weighted ridge regression; the last is free."""
    weighted = columns * weights[:, None]
    gram = weighted.T @ columns
    penalty = np.full(len(gram), ridge)
    penalty[-1] = 1e-9 * len(y)
    gram[np.diag_indices_from(gram)] += penalty
    return cho_solve(cho_factor(gram), weighted.T @ y)


def _relevance(
    Z: np.ndarray, y: np.ndarray, weights: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Return the root of the importance of each encoded column in a small forest."""
    forest = ExtraTreesRegressor(
        30,
        min_samples_leaf=5,
        max_features=0.5,
        random_state=rng.randint(np.iinfo(np.int32).max),
    ).fit(Z, y[:, 0] if y.shape[1] == 1 else y, sample_weight=weights)
    importance = forest.feature_importances_
    if importance.sum() <= 0:
        return np.ones(Z.shape[1], dtype=np.float32)
    return np.sqrt(importance / importance.mean()).astype(np.float32)


def _positions(centers: np.ndarray, codes: np.ndarray) -> np.ndarray | None:
    """Return the positions of the centers, or None if all rows are centers."""
    if len(centers) <= MAX_CENTERS:
        return None
    by_class = np.argsort(codes, kind="stable")
    even = np.linspace(0, len(centers) - 1, MAX_CENTERS).astype(np.int64)
    return np.sort(by_class[even])


def _in_chunks(decoder: Decoder, Z: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the kernel values of many rows, with bounded memory for distances."""
    starts = range(0, len(Z), 4_096)
    return np.concatenate([decoder.kernel(Z[s : s + 4_096], at) for s in starts])


def _basis(K: np.ndarray) -> np.ndarray:
    """Return the matrix by which kernel values become Nystrom features."""
    values, vectors = np.linalg.eigh(K.astype(np.float64))
    kept = values > MIN_EIGENVALUE * values[-1]
    return (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)


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
