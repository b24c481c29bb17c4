"""analyze: what to know of rows before they are distilled."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from .._utils.containers import take_rows
from ..encoding import make_encoder
from ..encoding.columns import HEAVY_TAILED
from ..selection import RandomSelection
from ..validation.rows import check_lengths, check_rows
from ..validation.targets import check_target
from .analysis_measures import (
    count_duplicates,
    dimension_of,
    enough_rows,
    kinds_of_columns,
    learning_curve,
    some_rows,
    suspects_of,
)

# Enough for a look; each step of the curve trains several forests.
N_TREES = 50


@dataclass(frozen=True)
class Analysis:
    """What `analyze` found.

    Attributes
    ----------
    n_rows, n_columns : int
    task : {"classification", "regression"}
    classes : dict or None
        Rows of each class.
    imbalance : float or None
        Rows of the largest class over those of the smallest.
    kinds : dict of str to int
        How many columns are "numbers", "heavy-tailed numbers", "constant" and
        "categories".
    n_encoded : int
        Columns once categories are one-hot.
    dimension : int
        Principal components that hold 95 % of the encoded rows' variance.
    duplicates : int
        Rows that are copies of an earlier one.
    contradictions : int
        Rows whose twin has another label.
    suspects : ndarray of int
        Rows whose label out-of-fold predictions contradict, the worst first.
    suspect_share : float
        Their share of the rows that were looked at.
    curve : DataFrame
        "rows", "score" (balanced accuracy, or R^2) and "deviation" of a random forest
        trained on random rows, by "budget".
    full_score : float
        Its score on all rows that were looked at.
    budget : int
        The suggested rows per class; regression: rows in all.
    advice : list of str
        What to do about it, in words.

    See Also
    --------
    analyze : Make one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import analyze
    >>> X, y = load_iris(return_X_y=True)
    >>> found = analyze(X, y)
    >>> found.classes, found.duplicates
    ({0: 50, 1: 50, 2: 50}, 1)
    """

    n_rows: int
    n_columns: int
    task: str
    classes: dict[Any, int] | None
    imbalance: float | None
    kinds: dict[str, int]
    n_encoded: int
    dimension: int
    duplicates: int
    contradictions: int
    suspects: np.ndarray
    suspect_share: float
    curve: Any
    full_score: float
    budget: int
    advice: list[str]

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.items() if n)
        lines = [
            f"{self.n_rows:,} rows x {self.n_columns} columns ({kinds}); "
            f"{self.dimension} dimensions hold 95 % of the variance"
        ]
        if self.classes is not None:
            shown = [f"{label!s} ({n:,})" for label, n in self.classes.items()]
            more = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
            lines.append(f"{len(shown)} classes: {', '.join(shown[:20])}{more}")
        lines.append(
            f"{self.duplicates:,} duplicates; {self.contradictions:,} rows whose "
            f"twin has another label; {100 * self.suspect_share:.1f} % suspect labels"
        )
        unit = "rows" if self.classes is None else "rows a class"
        for budget, row in self.curve.iterrows():
            lines.append(
                f"  {budget:>5} random {unit}: {100 * row['score']:.1f} "
                f"± {100 * row['deviation']:.1f} %"
            )
        lines.append(f"  all rows: {100 * self.full_score:.1f} %")
        return "\n".join(lines + [f"- {line}" for line in self.advice])


def analyze(
    X: Any, y: Any, *, task: str = "auto", n_draws: int = 3, random_state: int = 0
) -> Analysis:
    """Look at rows before they are distilled: what is in them, and how few may do.

    Classes and their balance, kinds of columns, dimension, duplicates, labels that
    look wrong, and how far random rows already go: a random forest's learning curve,
    and the budget at which it flattens.

    Parameters
    ----------
    X : array-like or DataFrame of n rows
    y : array-like of shape (n,)
        Classes or quantities.
    task : {"auto", "classification", "regression"}, default="auto"
    n_draws : int, default=3
        Random samples for each step of the curve.
    random_state : int, default=0

    Returns
    -------
    Analysis
        Printed, it is a summary with advice.

    Raises
    ------
    ValueError
        For input that cannot be distilled.

    See Also
    --------
    compare_distillers : Which method, once the budget is known.

    Notes
    -----
    Learning curve and suspects look at 5,000 random rows at most. A label is suspect
    if five-fold out-of-fold predictions give its class less than 20 % and another more
    than 60 %, once classes weigh the same; a quantity, if its residual is further than
    five times the median absolute one. On clean but hard data that marks rows too: look
    at them before you drop any.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import analyze
    >>> X, y = load_iris(return_X_y=True)
    >>> found = analyze(X, y)
    >>> found.budget <= 20
    True
    """
    check_lengths(X, y)
    if n_draws < 1:
        raise ValueError(f"n_draws={n_draws} draws nothing. Give at least 1.")
    target = check_target(y, task=task)
    if target.task == "unsupervised":
        raise ValueError("analyze looks at rows with labels, but y is None.")
    X = check_rows(RandomSelection(), X, reset=True)
    values = np.asarray(target.values)
    is_classification = target.task == "classification"
    encoder = make_encoder(X).fit(X, np.ones(len(X)))
    rng = np.random.RandomState(random_state)
    some = some_rows(values, is_classification, rng)
    Z = encoder.encode(take_rows(X, some)).reshape(len(some), -1)
    forest: Any = RandomForestRegressor(N_TREES, random_state=random_state)
    if is_classification:
        forest = RandomForestClassifier(
            N_TREES, class_weight="balanced", random_state=random_state
        )
    doubted = suspects_of(forest, Z, values[some], is_classification, random_state)
    curve, full_score = learning_curve(
        forest, Z, values[some], is_classification, n_draws, random_state
    )
    duplicates, contradictions = count_duplicates(X, values)
    counts = None
    if target.classes is not None:
        sizes = np.bincount(values)
        counts = dict(zip(target.classes.tolist(), sizes.tolist(), strict=True))
    found: dict[str, Any] = {
        "n_rows": len(X),
        "n_columns": int(np.prod(X.shape[1:])),
        "task": target.task,
        "classes": counts,
        "imbalance": None
        if counts is None
        else max(counts.values()) / min(counts.values()),
        "kinds": kinds_of_columns(encoder, X),
        "n_encoded": Z.shape[1],
        "dimension": dimension_of(Z),
        "duplicates": duplicates,
        "contradictions": contradictions,
        "suspects": some[doubted],
        "suspect_share": len(doubted) / len(some),
        "curve": curve,
        "full_score": full_score,
        "budget": enough_rows(curve, full_score),
    }
    return Analysis(**found, advice=_advice(found))


def _advice(found: dict[str, Any]) -> list[str]:
    """Return what to do about what was found."""
    unit = "rows in all" if found["classes"] is None else "rows per class"
    budget, curve = found["budget"], found["curve"]
    if not len(curve):
        return ["There are too few rows to draw a learning curve: keep them all."]
    reached = curve.loc[budget, "score"]
    kept = 100 * reached / found["full_score"] if found["full_score"] > 0 else 0.0
    advice = [
        f"Start with budget={budget} ({unit}): random rows of that number reach "
        f"{kept:.0f} % of what all rows do, and distilled ones should need fewer."
        if kept >= 90
        else f"Random rows have not caught up by budget={budget} ({unit}; {kept:.0f} % "
        "of what all rows do): that leaves most to gain for a distiller."
    ]
    if found["suspect_share"] > 0.02:
        advice.append(
            f"{100 * found['suspect_share']:.0f} % of the labels look wrong (see "
            "suspects). Methods that spread over a class (k-center, k-means, "
            "submodular) pick such rows up: take kernel-inducing-points, or forgetting "
            "for real rows."
        )
    if found["imbalance"] is not None and found["imbalance"] > 5:
        advice.append(
            f"The largest class has {found['imbalance']:.0f} times the rows of the "
            "smallest. Give the budget as rows per class, not as a share, and judge by "
            "balanced accuracy."
        )
    if found["duplicates"] > 0.01 * found["n_rows"]:
        advice.append(
            f"{found['duplicates']:,} rows are duplicates. Put all copies of a row on "
            "one side of every split, or test rows are known rows."
        )
    if found["contradictions"]:
        advice.append(
            f"{found['contradictions']:,} rows have a twin with another label: nothing "
            "can predict both."
        )
    if found["kinds"]["heavy-tailed numbers"]:
        advice.append(
            f"{found['kinds']['heavy-tailed numbers']} columns are heavy-tailed "
            f"(kurtosis above {HEAVY_TAILED:.0f}); numeric='auto' takes them by rank."
        )
    if found["kinds"]["constant"]:
        advice.append(f"{found['kinds']['constant']} columns are constant: drop them.")
    return advice
