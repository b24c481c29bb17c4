"""A distiller as a sampler of imbalanced-learn."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils import get_tags

from .._utils._sklearn_private import HasMethods, _fit_context
from ..validation.targets import check_target


class DistillationSampler(BaseEstimator):
    """A distiller as an imbalanced-learn sampler.

    imbalanced-learn's Pipeline takes steps that have `fit_resample` and no
    `transform`; this is a distiller in that form. Class probabilities have no place in
    what `fit_resample` returns: a distiller that makes some is refused.

    Parameters
    ----------
    distiller : distiller
        Any method of this package or of a plugin.

    Attributes
    ----------
    distiller_ : distiller
        The fitted distiller.

    See Also
    --------
    DistilledClassifier : For all other pipelines.

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
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Fit the distiller.

        Parameters
        ----------
        X, y : array-like

        Returns
        -------
        self : object
        """
        self.fit_resample(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_resample(self, X: Any, y: Any, **params: Any) -> tuple[Any, np.ndarray]:
        """Return the distilled rows and their labels.

        Parameters
        ----------
        X, y : array-like
        **params : dict
            Metadata for the distiller's `fit`.

        Returns
        -------
        X_resampled, y_resampled
            In the container that came in.

        Raises
        ------
        ValueError
            If the distiller gives its rows class probabilities.
        """
        self._refuse_soft_labels(y)
        self.distiller_ = clone(self.distiller).fit(X, y, **params)
        distilled = self.distiller_.distilled_
        self.n_features_in_ = self.distiller_.n_features_in_
        if hasattr(self.distiller_, "feature_names_in_"):
            self.feature_names_in_ = self.distiller_.feature_names_in_
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        if hasattr(y, "iloc") and y.ndim == 1:
            return distilled.X, type(y)(distilled.y, dtype=y.dtype, name=y.name)
        return distilled.X, distilled.y

    def _refuse_soft_labels(self, y: Any) -> None:
        given = self.distiller.get_params(deep=False)
        # An estimator is not asked for its truth: one that is not fitted may have none.
        makers = [
            name
            for name in ("soft_labels", "learn_labels")
            if given.get(name) not in (None, False)
        ]
        # For quantities both are about y itself, which does come back.
        if not makers or y is None:
            return
        if check_target(y, task=given.get("task", "auto")).task == "classification":
            raise ValueError(
                f"{makers[0]}={given[makers[0]]!r} makes class probabilities, for "
                "which fit_resample has no place. Leave it out, or use "
                "DistilledClassifier(distiller, model), which trains on them."
            )
