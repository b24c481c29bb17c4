"""BaseDistiller: what every method promises scikit-learn, and what it must provide.

Think twice before adding anything here: every method, ours or not, inherits it.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import check_random_state, get_tags
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import (
    HasMethods,
    StrOptions,
    _fit_context,
    _get_output_config,
)
from .._utils.containers import take_rows
from ..distilled_set.distilled_array import attach_labels
from ..distilled_set.distilled_set import DistilledSet
from ..encoding import make_encoder
from ..encoding.columns import NumericColumn
from ..validation.rows import check_lengths, check_rows, check_weights
from ..validation.targets import check_target, label_values
from .assembly import Source, assemble, check_teacher, describe
from .budget import ALLOCATIONS, rows_per_group
from .problem import Kept, Learned, Problem
from .pseudo_labels import refuse_as_many, with_unlabeled
from .scoring import check_evaluator, score_with

# The version of the contract between `BaseDistiller` and the methods. A method says
# which one it was written for in its class attribute `plugin_api`.
PLUGIN_API = 1


def kebab_case(class_name: str) -> str:
    """Return a class name as a method's name: ``KMeansSelection`` is ``k-means``."""
    name = class_name.removesuffix("Selection")
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+", name)
    return "-".join(part.lower() for part in parts)


class BaseDistiller(
    OneToOneFeatureMixin, TransformerMixin, CallbackSupportMixin, BaseEstimator, ABC
):
    """Base class of all methods that distill (X, y) into a small training set.

    A method is a subclass with an `__init__` that takes the parameters below beside
    its own, a class attribute ``plugin_api = 1``, and `_distill`.

    Parameters
    ----------
    budget : int, float or dict
        Rows per class (regression and rows without labels: rows in all), the share of
        the rows to keep, or ``{class: rows}``. No class gets more rows than it has.
    allocation : {"auto", "equal", "proportional", "sqrt"}
        How the total is shared out among the classes. "auto": equally for an int, in
        proportion to the classes for a float.
    task : {"auto", "classification", "regression"}
        What y holds. "auto": strings, booleans, integers, and whole floats if there
        are few of them are classes; other floats are quantities.
    soft_labels : None, "teacher" or estimator
        Who gives the distilled rows class probabilities (regression: their y):
        nobody, a random forest, or this estimator, trained on encoded rows. They are
        out-of-fold and corrected to the distilled set's class balance.
    evaluator : estimator or None
        What `score` trains on the distilled set, on the rows as they are in
        `distilled_`. None is a nearest neighbour in the encoded space.
    numeric : {"auto", "standard", "quantile"}
        How columns of numbers are encoded: by mean and deviation, or through normal
        quantiles; "auto" takes the latter where a column is heavy-tailed.
    image_shape : tuple (C, H, W) or None
        For images that come as flat rows.
    random_state : int, RandomState instance or None
        Pass an int for the same set at every call.

    Attributes
    ----------
    distilled_ : DistilledSet
        The small set.
    classes_ : ndarray of shape (n_classes,)
        The class labels; only after classification.
    encoder_ : TableEncoder or ImageEncoder
        How rows were turned into numbers.
    row_shape_ : tuple
        The shape of one row of X.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns, where X had names.

    See Also
    --------
    sklearn_distill.testing.check_distiller : What every method has to pass.
    """

    _doc_link_module = "sklearn_distill"
    _doc_link_template = (
        "https://sklearn-distill.readthedocs.io/en/latest/methods/{estimator_page}.html"
    )

    _parameter_constraints: dict[str, Any] = {
        "budget": [Integral, Real, Mapping],
        "allocation": [StrOptions(set(ALLOCATIONS))],
        "task": [StrOptions({"auto", "classification", "regression"})],
        "soft_labels": [None, StrOptions({"teacher"}), HasMethods(["fit", "predict"])],
        "evaluator": [None, HasMethods(["fit", "score"])],
        "numeric": [StrOptions({"auto", "standard", "quantile"})],
        "image_shape": [None, tuple, list],
        "random_state": ["random_state"],
    }

    @abstractmethod
    def _distill(self, problem: Problem) -> Kept | Learned:
        """Return the rows to keep, or rows of the method's own making."""

    # A teacher, an evaluator or a proxy validates its own parameters.
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
        X : array-like, DataFrame or sparse matrix of n rows
            Numbers, booleans and categories; images as (n, C, H, W).
        y : array-like of shape (n,), default=None
            Classes (strings, integers, booleans) or quantities.
        sample_weight : array-like of shape (n,), default=None
            How much each row counts. Rows of weight 0 count as absent, but are
            checked as all others.
        X_unlabeled : array-like, DataFrame or sparse matrix of k rows, default=None
            More rows, whose labels nobody knows. The teacher of `soft_labels`, or a
            random forest, learns from the labelled rows and labels them; each is
            distilled along with these, with the weight of the teacher's certainty.
            scikit-learn's searches cut it into folds if it is exactly as long as X.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            For input that cannot be distilled; the message says what to do.
        """
        started = time.perf_counter()
        common = BaseDistiller._parameter_constraints
        if lacking := [name for name in common if not hasattr(self, name)]:
            raise TypeError(
                f"{type(self).__name__} has no {', '.join(lacking)}. A method's "
                "__init__ takes and assigns the parameters of BaseDistiller too."
            )
        # Opened before anything can fail, so that callbacks are always torn down.
        context = self._init_callback_context(max_subtasks=getattr(self, "max_iter", 0))
        source = self._check_input(X, y, sample_weight)
        is_weighted = sample_weight is not None or X_unlabeled is not None
        n_labelled = len(source.X)
        if X_unlabeled is not None:
            source = with_unlabeled(self, source, X_unlabeled)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        problem = self._make_problem(source, context)
        if problem.n_rows.sum() >= len(source.X):
            warnings.warn(
                f"budget={self.budget!r} covers all {len(source.X)} rows: there is "
                "nothing to distill, and they come back as they are.",
                UserWarning,
                stacklevel=3,  # past scikit-learn's wrapper of fit
            )
            answer: Kept | Learned = Kept(
                np.arange(len(source.X)),
                sample_weight=source.weights if is_weighted else None,
            )
        else:
            answer = self._distill(problem)
        for name, value in problem.fitted_attributes(answer).items():
            setattr(self, name, value)
        self.distilled_.info = describe(
            self.distilled_,
            source,
            method=type(self).__name__,
            parameters=self.get_params(),
            loss=getattr(answer, "loss", None),
            seconds=time.perf_counter() - started,
        )
        if len(source.X) > n_labelled:
            self.distilled_.info["n_rows_unlabeled"] = len(source.X) - n_labelled
        self.distilled_.info.update(getattr(answer, "info", None) or {})
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    def fit_distill(self, X: Any, y: Any = None, **fit_params: Any) -> DistilledSet:
        """Fit, and return the distilled set: ``Xs, ys = distiller.fit_distill(X, y)``.

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
        """Fit, and return the distilled rows; they carry their labels.

        Like `TargetEncoder`'s, this is on purpose not ``fit(X, y).transform(X)``: there
        are fewer rows than in X.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        y : array-like of shape (n,), default=None
        **fit_params : dict
            `sample_weight` and `X_unlabeled`, as for `fit`.

        Returns
        -------
        DistilledArray or DataFrame
            A DataFrame with a fresh index if X is one or `set_output` asks for it. Both
            carry the labels, see `distilled_labels`.
        """
        wants_frame = self._check_container(X)
        distilled = self.fit(X, y, **fit_params).distilled_
        rows = distilled.X
        if fit_params.get("X_unlabeled") is not None:
            refuse_as_many(rows, X)
        if wants_frame:
            if not hasattr(rows, "iloc"):
                import pandas as pd

                rows = pd.DataFrame(rows, columns=self.get_feature_names_out())
        if hasattr(rows, "iloc"):
            rows = rows.copy()
        return attach_labels(rows, distilled.labels)

    def transform(self, X: Any) -> Any:
        """Return new rows unchanged, once they are checked.

        At predict time a distiller is not there: it changes what a model is trained
        on, never what it is asked about.

        Parameters
        ----------
        X : array-like or DataFrame

        Returns
        -------
        array or DataFrame
            X, as an array if it was array-like.

        Raises
        ------
        ValueError
            For rows that could not have stood in `fit`: other columns, missing values,
            categories that were not there.
        """
        check_is_fitted(self)
        self._check_container(X)
        X = check_rows(self, X, reset=False)
        self.encoder_.check_known(X)
        return X

    def _check_container(self, X: Any) -> bool:
        """Tell whether `set_output` asks for a DataFrame; refuse one of images."""
        wants_frame = _get_output_config("transform", self)["dense"] == "pandas"
        if wants_frame and getattr(X, "ndim", 2) > 2:
            raise ValueError(
                'set_output(transform="pandas") asks for a table, but X holds images. '
                "Pass flat rows and image_shape, or set the default output."
            )
        return wants_frame

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return how well a model trained on the distilled set does on (X, y).

        Parameters
        ----------
        X, y : array-like
            Real rows and their labels, not those of `fit`.
        sample_weight : array-like, default=None

        Returns
        -------
        float
            Accuracy, or R^2 for regression, of `evaluator`.

        Notes
        -----
        scikit-learn's searches draw stratified folds for classifiers alone. For a
        distiller pass ``cv=StratifiedKFold()``, or a fold may miss a class.
        """
        check_is_fitted(self)
        if self.distilled_.y is None:
            raise ValueError("score needs labels, but this set was distilled without.")
        X, y = check_rows(self, X, reset=False), label_values(y)
        return score_with(
            self.evaluator, self.distilled_, self.encoder_, X, y, sample_weight
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Strings are welcome too, but the tag would promise any Python object.
        tags.input_tags.sparse = True
        tags.input_tags.categorical = False
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"estimator_page": kebab_case(type(self).__name__)}

    def _check_input(self, X: Any, y: Any, sample_weight: Any) -> Source:
        if y is None and get_tags(self).target_tags.required:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None."
            )
        check_lengths(X, y)
        X = check_rows(self, X, reset=True)
        self.row_shape_ = X.shape[1:]
        weights = check_weights(sample_weight, X)
        present = np.flatnonzero(weights > 0)
        if len(present) < len(weights):
            X, weights = take_rows(X, present), weights[present]
            if y is not None:
                y = take_rows(y if hasattr(y, "iloc") else np.asarray(y), present)
        target = check_target(y, task=self.task)
        check_teacher(self.soft_labels, target.task)
        check_evaluator(self.evaluator, target.task)
        if target.task == "classification":
            self.classes_ = target.classes
        elif hasattr(self, "classes_"):
            del self.classes_
        y_column = None
        if target.task == "regression":
            y_column = NumericColumn("standard").fit(target.values, weights)
        return Source(X, target, weights, y_column)

    def _make_problem(self, source: Source, context: Any) -> Problem:
        rng = check_random_state(self.random_state)
        teacher_seed = int(rng.randint(np.iinfo(np.int32).max))
        target, weights = source.target, source.weights
        encoder = make_encoder(
            source.X, image_shape=self.image_shape, numeric=self.numeric
        ).fit(source.X, weights)
        if target.task == "classification":
            y = codes = target.values
        else:
            y = source.encode(target.values)
            codes = np.zeros(len(y), dtype=np.int64)
        n_rows = rows_per_group(
            self.budget,
            np.bincount(codes),
            allocation=self.allocation,
            weights=np.bincount(codes, weights=weights),
            classes=target.classes,
        )

        def fitted_attributes(answer: Kept | Learned) -> dict[str, Any]:
            distilled = assemble(
                answer,
                problem,
                source,
                teacher=self.soft_labels,
                teacher_seed=teacher_seed,
            )
            return {"encoder_": encoder, "distilled_": distilled}

        problem = Problem(
            Z=encoder.encode(source.X),
            y=y,
            sample_weight=weights,
            n_rows=n_rows,
            task=target.task,
            encoder=encoder,
            random_state=rng,
            context=context,
            encode_y=source.encode,
            fitted_attributes=fitted_attributes,
        )
        return problem
