"""A classifier or regressor that is trained on what a distiller leaves."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    MetaEstimatorMixin,
    RegressorMixin,
    clone,
    is_classifier,
    is_regressor,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import (
    UNUSED,
    MetadataRouter,
    MethodMapping,
    process_routing,
)
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, check_memory, has_fit_parameter

from .._utils._sklearn_private import HasMethods, _fit_context, _routing_enabled
from ..soft_labels.fitting import fit_on_set
from ..validation.rows import check_rows


def _fit_distiller(distiller: Any, X: Any, y: Any, params: dict[str, Any]) -> Any:
    """Fit a distiller; a function of its own, so that a `memory` can remember it."""
    return distiller.fit(X, y, **params)


def _estimator_has(name: str) -> Callable[[Any], bool]:
    def check(self: Any) -> bool:
        getattr(getattr(self, "estimator_", self.estimator), name)
        return True

    return check


class _DistilledEstimator(MetaEstimatorMixin, CallbackSupportMixin, BaseEstimator):
    """What the wrappers of a classifier and of a regressor share."""

    _task: str
    # It is the distiller that asks for weights.
    __metadata_request__fit = {"sample_weight": UNUSED}

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        # A stacking ensemble has `predict` once it is fitted.
        "estimator": [HasMethods(["fit"])],
        "memory": [None, str, HasMethods(["cache"])],
    }

    def __init__(self, distiller: Any, estimator: Any, *, memory: Any = None):
        self.distiller = distiller
        self.estimator = estimator
        self.memory = memory

    # The distiller and the estimator validate their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Distill (X, y), then fit the estimator on what is left.

        Parameters
        ----------
        X, y : array-like
            The training data, as for the distiller.
        sample_weight : array-like of shape (n,), default=None
            For the distiller.
        **params : dict
            Further metadata for the distiller. None reaches the estimator: after the
            distiller the rows that they belong to no longer exist. With metadata
            routing the distiller has to ask for them, weights too.

        Returns
        -------
        self : object
        """
        context = self._init_callback_context(max_subtasks=1)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        distiller = clone(self.distiller)
        if distiller.task not in ("auto", self._task):
            raise ValueError(
                f"{type(self).__name__} is for {self._task}, but its distiller has "
                f"task={distiller.task!r}. Leave that at 'auto'."
            )
        distiller.set_params(task=self._task)
        self._check_estimator()
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        routed = self._route(params)
        step = context.subcontext(task_name="distill")
        # Callbacks would make every call look new to the memory.
        with (
            step.propagate_callback_context(distiller)
            if self.memory is None
            else nullcontext()
        ):
            step.call_on_fit_task_begin(estimator=self, X=X, y=y)
            fit_distiller = check_memory(self.memory).cache(_fit_distiller)
            self.distiller_ = fit_distiller(distiller, X, y, routed)
            step.call_on_fit_task_end(estimator=self, X=X, y=y)
        distilled = self.distiller_.distilled_
        self.estimator_ = fit_on_set(clone(self.estimator), distilled)
        self.n_features_in_ = self.distiller_.n_features_in_
        if hasattr(self.distiller_, "feature_names_in_"):
            self.feature_names_in_ = self.distiller_.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if distilled.classes is not None:
            self.classes_ = distilled.classes
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    def _check_estimator(self) -> None:
        is_kind = {"classification": is_classifier, "regression": is_regressor}
        if is_kind[self._task](self.estimator):
            return
        if any(is_other(self.estimator) for is_other in is_kind.values()):
            raise ValueError(
                f"{type(self).__name__} is for {self._task}, but estimator="
                f"{self.estimator!r} is not. Take the other wrapper, or another "
                "estimator."
            )
        if not hasattr(self.estimator, "predict"):
            raise TypeError(f"estimator={self.estimator!r} has no predict.")

    def _route(self, params: dict[str, Any]) -> dict[str, Any]:
        if _routing_enabled():
            return dict(process_routing(self, "fit", **params).distiller.fit)
        if unknown := [p for p in params if not has_fit_parameter(self.distiller, p)]:
            raise TypeError(
                f"{type(self.distiller).__name__}.fit takes no {unknown}; metadata of "
                "fit go to the distiller alone."
            )
        return params

    def predict(self, X: Any) -> np.ndarray:
        """Return the estimator's predictions for real rows.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return self.estimator_.predict(self._rows(X))

    def _rows(self, X: Any) -> Any:
        """Check real rows, but leave new categories to the estimator, which may know
        what to do with them."""
        return check_rows(self.distiller_, X, reset=False)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return where metadata go: in `fit` to the distiller's, and nowhere else.

        `score` takes a `sample_weight` of its own.

        Returns
        -------
        MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        router = MetadataRouter(owner=self).add_self_request(self)
        return router.add(distiller=self.distiller, method_mapping=mapping)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.distiller).input_tags.sparse
        return tags


class DistilledClassifier(ClassifierMixin, _DistilledEstimator):
    """A classifier trained on a distilled set.

    `fit` distills (X, y) and trains the estimator on the result; `predict` is the
    estimator's. Soft labels reach an estimator that takes `sample_weight` as weighted
    hard rows; one that does not gets hard labels.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.
    estimator : classifier
        Any scikit-learn classifier, or a Pipeline that ends in one.
    memory : str or joblib.Memory, default=None
        Where fitted distillers are remembered, so that a grid over the estimator's
        parameters distills once a fold. With ``random_state=None`` the first draw is
        remembered too. Callbacks do not reach a remembered distiller.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller; ``distiller_.distilled_`` is the set.
    estimator_ : classifier
        The classifier, fitted on the set.
    classes_ : ndarray of shape (n_classes,)
        The class labels.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    DistilledRegressor : The same for quantities.
    make_distill_pipeline : From a flat list of steps.

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
        """Return the estimator's class probabilities for real rows.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(self._rows(X))

    @available_if(_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the class probabilities for real rows.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(self._rows(X))

    @available_if(_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the estimator's decision function for real rows.

        Parameters
        ----------
        X : array-like

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(self._rows(X))


class DistilledRegressor(RegressorMixin, _DistilledEstimator):
    """A regressor trained on a distilled set.

    `fit` distills (X, y), with y as a quantity, and trains the estimator on the
    result; `predict` is the estimator's.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin; its budget is the number of rows in
        all.
    estimator : regressor
        Any scikit-learn regressor, or a Pipeline that ends in one.
    memory : str or joblib.Memory, default=None
        Where fitted distillers are remembered; see `DistilledClassifier`.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller; ``distiller_.distilled_`` is the set.
    estimator_ : regressor
        The regressor, fitted on the set.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    DistilledClassifier : The same for classes.

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
