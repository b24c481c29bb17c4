"""Rows without labels: a teacher labels them, and they are distilled like the rest."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .assembly import Source
from .containers import in_form_of, stacked
from .encoding import columns_of, make_encoder
from .labels import correct_prior, fit_weighted, seeded, teacher_or_forest
from .validation import check_rows

# The weight of a row of whose label the teacher is not sure at all: it is there.
LEAST_WEIGHT = 1e-3


def with_unlabeled(distiller: Any, source: Source, X_unlabeled: Any) -> Source:
    """Return the labelled rows and, labelled by a teacher, those without a label.

    Parameters
    ----------
    distiller : BaseDistiller
        Its `soft_labels` names the teacher, a random forest unless it is an estimator.
    source : Source
        The labelled rows.
    X_unlabeled : array-like or DataFrame of k rows

    Returns
    -------
    Source
        A row that was labelled so has the weight of the teacher's certainty, in units
        of the mean weight of labelled rows; for regression all have that mean.

    Raises
    ------
    ValueError, TypeError
        If there are no labels to learn from, or for rows that cannot be distilled.
    """
    task, y, classes, *_ = source.target
    if task == "unsupervised":
        raise ValueError(
            "X_unlabeled goes with labelled rows, but y is None. Without labels pass "
            "all rows as X."
        )
    X_more = in_form_of(source.X, check_rows(distiller, X_unlabeled, reset=False))
    X, n = stacked(source.X, X_more), len(source.X)
    _check_kinds(source.X, X)
    weights = np.r_[source.weights, np.full(len(X_more), source.weights.mean())]
    encoder = make_encoder(
        X, image_shape=distiller.image_shape, numeric=distiller.numeric
    )
    Z = encoder.fit(X, weights).encode(X).reshape(len(X), -1)
    seed = int(check_random_state(distiller.random_state).randint(2**31 - 1))
    teacher = teacher_or_forest(
        distiller.soft_labels, seed, is_regression=classes is None
    )
    fitted = fit_weighted(seeded(teacher, seed), Z[:n], y, source.weights)
    if classes is None:
        guessed = fitted.predict(Z[n:]).astype(np.result_type(y, np.float32))
    else:
        proba = np.zeros((len(X_more), len(classes)))
        proba[:, fitted.classes_] = fitted.predict_proba(Z[n:])
        prior = np.bincount(y, weights=source.weights)
        guessed, certainty = likeliest_labels(proba, prior)
        weights[n:] *= certainty
    return replace(
        source,
        X=X,
        target=source.target._replace(values=np.concatenate([y, guessed])),
        weights=weights,
    )


def _check_kinds(X: Any, X_both: Any) -> None:
    """Raise ValueError for a column of numbers to which something else was added."""
    pairs = zip(columns_of(X), columns_of(X_both), strict=True)
    for j, (known, both) in enumerate(pairs):
        if known.dtype.kind in "biuf" and both.dtype.kind not in "biuf":
            name = X.columns[j] if hasattr(X, "columns") else j
            raise ValueError(
                f"column {name!r} holds numbers in X, but not all of its values in "
                "X_unlabeled are numbers. Convert it to a numeric dtype."
            )


def likeliest_labels(
    proba: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the label that each row speaks for, and how certain it is.

    A row speaks for the class that it makes more likely than it was,

    .. math:: \hat y(x) = \arg\max_c p(c \mid x) / \pi_c ,

    and not for the most frequent one in doubt: a distilled set asks all classes for
    rows. Its certainty is :math:`p(\hat y \mid x)`.

    Parameters
    ----------
    proba : ndarray of shape (k, n_classes)
        Rows sum to 1.
    prior : ndarray of shape (n_classes,)
        Class shares of the labelled rows, up to a factor; positive.

    Returns
    -------
    codes : ndarray of int of shape (k,)
    certainty : ndarray of float of shape (k,)
        At least `LEAST_WEIGHT`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.unlabeled import likeliest_labels
    >>> likeliest_labels(np.array([[0.7, 0.3], [0.9, 0.1]]), np.array([0.8, 0.2]))
    (array([1, 0]), array([0.3, 0.9]))
    """
    codes = correct_prior(proba, prior, np.ones_like(prior)).argmax(axis=1)
    certainty = proba[np.arange(len(proba)), codes]
    return codes, np.maximum(certainty, LEAST_WEIGHT)
