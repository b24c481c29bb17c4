"""Calibration of a classifier that was fitted on a distilled set, on real rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np

from .._utils.caller import caller_stacklevel
from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.calibration import Calibrator, fit_calibrator
from ..soft_labels.data_prior import correct_proba, sets_own_prior, trained_class_mass
from .unseen_rows import MIN_CALIBRATION_ROWS, UnseenRows


def calibration_method(
    calibration: str | None, fitted: Any, prior: str, train: DistilledSet
) -> str | None:
    """Return how the probabilities of a fitted classifier are calibrated.

    Parameters
    ----------
    calibration : {"auto", "sigmoid", "temperature"} or None
    fitted : classifier
    prior : {"data", "set"}
    train : DistilledSet
        The set that the classifier was fitted on.

    Returns
    -------
    {"sigmoid", "temperature"} or None

    Raises
    ------
    TypeError
        If a method is given, but the classifier does not predict probabilities.
    """
    has_probabilities = hasattr(fitted, "predict_proba")
    if calibration == "auto":
        keeps_own = prior == "set" or train.class_mass is None or sets_own_prior(fitted)
        return "sigmoid" if has_probabilities and not keeps_own else None
    if calibration is not None and not has_probabilities:
        raise TypeError(
            f"calibration={calibration!r} requires an estimator that predicts "
            f"probabilities, but {type(fitted).__name__} does not have predict_proba. "
            "Pass sklearn.calibration.CalibratedClassifierCV(estimator), or set "
            "calibration='auto'."
        )
    return calibration


def calibrator_of(
    fitted: Any,
    ratio: np.ndarray | None,
    unseen: UnseenRows | None,
    X: Any,
    *,
    method: str,
    prior: str,
    train: DistilledSet,
    may_fail: bool,
) -> Calibrator | None:
    """Return the calibrator of a classifier that was fitted on a distilled set.

    Parameters
    ----------
    fitted : classifier
    ratio : ndarray of shape (n_classes,) or None
        The correction of its prior.
    unseen : UnseenRows or None
    X : array or DataFrame of n rows
        The unseen rows as the classifier takes them.
    method : {"sigmoid", "temperature"}
    prior : {"data", "set"}
        Whether classes weigh as in the training data, or as in `train`.
    train : DistilledSet
        The set that the classifier was fitted on.
    may_fail : bool
        Whether to return None without a warning if calibration is not possible.
    """
    found = None
    reason = (
        f"at least {MIN_CALIBRATION_ROWS} training rows of at least two classes that "
        "are not distilled are required"
    )
    if unseen is not None and len(unseen.y) >= MIN_CALIBRATION_ROWS:
        try:
            proba = correct_proba(fitted.predict_proba(X), ratio)
        except Exception as error:
            # For example, an encoder in the classifier rejects a category that no
            # distilled row has. Predictions of such rows raise the same error.
            reason = f"the prediction of training rows raised an error: {error}"
        else:
            weights = _class_weights(fitted, unseen, prior, train)
            known = np.asarray(getattr(fitted, "classes_", train.classes))
            found = _fitted_calibrator(proba, known, unseen.y, weights, method)
    if found is None and not may_fail:
        warnings.warn(
            f"calibration={method!r} has no effect, because {reason}. Reduce the "
            "budget, or set calibration='auto'.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )
    return found


def _fitted_calibrator(
    proba: Any, known: np.ndarray, y: np.ndarray, weights: np.ndarray, method: str
) -> Calibrator | None:
    """Fit a calibrator to the rows whose class the classifier knows."""
    used = np.isin(y, known)
    return fit_calibrator(
        np.asarray(proba)[used],
        np.searchsorted(known, y[used]),
        weights[used],
        with_bias=method == "sigmoid",
    )


def _class_weights(
    fitted: Any, unseen: UnseenRows, prior: str, train: DistilledSet
) -> np.ndarray:
    """Return weights of unseen rows under which the classes have the right shares."""
    classes: Any = train.classes
    codes = np.searchsorted(classes, unseen.y)
    own = np.bincount(codes, weights=unseen.sample_weight, minlength=len(classes))
    if prior == "set":
        wanted = trained_class_mass(fitted, train)
    else:
        wanted = np.array([unseen.mass.get(label, 0.0) for label in classes])
    factors = np.divide(wanted, own, out=np.zeros(len(classes)), where=own > 0)
    return unseen.sample_weight * factors[codes]
