"""DistillationSampler: a distiller as a sampler of imbalanced-learn."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from .._utils._sklearn_private import HasMethods, _fit_context
from ..validation.targets import check_target
from .wrapper import copy_feature_attributes


class DistillationSampler(BaseEstimator):
    """A distiller as an imbalanced-learn sampler.

    The Pipeline of imbalanced-learn accepts steps that have `fit_resample` and no
    `transform`; this class gives a distiller that interface. `fit_resample` cannot
    return soft labels, so distillers that create soft labels raise an error.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller.
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

    def __init__(self, distiller: Any):
        self.distiller = distiller

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.distiller).input_tags.sparse
        tags.input_tags.allow_nan = get_tags(self.distiller).input_tags.allow_nan
        return tags

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
    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, np.ndarray]:
        """Fit the distiller and return the distilled rows and their labels.

        Parameters
        ----------
        X : array-like or DataFrame of n rows
        y : array-like of shape (n,)
        **params : dict
            Metadata for the distiller's `fit`.

        Returns
        -------
        X_resampled : ndarray or DataFrame of m rows
        y_resampled : ndarray or Series of shape (m,)
            A Series of the name and dtype of y if y is a Series.

        Raises
        ------
        ValueError
            If the distiller would create soft labels for classes.
        """
        self._reject_soft_labels(y)
        self.distiller_ = clone(self.distiller).fit(X, y, **params)
        copy_feature_attributes(self.distiller_, self)
        distilled = self.distiller_.distilled_
        if hasattr(y, "iloc") and y.ndim == 1:
            return distilled.X, type(y)(distilled.y, dtype=y.dtype, name=y.name)
        return distilled.X, distilled.y

    def _reject_soft_labels(self, y: Any) -> None:
        """Raise ValueError if the distiller would create soft labels for classes."""
        given = self.distiller.get_params(deep=False)
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
        if check_target(y, task=given.get("task", "auto")).task == "classification":
            raise ValueError(
                f"{active[0]}={given[active[0]]!r} creates soft labels, which "
                "fit_resample cannot return. Leave this parameter out, or use "
                "DistilledClassifier(distiller, model), which trains on soft labels."
            )
