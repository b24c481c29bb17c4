"""The rows, labels and weights on which candidates are trained."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from ..base.growing import with_labels_for
from ..soft_labels.data_prior import reweighted, sets_own_prior
from ..soft_labels.fitting import weight_parameter
from .metrics import is_balanced_metric

# Weights that differ from 1 by less are omitted. They correct rounded budgets only, and
# some estimators are much slower with weights: histogram gradient boosting then
# computes weighted quantiles of every column.
NEGLIGIBLE = 0.02


class TrainingRows(NamedTuple):
    """The training rows of one fold.

    Attributes
    ----------
    X : array or DataFrame of m rows
    y : ndarray of shape (m,) or None
    sample_weight : ndarray of shape (m,) or None
    soft_labels : ndarray of shape (m, n_classes) or None
    classes : ndarray of shape (n_classes,) or None
        The classes of the columns of `soft_labels`.
    """

    X: Any
    y: np.ndarray | None
    sample_weight: np.ndarray | None
    soft_labels: np.ndarray | None = None
    classes: np.ndarray | None = None


def restores_prior(weights: str | None, estimator: Any, metric: Any) -> bool:
    """Return whether distilled rows are weighted to the class shares of the data.

    Parameters
    ----------
    weights : {"auto", "prior"} or None
        The parameter of DistilledSearchCV.
    estimator : estimator
        With "auto", an estimator that sets the prior itself gets no weights.
    metric : str, callable or None
        The metric that decides. With "auto", a metric that weights all classes equally
        needs no weights.
    """
    if weights != "auto":
        return weights == "prior"
    return not is_balanced_metric(metric) and not sets_own_prior(estimator)


def training_rows(distilled: Any, estimator: Any, prior: bool) -> TrainingRows:
    """Return the rows of a distilled set on which candidates are trained.

    The weights of rows with hard labels are omitted if they differ from 1 by less than
    two percent. Soft labels are omitted if the estimator does not accept weights.

    Parameters
    ----------
    distilled : DistilledSet
    estimator : estimator
    prior : bool
        Whether to restore the class shares of the training data by weights whose mean
        is 1. Sets without classes, and sets whose class mass is unknown, keep their
        own weights.
    """
    distilled = with_labels_for(estimator, distilled)
    has_classes = distilled.classes is not None and distilled.y is not None
    if prior and has_classes and distilled.class_mass is not None:
        distilled = reweighted(distilled)
    X, y, weights = distilled.X, distilled.y, distilled.sample_weight
    if weight_parameter(estimator) is None:
        return TrainingRows(X, y, None)
    if distilled.soft_labels is not None:
        return TrainingRows(X, y, weights, distilled.soft_labels, distilled.classes)
    if weights is None:
        return TrainingRows(X, y, None)
    if np.abs(weights - 1).max() < NEGLIGIBLE:
        return TrainingRows(X, y, None)
    return TrainingRows(X, y, weights)
