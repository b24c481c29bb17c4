"""Rows without labels: a teacher labels them, and they are distilled like the rest."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._utils.containers import in_form_of, stacked
from ..encoding import make_encoder
from ..encoding.columns import columns_of
from ..soft_labels.fitting import fit_weighted
from ..soft_labels.teacher import seeded, teacher_or_forest
from ..validation.rows import check_rows
from .assembly import Source

# The weight of a row of whose label the teacher is not sure at all: it is there.
LEAST_WEIGHT = 1e-3
# A row may be taken for a rare class that is at least so likely, as a share of the
# likeliest class's probability.
PLAUSIBLE = 0.5


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
    try:
        X_more = check_rows(distiller, X_unlabeled, reset=False)
    except (ValueError, TypeError) as error:
        raise type(error)(f"X_unlabeled: {error}") from error
    X_more = in_form_of(source.X, X_more)
    X, n = stacked(source.X, X_more), len(source.X)
    _check_kinds(source.X, X)
    weights = np.r_[source.weights, np.full(len(X_more), source.weights.mean())]
    encoder = make_encoder(
        X, image_shape=distiller.image_shape, numeric=distiller.numeric
    )
    Z = encoder.fit(X, weights).encode(X).reshape(len(X), -1)
    # Without a seed too a killed fit has to find the same labels again.
    seed = 0
    if distiller.random_state is not None:
        seed = int(check_random_state(distiller.random_state).randint(2**31 - 1))
    teacher = teacher_or_forest(
        distiller.soft_labels, seed, is_regression=classes is None
    )
    fitted = fit_weighted(seeded(teacher, seed), Z[:n], y, source.weights)
    if classes is None:
        guessed = fitted.predict(Z[n:]).astype(np.result_type(y, np.float32))
    else:
        proba = np.zeros((len(Z), len(classes)))
        proba[:, fitted.classes_] = fitted.predict_proba(Z)
        # The balance that the teacher shows, whatever it made of weights.
        shown = np.average(proba, axis=0, weights=weights)
        guessed, certainty = likeliest_labels(proba[n:], shown)
        weights[n:] *= certainty
    return replace(
        source,
        X=X,
        target=source.target._replace(values=np.concatenate([y, guessed])),
        weights=weights,
    )


def refuse_as_many(rows: Any, X: Any) -> None:
    """Raise ValueError if a distilled set is as long as the labelled rows, X.

    A Pipeline, which sees no difference, would fit its next step on X's labels.
    """
    n_labelled = X.shape[0] if hasattr(X, "shape") else len(X)
    if len(rows) == n_labelled:
        raise ValueError(
            f"The distilled set has as many rows as X, {n_labelled}, but they are "
            "others: a Pipeline would fit its next step on the labels of X. Change the "
            "budget, or use DistilledClassifier or DistilledRegressor."
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

    In doubt a row speaks for the class that it makes more likely than it was, and not
    for the most frequent one, since a distilled set asks all classes for rows:

    .. math:: \hat y(x) = \arg\max_c p(c \mid x) / \pi_c
        \quad\text{among}\quad p(c \mid x) \ge \tfrac12 \max_k p(k \mid x) .

    Its certainty is :math:`p(\hat y \mid x)`.

    Parameters
    ----------
    proba : ndarray of shape (k, n_classes)
        Rows sum to 1.
    prior : ndarray of shape (n_classes,)
        Class shares, up to a factor.

    Returns
    -------
    codes : ndarray of int of shape (k,)
    certainty : ndarray of float of shape (k,)
        At least `LEAST_WEIGHT`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.base.pseudo_labels import likeliest_labels
    >>> likeliest_labels(np.array([[0.6, 0.4], [0.9, 0.1]]), np.array([0.8, 0.2]))
    (array([1, 0]), array([0.4, 0.9]))
    """
    plausible = proba >= PLAUSIBLE * proba.max(axis=1, keepdims=True)
    lift = proba / np.where(prior > 0, prior, 1.0)
    codes = np.where(plausible, lift, -1.0).argmax(axis=1)
    certainty = proba[np.arange(len(proba)), codes]
    return codes, np.maximum(certainty, LEAST_WEIGHT)
