"""The label-robust and the augmentation-robust score of DD-Ranking (LRS and ARS).

DD-Ranking (Li et al., 2025, "DD-Ranking: Rethinking the Evaluation of Dataset
Distillation") separates the contribution of the distilled rows from the contribution of
soft labels and augmentations. The differences from its published code are:

- scores are balanced accuracies as fractions, so that LRS and ARS lie in [0, 1];
- learner settings and the strength of the augmentation are selected on a validation
  part of the training rows, for every set alike, and never on test rows;
- the full data, whose classes may differ in size, are class-weighted, because distilled
  sets are balanced;
- learners are scikit-learn estimators, and the augmentation adds noise to standardized
  columns.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from ...distilled_set.distilled_set import DistilledSet
from ...soft_labels.fitting import fit_on_set
from .preprocessing import as_numbers, as_numeric_set

# Number of noisy copies of each distilled row, and the maximum number of rows of an
# augmented set.
N_COPIES, MAX_AUGMENTED = 10, 2_000
# Standard deviations of the noise; the best one is selected on validation rows.
NOISE = (0.1, 0.2, 0.4)
# Settings of each learner; the best one is selected on validation rows. The penalty of
# a support vector machine is selected too, because with a fixed C the score would
# depend on the number of rows.
SETTINGS: dict[str, list[Any]] = {
    "logistic regression": [
        LogisticRegression(C=C, max_iter=1_000) for C in (0.1, 1, 10)
    ],
    "nearest neighbors": [KNeighborsClassifier(n_neighbors=k) for k in (1, 3, 5)],
    "support vectors": [SVC(C=C) for C in (1, 10)],
}


def label_robust_score(
    full: float, hard: float, own: float, random: float, *, weight: float = 0.5
) -> float:
    r"""Return DD-Ranking's label-robust score (LRS) of a distilled set.

    .. math:: \alpha = w \, (own - random) - (1 - w) \, (full - hard), \qquad
              LRS = \frac{e^\alpha - e^{-1}}{e - e^{-1}}

    Parameters
    ----------
    full : float
        Score of the full data with hard labels, as a fraction.
    hard : float
        Score of the distilled rows with hard labels.
    own : float
        Score of the distilled rows with the labels of the distilled set.
    random : float
        Score of the same number of random rows with labels of the same kind.
    weight : float, default=0.5
        Weight w of the first difference.

    Returns
    -------
    float
        Between 0 and 1. The score is 0.269 if the distilled rows, random rows and the
        full data are equally good.

    Examples
    --------
    >>> from sklearn_distill.evaluation import label_robust_score
    >>> round(label_robust_score(full=0.9, hard=0.8, own=0.8, random=0.7), 3)
    0.269
    """
    alpha = weight * (own - random) - (1.0 - weight) * (full - hard)
    return _normalized(alpha)


def augmentation_robust_score(
    augmented: float,
    random_augmented: float,
    plain: float,
    random_plain: float,
    *,
    weight: float = 0.5,
) -> float:
    r"""Return DD-Ranking's augmentation-robust score (ARS) of a distilled set.

    .. math:: \beta = \gamma \, (augmented - random_{augmented}) + (1 - \gamma)
              (plain - random_{plain}), \qquad
              ARS = \frac{e^\beta - e^{-1}}{e - e^{-1}}

    Parameters
    ----------
    augmented, random_augmented : float
        Scores of the distilled rows and of the same number of random rows, both with
        augmentation.
    plain, random_plain : float
        The same scores without augmentation.
    weight : float, default=0.5
        Weight gamma of the difference with augmentation.

    Returns
    -------
    float
        Between 0 and 1. The score is 0.269 if the distilled rows are as good as random
        rows.

    Examples
    --------
    >>> from sklearn_distill.evaluation import augmentation_robust_score
    >>> round(augmentation_robust_score(0.8, 0.8, 0.7, 0.7), 3)
    0.269
    """
    beta = weight * (augmented - random_augmented)
    return _normalized(beta + (1.0 - weight) * (plain - random_plain))


def _normalized(difference: float) -> float:
    """Map a difference of scores from [-1, 1] to [0, 1], as DD-Ranking does."""
    return (math.exp(difference) - math.exp(-1.0)) / (math.e - math.exp(-1.0))


class _RealRows(NamedTuple):
    """Preprocessed validation rows, which select settings, and test rows."""

    Z_validation: np.ndarray
    y_validation: np.ndarray
    Z_test: np.ndarray
    y_test: np.ndarray


def robust_scores(
    distilled: DistilledSet,
    random: DistilledSet,
    X_train: Any,
    y_train: Any,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    max_rows: int = 2_000,
) -> dict[str, float]:
    """Return LRS and ARS of a distilled set, and the scores that they consist of.

    Parameters
    ----------
    distilled : DistilledSet
        Distilled set of a classification task.
    random : DistilledSet
        The same number of random rows with labels of the same kind.
    X_train, y_train : array-like
        Real training rows. A fifth of them, at most 2,000 rows, is the validation set
        that selects learner settings and the strength of the augmentation.
    X_test, y_test : array-like
        Real test rows.
    prepare : transformer
        Fitted on X_train, as `preprocessor` returns it.
    random_state : int, default=0
    max_rows : int, default=2_000
        Maximum number of training rows that represent the full data.

    Returns
    -------
    dict of str to float
        "LRS", "ARS", "IOR" (improvement over random), "HLR" (hard-label recovery gap)
        and the balanced accuracies "full hard", "hard", "own", "random own",
        "random hard", "augmented" and "random augmented", each a mean over logistic
        regression, nearest neighbors and support vectors.

    Raises
    ------
    ValueError
        If the distilled set has a continuous target.
    """
    if distilled.classes is None:
        raise ValueError(
            "DD-Ranking scores require class labels, but the distilled set has a "
            "continuous target."
        )
    y_train, y_test = np.asarray(y_train), np.asarray(y_test)
    learn, validation = _split_training_rows(y_train, distilled.classes, random_state)
    rng = np.random.RandomState(random_state)
    Z_train = as_numbers(prepare, X_train)
    real = _RealRows(
        Z_train[validation], y_train[validation], as_numbers(prepare, X_test), y_test
    )
    kept = rng.permutation(learn)[:max_rows]
    full = DistilledSet(
        Z_train[kept],
        y_train[kept],
        sample_weight=compute_sample_weight("balanced", y_train[kept]),
        classes=distilled.classes,
    )
    own, other = as_numeric_set(prepare, distilled), as_numeric_set(prepare, random)
    scores = {
        "full hard": _test_score([full], real),
        "hard": _test_score([_with_hard_labels(own)], real),
        "own": _test_score([own], real),
        "random own": _test_score([other], real),
        "random hard": _test_score([_with_hard_labels(other)], real),
        "augmented": _test_score([_augmented(own, s, rng) for s in NOISE], real),
        "random augmented": _test_score(
            [_augmented(other, s, rng) for s in NOISE], real
        ),
    }
    return _robust_scores_of(scores) | scores


def _split_training_rows(
    y: np.ndarray, classes: np.ndarray, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of the rows to learn from and of the validation rows."""
    n_validation = max(min(len(y) // 5, 2_000), len(classes))
    can_stratify = np.unique(y, return_counts=True)[1].min() > 1
    return train_test_split(
        np.arange(len(y)),
        test_size=n_validation,
        random_state=random_state,
        stratify=y if can_stratify else None,
    )


def _robust_scores_of(scores: dict[str, float]) -> dict[str, float]:
    """Return LRS, ARS, IOR and HLR, computed from balanced accuracies."""
    own, random_own = scores["own"], scores["random own"]
    return {
        "LRS": label_robust_score(scores["full hard"], scores["hard"], own, random_own),
        "ARS": augmentation_robust_score(
            scores["augmented"], scores["random augmented"], own, random_own
        ),
        "IOR": own - random_own,
        "HLR": scores["full hard"] - scores["hard"],
    }


def _test_score(variants: list[DistilledSet], real: _RealRows) -> float:
    """Return the test score, averaged over the learners.

    The setting of each learner is selected on the first variant of the set, and then
    the variant is selected for that setting, both on validation rows.
    """
    scores = []
    for settings in SETTINGS.values():
        possible = [
            (learner, variants[0])
            for learner in settings
            if getattr(learner, "n_neighbors", 1) <= len(variants[0])
        ]
        setting, model = _best_on_validation_rows(possible, real)
        if len(variants) > 1:
            pairs = [(setting, variant) for variant in variants]
            _, model = _best_on_validation_rows(pairs, real)
        scores.append(_balanced_accuracy(model, real.Z_test, real.y_test))
    return float(np.mean(scores))


def _best_on_validation_rows(
    pairs: list[tuple[Any, DistilledSet]], real: _RealRows
) -> tuple[Any, Any]:
    """Return the best of several (learner, training set) pairs: learner and model."""
    fitted = [_fitted(*pair) for pair in pairs]
    scores = [
        _balanced_accuracy(model, real.Z_validation, real.y_validation)
        for model in fitted
    ]
    best = int(np.argmax(scores))
    return pairs[best][0], fitted[best]


def _fitted(learner: Any, train: DistilledSet) -> Any:
    """Return a clone of a learner, fitted on a set."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fit_on_set(clone(learner), train)


def _balanced_accuracy(model: Any, Z: np.ndarray, y: np.ndarray) -> float:
    """Return the balanced accuracy of a fitted model on preprocessed rows."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y_pred contains classes")
        return float(balanced_accuracy_score(y, model.predict(Z)))


def _with_hard_labels(train: DistilledSet) -> DistilledSet:
    """Return a set with hard labels alone: no soft labels and no sample weights."""
    return DistilledSet(train.X, train.y, classes=train.classes)


def _augmented(train: DistilledSet, deviation: float, rng: Any) -> DistilledSet:
    """Return a set together with several noisy copies of each of its rows."""
    n_rows = len(train) if train.soft_labels is None else (train.soft_labels > 0).sum()
    n_copies = int(np.clip(MAX_AUGMENTED // n_rows, 2, N_COPIES))
    rows = np.tile(np.arange(len(train)), n_copies)
    noise = deviation * rng.normal(size=(len(rows), train.X.shape[1]))
    noise[: len(train)] = 0.0
    soft, weight = train.soft_labels, train.sample_weight
    return DistilledSet(
        train.X[rows] + noise,
        train.y[rows],  # type: ignore[index]
        soft_labels=None if soft is None else soft[rows],
        sample_weight=None if weight is None else weight[rows],
        classes=train.classes,
    )
