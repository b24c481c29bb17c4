"""The learning curve of a random forest on random rows, and the budget it suggests."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import train_test_split

from ..._utils.optional import import_pandas

# Rows per class at each point of the learning curve. Regression uses ten times these
# numbers as the total number of rows.
BUDGETS = (1, 2, 5, 10, 20, 50, 100, 200)
# Maximum number of test rows.
MAX_TEST = 2_000
# The budget is sufficient if doubling it increases the score by less than this.
MIN_GAIN = 0.01


def learning_curve(
    forest: Any,
    Z: np.ndarray,
    y: np.ndarray,
    is_classification: bool,
    n_draws: int,
    seed: int,
) -> tuple[Any, float]:
    """Return the test scores of a forest on random rows by budget, and on all rows.

    Parameters
    ----------
    forest : RandomForestClassifier or RandomForestRegressor
        Unfitted.
    Z : ndarray of shape (n, d)
        Encoded rows.
    y : ndarray of shape (n,)
        Class codes or continuous targets.
    is_classification : bool
    n_draws : int
        Number of random samples for each budget.
    seed : int

    Returns
    -------
    curve : DataFrame
        "rows", "score" and "deviation", indexed by "budget".
    full_score : float
    """
    train, test = _split(y, is_classification, seed)
    groups, budgets = [train], tuple(10 * budget for budget in BUDGETS)
    if is_classification:
        groups = [train[y[train] == c] for c in np.unique(y[train])]
        budgets = BUDGETS
    rng = np.random.RandomState(seed)
    points = []
    for budget in budgets:
        if budget * len(groups) > 0.7 * len(train):
            break
        draws = [
            np.concatenate([rng.permutation(rows)[:budget] for rows in groups])
            for _ in range(n_draws)
        ]
        scores = [_score(forest, Z, y, draw, test, is_classification) for draw in draws]
        deviation = float(np.std(scores, ddof=1)) if n_draws > 1 else float("nan")
        points.append((budget, len(draws[0]), float(np.mean(scores)), deviation))
    columns = ["budget", "rows", "score", "deviation"]
    curve = import_pandas().DataFrame(points, columns=columns).set_index("budget")
    return curve, _score(forest, Z, y, train, test, is_classification)


def _split(
    y: np.ndarray, is_classification: bool, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of training and test rows, stratified if possible."""
    can_stratify = is_classification and np.bincount(y)[np.unique(y)].min() >= 2
    min_test = len(np.unique(y)) if can_stratify else 1
    return train_test_split(
        np.arange(len(y)),
        test_size=min(MAX_TEST, max(min_test, round(0.3 * len(y)))),
        random_state=seed,
        stratify=y if can_stratify else None,
    )


def _score(
    forest: Any,
    Z: np.ndarray,
    y: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
    is_classification: bool,
) -> float:
    """Return the test score of a forest; a negative R^2 counts as 0."""
    with warnings.catch_warnings():
        # scikit-learn warns if a small sample has many classes, and if a class is
        # missing from the test rows.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        warnings.filterwarnings("ignore", message="y_pred contains classes")
        predictions = clone(forest).fit(Z[train], y[train]).predict(Z[test])
        if is_classification:
            return float(balanced_accuracy_score(y[test], predictions))
    return max(0.0, float(r2_score(y[test], predictions)))


def suggested_budget(curve: Any, full_score: float) -> int:
    """Return the smallest budget at which the learning curve is flat.

    The curve is flat at a budget if the score exceeds 90 % of the full score, and no
    larger budget increases the score by 0.01 or more for each doubling of the budget up
    to the next budget of the curve. If the curve is not flat anywhere, the largest
    budget is returned.
    """
    budgets, scores = curve.index.to_numpy(), curve["score"].to_numpy()
    if not len(budgets):
        return 1
    for i in range(len(budgets) - 1):
        doublings = np.log2(budgets[i + 1] / budgets[i])
        gain = (scores[i + 1 :] - scores[i]).max() / doublings
        if gain < MIN_GAIN and scores[i] > 0.9 * full_score:
            return int(budgets[i])
    return int(budgets[-1])
