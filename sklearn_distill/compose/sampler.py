"""Distillers in a flat list of steps, and in imbalanced-learn's pipelines."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from .._utils._sklearn_private import HasMethods, _fit_context
from ..base.distiller import BaseDistiller
from ..validation.targets import check_target
from .estimators import DistilledClassifier, DistilledRegressor


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


def make_distill_pipeline(
    *steps: Any,
    memory: Any = None,
    transform_input: list[str] | None = None,
    verbose: bool = False,
) -> Any:
    """Fold a flat list of steps with a distiller into plain scikit-learn objects.

    ``make_distill_pipeline(a, distiller, b, model)`` is ``make_pipeline(a,
    DistilledClassifier(distiller, make_pipeline(b, model)))``, with DistilledRegressor
    for a regressor: `a` sees all rows, `b` and `model` the distilled ones.

    Parameters
    ----------
    *steps : estimators
        Exactly one of them is a distiller. After it, the last is a classifier or a
        regressor; if nothing stands after it, this is `make_pipeline`.
    memory : str or joblib.Memory, default=None
        Where fitted transformers and distillers are remembered.
    transform_input : list of str, default=None
        As for `make_pipeline`, for the steps before the distiller.
    verbose : bool, default=False
        As for `make_pipeline`.

    Returns
    -------
    Pipeline, DistilledClassifier or DistilledRegressor
        The latter two where nothing stands before the distiller.

    Raises
    ------
    TypeError
        If there is no distiller, or more than one, or if the last step is neither a
        classifier nor a regressor.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_distill import HerdingSelection, make_distill_pipeline
    >>> model = make_distill_pipeline(
    ...     HerdingSelection(budget=5), StandardScaler(), LogisticRegression()
    ... )
    >>> type(model).__name__
    'DistilledClassifier'
    """
    places = [i for i, step in enumerate(steps) if isinstance(step, BaseDistiller)]
    if len(places) != 1:
        raise TypeError(
            f"make_distill_pipeline takes exactly one distiller, not {len(places)}. "
            "For none of them use sklearn.pipeline.make_pipeline."
        )
    before, distiller, after = (
        steps[: places[0]],
        steps[places[0]],
        steps[places[0] + 1 :],
    )
    outer = {"memory": memory, "transform_input": transform_input, "verbose": verbose}
    if not after:
        return make_pipeline(*steps, **outer)
    if not (is_classifier(after[-1]) or is_regressor(after[-1])):
        raise TypeError(
            f"The last step, {after[-1]!r}, is neither a classifier nor a regressor. "
            "Fit it on distiller.fit_distill(X, y) instead."
        )
    wrap = DistilledRegressor if is_regressor(after[-1]) else DistilledClassifier
    model = after[0] if len(after) == 1 else make_pipeline(*after, verbose=verbose)
    wrapped = wrap(distiller, model, memory=memory)
    if not before:
        if transform_input is not None:
            raise ValueError(
                f"transform_input={transform_input!r} is for steps before the "
                "distiller, and there are none. Leave it out."
            )
        return wrapped
    return make_pipeline(*before, wrapped, **outer)
