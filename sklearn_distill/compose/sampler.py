"""DistillationSampler: a distiller as a sampler of imbalanced-learn."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, clone
from sklearn.utils import InputTags, Tags, get_tags

from .._utils._sklearn_private import HasMethods, _fit_context
from .._utils.native_rows import labels_like, native_library
from ..base.row_learner import RowLearner
from ..validation.targets import check_target
from .wrapper import copy_feature_attributes


@dataclass(slots=True)
class SamplerTags:
    """Tags of a sampler, as imbalanced-learn defines them."""

    sample_indices: bool = False


@dataclass(slots=True)
class InputTagsOfSampler(InputTags):
    """Tags of the input, with the one that imbalanced-learn adds."""

    dataframe: bool = True


@dataclass(slots=True)
class TagsOfSampler(Tags):
    """Tags of an estimator, with those that imbalanced-learn adds."""

    sampler_tags: SamplerTags | None = None


class DistillationSampler(OneToOneFeatureMixin, BaseEstimator):
    """A distiller as an imbalanced-learn sampler.

    The Pipeline of imbalanced-learn accepts steps that have `fit_resample` and no
    `transform`; this class gives a distiller that interface, and its ensembles accept
    it as `sampler`. The budget of the distiller takes the place of the parameter
    `sampling_strategy`. `fit_resample` cannot return soft labels, so distillers that
    create soft labels raise an error.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller.
    sample_indices_ : ndarray of int of shape (m,)
        The position in X of each distilled row. Defined only if the distilled rows are
        real rows.
    sampling_strategy_ : dict
        The number of distilled rows of each class. Defined only for classes.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if X has string column names.

    See Also
    --------
    DistilledClassifier : The recommended way to combine a distiller with a classifier.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import DistillationSampler, HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> Xs, ys = DistillationSampler(HerdingSelection(budget=5)).fit_resample(X, y)
    >>> Xs.shape
    (15, 4)
    """

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
    }

    # The ensembles of imbalanced-learn set `sampling_strategy` of samplers that have
    # another type.
    _sampling_type = "bypass"

    def __init__(self, distiller: Any):
        self.distiller = distiller

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        of_distiller = get_tags(self.distiller).input_tags
        tags.input_tags = InputTagsOfSampler(**_values(tags.input_tags))
        tags.input_tags.sparse = of_distiller.sparse
        tags.input_tags.allow_nan = of_distiller.allow_nan
        keeps_rows = not isinstance(self.distiller, RowLearner)
        return TagsOfSampler(**_values(tags), sampler_tags=SamplerTags(keeps_rows))

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the distiller.

        Parameters
        ----------
        X : array-like or DataFrame of n rows
        y : array-like of shape (n,)

        Returns
        -------
        self : object
        """
        self.fit_resample(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, Any]:
        """Fit the distiller and return the distilled rows and their labels.

        Parameters
        ----------
        X : array-like or DataFrame of n rows
        y : array-like of shape (n,) or (n, n_targets)
        **params : dict
            Metadata for the distiller's `fit`.

        Returns
        -------
        X_resampled : ndarray, DataFrame or list of m rows
            In the container of X.
        y_resampled : ndarray, Series, DataFrame, Categorical, list or table of m labels
            In the container of y, of pandas, polars or pyarrow too, with its name and
            dtype if this can hold the labels.

        Raises
        ------
        ValueError
            If the distiller would create soft labels for classes.
        """
        self._reject_soft_labels(y)
        self.distiller_ = clone(self.distiller).fit(X, y, **params)
        copy_feature_attributes(self.distiller_, self)
        self._store_sampling(self.distiller_)
        distilled = self.distiller_.distilled_
        rows = distilled.X.tolist() if isinstance(X, list) else distilled.X
        return rows, _in_container_of(y, distilled.y)

    def _store_sampling(self, distiller: Any) -> None:
        """Set the attributes that tell which rows and how many of them were kept."""
        for name in ("sample_indices_", "sampling_strategy_"):
            self.__dict__.pop(name, None)
        if hasattr(distiller, "sample_indices_"):
            self.sample_indices_ = distiller.sample_indices_
        if distiller.distilled_.classes is not None:
            labels, counts = np.unique(distiller.distilled_.y, return_counts=True)
            pairs = zip(labels.tolist(), counts.tolist(), strict=True)
            self.sampling_strategy_ = dict(pairs)

    def _reject_soft_labels(self, y: Any) -> None:
        """Raise ValueError if the distiller would create soft labels for classes."""
        names = ("soft_labels", "learn_labels", "task")
        given = {name: getattr(self.distiller, name, None) for name in names}
        # Compare with None and False instead of testing the truth value, because an
        # unfitted ensemble, for example, has no length.
        active = [
            name
            for name in ("soft_labels", "learn_labels")
            if given.get(name) not in (None, False)
        ]
        # For regression both parameters change y itself, which fit_resample returns.
        if not active or y is None:
            return
        target = check_target(y, task=given["task"] or "auto", several=True)
        if target.task == "classification":
            raise ValueError(
                f"{active[0]}={given[active[0]]!r} creates soft labels, which "
                "fit_resample cannot return. Leave this parameter out, or use "
                "DistilledClassifier(distiller, model), which trains on soft labels."
            )


def _values(tags: Any) -> dict[str, Any]:
    """Return the values of tags by name."""
    return {field.name: getattr(tags, field.name) for field in fields(tags)}


def _in_container_of(y: Any, labels: Any) -> Any:
    """Return labels in the container of y, and in its dtype if it can hold them."""
    if labels is None:
        return None
    if isinstance(y, list | tuple):
        return type(y)(labels.tolist())
    if native_library(y) != "pandas":
        return labels_like(y, labels)
    import pandas as pd

    if isinstance(y, pd.Index):
        return pd.Index(labels, dtype=y.dtype, name=y.name)
    if not hasattr(y, "iloc"):
        return pd.array(labels, dtype=y.dtype)
    if y.ndim == 1:
        return _like_column(y, labels)
    columns = np.asarray(labels).reshape(len(labels), -1).T
    pairs = zip(y.items(), columns, strict=True)
    return pd.concat([_like_column(column, v) for (_, column), v in pairs], axis=1)


def _like_column(column: Any, labels: np.ndarray) -> Any:
    """Return labels as a Series with the name and, if it can, the dtype of a column.

    Distilled targets of a regression may lie between whole numbers.
    """
    import pandas as pd

    try:
        return pd.Series(labels, dtype=column.dtype, name=column.name)
    except (TypeError, ValueError):
        return pd.Series(labels, name=column.name)
