"""DistilledClassifier and DistilledRegressor: estimators fitted on distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import get_tags
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import StrOptions
from .._utils.array_namespace import like_array
from .._utils.native_rows import from_native
from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.data_prior import (
    correct_log_proba,
    correct_proba,
    corrected_decisions,
    fit_under_data_prior,
)
from .calibrated import calibration_method, calibrator_of
from .choice import HeldBackResult, classification_result
from .unseen_rows import rows_for_calibration
from .wrapper import BaseDistilledEstimator


def _estimator_has(name: str) -> Callable[[Any], bool]:
    """Return a check for `available_if` that the wrapped estimator has a method."""

    def check(self: Any) -> bool:
        # Let the AttributeError of the wrapped estimator explain what is missing.
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class DistilledClassifier(ClassifierMixin, BaseDistilledEstimator):
    r"""A classifier that is fitted on a distilled set.

    `fit` distills (X, y) and fits the estimator on the distilled set. Soft labels are
    passed as weighted hard rows to estimators that accept `sample_weight`; other
    estimators are fitted on the hard labels. A distilled set usually has equal class
    shares; by default, predictions are corrected to the class shares of (X, y), and
    probabilities are calibrated on rows of (X, y) that were not distilled.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.
    estimator : classifier
        Any scikit-learn classifier, or a Pipeline that ends in a classifier.
    prior : {"data", "set"}, default="data"
        The class shares that predictions assume.

        - "data": the shares of the training data. Predicted probabilities are
          multiplied by the share of each class in the training data, divided by its
          share in the rows that the estimator was fitted on, and renormalized;
          `predict` returns the likeliest class. An estimator that does not predict
          probabilities is fitted with `DistilledSet.prior_weights` as sample weights.
          Accuracy and log loss want this choice.
        - "set": the shares of the distilled set. Predictions are those of the
          estimator. Balanced accuracy and other metrics that weight all classes
          equally want this choice.
    calibration : {"auto", "sigmoid", "temperature"} or None, default="auto"
        How predicted probabilities are calibrated after the correction to `prior`, on
        at most 1,000 training rows (a stratified sample, with sample weights) that were
        not distilled. `predict` returns the class that is likeliest afterwards.

        - "sigmoid": :math:`q_c \propto \exp(a \log p_c + b_c)`. For two classes this
          is Platt's method.
        - "temperature": the same without the biases b. Predicted classes do not change.
        - "auto": "sigmoid" with ``prior="data"``, if the estimator predicts
          probabilities and does not set the prior itself; otherwise None.
        - None: probabilities are not calibrated.

    densify : {"auto"}, int or None, default=None
        Whether the estimator is fitted on rows that are grown from the distilled rows
        by a sampler and a decoder; see `DistilledSet.densify`. Any value but None
        replaces the parameter `densify` of the distiller.

        - "auto": a fifth of the training rows, at most 2,000, is held back and not
          distilled. The estimator is fitted on the distilled rows and on 5,000 grown
          rows, and the better fit on the rows held back is kept: by accuracy (balanced
          accuracy with ``prior="set"``) if it differs by more than a standard error,
          and otherwise by log loss. If fewer than 20 rows can be held back, the
          estimator is fitted on the distilled rows.
        - int: the estimator is fitted on this number of grown rows.
        - None: the parameter `densify` of the distiller decides.

        An estimator that predicts probabilities and accepts `sample_weight` is fitted
        on the probabilities that the decoder predicts for grown rows, and any other
        estimator on hard labels.

    memory : str or joblib.Memory, default=None
        The cache of fitted distillers, so that a grid search over the parameters of the
        estimator distills only once per fold. With ``random_state=None``, the first
        random result is cached, too. Callbacks are not passed to a cached distiller.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller.
    distilled_ : DistilledSet
        The distilled set.
    estimator_ : classifier
        The classifier, fitted on the distilled set. Its own predictions are neither
        corrected nor calibrated. Its `coef_`, `intercept_` and `feature_importances_`
        are also attributes of this object, if it has them.
    prior_ratio_ : ndarray of shape (n_classes,) or None
        The factors by which predicted probabilities are multiplied; None if predictions
        are those of the estimator.
    calibrator_ : object or None
        The calibration of the corrected probabilities, with the attributes `scale`
        (float) and `bias` (ndarray of shape (n_classes,)); None if they are not
        calibrated. With "auto", this also holds if fewer than 50 training rows were
        not distilled, or if the prediction of these rows raises an error.
    n_training_rows_ : int
        The number of rows that the estimator was fitted on.
    densify_scores_ : dict
        The scores of the fits on distilled rows ("rows") and on grown rows ("grown") on
        the rows held back. Defined only if ``densify="auto"`` compared the two fits.
    densify_log_losses_ : dict
        The log losses that belong to `densify_scores_`. Defined only if the estimator
        predicts probabilities.
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

    Notes
    -----
    With ``prior="data"``, an estimator that sets the prior itself keeps its own
    predictions, as it would on all rows: ``class_weight="balanced"``, `priors` of naive
    Bayes and of discriminant analysis, and classifiers that set their own decision
    threshold. If an estimator neither predicts probabilities nor accepts sample
    weights, its predictions cannot be corrected, and `fit` warns.

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
    _parameter_constraints: dict[str, Any] = {
        **BaseDistilledEstimator._parameter_constraints,
        "prior": [StrOptions({"data", "set"})],
        "calibration": [None, StrOptions({"auto", "sigmoid", "temperature"})],
    }

    def __init__(
        self,
        distiller: Any,
        estimator: Any,
        *,
        prior: str = "data",
        calibration: str | None = "auto",
        densify: Any = None,
        memory: Any = None,
    ):
        super().__init__(distiller, estimator, densify=densify, memory=memory)
        self.prior = prior
        self.calibration = calibration

    def _unseen_rows(self, X: Any, y: Any, params: dict[str, Any]) -> Any:
        if self.calibration is None or (
            self.calibration == "auto" and self.prior == "set"
        ):
            return None
        return rows_for_calibration(self.distiller_, X, y, params)

    def _fit_estimator(self, train: DistilledSet, as_column: bool, unseen: Any) -> None:
        self.prior_ratio_ = self.calibrator_ = None
        if self.prior == "set":
            super()._fit_estimator(train, as_column, unseen)
        else:
            self.estimator_, ratio = fit_under_data_prior(self.estimator, train)
            self.prior_ratio_ = like_array(self.distilled_.X, ratio)
        method = calibration_method(
            self.calibration, self.estimator_, self.prior, train
        )  # fmt: skip
        if method is not None:
            self.calibrator_ = calibrator_of(
                self.estimator_,
                from_native(self.prior_ratio_),
                unseen,
                None if unseen is None else self._check_rows(unseen.X),
                method=method,
                prior=self.prior,
                train=train,
                may_fail=self.calibration == "auto",
            )

    def _evaluate(self, rows: Any) -> HeldBackResult:
        weights = rows.sample_weight
        if self.prior == "set":
            weights = weights * compute_sample_weight("balanced", rows.y)
        proba = None
        if hasattr(self, "predict_proba"):
            proba = self._proba(self._check_rows(rows.X))
        known = np.asarray(getattr(self.estimator_, "classes_", self.classes_))
        predicted = np.asarray(from_native(self.predict(rows.X)))
        return classification_result(predicted, proba, known, rows.y, weights)

    def predict(self, X: Any, **params: Any) -> Any:
        """Predict the class of each row.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        **params : dict
            Parameters of `predict` of the estimator, whose result is then returned
            without correction and calibration.

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        if params or (self.prior_ratio_ is None and self.calibrator_ is None):
            return super().predict(X, **params)
        classes = getattr(self.estimator_, "classes_", self.classes_)
        proba = self._proba(self._check_rows(X, "predict"))
        return like_array(X, classes[proba.argmax(axis=1)])

    @available_if(_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the class probabilities, corrected to `prior` and calibrated.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return like_array(X, self._proba(self._check_rows(X, "predict_proba")))

    def _proba(self, rows: Any) -> np.ndarray:
        """Return the class probabilities of checked rows as a NumPy array."""
        proba = self.estimator_.predict_proba(rows)
        proba = correct_proba(proba, from_native(self.prior_ratio_))
        return proba if self.calibrator_ is None else self.calibrator_.proba(proba)

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the class probabilities of `predict_proba`.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        rows = self._check_rows(X, "predict_log_proba")
        log_proba = self.estimator_.predict_log_proba(rows)
        log_proba = correct_log_proba(log_proba, from_native(self.prior_ratio_))
        if self.calibrator_ is not None:
            log_proba = self.calibrator_.log_proba(np.exp(log_proba))
        return like_array(X, log_proba)

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the decision function, which agrees with `predict`.

        If probabilities are corrected or calibrated, the values are the log odds of two
        classes or the log probabilities of more classes. If they are not calibrated,
        and the decision function of the estimator has this scale already, as that of
        logistic regression has, the logarithms of `prior_ratio_` are added to its
        values.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        check_is_fitted(self)
        rows = self._check_rows(X, "decision_function")
        ratio = from_native(self.prior_ratio_)
        if self.calibrator_ is None:
            values = corrected_decisions(self.estimator_, rows, ratio)
            return like_array(X, values)
        proba = correct_proba(self.estimator_.predict_proba(rows), ratio)
        logs = self.calibrator_.log_proba(proba)
        return like_array(X, logs[:, 1] - logs[:, 0] if logs.shape[1] == 2 else logs)


class DistilledRegressor(RegressorMixin, BaseDistilledEstimator):
    """A regressor that is fitted on a distilled set.

    `fit` distills (X, y) with y as one or several continuous targets, and fits the
    estimator on the distilled set. Predictions are those of the estimator.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin; its budget is the total number of
        distilled rows.
    estimator : regressor
        Any scikit-learn regressor, or a Pipeline that ends in a regressor.
    densify : {"auto"}, int or None, default=None
        Whether the estimator is fitted on rows that are grown from the distilled rows
        by a sampler and a decoder; see `DistilledSet.densify`. Any value but None
        replaces the parameter `densify` of the distiller.

        - "auto": a fifth of the training rows, at most 2,000, is held back and not
          distilled. The estimator is fitted on the distilled rows and on 5,000 grown
          rows, and the better fit on the rows held back is kept, by R^2. If fewer
          than 20 rows can be held back, it is fitted on the distilled rows.
        - int: the estimator is fitted on this number of grown rows.
        - None: the parameter `densify` of the distiller decides.

    memory : str or joblib.Memory, default=None
        The cache of fitted distillers; see `DistilledClassifier`.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller.
    distilled_ : DistilledSet
        The distilled set.
    estimator_ : regressor
        The regressor, fitted on the distilled set. Its `coef_`, `intercept_` and
        `feature_importances_` are also attributes of this object, if it has them.
    n_training_rows_ : int
        The number of rows that the estimator was fitted on.
    densify_scores_ : dict
        The scores of the fits on distilled rows ("rows") and on grown rows ("grown") on
        the rows held back. Defined only if ``densify="auto"`` compared the two fits.
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = (
            get_tags(self.distiller).target_tags.multi_output
            and get_tags(self.estimator).target_tags.multi_output
        )
        return tags
