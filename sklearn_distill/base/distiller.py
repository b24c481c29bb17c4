"""BaseDistiller: the contract of every method."""

# SPDX-License-Identifier: BSD-3-Clause

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from scipy.sparse import issparse
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import _fit_context
from .._utils.array_namespace import check_namespace
from .._utils.names import kebab_case
from .._utils.native_rows import from_native
from ..distilled_set.distilled_array import attach_labels
from ..distilled_set.distilled_set import DistilledSet
from ..validation.rows import check_rows
from .assembly import assemble
from .common_parameters import COMMON_CONSTRAINTS
from .enclosing import check_enclosing
from .fitting import fit_distiller
from .growing import training_set
from .output import output_rows, required_container
from .problem import Kept, Learned, Problem
from .pseudo_labels import check_length_differs, n_rows_of
from .scoring import labels_to_score, score_with
from .training_data import Scales, TrainingData

# The version of the contract between `BaseDistiller` and the methods. The class
# attribute `plugin_api` of a method names the version that it was written for.
PLUGIN_API = 1


class BaseDistiller(
    OneToOneFeatureMixin, TransformerMixin, CallbackSupportMixin, BaseEstimator, ABC
):
    """Base class of all methods that distill (X, y) into a small training set.

    A method is a subclass with an `__init__` that accepts the parameters below in
    addition to its own, a class attribute ``plugin_api = 1`` and a method `_distill`.

    Parameters
    ----------
    budget : int, float or dict
        Size of the distilled set: rows per class (images per class, IPC) as an int,
        which is the total number of rows if y does not hold classes; a fraction of the
        rows as a float in (0, 1); or a dict ``{class: rows}``. No class gets more rows
        than it has.
    allocation : {"auto", "equal", "proportional", "sqrt"}
        How the budget is divided among the classes: equally, or in proportion to the
        class sizes or to their square roots. "auto" is "equal" for an int and
        "proportional" for a float.
    task : {"auto", "classification", "regression"}
        What y contains. "auto": strings, booleans and a small number of distinct whole
        numbers are classes; numbers with fractions are continuous targets.
    soft_labels : {"teacher"}, estimator or None
        Teacher whose out-of-fold predictions label the distilled rows: a random forest
        ("teacher") or a clone of this estimator, trained on encoded rows. Predicted
        probabilities become soft labels, corrected to the class balance of the
        distilled set; predicted continuous targets replace y. None uses no teacher.
    densify : {"auto"}, int or None
        Whether the distilled set of a table can grow: a sampler and a decoder are
        fitted to the training data, stored with the rows and used by
        `DistilledSet.densify` and `DistilledSet.predict`. With "auto", `fit_transform`
        and `score` use the distilled rows; with an int n, they use the set grown to n
        rows. None fits neither.
    evaluator : estimator or None
        Estimator that `score` trains on the distilled set. None is a 1-nearest-neighbor
        model in the encoded space.
    numeric : {"auto", "standard", "quantile"}
        Encoding of numeric columns: "standard" standardizes a column, "quantile" maps
        it to normal quantiles, and "auto" is "quantile" for heavy-tailed columns and
        "standard" for all others.
    categorical_features : {"auto", "from_dtype"} or array-like
        Columns whose numbers are categories: their names, their positions or a boolean
        mask. Strings and the category dtype are categories in any case ("from_dtype").
        "auto" adds integer columns of few distinct values with gaps between them.
    cover_categories : bool or array-like
        Columns of categories, as their names or positions, each of whose categories is
        held by at least one distilled row, so that encoders behind the distiller know
        them; True is all columns of categories. Missing values count as a category.
    image_shape : tuple (C, H, W) or None
        Channels, height and width of the images if the rows of X are flat images.
    random_state : int, RandomState instance or None
        Pass an int for reproducible results across multiple calls of `fit`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The distilled set.
    sample_indices_ : ndarray of int of shape (m,)
        The position in the X of `fit` of each distilled row. A position of len(X) or
        more belongs to a row of `X_unlabeled`: subtract len(X) for its position there.
        Defined only if the distilled rows are real rows.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Defined only for classification.
    row_shape_ : tuple
        Shape of one row of X.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.

    See Also
    --------
    sklearn_distill.testing.check_distiller : The checks that every method must pass.
    """

    _doc_link_module = "sklearn_distill"
    _doc_link_template = (
        "https://sklearn-distill.readthedocs.io/en/latest/methods/{estimator_page}.html"
    )

    # The values for methods whose __init__ does not take the parameters.
    categorical_features: Any = "from_dtype"
    cover_categories: Any = False
    densify: Any = None
    # How StreamingDistiller distills the parts of a data set with this method:
    # "weighted" if a row of weight 2 has the effect of two rows, so that the method can
    # distill the weighted rows that it kept of the parts; "unweighted" if equal rows
    # count once and weights have another meaning. None keeps rows of each part by
    # kernel herding, and uses the method for the last step only.
    merging: str | None = None
    # Whether `_distill` supports `Problem.y` of shape (n, n_targets) for regression.
    supports_several_targets = False

    # Whether grown rows are drawn around a distilled row in proportion to the number of
    # real rows that are nearest to it.
    grows_by_mass = False

    _parameter_constraints: dict[str, Any] = COMMON_CONSTRAINTS

    @abstractmethod
    def _distill(self, problem: Problem) -> Kept | Learned:
        """Return the real rows to keep, or new rows.

        An iterative method reports its iterations to scikit-learn's callbacks with
        `_begin_iteration` and `_end_iteration`.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        Kept or Learned
        """

    def _check_parameters(self) -> None:
        """Raise ValueError for parameters that contradict each other.

        `fit` calls this hook before any training; the ranges of single parameters are
        in `_parameter_constraints`.
        """

    # The teacher, the evaluator and proxies validate their own parameters.
    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        X_unlabeled: Any = None,
    ) -> Self:
        """Distill (X, y).

        Parameters
        ----------
        X : array-like, DataFrame, sparse matrix, polars or pyarrow table of n rows
            Numbers, booleans, categories, dates and durations, any of which may be
            missing; images as (n, C, H, W).
        y : array-like of shape (n,) or (n, n_targets), default=None
            Class labels (strings, integers, booleans), or one or several continuous
            targets.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows. Rows of weight 0 are checked, and otherwise ignored.
        X_unlabeled : array-like, DataFrame or sparse matrix of k rows, default=None
            Further rows without labels. The teacher of `soft_labels`, or a random
            forest, is trained on the labeled rows and predicts the labels of these
            rows, which are then distilled too; the weight of each is the probability
            of its predicted label. The searches of scikit-learn split this argument
            into folds if it has as many rows as X.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If the input cannot be distilled.
        """
        return fit_distiller(self, COMMON_CONSTRAINTS, X, y, sample_weight, X_unlabeled)

    @_fit_context(prefer_skip_nested_validation=False)
    def _fit_with_scales(
        self, X: Any, y: Any, sample_weight: Any, scales: Scales
    ) -> Self:
        """Distill rows that represent other rows, whose encoder is fitted already."""
        return fit_distiller(
            self,
            COMMON_CONSTRAINTS,
            X,
            y,
            sample_weight,
            scales=scales,
        )

    def fit_distill(self, X: Any, y: Any = None, **fit_params: Any) -> DistilledSet:
        """Fit and return the distilled set: ``Xs, ys = distiller.fit_distill(X, y)``.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        y : array-like of shape (n,), default=None
        **fit_params : dict
            `sample_weight` and `X_unlabeled`, as for `fit`.

        Returns
        -------
        DistilledSet
        """
        return self.fit(X, y, **fit_params).distilled_

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Fit and return the distilled rows, which carry their labels.

        The result differs from ``fit(X, y).transform(X)`` on purpose, as it does for
        scikit-learn's `TargetEncoder`: it has fewer rows than X.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        y : array-like of shape (n,), default=None
        **fit_params : dict
            `sample_weight` and `X_unlabeled`, as for `fit`.

        Returns
        -------
        DistilledArray or DataFrame
            A DataFrame with a new index if X is a DataFrame or `set_output` requires
            one; a polars or pyarrow table likewise. `distilled_labels` returns the
            labels of each.

        Raises
        ------
        ValueError
            If this method is called by a ColumnTransformer, a FeatureUnion, or a
            Pipeline whose next step does not read the labels of the rows; use
            `make_distill_pipeline` or DistilledClassifier instead.
        """
        wanted = required_container(self, X)
        distilled = training_set(self.fit(X, y, **fit_params))
        if fit_params.get("X_unlabeled") is not None:
            check_length_differs(distilled.X, X)
        if distilled is not self.distilled_ or len(distilled) != n_rows_of(X):
            check_enclosing(self)
        rows = output_rows(distilled.X, wanted, self.get_feature_names_out)
        return attach_labels(rows, distilled.labels)

    def transform(self, X: Any) -> Any:
        """Check new rows and return them unchanged.

        A distiller changes the rows that a model is trained on, but not the rows for
        which the model predicts.

        Parameters
        ----------
        X : array-like, DataFrame, sparse matrix, polars or pyarrow table

        Returns
        -------
        array, DataFrame, CSR matrix or table
            X, as an array if it was array-like.

        Raises
        ------
        ValueError
            If rows have other columns than in `fit`, infinite values, or categories
            that `fit` did not see.
        """
        check_is_fitted(self)
        check_namespace(X, self.distilled_.X, f"{type(self).__name__}.transform")
        required_container(self, X)
        X = check_rows(self, X, reset=False, keep_container=True)
        if not issparse(X):  # Sparse rows have no categories.
            self.encoder_.check_known(from_native(X))
        return X

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score on (X, y) of a model trained on the distilled set.

        Pass ``cv=StratifiedKFold()`` to searches over a distiller, because their folds
        are stratified by default for classifiers only.

        Parameters
        ----------
        X, y : array-like
            Real rows and their labels, other than those of `fit`.
        sample_weight : array-like, default=None

        Returns
        -------
        float
            Accuracy, or R^2 for regression, of `evaluator`.
        """
        check_is_fitted(self)
        X, y = check_rows(self, X, reset=False), labels_to_score(self.distilled_, y)
        return score_with(
            self.evaluator, training_set(self), self.encoder_, X, y, sample_weight
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.array_api_support = True
        # Columns of strings are supported too, but the tag `categorical` would promise
        # support of arbitrary Python objects.
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = False
        tags.target_tags.multi_output = self.supports_several_targets
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_page": kebab_case(type(self).__name__)}

    def _assemble(
        self,
        result: Kept | Learned,
        problem: Problem,
        data: TrainingData | None = None,
    ) -> DistilledSet:
        return assemble(
            result,
            problem,
            method=type(self).__name__,
            teacher=self.soft_labels,
            data=data,
        )

    def _begin_iteration(self) -> Any:
        """Tell the callbacks that an iteration begins; return its context."""
        # scikit-learn stores the context of the fit on the estimator until fit ends.
        iteration = self._callback_fit_ctx.subcontext(task_name="iteration")
        iteration.call_on_fit_task_begin(estimator=self)
        return iteration

    def _end_iteration(
        self,
        iteration: Any,
        problem: Problem,
        result: Callable[[], Kept | Learned],
    ) -> bool:
        """Tell the callbacks that an iteration ends; return True if one stops the fit.

        Parameters
        ----------
        iteration : sklearn.callback.CallbackContext
            The return value of `_begin_iteration`.
        problem : Problem
        result : callable
            Returns the result that the method would return now. It is called only if a
            callback needs a fitted estimator.
        """

        def fitted_attributes() -> dict[str, Any]:
            distilled = self._assemble(result(), problem)
            return {"encoder_": problem.encoder, "distilled_": distilled}

        return iteration.call_on_fit_task_end(
            estimator=self, reconstruction_attributes=fitted_attributes
        )
