"""The function analyze."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from ..._utils.containers import take_rows
from ...encoding import make_encoder
from ...encoding.categorical_features import are_codes, are_dates
from ...selection import RandomSelection
from ...validation.rows import check_lengths, check_rows
from ...validation.targets import check_target
from .advice import advice_on
from .analysis import Analysis
from .learning_curve import learning_curve, suggested_budget
from .suspect_labels import suspect_labels
from .table_statistics import (
    count_duplicates,
    count_kinds,
    intrinsic_dimension,
    named_columns,
)

# Number of trees of a random forest. It is small, because each point of the learning
# curve trains several forests.
N_TREES = 50
# Maximum number of rows for the learning curve and for the detection of suspect labels.
MAX_ROWS = 5_000


def analyze(
    X: Any, y: Any, *, task: str = "auto", n_draws: int = 3, random_state: int = 0
) -> Analysis:
    """Analyze a data set before distillation and suggest a budget.

    The analysis covers the classes and their balance, the kinds of columns, the
    intrinsic dimension, duplicates, suspect labels, and the learning curve of a random
    forest on random rows. The suggested budget is the point where the learning curve
    flattens.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
    y : array-like of shape (n,)
        Class labels or continuous targets.
    task : {"auto", "classification", "regression"}, default="auto"
    n_draws : int, default=3
        Number of random samples for each point of the learning curve.
    random_state : int, default=0

    Returns
    -------
    Analysis
        ``print(analysis)`` shows a summary with advice.

    Raises
    ------
    ValueError
        If X or y cannot be distilled, or `n_draws` is below 1.

    See Also
    --------
    compare_distillers : Select a method for the suggested budget.

    Notes
    -----
    Learning curve and suspect labels are computed from at most 5,000 random rows. The
    label of a row is suspect if class-balanced out-of-fold predictions (five folds)
    give it a probability below 20 % and give another class a probability above 60 %. A
    continuous target is suspect if its residual exceeds five times the median absolute
    residual. Rows of a clean but difficult data set can be suspect too, so inspect
    suspect rows before you remove them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import analyze
    >>> X, y = load_iris(return_X_y=True)
    >>> analysis = analyze(X, y)
    >>> analysis.budget <= 20
    True
    """
    check_lengths(X, y)
    if n_draws < 1:
        raise ValueError(f"n_draws must be at least 1; got {n_draws}.")
    target = check_target(y, task=task)
    if target.task == "unsupervised":
        raise ValueError("analyze requires labels; got y=None.")
    X = check_rows(RandomSelection(), X, reset=True)
    values = np.asarray(target.values)
    is_classification = target.task == "classification"
    encoder = make_encoder(X).fit(X, np.ones(len(X)))
    sample = _sample_rows(values, is_classification, random_state)
    Z = encoder.encode(take_rows(X, sample)).reshape(len(sample), -1)
    forest: Any = RandomForestRegressor(N_TREES, random_state=random_state)
    if is_classification:
        forest = RandomForestClassifier(
            N_TREES, class_weight="balanced", random_state=random_state
        )
    sample_values = values[sample]
    suspects = suspect_labels(forest, Z, sample_values, is_classification, random_state)
    curve, full_score = learning_curve(
        forest, Z, sample_values, is_classification, n_draws, random_state
    )
    duplicates, contradictions = count_duplicates(X, values)
    classes = None
    if target.classes is not None:
        sizes = np.bincount(values).tolist()
        classes = dict(zip(target.classes.tolist(), sizes, strict=True))
    found: dict[str, Any] = {
        "n_rows": len(X),
        "n_columns": int(np.prod(X.shape[1:])),
        "task": target.task,
        "classes": classes,
        "imbalance": max(sizes) / min(sizes) if classes else None,
        "kinds": count_kinds(encoder, X),
        "integer_dates": named_columns(X, are_dates),
        "integer_codes": named_columns(X, are_codes),
        "n_encoded": Z.shape[1],
        "dimension": intrinsic_dimension(Z),
        "duplicates": duplicates,
        "contradictions": contradictions,
        "suspects": sample[suspects],
        "suspect_share": len(suspects) / len(sample),
        "curve": curve,
        "full_score": full_score,
        "budget": suggested_budget(curve, full_score),
    }
    return Analysis(**found, advice=advice_on(found))


def _sample_rows(
    values: np.ndarray, is_classification: bool, random_state: int
) -> np.ndarray:
    """Return the positions of random rows, with up to ten rows of every class."""
    if len(values) <= MAX_ROWS:
        return np.arange(len(values))
    rng = np.random.RandomState(random_state)
    chosen = rng.permutation(len(values))[:MAX_ROWS]
    if is_classification:
        first = [np.flatnonzero(values == c)[:10] for c in np.unique(values)]
        chosen = np.concatenate([chosen, *first])
    return np.unique(chosen)
