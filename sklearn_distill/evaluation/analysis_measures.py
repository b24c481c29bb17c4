"""What `analyze` measures: learning curve, doubtful labels, duplicates, columns."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.model_selection import (
    KFold,
    StratifiedKFold,
    cross_val_predict,
    train_test_split,
)

from .._utils.optional import import_pandas

# Rows a class (regression: in all, times ten) that the learning curve looks at.
STEPS = (1, 2, 5, 10, 20, 50, 100, 200)
# Each further look is dear; this many rows show a curve's course as well as all.
MAX_ROWS = 5_000
MAX_TEST = 2_000
# A label is suspect if out-of-fold predictions give it less than this ...
DOUBTED = 0.2
# ... and another class more than this.
ASSURED = 0.6
# Rows are enough where doubling them once more gains less than this.
DIMINISHED = 0.01


def some_rows(values: np.ndarray, is_classification: bool, rng: Any) -> np.ndarray:
    """Draw rows, with at least a few of each class, in their order."""
    if len(values) <= MAX_ROWS:
        return np.arange(len(values))
    chosen = rng.permutation(len(values))[:MAX_ROWS]
    if is_classification:
        few = [np.flatnonzero(values == c)[:10] for c in np.unique(values)]
        chosen = np.concatenate([chosen, *few])
    return np.unique(chosen)


def suspects_of(
    forest: Any, Z: np.ndarray, y: np.ndarray, is_classification: bool, seed: int
) -> np.ndarray:
    """Return the rows whose label out-of-fold predictions contradict, worst first."""
    if not is_classification:
        folds: Any = KFold(min(5, len(Z)), shuffle=True, random_state=seed)
        away = np.abs(y - cross_val_predict(forest, Z, y, cv=folds))
        order = np.argsort(-away)
        return order[away[order] > 5 * np.median(away)]
    # A class of one row is unknown to the fold that holds the row back.
    sizes = np.bincount(y)
    rows = np.flatnonzero(sizes[y] >= 2)
    if not len(rows) or len(np.unique(y[rows])) < 2:
        return rows[:0]
    n_folds = min(5, int(sizes.max()))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Classes with fewer rows than folds, which some fold has not seen.
        warnings.simplefilter("ignore")
        said = cross_val_predict(
            forest, Z[rows], y[rows], cv=folds, method="predict_proba"
        )
    column = np.searchsorted(np.unique(y[rows]), y[rows])
    own = said[np.arange(len(rows)), column]
    doubted = (own < DOUBTED) & (said.max(axis=1) > ASSURED)
    order = np.argsort(own - said.max(axis=1), kind="stable")
    return rows[order[doubted[order]]]


def learning_curve(
    forest: Any,
    Z: np.ndarray,
    y: np.ndarray,
    is_classification: bool,
    n_draws: int,
    seed: int,
) -> tuple[Any, float]:
    """Return scores of random rows by budget, and of all, on rows held out."""
    pd = import_pandas()
    can_stratify = is_classification and np.bincount(y)[np.unique(y)].min() >= 2
    train, test = train_test_split(
        np.arange(len(y)),
        test_size=min(MAX_TEST, max(len(np.unique(y)) if can_stratify else 1,
                                    round(0.3 * len(y)))),
        random_state=seed,
        stratify=y if can_stratify else None,
    )  # fmt: skip

    def score(rows: np.ndarray) -> float:
        with warnings.catch_warnings():
            # Of few random rows half may be of different classes, or of few test rows.
            warnings.filterwarnings("ignore", message="The number of unique classes")
            warnings.filterwarnings("ignore", message="y_pred contains classes")
            said = clone(forest).fit(Z[rows], y[rows]).predict(Z[test])
            if is_classification:
                return float(balanced_accuracy_score(y[test], said))
        return max(0.0, float(r2_score(y[test], said)))

    steps = STEPS if is_classification else tuple(10 * step for step in STEPS)
    groups = (
        [train[y[train] == c] for c in np.unique(y[train])]
        if is_classification
        else [train]
    )
    rng = np.random.RandomState(seed)
    rows_by_step = []
    for step in steps:
        if step * len(groups) > 0.7 * len(train):
            break
        draws = [
            np.concatenate([rng.permutation(rows)[:step] for rows in groups])
            for _ in range(n_draws)
        ]
        scores = [score(draw) for draw in draws]
        deviation = float(np.std(scores, ddof=1)) if n_draws > 1 else float("nan")
        rows_by_step.append((step, len(draws[0]), float(np.mean(scores)), deviation))
    curve = pd.DataFrame(
        rows_by_step, columns=["budget", "rows", "score", "deviation"]
    ).set_index("budget")
    return curve, score(train)


def enough_rows(curve: Any, full_score: float) -> int:
    """Return the least budget beyond which doubling the rows gains next to nothing.

    Where even that is far from all rows, the curve has not flattened: then its end.
    """
    budgets, scores = curve.index.to_numpy(), curve["score"].to_numpy()
    if not len(budgets):
        return 1
    for i in range(len(budgets) - 1):
        doublings = np.log2(budgets[i + 1] / budgets[i])
        gains = (scores[i + 1 :] - scores[i]).max() / doublings
        if gains < DIMINISHED and scores[i] > 0.9 * full_score:
            return int(budgets[i])
    return int(budgets[-1])


def count_duplicates(X: Any, values: np.ndarray) -> tuple[int, int]:
    """Return how many rows repeat another, and how many contradict their twin."""
    pd = import_pandas()
    frame = X if hasattr(X, "iloc") else pd.DataFrame(X.reshape(len(X), -1))
    frame = frame.reset_index(drop=True)
    keys = pd.util.hash_pandas_object(frame, index=False)
    repeated = keys.duplicated(keep=False).to_numpy()
    twins = pd.Series(values[repeated]).groupby(keys[repeated].to_numpy())
    n_contradicting = int((twins.transform("nunique") > 1).sum())
    return int(keys.duplicated().sum()), n_contradicting


def kinds_of_columns(encoder: Any, X: Any) -> dict[str, int]:
    """Count the columns of each kind."""
    kinds = dict.fromkeys(
        ("numbers", "heavy-tailed numbers", "constant", "categories"), 0
    )
    columns = getattr(encoder, "columns_", None)
    if columns is None:
        return kinds | {"numbers": int(np.prod(X.shape[1:]))}
    for column in columns:
        if hasattr(column, "n_categories"):
            kinds["constant" if column.n_categories == 1 else "categories"] += 1
        elif column.min_ == column.max_:
            kinds["constant"] += 1
        else:
            is_heavy = column.knots_ is not None
            kinds["heavy-tailed numbers" if is_heavy else "numbers"] += 1
    return kinds


def dimension_of(Z: np.ndarray) -> int:
    """Return how many principal components hold 95 % of the variance."""
    variances = np.linalg.svd(Z - Z.mean(axis=0), compute_uv=False) ** 2
    if variances.sum() == 0:
        return 0
    held = np.cumsum(variances) / variances.sum()
    return int(np.searchsorted(held, 0.95) + 1)
