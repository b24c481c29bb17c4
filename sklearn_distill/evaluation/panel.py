"""The panel: one learner of each family, and the numbers that it is trained on."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from .._utils.optional import import_pandas


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

    Examples
    --------
    >>> from sklearn_distill.evaluation import panel_learners
    >>> len(panel_learners("classification", n_rows=20))
    7
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


def resolve_learners(
    learners: Any, task: str, n_rows: int, *, random_state: int = 0
) -> dict[str, Any]:
    """Return the learners that a `learners` parameter stands for, by name.

    Parameters
    ----------
    learners : "panel", None, dict, list or estimator
        "panel" and None stand for `panel_learners`; a list of strings picks some of
        these.
    task, n_rows, random_state
        As for `panel_learners`.

    Raises
    ------
    ValueError
        For a name that the panel does not have, or two learners of one name.
    """
    panel = panel_learners(task, n_rows, random_state=random_state)
    if learners is None or (isinstance(learners, str) and learners == "panel"):
        return panel
    if isinstance(learners, dict):
        chosen = dict(learners)
    else:
        if isinstance(learners, str) or hasattr(learners, "fit"):
            learners = [learners]
        chosen = {}
        for learner in learners:
            name = learner if isinstance(learner, str) else type(learner).__name__
            if isinstance(learner, str) and learner not in panel:
                raise ValueError(
                    f"There is no learner {learner!r} in the panel for {task}. There "
                    f"are: {', '.join(panel)}."
                )
            if name in chosen:
                raise ValueError(
                    f"There are two learners {name!r}. Give them names of their own, "
                    "in a dict."
                )
            chosen[name] = panel[name] if isinstance(learner, str) else learner
    if not chosen:
        raise ValueError("learners is empty: there is nobody to train.")
    return chosen


def preprocessor(X: Any) -> Any:
    """Return a fitted transformer to numbers: categories one-hot, numbers standardised.

    Parameters
    ----------
    X : array or DataFrame
        The full training rows; distilled and test rows go through the same.
    """
    X = _as_table(X)
    if not hasattr(X, "iloc"):
        return StandardScaler().fit(X)
    # Places, not names: a name that is an integer would be taken for a place.
    is_number = np.array([dtype.kind in "biuf" for dtype in X.dtypes], dtype=bool)
    numbers, others = np.flatnonzero(is_number), np.flatnonzero(~is_number)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [("numbers", StandardScaler(), numbers), ("categories", one_hot, others)]
    ).fit(X)


def as_numbers(prepare: Any, X: Any) -> np.ndarray:
    """Return rows as the learners see them: through a `preprocessor`."""
    return np.asarray(prepare.transform(_as_table(X)), dtype=np.float64)


def dense_rows(X: Any) -> Any:
    """Return a DataFrame as it is, and anything else, sparse too, as an array."""
    if hasattr(X, "iloc"):
        return X
    return np.asarray(X.toarray() if hasattr(X, "toarray") else X)


def _as_table(X: Any) -> Any:
    """Return rows as a matrix of numbers, or as a DataFrame with a dtype per column."""
    X = dense_rows(X)
    if hasattr(X, "iloc"):
        return X
    X = X.reshape(len(X), -1)
    if X.dtype.kind in "biuf":
        return X
    return import_pandas().DataFrame(X).infer_objects()
