"""A candidate of a search, trained with the weights and labels of distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils.containers import take_rows
from ..soft_labels.data_prior import sets_own_prior
from ..soft_labels.expansion import weighted_hard_rows
from ..soft_labels.fitting import fit_on_labels, weight_parameter
from .checks import validation_splits
from .training_rows import RowLabels

# The parameter of `fit` that holds the position of each row in the tables.
ROWS = "distilled_rows"


class DistilledCandidate:
    """An estimator whose `fit` looks up the weights and soft labels of its rows.

    A search passes the same arguments to all estimators that it fits, but candidates
    differ in whether they accept sample weights and in whether they set the class
    shares themselves. The rows are therefore passed together with their positions in
    tables of weights and soft labels, and the estimator is trained on them as
    DistilledClassifier trains its estimator. All other methods, attributes and
    parameters are those of the estimator.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    labels : RowLabels
        The weights and soft labels of m rows.
    own_labels : RowLabels
        Those of an estimator that sets the class shares itself.
    classes : ndarray of shape (n_classes,) or None
        The classes of the columns of soft labels.
    """

    def __init__(
        self,
        estimator: Any,
        labels: RowLabels,
        own_labels: RowLabels,
        classes: np.ndarray | None,
    ):
        # The names of the tables end in "_" so that `fingerprint` includes them.
        vars(self).update(
            wrapped=estimator,
            labels_=labels,
            own_labels_=own_labels,
            classes_of_=classes,
        )

    def fit(self, X: Any, y: Any = None, **params: Any) -> "DistilledCandidate":
        """Fit the estimator with the weights and soft labels of the rows.

        Parameters
        ----------
        X : array-like of n rows
        y : array-like of shape (n,), default=None
            The hard labels.
        **params : dict
            The positions of the rows in the tables. Sample weights are for the scorer
            and are ignored.
        """
        weights, soft_labels = self._labels_at(params[ROWS])
        self._train_on_all_rows()
        fit_on_labels(self.wrapped, X, y, soft_labels, self.classes_of_, weights)
        return self

    @available_if(lambda self: hasattr(self.wrapped, "partial_fit"))
    def partial_fit(
        self, X: Any, y: Any = None, *, classes: Any = None, **params: Any
    ) -> "DistilledCandidate":
        """Train the estimator further, on weighted copies of each row; see `fit`."""
        weights, soft_labels = self._labels_at(params[ROWS])
        self._train_on_all_rows()
        given = {} if classes is None else {"classes": classes}
        name = weight_parameter(self.wrapped)
        if soft_labels is not None and name is not None:
            rows, codes, weights = weighted_hard_rows(soft_labels, weights)
            X, y = take_rows(X, rows), self.classes_of_[codes]
        if weights is not None and name is not None:
            given[name] = weights
        self.wrapped.partial_fit(X, y, **given)
        return self

    def _train_on_all_rows(self) -> None:
        """Let nets hold out no rows, of which there are few."""
        if disabled := validation_splits(self.wrapped):
            self.wrapped.set_params(**disabled)

    def _labels_at(self, rows: np.ndarray) -> RowLabels:
        """Return the weights and soft labels at some positions of the tables."""
        own = sets_own_prior(self.wrapped)
        tables = self.own_labels_ if own else self.labels_
        return RowLabels(*(None if table is None else table[rows] for table in tables))

    def _tables(self) -> tuple[Any, ...]:
        """Return the arguments of the constructor but the estimator."""
        return self.labels_, self.own_labels_, self.classes_of_

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the estimator."""
        return self.wrapped.get_params(deep=deep)

    def set_params(self, **params: Any) -> "DistilledCandidate":
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
        return type(self), (self.wrapped, *self._tables())

    def __repr__(self) -> str:
        return repr(self.wrapped)

    def __sklearn_clone__(self) -> "DistilledCandidate":
        return type(self)(clone(self.wrapped), *self._tables())

    def __sklearn_is_fitted__(self) -> bool:
        try:
            check_is_fitted(self.wrapped)
        except NotFittedError:
            return False
        return True

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.wrapped)
