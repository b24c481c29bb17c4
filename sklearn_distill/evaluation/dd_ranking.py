"""DD-Ranking: what of a set's score is the set's own, and not its labels' or tricks'.

The scores LRS and ARS of DD-Ranking (Li et al., 2025, "DD-Ranking: Rethinking the
Evaluation of Dataset Distillation"), for rows of any kind. What differs from its code:

- scores are balanced accuracies as fractions, so that LRS and ARS lie in [0, 1];
- whatever is picked (a learner's setting, the strength of an augmentation) is picked
  on a validation part of the training rows, for every set alike, and never on test
  rows; nothing is the best of several test scores;
- all rows, whose classes may differ in size, are weighted to balance, as sets are;
- learners are scikit-learn's, and the augmentation is noise on standardised columns.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.utils.class_weight import compute_sample_weight

from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.fitting import fit_on_set
from .panel import as_numbers

# Copies of a row, within bounds for the whole set, and the deviations of their noise
# that validation rows choose from.
N_COPIES, MAX_AUGMENTED = 10, 2_000
NOISE = (0.1, 0.2, 0.4)
# The settings that validation rows choose from. Support vectors without a penalty of
# their own would be judged by how many rows there are.
RECIPES: dict[str, list[Any]] = {
    "logistic": [LogisticRegression(C=C, max_iter=1_000) for C in (0.1, 1, 10)],
    "neighbours": [KNeighborsClassifier(n_neighbors=k) for k in (1, 3, 5)],
    "support vectors": [SVC(C=C) for C in (1, 10)],
}


def label_robust_score(
    full: float, hard: float, own: float, random: float, *, weight: float = 0.5
) -> float:
    r"""Return DD-Ranking's label-robust score of a distilled set.

    .. math:: \alpha = w \, (own - random) - (1 - w) \, (full - hard), \qquad
              LRS = \frac{e^\alpha - e^{-1}}{e - e^{-1}}

    Parameters
    ----------
    full : float
        Score of all real rows with hard labels, as a fraction.
    hard : float
        Score of the distilled rows with hard labels.
    own : float
        Score of the distilled rows with their own labels.
    random : float
        Score of as many random rows with labels of the same kind.
    weight : float
        Of the second difference against the first.

    Returns
    -------
    float
        Between 0 and 1; 0.269 for a set that is as good as random rows, which are as
        good as all rows.

    Examples
    --------
    >>> from sklearn_distill.evaluation import label_robust_score
    >>> round(label_robust_score(full=0.9, hard=0.8, own=0.8, random=0.7), 3)
    0.269
    """
    alpha = weight * (own - random) - (1.0 - weight) * (full - hard)
    return _normalised(alpha)


def augmentation_robust_score(
    augmented: float,
    random_augmented: float,
    plain: float,
    random_plain: float,
    *,
    weight: float = 0.5,
) -> float:
    r"""Return DD-Ranking's augmentation-robust score of a distilled set.

    .. math:: \beta = \gamma \, (augmented - random_{augmented}) + (1 - \gamma)
              (plain - random_{plain}), \qquad
              ARS = \frac{e^\beta - e^{-1}}{e - e^{-1}}

    Parameters
    ----------
    augmented, random_augmented : float
        Scores of the distilled and of as many random rows, both augmented.
    plain, random_plain : float
        The same without augmentation.
    weight : float
        Of the augmented difference.

    Returns
    -------
    float
        Between 0 and 1; 0.269 for a set that is as good as random rows.

    Examples
    --------
    >>> from sklearn_distill.evaluation import augmentation_robust_score
    >>> round(augmentation_robust_score(0.8, 0.8, 0.7, 0.7), 3)
    0.269
    """
    beta = weight * (augmented - random_augmented)
    return _normalised(beta + (1.0 - weight) * (plain - random_plain))


def _normalised(difference: float) -> float:
    return (math.exp(difference) - math.exp(-1.0)) / (math.e - math.exp(-1.0))


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
    """Return LRS and ARS of a distilled set, and the scores that they are made of.

    Parameters
    ----------
    distilled : DistilledSet
        Of a classification problem.
    random : DistilledSet
        As many random rows, with labels of the same kind.
    X_train, y_train : array-like
        A fifth of them, at most 2,000, chooses each learner's setting and the strength
        of the noise.
    X_test, y_test : array-like
    prepare : transformer
        Fitted on X_train, as `preprocessor` returns it.
    random_state : int
    max_rows : int
        So many real rows stand for all of them.

    Returns
    -------
    dict of str to float
        "LRS", "ARS", "IOR" (improvement over random), "HLR" (hard-label recovery gap)
        and the balanced accuracies, each a mean over logistic regression, neighbours
        and support vectors: "full hard", "hard", "own", "random own", "augmented",
        "random augmented", "random hard".

    Raises
    ------
    ValueError
        If there are no classes.
    """
    if distilled.classes is None:
        raise ValueError("DD-Ranking's scores are for classes, and there are none.")
    y_train, y_test = np.asarray(y_train), np.asarray(y_test)
    n_valid = min(len(y_train) // 5, 2_000)
    learn, valid = train_test_split(
        np.arange(len(y_train)),
        test_size=max(n_valid, len(distilled.classes)),
        random_state=random_state,
        stratify=y_train
        if np.unique(y_train, return_counts=True)[1].min() > 1
        else None,
    )
    rng = np.random.RandomState(random_state)
    Z_train = as_numbers(prepare, X_train)
    judge = _Judge(Z_train[valid], y_train[valid], as_numbers(prepare, X_test), y_test)
    some = rng.permutation(learn)[:max_rows]
    # Sets are balanced; all rows are weighted to be, or they would lose by that alone.
    full = DistilledSet(
        Z_train[some],
        y_train[some],
        sample_weight=compute_sample_weight("balanced", y_train[some]),
        classes=distilled.classes,
    )
    own, other = _encoded(distilled, prepare), _encoded(random, prepare)
    found = {
        "full hard": judge.score([full]),
        "hard": judge.score([_hard(own)]),
        "own": judge.score([own]),
        "random own": judge.score([other]),
        "random hard": judge.score([_hard(other)]),
        "augmented": judge.score([_noisy(own, s, rng) for s in NOISE]),
        "random augmented": judge.score([_noisy(other, s, rng) for s in NOISE]),
    }
    return {
        "LRS": label_robust_score(
            found["full hard"], found["hard"], found["own"], found["random own"]
        ),
        "ARS": augmentation_robust_score(
            found["augmented"],
            found["random augmented"],
            found["own"],
            found["random own"],
        ),
        "IOR": found["own"] - found["random own"],
        "HLR": found["full hard"] - found["hard"],
        **found,
    }


class _Judge:
    """Picks settings on validation rows, and scores the pick on test rows."""

    def __init__(self, Z_valid: Any, y_valid: Any, Z_test: Any, y_test: Any):
        self.valid, self.test = (Z_valid, y_valid), (Z_test, y_test)

    def score(self, variants: list[DistilledSet]) -> float:
        """Return the mean test score of each learner, with what suits it best.

        Its setting is picked on the first variant, then the variant for that setting.
        """
        scores = []
        for settings in RECIPES.values():
            possible = [
                one
                for one in settings
                if getattr(one, "n_neighbors", 1) <= len(variants[0])
            ]
            setting, model = self._best([(one, variants[0]) for one in possible])
            if len(variants) > 1:
                _, model = self._best([(setting, one) for one in variants])
            scores.append(_balanced_accuracy(model, *self.test))
        return float(np.mean(scores))

    def _best(self, pairs: list[tuple[Any, DistilledSet]]) -> tuple[Any, Any]:
        """Return the setting, and its model, that does best on validation rows."""
        fitted = [_fitted(*pair) for pair in pairs]
        on_valid = [_balanced_accuracy(model, *self.valid) for model in fitted]
        best = int(np.argmax(on_valid))
        return pairs[best][0], fitted[best]


def _fitted(learner: Any, train: DistilledSet) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return fit_on_set(clone(learner), train)


def _balanced_accuracy(model: Any, Z: np.ndarray, y: np.ndarray) -> float:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="y_pred contains classes")
        return float(balanced_accuracy_score(y, model.predict(Z)))


def _encoded(train: DistilledSet, prepare: Any) -> DistilledSet:
    return DistilledSet(
        as_numbers(prepare, train.X),
        train.y,
        soft_labels=train.soft_labels,
        sample_weight=train.sample_weight,
        classes=train.classes,
    )


def _hard(train: DistilledSet) -> DistilledSet:
    return DistilledSet(train.X, train.y, classes=train.classes)


def _noisy(train: DistilledSet, deviation: float, rng: Any) -> DistilledSet:
    """Return every row as it is and several times with noise, with its labels."""
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
