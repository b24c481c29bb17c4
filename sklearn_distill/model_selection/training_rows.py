"""The rows, labels and weights on which candidates are trained."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from ..base.growing import with_labels_for
from ..soft_labels.data_prior import reweighted
from .metrics import is_balanced_metric

# Weights that differ from 1 by less are omitted. They correct rounded budgets only, and
# some estimators are much slower with weights: histogram gradient boosting then
# computes weighted quantiles of every column.
NEGLIGIBLE = 0.02


class RowLabels(NamedTuple):
    """The weights and soft labels of m rows.

    Attributes
    ----------
    sample_weight : ndarray of shape (m,) or None
    soft_labels : ndarray of shape (m, n_classes) or None
    """

    sample_weight: np.ndarray | None = None
    soft_labels: np.ndarray | None = None


class TrainingRows(NamedTuple):
    """The training rows of one fold.

    Attributes
    ----------
    X : array or DataFrame of m rows
    y : ndarray of shape (m,) or None
    labels : RowLabels
        The weights and soft labels with the class shares of the data, if these are
        restored.
    own_labels : RowLabels
        Those of candidates that set the class shares themselves.
    classes : ndarray of shape (n_classes,) or None
        The classes of the columns of soft labels.
    """

    X: Any
    y: np.ndarray | None
    labels: RowLabels
    own_labels: RowLabels
    classes: np.ndarray | None = None


def restores_prior(weights: str | None, metric: Any) -> bool | str:
    """Return whether distilled rows are weighted to the class shares of the data.

    Parameters
    ----------
    weights : {"auto", "prior"} or None
        The parameter of DistilledSearchCV.
    metric : str, callable or None
        The metric that decides. With "auto", a metric that weights all classes equally
        needs no weights.

    Returns
    -------
    bool or "auto"
        "auto" means that candidates which set the class shares themselves get no such
        weights, and all others do.
    """
    if weights != "auto":
        return weights == "prior"
    return False if is_balanced_metric(metric) else "auto"


def training_rows(distilled: Any, estimator: Any, prior: bool | str) -> TrainingRows:
    """Return the rows of a distilled set on which candidates are trained.

    The weights of rows with hard labels are omitted if they differ from 1 by less than
    two percent.

    Parameters
    ----------
    distilled : DistilledSet
    estimator : estimator
        The estimator of the search.
    prior : bool or "auto"
        Whether to restore the class shares of the training data by weights whose mean
        is 1; see `restores_prior`. Sets without classes, and sets whose class mass is
        unknown, keep their own weights.
    """
    distilled = with_labels_for(estimator, distilled)
    has_classes = distilled.classes is not None and distilled.y is not None
    own_labels = labels = _labels_of(distilled)
    if prior and has_classes and distilled.class_mass is not None:
        labels = _labels_of(reweighted(distilled))
    if prior is True:
        own_labels = labels
    return TrainingRows(
        distilled.X,
        distilled.y,
        labels,
        own_labels,
        None if distilled.soft_labels is None else distilled.classes,
    )


def _labels_of(distilled: Any) -> RowLabels:
    """Return the weights and soft labels of a set, without negligible weights."""
    weights = distilled.sample_weight
    if distilled.soft_labels is None and weights is not None:
        if np.abs(weights - 1).max() < NEGLIGIBLE:
            weights = None
    return RowLabels(weights, distilled.soft_labels)
