"""A candidate of a search that is trained on soft labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils.containers import take_rows
from ..soft_labels.expansion import weighted_hard_rows
from ..soft_labels.fitting import fit_on_labels, weight_parameter

# The parameter of `fit` that holds the position of each row in the soft labels.
LABEL_ROWS = "soft_label_rows"


class SoftLabelCandidate:
    """An estimator whose `fit` looks up the soft labels of its training rows.

    A search passes hard labels to the estimators that it fits. The rows are passed
    together with their positions in a table of soft labels, on which the estimator is
    then trained as DistilledClassifier trains its estimator. All other methods,
    attributes and parameters are those of the estimator.

    Parameters
    ----------
    estimator : classifier
        Fitted in place.
    soft_labels : ndarray of shape (m, n_classes)
    classes : ndarray of shape (n_classes,)
    """

    def __init__(self, estimator: Any, soft_labels: np.ndarray, classes: np.ndarray):
        # The names of the tables end in "_" so that `fingerprint` includes them.
        vars(self).update(wrapped=estimator, soft_labels_=soft_labels, labels_=classes)

    def fit(self, X: Any, y: Any, **params: Any) -> "SoftLabelCandidate":
        """Fit the estimator on the soft labels of the rows.

        Parameters
        ----------
        X : array-like of n rows
        y : array-like of shape (n,)
            The hard labels.
        **params : dict
            The positions of the rows in the soft labels, and optionally sample weights.
        """
        soft_labels = self.soft_labels_[params.pop(LABEL_ROWS)]
        # A search passes sample weights only, under the name that its estimator has.
        weights = next(iter(params.values()), None)
        fit_on_labels(self.wrapped, X, y, soft_labels, self.labels_, weights)
        return self

    @available_if(lambda self: hasattr(self.wrapped, "partial_fit"))
    def partial_fit(self, X: Any, y: Any, **params: Any) -> "SoftLabelCandidate":
        """Train the estimator further, on weighted copies of each row; see `fit`."""
        name: Any = weight_parameter(self.wrapped)
        rows, codes, params[name] = weighted_hard_rows(
            self.soft_labels_[params.pop(LABEL_ROWS)], params.get(name)
        )
        self.wrapped.partial_fit(take_rows(X, rows), self.labels_[codes], **params)
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the estimator."""
        return self.wrapped.get_params(deep=deep)

    def set_params(self, **params: Any) -> "SoftLabelCandidate":
        """Set parameters of the estimator."""
        self.wrapped.set_params(**params)
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "wrapped" not in vars(self):
            raise AttributeError(name)
        return getattr(self.wrapped, name)

    def __setattr__(self, name: str, value: Any) -> None:
        # Searches set the context of callbacks on the estimators that they fit.
        setattr(self.wrapped, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.wrapped, name)

    def __getitem__(self, step: Any) -> Any:
        return self.wrapped[step]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.wrapped, self.soft_labels_, self.labels_)

    def __repr__(self) -> str:
        return repr(self.wrapped)

    def __sklearn_clone__(self) -> "SoftLabelCandidate":
        return type(self)(clone(self.wrapped), self.soft_labels_, self.labels_)

    def __sklearn_is_fitted__(self) -> bool:
        try:
            check_is_fitted(self.wrapped)
        except NotFittedError:
            return False
        return True

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.wrapped)
