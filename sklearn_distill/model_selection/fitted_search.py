"""The methods of a fitted search, which belong to its best estimator."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

from sklearn.utils.metadata_routing import process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import _routing_enabled


def _best_estimator_has(name: str) -> Callable[[Any], bool]:
    """Return a check for `available_if` that the best estimator has a method."""

    def check(self: Any) -> bool:
        _check_refit(self, name)
        # Let the AttributeError of the estimator explain what is missing.
        getattr(getattr(self, "best_estimator_", self.search.estimator), name)
        return True

    return check


def _check_refit(search: Any, name: str) -> None:
    """Raise AttributeError if the search does not fit a final estimator."""
    if search.refit is False:
        raise AttributeError(
            f"{type(search).__name__} has refit=False, so that {name} is not "
            "available. Set refit=True, or fit an estimator with best_params_."
        )


def _method_of_best_estimator(name: str, summary: str, returned: str) -> Any:
    """Return a method that calls the method of this name of the best estimator.

    Parameters
    ----------
    name : str
        The method exists only if the estimator has a method of this name.
    summary, returned : str
        The first line and the section "Returns" of its docstring.
    """

    def method(self: Any, X: Any) -> Any:
        check_is_fitted(self)
        return getattr(self.best_estimator_, name)(X)

    method.__name__ = name
    method.__qualname__ = f"FittedSearchMixin.{name}"
    method.__doc__ = f"""{summary}

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        {returned}
        """
    return available_if(_best_estimator_has(name))(method)


class FittedSearchMixin:
    """The methods and attributes that a search passes on to its best estimator."""

    best_estimator_: Any
    scorer_: Any

    predict = _method_of_best_estimator(
        "predict",
        "Return the predictions of the best estimator.",
        "ndarray of shape (n,)",
    )
    predict_proba = _method_of_best_estimator(
        "predict_proba",
        "Return the class probabilities of the best estimator.",
        "ndarray of shape (n, n_classes)",
    )
    predict_log_proba = _method_of_best_estimator(
        "predict_log_proba",
        "Return the logarithms of the class probabilities of the best estimator.",
        "ndarray of shape (n, n_classes)",
    )
    decision_function = _method_of_best_estimator(
        "decision_function",
        "Return the decision function of the best estimator.",
        "ndarray of shape (n,) or (n, n_classes)",
    )
    score_samples = _method_of_best_estimator(
        "score_samples",
        "Return the score of each row under the best estimator.",
        "ndarray of shape (n,)",
    )
    transform = _method_of_best_estimator(
        "transform",
        "Transform rows with the best estimator.",
        "array, sparse matrix or DataFrame of n rows",
    )
    inverse_transform = _method_of_best_estimator(
        "inverse_transform",
        "Invert `transform` with the best estimator.",
        "array, sparse matrix or DataFrame of n rows",
    )

    def score(self, X: Any, y: Any = None, **params: Any) -> float:
        """Return the score of the best estimator by the deciding metric.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        y : array-like of shape (n,), default=None
        **params : dict
            Metadata for the scorer, which it must request. Metadata routing must be
            enabled.

        Returns
        -------
        float

        Raises
        ------
        AttributeError
            If refit=False.
        ValueError
            If several metrics have been computed and refit is not the name of one.
        """
        _check_refit(self, "score")
        check_is_fitted(self)
        if params and not _routing_enabled():
            raise ValueError(
                f"score accepts {sorted(params)} only with metadata routing. Call "
                "sklearn.set_config(enable_metadata_routing=True)."
            )
        if params:
            params = process_routing(self, "score", **params).scorer.score
        scorer, metric = self.scorer_, self._refit()
        if isinstance(scorer, dict):
            if metric not in scorer:
                raise ValueError(
                    "score is not defined for several metrics unless refit is the "
                    f"name of one; got refit={metric!r}."
                )
            return scorer[metric](self.best_estimator_, X, y, **params)
        score = scorer(self.best_estimator_, X, y, **params)
        return score[metric] if isinstance(score, dict) else score

    def _refit(self) -> Any:
        """Return False, True, the name of the deciding metric, or a callable."""
        raise NotImplementedError

    @property
    def n_features_in_(self) -> int:
        """The number of columns of X, if the best estimator counts them."""
        return self._of_best_estimator("n_features_in_")

    @property
    def classes_(self) -> Any:
        """The class labels, if the best estimator is a classifier."""
        return self._of_best_estimator("classes_")

    def _of_best_estimator(self, name: str) -> Any:
        """Return a fitted attribute; AttributeError if there is none."""
        if "best_estimator_" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__} has no {name} until it is fitted with refit."
            )
        return getattr(self.best_estimator_, name)
