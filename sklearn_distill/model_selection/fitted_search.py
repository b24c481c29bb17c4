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


class FittedSearchMixin:
    """The methods and attributes that a search passes on to its best estimator."""

    best_estimator_: Any
    scorer_: Any

    @available_if(_best_estimator_has("predict"))
    def predict(self, X: Any) -> Any:
        """Return the predictions of the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict(X)

    @available_if(_best_estimator_has("predict_proba"))
    def predict_proba(self, X: Any) -> Any:
        """Return the class probabilities of the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_proba(X)

    @available_if(_best_estimator_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> Any:
        """Return the logarithms of the class probabilities of the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n, n_classes)
        """
        check_is_fitted(self)
        return self.best_estimator_.predict_log_proba(X)

    @available_if(_best_estimator_has("decision_function"))
    def decision_function(self, X: Any) -> Any:
        """Return the decision function of the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n,) or (n, n_classes)
        """
        check_is_fitted(self)
        return self.best_estimator_.decision_function(X)

    @available_if(_best_estimator_has("score_samples"))
    def score_samples(self, X: Any) -> Any:
        """Return the score of each row under the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        ndarray of shape (n,)
        """
        check_is_fitted(self)
        return self.best_estimator_.score_samples(X)

    @available_if(_best_estimator_has("transform"))
    def transform(self, X: Any) -> Any:
        """Transform rows with the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        array, sparse matrix or DataFrame of n rows
        """
        check_is_fitted(self)
        return self.best_estimator_.transform(X)

    @available_if(_best_estimator_has("inverse_transform"))
    def inverse_transform(self, X: Any) -> Any:
        """Invert `transform` with the best estimator.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows

        Returns
        -------
        array, sparse matrix or DataFrame of n rows
        """
        check_is_fitted(self)
        return self.best_estimator_.inverse_transform(X)

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
