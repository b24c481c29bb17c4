"""Utility: learners are trained on distilled rows and tested on real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from ...base.growing import with_labels_for
from ...compose.calibrated import calibration_method, calibrator_of
from ...compose.unseen_rows import UnseenRows
from ...distilled_set.distilled_set import DistilledSet
from ...soft_labels.data_prior import (
    data_prior_ratio,
    fit_under_data_prior,
    needs_prior_weights,
)
from ...soft_labels.fitting import fit_on_set
from ...soft_labels.teacher import for_targets
from .learners import resolve_learners
from .metrics import (
    DATA_PRIOR_METRICS,
    METRICS,
    classification_metrics,
    data_prior_metrics,
    regression_metrics,
)
from .preprocessing import as_numbers, as_numeric_set


def utility(
    train: DistilledSet,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    learners: Any = None,
) -> dict[str, float]:
    """Return the score on real test rows of each learner trained on a distilled set.

    Parameters
    ----------
    train : DistilledSet
        Learners that accept `sample_weight` are trained on its soft labels and sample
        weights, and other learners on its hard labels. Soft labels of grown rows are
        used only by learners that predict probabilities.
    X_test, y_test : array-like
        Real test rows.
    prepare : transformer
        Fitted transformer that `preprocessor` returned.
    random_state : int, default=0
    learners : "panel", dict, list or None, default=None
        Estimators by name, or names of learners in the panel. None and "panel" stand
        for `panel_learners`.

    Returns
    -------
    dict of str to float
        Balanced accuracy (for regression, R^2) of each learner, and their "mean".
    """
    rows = learner_scores(
        train,
        X_test,
        y_test,
        prepare=prepare,
        random_state=random_state,
        learners=learners,
    )
    scores = {row["learner"]: row["score"] for row in rows}
    return scores | {"mean": float(np.mean(list(scores.values())))}


def learner_scores(
    train: DistilledSet,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    learners: Any = None,
    on_error: str = "raise",
    held_back: tuple[Any, Any] | None = None,
    unseen: UnseenRows | None = None,
) -> list[dict[str, Any]]:
    """Return all metrics of each learner trained on a distilled set.

    Parameters
    ----------
    train : DistilledSet
    X_test, y_test : array-like
        Real test rows.
    prepare : transformer
        Fitted transformer that `preprocessor` returned.
    random_state : int, default=0
    learners : "panel", dict, list or None, default=None
        Estimators by name, or names of learners in the panel. None and "panel" stand
        for `panel_learners`.
    on_error : {"raise", "record"}, default="raise"
        "record" sets the metrics of a learner that fails to NaN and stores the message
        under "error".
    held_back : tuple (X, y), default=None
        Training rows that were not distilled. The score of each learner on these rows
        is stored under "held_back".
    unseen : UnseenRows, default=None
        Training rows that were not distilled, on which the probabilities under the
        class shares of the training data are calibrated. None: no calibration.

    Returns
    -------
    list of dict
        One dict for each learner with "learner" and "fit_seconds". For classification
        it also holds "score" (balanced accuracy), "accuracy", "auc" (one-vs-rest, mean
        over the classes), "log_loss", "recall" (dict of class to recall), and
        "accuracy_data_prior" and "log_loss_data_prior" of predictions that are
        corrected to the class shares of the training data (`train.class_mass`); for
        regression "score" (R^2) and "rmse", which are means over several targets.
        Learners that support a single target are trained once for each. Metrics that a
        learner cannot provide are NaN.
    """
    is_classification = train.classes is not None
    task = "classification" if is_classification else "regression"
    chosen = resolve_learners(learners, task, len(train), random_state=random_state)
    numeric = as_numeric_set(prepare, train)
    X_test, y_test = as_numbers(prepare, X_test), np.asarray(y_test)
    if not is_classification:
        n_targets = np.asarray(train.y)[0].size
        chosen = {name: for_targets(one, n_targets) for name, one in chosen.items()}
    if held_back is not None:
        held_back = as_numbers(prepare, held_back[0]), np.asarray(held_back[1])
    if unseen is not None:
        unseen = unseen._replace(X=as_numbers(prepare, unseen.X))
    evaluate = classification_metrics if is_classification else regression_metrics
    rows = []
    for name, learner in chosen.items():
        started, labeled = time.perf_counter(), with_labels_for(learner, numeric)
        row: dict[str, Any] = {"learner": name}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                # scikit-learn warns that y may be a continuous target if most classes
                # have only a few rows.
                warnings.filterwarnings("ignore", message="The number of unique class")
                fitted = fit_on_set(clone(learner), labeled)
            row["fit_seconds"] = time.perf_counter() - started
            if held_back is not None:
                row["held_back"] = evaluate(fitted, *held_back)["score"]
            row |= evaluate(fitted, X_test, y_test)
            if is_classification:
                row |= _under_data_prior(
                    learner, fitted, labeled, X_test, y_test, unseen
                )  # fmt: skip
        except Exception as error:
            if on_error == "raise":
                raise
            row |= dict.fromkeys(METRICS[task], float("nan"))
            row["error"] = f"{type(error).__name__}: {error}"
        rows.append(row)
    return rows


def better_scores(
    distilled: DistilledSet, grown: DistilledSet, *args: Any, **params: Any
) -> list[dict[str, Any]]:
    """Return the metrics of each learner on the better of two sets.

    The set is chosen for each learner by its score on rows that are held back.

    Parameters
    ----------
    distilled, grown : DistilledSet
    *args, **params
        The other parameters of `learner_scores`, including `held_back`.

    Returns
    -------
    list of dict
        As `learner_scores` returns.
    """
    pairs = zip(
        learner_scores(distilled, *args, **params),
        learner_scores(grown, *args, **params),
        strict=True,
    )
    better = [
        of_grown if of_grown.get("held_back", -np.inf) > own.get("held_back", -np.inf)
        else own
        for own, of_grown in pairs
    ]  # fmt: skip
    return [{k: v for k, v in row.items() if k != "held_back"} for row in better]


def _under_data_prior(
    learner: Any,
    fitted: Any,
    train: DistilledSet,
    X: np.ndarray,
    y: np.ndarray,
    unseen: UnseenRows | None,
) -> dict[str, float]:
    """Return the metrics of a learner under the class shares of the training data.

    Parameters
    ----------
    learner : classifier
        Fitted again only if its predictions are corrected by sample weights.
    fitted : classifier
        The learner, fitted on `train`.
    train : DistilledSet
    X, y : ndarray
        Test rows.
    unseen : UnseenRows or None
        The rows for calibration, as the learner takes them.
    """
    if train.class_mass is None:
        return dict.fromkeys(DATA_PRIOR_METRICS, float("nan"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if needs_prior_weights(learner):
            fitted, ratio = fit_under_data_prior(learner, train)
        else:
            ratio = data_prior_ratio(fitted, train)
    calibrator = None
    if unseen is not None and calibration_method("auto", fitted, "data", train):
        calibrator = calibrator_of(
            fitted, ratio, unseen, unseen.X,
            method="sigmoid", prior="data", train=train, may_fail=True,
        )  # fmt: skip
    return data_prior_metrics(fitted, ratio, X, y, calibrator)
