"""Labels from a teacher for the rows that are passed without labels."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from .._utils.containers import in_form_of, stacked
from ..encoding import make_encoder
from ..encoding.values import columns_of
from ..soft_labels.fitting import fit_weighted
from ..soft_labels.teacher import seeded, teacher_or_forest
from ..validation.rows import check_rows
from .training_data import TrainingData

# The smallest weight of a pseudo-labeled row, so that none vanishes from the data.
LEAST_WEIGHT = 1e-3
# The smallest probability, as a share of that of the likeliest class, at which a row
# may be labeled with a rarer class.
PLAUSIBLE = 0.5


def with_pseudo_labels(
    distiller: Any, data: TrainingData, X_unlabeled: Any
) -> TrainingData:
    """Append the unlabeled rows, with labels that a teacher predicts.

    Parameters
    ----------
    distiller : BaseDistiller
        Its `soft_labels` is the teacher; a random forest unless it is an estimator.
    data : TrainingData
        The labeled rows.
    X_unlabeled : array-like or DataFrame of k rows

    Returns
    -------
    TrainingData
        The weight of a pseudo-labeled row is the probability of its label times the
        mean weight of the labeled rows; for regression it is that mean weight.

    Raises
    ------
    ValueError, TypeError
        If there are no labels to learn from, or if the rows cannot be distilled.
    """
    task, y, classes, *_ = data.target
    if task == "unsupervised":
        raise ValueError(
            "X_unlabeled can only be passed together with labels, but y is None. To "
            "distill without labels, pass all rows as X."
        )
    try:
        X_more = check_rows(distiller, X_unlabeled, reset=False)
    except (ValueError, TypeError) as error:
        raise type(error)(f"X_unlabeled: {error}") from error
    X_more = in_form_of(data.X, X_more)
    X, n = stacked(data.X, X_more), len(data.X)
    _check_kinds(data.X, X)
    weights = np.r_[data.sample_weight, np.full(len(X_more), data.sample_weight.mean())]
    encoder = make_encoder(
        X,
        image_shape=distiller.image_shape,
        numeric=distiller.numeric,
        categorical_features=distiller.categorical_features,
    )
    Z = encoder.fit(X, weights).encode(X).reshape(len(X), -1)
    seed = _teacher_seed(distiller)
    teacher = teacher_or_forest(
        distiller.soft_labels,
        seed,
        is_regression=classes is None,
        n_rows=n,
        n_targets=y[0].size,
    )
    fitted = fit_weighted(seeded(teacher, seed), Z[:n], y, data.sample_weight)
    if classes is None:
        pseudo = fitted.predict(Z[n:]).astype(np.result_type(y, np.float32))
    else:
        proba = np.zeros((len(Z), len(classes)))
        proba[:, fitted.classes_] = fitted.predict_proba(Z)
        # The mean prediction is the prior that the teacher has learned, whether or not
        # the teacher uses sample weights.
        prior = np.average(proba, axis=0, weights=weights)
        pseudo, certainty = likeliest_labels(proba[n:], prior)
        weights[n:] *= certainty
    return replace(
        data,
        X=X,
        target=data.target._replace(values=np.concatenate([y, pseudo])),
        sample_weight=weights,
        is_weighted=True,
        positions=np.r_[data.positions, data.n_given + np.arange(len(X_more))],
        n_unlabeled=len(X_more),
    )


def _teacher_seed(distiller: Any) -> int:
    """Return the seed of the teacher of the pseudo-labels."""
    # A fixed seed stands in for random_state=None, because a fit that resumes from a
    # checkpoint must find the same labels again.
    if distiller.random_state is None:
        return 0
    return int(check_random_state(distiller.random_state).randint(2**31 - 1))


def n_rows_of(X: Any) -> int:
    """Return the number of rows of array-like or sparse X."""
    return X.shape[0] if hasattr(X, "shape") else len(X)


def check_length_differs(rows: Any, X: Any) -> None:
    """Raise ValueError if a distilled set has as many rows as the labeled rows X.

    A Pipeline would otherwise fit its next step on the distilled rows with the labels
    of X.
    """
    n_labeled = n_rows_of(X)
    if len(rows) == n_labeled:
        raise ValueError(
            f"The distilled set has {n_labeled} rows, as many as X, but its rows are "
            "not those of X. A Pipeline would pair them with the labels of X. Change "
            "the budget, or use DistilledClassifier or DistilledRegressor."
        )


def _check_kinds(X: Any, X_both: Any) -> None:
    """Raise ValueError if a numeric column of X is not numeric in `X_unlabeled`."""
    pairs = zip(columns_of(X), columns_of(X_both), strict=True)
    for j, (known, both) in enumerate(pairs):
        if known.dtype.kind in "biuf" and both.dtype.kind not in "biuf":
            name = X.columns[j] if hasattr(X, "columns") else j
            raise ValueError(
                f"Column {name!r} is numeric in X, but not in X_unlabeled. Convert it "
                "to a numeric dtype."
            )


def likeliest_labels(
    proba: np.ndarray, prior: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return a label for each row, and the probability of that label.

    A distilled set needs rows of all classes, also of rare ones. Among the plausible
    classes a row therefore gets the class whose probability is raised most above its
    prior :math:`\pi_c`:

    .. math:: \hat y(x) = \arg\max_c p(c \mid x) / \pi_c
        \quad\text{among}\quad p(c \mid x) \ge \tfrac12 \max_k p(k \mid x) .

    The certainty of the label is :math:`p(\hat y \mid x)`.

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
