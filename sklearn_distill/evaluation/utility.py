"""Utility: train on the distilled rows, test on real ones, with a panel of learners."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, r2_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from ..distilled_set import DistilledSet
from ..labels import fit_on_set


def panel_learners(task: str, n_rows: int, *, random_state: int = 0) -> dict[str, Any]:
    """Return one scikit-learn learner for each family, with defaults for n rows.

    A few defaults are changed: gradient boosting's leaves hold ``max(1, n_rows // 50)``
    rows (at most 20) instead of 20, there is one neighbour for classes (at most 5 for
    quantities), and learners whose result depends on the unit of y see it standardised.

    Parameters
    ----------
    task : {"classification", "regression"}
    n_rows : int
        How many rows the learners are trained on.
    random_state : int

    Returns
    -------
    dict of str to estimator
    """
    leaf = int(np.clip(n_rows // 50, 1, 20))
    seed = {"random_state": random_state}
    if task == "regression":
        return {
            "ridge": Ridge(),
            "neighbours": KNeighborsRegressor(n_neighbors=min(5, n_rows)),
            "support vectors": _standardising_y(SVR()),
            "random forest": RandomForestRegressor(**seed),
            "boosting": HistGradientBoostingRegressor(min_samples_leaf=leaf, **seed),
            "neural network": _standardising_y(MLPRegressor(max_iter=500, **seed)),
        }
    return {
        "logistic": LogisticRegression(max_iter=1_000),
        "neighbours": KNeighborsClassifier(n_neighbors=1),
        "naive Bayes": GaussianNB(),
        "support vectors": SVC(),
        "random forest": RandomForestClassifier(**seed),
        "boosting": HistGradientBoostingClassifier(min_samples_leaf=leaf, **seed),
        "neural network": MLPClassifier(max_iter=500, **seed),
    }


def _standardising_y(regressor: Any) -> Any:
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def preprocessor(X: Any) -> Any:
    """Return a fitted transformer to numbers: categories one-hot, numbers standardised.

    Parameters
    ----------
    X : array or DataFrame
        The full training rows; distilled and test rows go through the same.
    """
    if not hasattr(X, "iloc"):
        return StandardScaler().fit(np.asarray(X).reshape(len(X), -1))
    numbers = [c for c, t in zip(X.columns, X.dtypes, strict=True) if t.kind in "biuf"]
    others = [c for c in X.columns if c not in numbers]
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("categories", one_hot, others)]
    ).fit(X)


def utility(
    train: DistilledSet,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    learners: dict[str, Any] | None = None,
) -> dict[str, float]:
    """Return the score on real test rows of each learner trained on `train`.

    Parameters
    ----------
    train : DistilledSet
        Soft labels and weights reach the learners that take `sample_weight`.
    X_test, y_test : array-like
        Real rows.
    prepare : transformer
        Fitted, as `preprocessor` returns it.
    random_state : int
    learners : dict of str to estimator, default=None
        None is the panel of `panel_learners`.

    Returns
    -------
    dict of str to float
        Balanced accuracy, or R^2 for regression, and their "mean".
    """
    is_classification = train.classes is not None
    task = "classification" if is_classification else "regression"
    if learners is None:
        learners = panel_learners(task, len(train), random_state=random_state)
    flat = _numbers(prepare, train.X)
    ready = DistilledSet(
        flat,
        train.y,
        soft_labels=train.soft_labels,
        sample_weight=train.sample_weight,
        classes=train.classes,
    )
    X_test = _numbers(prepare, X_test)
    metric = balanced_accuracy_score if is_classification else r2_score
    scores = {}
    for name, learner in learners.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted = fit_on_set(clone(learner), ready)
        scores[name] = float(metric(y_test, fitted.predict(X_test)))
    scores["mean"] = float(np.mean(list(scores.values())))
    return scores


def _numbers(prepare: Any, X: Any) -> np.ndarray:
    if not hasattr(X, "iloc"):
        X = np.asarray(X).reshape(len(X), -1)
    return np.asarray(prepare.transform(X), dtype=np.float64)
