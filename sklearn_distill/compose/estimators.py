"""DistilledClassifier and DistilledRegressor: estimators fitted on distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .wrapper import BaseDistilledEstimator


def _estimator_has(name: str) -> Callable[[Any], bool]:
    """Return a check for `available_if` that the wrapped estimator has a method."""

    def check(self: Any) -> bool:
        # Let the AttributeError of the wrapped estimator explain what is missing.
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class DistilledClassifier(ClassifierMixin, BaseDistilledEstimator):
    """A classifier that is fitted on a distilled set.

    `fit` distills (X, y) and fits the estimator on the distilled set. Predictions are
    those of the estimator. Soft labels are passed as weighted hard rows to estimators
    that accept `sample_weight`; other estimators are fitted on the hard labels.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.
    estimator : classifier
        Any scikit-learn classifier, or a Pipeline that ends in a classifier.
    memory : str or joblib.Memory, default=None
        The cache of fitted distillers, so that a grid search over the parameters of the
        estimator distills only once per fold. With ``random_state=None``, the first
        random result is cached, too. Callbacks are not passed to a cached distiller.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller; ``distiller_.distilled_`` is the distilled set.
    estimator_ : classifier
        The classifier, fitted on the distilled set.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X has string column names.

    See Also
    --------
    DistilledRegressor : The same for regression.
    make_distill_pipeline : Build this estimator from a flat list of steps.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_distill import DistilledClassifier, HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> model = DistilledClassifier(HerdingSelection(budget=5), SVC())
    >>> bool(model.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.85)
    True
    """

    _task = "classification"

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the class probabilities that the estimator predicts.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._check_rows(X))

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the class probabilities that the estimator predicts.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(self._check_rows(X))

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the values of the decision function of the estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(self._check_rows(X))


class DistilledRegressor(RegressorMixin, BaseDistilledEstimator):
    """A regressor that is fitted on a distilled set.

    `fit` distills (X, y) with y as a continuous target, and fits the estimator on the
    distilled set. Predictions are those of the estimator.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin; its budget is the total number of
        distilled rows.
    estimator : regressor
        Any scikit-learn regressor, or a Pipeline that ends in a regressor.
    memory : str or joblib.Memory, default=None
        The cache of fitted distillers; see `DistilledClassifier`.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller; ``distiller_.distilled_`` is the distilled set.
    estimator_ : regressor
        The regressor, fitted on the distilled set.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X has string column names.

    See Also
    --------
    DistilledClassifier : The same for classification.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklearn_distill import DistilledRegressor, KMeansSelection
    >>> X, y = load_diabetes(return_X_y=True)
    >>> distiller = KMeansSelection(budget=50, random_state=0)
    >>> model = DistilledRegressor(distiller, Ridge(alpha=0.01)).fit(X, y)
    >>> bool(model.score(X, y) > 0.4)
    True
    """

    _task = "regression"
