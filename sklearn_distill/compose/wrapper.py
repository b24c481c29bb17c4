"""Base class of the estimators that are fitted on distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import nullcontext
from typing import Any, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    MetaEstimatorMixin,
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
from sklearn.utils.validation import check_is_fitted, check_memory, has_fit_parameter

from .._utils._sklearn_private import HasMethods, _fit_context, _routing_enabled
from .._utils.array_namespace import check_namespace, like_array
from .._utils.native_rows import from_native, rows_for
from ..base.absent_categories import warn_of_absent_categories
from ..base.common_parameters import COMMON_CONSTRAINTS
from ..base.growing import grown_set, set_densify, training_set, with_labels_for
from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.fitting import fit_on_set
from ..soft_labels.teacher import supports_several_targets
from ..validation.missing_values import check_accepts_missing
from ..validation.rows import check_rows
from ..validation.targets import n_columns
from .choice import HeldBackResult, is_better
from .leaf_size import warn_of_large_leaves
from .unseen_rows import UnseenRows, held_back_for_choice

# The attributes that the fit of the estimator sets.
FITTED = ("estimator_", "prior_ratio_", "calibrator_")
# The attributes that describe the choice between distilled and grown rows.
CHOICE = ("densify_scores_", "densify_log_losses_")
IS_OF_TASK = {"classification": is_classifier, "regression": is_regressor}


def copy_feature_attributes(fitted: Any, estimator: Any) -> None:
    """Set `n_features_in_` and `feature_names_in_` to those of a fitted estimator."""
    estimator.n_features_in_ = fitted.n_features_in_
    if hasattr(fitted, "feature_names_in_"):
        estimator.feature_names_in_ = fitted.feature_names_in_
    elif hasattr(estimator, "feature_names_in_"):
        del estimator.feature_names_in_


def is_column(y: Any) -> bool:
    """Return whether y has the shape (n, 1)."""
    y = from_native(y)
    shape = y.shape if hasattr(y, "iloc") else np.asarray(y).shape
    return len(shape) == 2 and shape[1] == 1


def ends_in_net(estimator: Any) -> bool:
    """Return whether the predictions of an estimator are those of a skorch net.

    A module whose output has the shape (n, 1) needs targets of the same shape. PyTorch
    would broadcast targets of shape (n,) to (n, n).
    """
    if hasattr(estimator, "initialize_module"):
        return True
    if hasattr(estimator, "steps"):
        return ends_in_net(estimator.steps[-1][1])
    for name in ("estimator", "regressor"):
        if hasattr(getattr(estimator, name, None), "fit"):
            return ends_in_net(getattr(estimator, name))
    return False


def _fit_distiller(distiller: Any, X: Any, y: Any, params: dict[str, Any]) -> Any:
    """Fit a distiller; joblib's Memory can cache this function."""
    return distiller.fit(X, y, **params)


class BaseDistilledEstimator(MetaEstimatorMixin, CallbackSupportMixin, BaseEstimator):
    """Base class of DistilledClassifier and DistilledRegressor."""

    _task: str
    # Only the distiller can request sample weights, so the wrapper does not.
    __metadata_request__fit = {"sample_weight": UNUSED}

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        # Do not require `predict`, which some ensembles have only after `fit`.
        "estimator": [HasMethods(["fit"])],
        "densify": COMMON_CONSTRAINTS["densify"],
        "memory": [None, str, HasMethods(["cache"])],
    }

    def __init__(
        self,
        distiller: Any,
        estimator: Any,
        *,
        densify: Any = None,
        memory: Any = None,
    ):
        self.distiller = distiller
        self.estimator = estimator
        self.densify = densify
        self.memory = memory

    # The distiller and the estimator validate their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, **params: Any) -> Self:
        """Distill (X, y), and fit the estimator on the distilled set.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
            The training data.
        y : array-like of shape (n,) or (n, n_targets)
            Class labels, or one or several continuous targets for regression. If the
            estimator is a skorch net for regression, a column (n, 1) reaches it as a
            column.
        sample_weight : array-like of shape (n,), default=None
            Sample weights for the distiller.
        **params : dict
            Further metadata for the distiller. The estimator receives no metadata,
            because the rows to which metadata belong do not exist after distillation.
            If metadata routing is enabled, the distiller must request its metadata,
            including `sample_weight`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the distiller or the estimator is for another task, or if (X, y) cannot
            be distilled.
        TypeError
            If the estimator cannot predict, or if the distiller does not accept the
            metadata.
        """
        context = self._init_callback_context(max_subtasks=1)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        distiller = self._clone_distiller()
        self._check_estimator()
        check_accepts_missing(self.estimator, X)
        self._check_number_of_targets(y)
        as_column = self._task == "regression" and is_column(y) and ends_in_net(self)
        if as_column:
            y = y.iloc[:, 0] if hasattr(y, "iloc") else np.asarray(y)[:, 0]
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        routed = self._route(params)
        held_back = held_back_for_choice(distiller, X, y, routed)
        step = context.subcontext(task_name="distill")
        # Do not pass callbacks to a cached distiller: joblib would hash them, and would
        # not find the cached result again.
        with (
            step.propagate_callback_context(distiller)
            if self.memory is None
            else nullcontext()
        ):
            step.call_on_fit_task_begin(estimator=self, X=X, y=y)
            fit_distiller = check_memory(self.memory).cache(_fit_distiller)
            self.distiller_ = fit_distiller(distiller, X, y, routed)
            step.call_on_fit_task_end(estimator=self, X=X, y=y)
        warn_of_absent_categories(self.estimator, self.distiller_)
        copy_feature_attributes(self.distiller_, self)
        if self.distilled_.classes is not None:
            self.classes_ = self.distilled_.classes
        for name in CHOICE:
            self.__dict__.pop(name, None)
        train = training_set(self.distiller_, soft_labels=True)
        train = with_labels_for(self.estimator, train)
        unseen = held_back
        if unseen is None:
            unseen = self._unseen_rows(X, y, routed)
        self._fit_estimator(train, as_column, unseen)
        if held_back is not None:
            train = self._fit_on_better_set(train, held_back, as_column)
        self.n_training_rows_ = len(train)
        warn_of_large_leaves(self.estimator, train)
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    def _clone_distiller(self) -> Any:
        """Return a clone of the distiller whose task is that of the wrapper."""
        distiller = clone(self.distiller)
        if distiller.task not in ("auto", self._task):
            raise ValueError(
                f"{type(self).__name__} is for {self._task}, but its distiller has "
                f"task={distiller.task!r}. Set the task of the distiller to 'auto'."
            )
        return set_densify(distiller, self.densify).set_params(task=self._task)

    def _fit_on_better_set(
        self, distilled: DistilledSet, held_back: UnseenRows, as_column: bool
    ) -> DistilledSet:
        """Fit the estimator on grown rows too, and keep the better of the two fits.

        Parameters
        ----------
        distilled : DistilledSet
            The set that the estimator is fitted on.
        held_back : UnseenRows
            The rows on which the two fits are compared.
        as_column : bool

        Returns
        -------
        DistilledSet
            The set that the remaining fit used.
        """
        grown = grown_set(self.distiller_)
        if grown is None:
            return distilled
        grown = with_labels_for(self.estimator, grown)
        names = [name for name in FITTED if name in self.__dict__]
        first = {name: self.__dict__[name] for name in names}
        results = {"rows": self._evaluate(held_back)}
        self._fit_estimator(grown, as_column, held_back)
        results["grown"] = self._evaluate(held_back)
        self.densify_scores_ = {name: one.score for name, one in results.items()}
        if results["rows"].losses is not None:
            self.densify_log_losses_ = {k: v.log_loss for k, v in results.items()}
        if is_better(results["grown"], results["rows"]):
            return grown
        self.__dict__.update(first)
        return distilled

    def _evaluate(self, rows: UnseenRows) -> HeldBackResult:
        """Return how well the current fit predicts rows that were not distilled."""
        y, weights = like_array(rows.X, (rows.y, rows.sample_weight))
        return HeldBackResult(self.score(rows.X, y, weights))

    def _unseen_rows(self, X: Any, y: Any, params: dict[str, Any]) -> UnseenRows | None:
        """Return training rows for the calibration of predictions, or None."""
        return None

    def _fit_estimator(
        self, train: DistilledSet, as_column: bool, unseen: UnseenRows | None
    ) -> None:
        """Set the attributes `FITTED` by a fit on a training set."""
        self.estimator_ = fit_on_set(
            clone(self.estimator), train, as_column=as_column
        )  # fmt: skip

    def _check_estimator(self) -> None:
        """Raise an error if the estimator is of another kind than the wrapper."""
        if IS_OF_TASK[self._task](self.estimator):
            return
        if any(is_of_task(self.estimator) for is_of_task in IS_OF_TASK.values()):
            raise ValueError(
                f"{type(self).__name__} is for {self._task}, but estimator="
                f"{self.estimator!r} is not. Use DistilledClassifier for classifiers "
                "and DistilledRegressor for regressors."
            )
        if not hasattr(self.estimator, "predict"):
            raise TypeError(
                f"estimator={self.estimator!r} must be a classifier or a regressor, "
                "but does not define predict."
            )

    def _check_number_of_targets(self, y: Any) -> None:
        """Raise ValueError for several targets if the estimator supports only one."""
        if self._task != "regression" or supports_several_targets(self.estimator):
            return
        if (n_targets := n_columns(y)) > 1:
            raise ValueError(
                f"The estimator {type(self.estimator).__name__} supports a single "
                f"target, but y has {n_targets} columns. Pass "
                "sklearn.multioutput.MultiOutputRegressor(estimator)."
            )

    def _route(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the metadata for the `fit` of the distiller."""
        if _routing_enabled():
            return dict(process_routing(self, "fit", **params).distiller.fit)
        if unknown := [p for p in params if not has_fit_parameter(self.distiller, p)]:
            raise TypeError(
                f"{type(self.distiller).__name__}.fit does not accept {unknown}. "
                f"Metadata passed to {type(self).__name__}.fit are passed only to the "
                "distiller."
            )
        return params

    def predict(self, X: Any, **params: Any) -> Any:
        """Return the predictions of the estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        **params : dict
            Parameters of `predict` of the estimator, such as `return_std` of a
            Gaussian process. If metadata routing is enabled, the estimator must request
            them.

        Returns
        -------
        ndarray of shape (n,) or (n, n_targets)
            With some parameters, such as `return_std`, a tuple of arrays. Under
            scikit-learn's array API dispatch, numbers are arrays of the library of X.
        """
        check_is_fitted(self)
        if params and _routing_enabled():
            params = process_routing(self, "predict", **params).estimator.predict
        rows = self._check_rows(X, "predict")
        return like_array(X, self.estimator_.predict(rows, **params))

    @property
    def distilled_(self) -> DistilledSet:
        """The distilled set that the estimator is fitted on."""
        check_is_fitted(self)
        return self.distiller_.distilled_

    @property
    def coef_(self) -> Any:
        """The coefficients of the estimator, if it is a linear model."""
        return self._attribute_of_estimator("coef_")

    @property
    def intercept_(self) -> Any:
        """The intercept of the estimator, if it is a linear model."""
        return self._attribute_of_estimator("intercept_")

    @property
    def feature_importances_(self) -> Any:
        """The feature importances of the estimator, if it computes them."""
        return self._attribute_of_estimator("feature_importances_")

    def _attribute_of_estimator(self, name: str) -> Any:
        """Return a fitted attribute; AttributeError if the estimator lacks it."""
        check_is_fitted(self)
        return getattr(self.estimator_, name)

    def _check_rows(self, X: Any, method: str | None = None) -> Any:
        """Check new rows, but not for unknown categories.

        The estimator may support unknown categories.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        method : str or None
            The method that the user called, for the message if X is of another library
            than in `fit`.
        """
        if method is not None:
            name = f"{type(self).__name__}.{method}"
            check_namespace(X, self.distilled_.X, name)
        X = check_rows(self.distiller_, X, reset=False, keep_container=True)
        return rows_for(self.estimator, X)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata routing of this object.

        `fit` passes metadata to `fit` of the distiller, and `predict` to `predict` of
        the estimator; `score` may request a `sample_weight`.

        Returns
        -------
        MetadataRouter
        """
        to_distiller = MethodMapping().add(caller="fit", callee="fit")
        to_estimator = MethodMapping().add(caller="predict", callee="predict")
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(distiller=self.distiller, method_mapping=to_distiller)
        return router.add(estimator=self.estimator, method_mapping=to_estimator)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = get_tags(self.distiller).array_api_support
        distiller_tags = get_tags(self.distiller).input_tags
        tags.input_tags.sparse = distiller_tags.sparse
        tags.input_tags.allow_nan = (
            distiller_tags.allow_nan and get_tags(self.estimator).input_tags.allow_nan
        )
        return tags
