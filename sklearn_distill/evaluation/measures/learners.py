"""The panel of learners that evaluate a distilled set, one for each model family."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.compose import TransformedTargetRegressor
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
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR


def panel_learners(task: str, n_rows: int, *, random_state: int = 0) -> dict[str, Any]:
    """Return one scikit-learn learner for each model family, set up for n rows.

    The learners keep scikit-learn's defaults with these exceptions: a leaf of gradient
    boosting holds at least ``n_rows // 50`` rows (between 1 and 20) instead of 20;
    the k-nearest-neighbors classifier uses one neighbor and the regressor at most five;
    and regressors whose result depends on the unit of y are trained on standardized
    targets.

    Parameters
    ----------
    task : {"classification", "regression"}
    n_rows : int
        Number of rows that the learners will be trained on.
    random_state : int, default=0

    Returns
    -------
    dict of str to estimator
        Unfitted estimators by name.

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
            "neighbors": KNeighborsRegressor(n_neighbors=min(5, n_rows)),
            "support vectors": _on_standardized_targets(SVR()),
            "random forest": RandomForestRegressor(**seed),
            "boosting": HistGradientBoostingRegressor(min_samples_leaf=leaf, **seed),
            "neural network": _on_standardized_targets(
                MLPRegressor(max_iter=500, **seed)
            ),
        }
    return {
        "logistic": LogisticRegression(max_iter=1_000),
        "neighbors": KNeighborsClassifier(n_neighbors=1),
        "naive Bayes": GaussianNB(),
        "support vectors": SVC(),
        "random forest": RandomForestClassifier(**seed),
        "boosting": HistGradientBoostingClassifier(min_samples_leaf=leaf, **seed),
        "neural network": MLPClassifier(max_iter=500, **seed),
    }


def _on_standardized_targets(regressor: Any) -> Any:
    """Return a regressor that standardizes y before it fits `regressor`."""
    return TransformedTargetRegressor(regressor, transformer=StandardScaler())


def resolve_learners(
    learners: Any, task: str, n_rows: int, *, random_state: int = 0
) -> dict[str, Any]:
    """Return the estimators that a `learners` parameter stands for, by name.

    Parameters
    ----------
    learners : "panel", None, dict, list or estimator
        "panel" and None stand for `panel_learners`. A list may hold estimators and
        names of learners in the panel.
    task : {"classification", "regression"}
    n_rows : int
        Number of rows that the learners will be trained on.
    random_state : int, default=0

    Returns
    -------
    dict of str to estimator

    Raises
    ------
    ValueError
        If a name is not in the panel, two learners have the same name, or `learners`
        is empty.
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
                    f"There is no learner {learner!r} in the panel for {task}. Choose "
                    f"from: {', '.join(panel)}."
                )
            if name in chosen:
                raise ValueError(
                    f"learners contains two learners named {name!r}. Pass a dict to "
                    "give each learner its own name."
                )
            chosen[name] = panel[name] if isinstance(learner, str) else learner
    if not chosen:
        raise ValueError("learners must not be empty. Pass at least one learner.")
    return chosen
