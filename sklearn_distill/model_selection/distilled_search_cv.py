"""DistilledSearchCV: search on distilled rows, confirm the best few on all rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

from sklearn.base import BaseEstimator, MetaEstimatorMixin
from sklearn.callback import CallbackSupportMixin
from sklearn.utils import indexable
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted, check_memory

from .._utils._sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    _fit_context,
)
from ..validation.missing_values import check_accepts_missing
from .checks import (
    check_distiller_instance,
    check_rescale,
    check_search,
    disabled_validation_splits,
    replaces_estimators,
    warn_about_held_out_rows,
)
from .confirmation import RESULTS_OF_SELECTION
from .fitted_search import FittedSearchMixin
from .folds import SearchData, splits_of, targets_for
from .metrics import check_metrics, deciding_metric, scorers_of, scoring_of
from .routing import route_metadata, search_router
from .row_samples import part_for_search
from .search_display import SearchDisplay
from .small_search import search_on_sets
from .stages import distill_stage, selection_stage
from .tags import tags_of_search
from .training_rows import restores_prior


class DistilledSearchCV(
    FittedSearchMixin, MetaEstimatorMixin, CallbackSupportMixin, BaseEstimator
):
    """Hyper-parameter search that trains candidates on distilled rows.

    The training rows of each fold are distilled once. A given search, such as
    GridSearchCV, then trains its candidates on the distilled rows and evaluates them on
    the real validation rows of the fold. The best few candidates are confirmed: trained
    on all training rows of each fold, and evaluated on the same validation rows. The
    winner of the confirmation is fitted on all rows. A validation row can never be part
    of the distilled rows of its fold, because each fold is distilled separately.

    Parameters
    ----------
    search : search
        Any unfitted search that has the parameters `estimator`, `cv` and `refit`:
        GridSearchCV, RandomizedSearchCV, the halving searches (but not over
        "n_samples"), OptunaSearchCV of optuna-integration and similar ones. Its
        `estimator`, `scoring`, `cv`, `n_jobs` and `error_score` hold for both stages.
    distiller : distiller
        Any method of this package or of a plugin. Its task is set to that of the
        estimator. With an int as its parameter `densify`, the distilled rows grow to so
        many; with "auto", they grow to 2,000 if this raises the best score of a few
        candidates in the first fold (but not to more rows than the fold has).
    top_k : int, float or "all", default=5
        How many candidates are confirmed: a number, a share of all candidates in
        (0, 1), or all, which returns the winner of the plain search.
    weights : {"auto", "prior"} or None, default="auto"
        Sample weights of the distilled rows for estimators that accept them.

        - "prior": weights with mean 1 that restore the class shares of the training
          rows; see `DistilledSet.prior_weights`.
        - "auto": "prior", unless the metric weights all classes equally, such as
          "balanced_accuracy". Candidates that set the prior themselves, such as those
          with ``class_weight="balanced"``, get no such weights.
        - None: the weights that the distilled set has, if any.

        Weights that all differ from 1 by less than two percent are omitted, because
        some estimators are much slower with weights.
    rescale : dict of {str: float or callable}, default=None
        Changes of parameters between the distilled rows and all rows. The value of a
        parameter is multiplied by (n / m)^exponent for training on all rows, where m is
        the number of distilled rows and n that of training rows of a fold; a callable
        receives (value, m, n). ``{"net__max_epochs": -1}`` keeps the number of updates
        of a network. Regularization such as C of SVC needs no change.
    confirm : bool or cross-validation splitter, default=True
        Whether to confirm candidates, and on which folds: True for the folds of
        `search`. With False, the best candidate on distilled rows wins.
    refit : bool, str or callable, default=True
        Whether to fit the winner on all rows. True takes over a name of a metric or a
        callable from `search`. A name or a callable decides as in GridSearchCV; the
        callable receives the results of the confirmation.
    n_jobs : int, default=None
        The number of folds that are distilled in parallel. `search` has its own.
    memory : str or joblib.Memory, default=None
        The cache of distilled sets and of the search on them. After an interruption,
        `fit` with the same data and parameters continues from them.
    budget : int, float, dict or "auto", default=None
        The budget of the distiller; None keeps that of `distiller`. "auto" is the
        smallest of 1, 2, 4, 8 and 16 % of the rows, but at most 2,000 rows, which ranks
        a few candidates as the largest of these shares and all between them do. The
        candidates are trained on random rows.
    search_folds : int, default=None
        The search on distilled rows uses at most so many of the folds, the first ones;
        None uses all. Shuffle the folds if the rows are sorted.
    confirm_folds : int, default=None
        The same for the confirmation.
    validation_rows : int, default=None
        Each candidate that is trained on distilled rows is evaluated on so many of the
        real validation rows of a fold: a fixed random sample with the class shares of
        all. None evaluates on all. The confirmation always uses all.

    Attributes
    ----------
    cv_results_ : dict of ndarrays
        The results of the search on distilled rows, as in GridSearchCV; "mean_train_*"
        are scores on distilled rows. In addition, "rank_distilled",
        "confirmed_mean_test_<metric>" and "confirmed_std_test_<metric>" (NaN for
        candidates that were not confirmed), and "confirmed_rank_test_<metric>" (a
        masked array).
    best_index_ : int
        The winner's position in `cv_results_`.
    best_params_ : dict
        The parameters of the winner, after `rescale`.
    best_score_ : float
        The mean score of the winner on all rows, or on distilled rows if nothing is
        confirmed. Not defined if `refit` is a callable.
    best_estimator_ : estimator
        The winner, fitted on all rows. Defined only if `refit` is not False.
    refit_time_ : float
        The seconds of this fit.
    scorer_ : callable or dict of {str: callable}
    multimetric_ : bool
        Whether several metrics, or one metric under a name of its own, were computed.
    n_splits_ : int
        The number of folds of the search on distilled rows.
    distilled_ : list of DistilledSet
        The distilled training rows of each fold.
    search_ : search
        The search, fitted on distilled rows.
    confirmation_ : GridSearchCV or None
        The search over the confirmed candidates on all rows.
    confirmed_indices_ : ndarray of int
        The positions of the confirmed candidates in `cv_results_`.
    rank_correlation_ : RankCorrelation
        Spearman's correlation of the scores of the confirmed candidates on distilled
        and on all rows, and their number.
    budget_ : int, float or dict
        The budget of the distiller.
    budget_scores_ : dict of {float: ndarray}
        The scores of a few candidates at each share of the rows. Defined only if
        `budget` is "auto".
    densify_scores_ : dict of {str: float}
        The best scores with the distilled "rows" and with the "grown" rows. Defined
        only if the distiller has ``densify="auto"``.
    distill_time_, search_time_, confirm_time_ : float
        The seconds of each stage.
    classes_ : ndarray of shape (n_classes,)
        The class labels, if `best_estimator_` is a classifier.
    n_features_in_ : int
        Number of columns of X, if `best_estimator_` counts them.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X, if `best_estimator_` has them.

    See Also
    --------
    DistilledClassifier : Train the final model on distilled rows, too.
    sklearn.model_selection.HalvingGridSearchCV : Discard candidates on random rows.

    Notes
    -----
    Distilled rows are few. Parameters that count rows, such as ``min_samples_leaf=20``
    or the k of nearest neighbors, mean something else there than for all rows; the
    confirmation corrects this for the best few candidates only. Shares, such as
    ``min_samples_leaf=0.01``, have one meaning.

    Metadata of `fit` other than sample weights and `groups` are used when candidates
    are trained on all rows only.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.svm import SVC
    >>> from sklearn_distill import DistilledSearchCV, HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> grid = GridSearchCV(SVC(), {"C": [0.01, 1, 100], "gamma": [0.01, 0.1, 1]}, cv=3)
    >>> search = DistilledSearchCV(grid, HerdingSelection(budget=5), top_k=2)
    >>> search = search.fit(X, y)
    >>> sorted(search.best_params_), bool(search.best_score_ > 0.95)
    (['C', 'gamma'], True)
    """

    _parameter_constraints: dict[str, Any] = {
        "search": [HasMethods(["fit", "get_params", "set_params"])],
        "distiller": [HasMethods(["fit", "fit_distill"])],
        "top_k": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="neither"),
            StrOptions({"all"}),
        ],
        "weights": [None, StrOptions({"auto", "prior"})],
        "rescale": [None, Mapping],
        "confirm": ["boolean", HasMethods(["split"]), "cv_object"],
        "refit": ["boolean", str, callable],
        "n_jobs": [None, Integral],
        "memory": [None, str, HasMethods(["cache"])],
        "budget": [None, Integral, Real, Mapping, StrOptions({"auto"})],
        "search_folds": [None, Interval(Integral, 1, None, closed="left")],
        "confirm_folds": [None, Interval(Integral, 1, None, closed="left")],
        "validation_rows": [None, Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        search: Any,
        distiller: Any,
        *,
        top_k: int | float | str = 5,
        weights: str | None = "auto",
        rescale: Any = None,
        confirm: Any = True,
        refit: Any = True,
        n_jobs: int | None = None,
        memory: Any = None,
        budget: Any = None,
        search_folds: int | None = None,
        confirm_folds: int | None = None,
        validation_rows: int | None = None,
    ):
        self.search = search
        self.distiller = distiller
        self.top_k = top_k
        self.weights = weights
        self.rescale = rescale
        self.confirm = confirm
        self.refit = refit
        self.n_jobs = n_jobs
        self.memory = memory
        self.budget = budget
        self.search_folds = search_folds
        self.confirm_folds = confirm_folds
        self.validation_rows = validation_rows

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search on distilled rows, confirm the best candidates, and fit the winner.

        Parameters
        ----------
        X : array-like, DataFrame or sparse matrix of n rows
        y : array-like of shape (n,) or (n, 1), default=None
        **params : dict
            `groups` for the splitter, and metadata for the estimator, such as
            `sample_weight`, which the distiller and the scorer receive too if they
            accept it. If metadata routing is enabled, the distiller, the estimator, the
            scorer and the splitter must request their metadata.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the search cannot run on distilled rows, if (X, y) cannot be distilled,
            or if all candidates fail.
        TypeError
            If `search` is not a search, or if metadata are not accepted.
        """
        check_search(self.search)
        check_distiller_instance(self.distiller)
        check_rescale(self.rescale, self.search.estimator, self.search)
        context = self._init_callback_context(max_subtasks=3)
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        estimator, scoring = self.search.estimator, scoring_of(self.search)
        refit = self._refit()
        check_metrics(scoring, refit)
        self.scorer_ = scorers_of(estimator, scoring)
        if not replaces_estimators(self.search):
            check_accepts_missing(estimator, X)
        warn_about_held_out_rows(estimator, self.search)
        settings = disabled_validation_splits(estimator, self.search)
        routed = route_metadata(self, params)
        X, y = indexable(X, y)
        splits = splits_of(self.search.cv, estimator, X, y, routed.splitter)
        data = SearchData(X, y, splits, routed, targets_for(estimator, y))
        part = part_for_search(
            data,
            estimator,
            n_folds=self.search_folds,
            validation_rows=self.validation_rows,
        )
        for name in (*RESULTS_OF_SELECTION, "budget_scores_", "densify_scores_"):
            self.__dict__.pop(name, None)
        self.n_splits_ = len(part.splits)
        metric = deciding_metric(scoring, refit)
        options: dict[str, Any] = {
            "prior": restores_prior(self.weights, metric),
            "settings": settings,
        }
        self._store(distill_stage(self, part, refit=refit, context=context, **options))
        self.search_, self.search_time_ = search_on_sets(
            self.search,
            part,
            self.distilled_,
            memory=check_memory(self.memory),
            context=context.subcontext(task_name="search"),
            **options,
        )
        self._store(selection_stage(self, data, refit, context))
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    def _store(self, fitted: dict[str, Any]) -> None:
        """Set fitted attributes."""
        for name, value in fitted.items():
            setattr(self, name, value)

    def _refit(self) -> Any:
        """Return whether the winner is fitted, and which metric or callable decides."""
        if self.refit is not True:
            return self.refit
        given = self.search.get_params(deep=False)["refit"]
        return given if isinstance(given, str) or callable(given) else True

    def plot(self, *, ax: Any = None) -> SearchDisplay:
        """Plot scores on distilled rows against those on all rows, and the time.

        Parameters
        ----------
        ax : sequence of two matplotlib Axes, default=None
            Axes for the scores and for the seconds. None creates a new figure.

        Returns
        -------
        SearchDisplay
        """
        check_is_fitted(self, "cv_results_")
        return SearchDisplay.from_search(self, ax=ax)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return the metadata routing of this object.

        `fit` passes metadata to `fit` of the distiller and of the estimator, to `split`
        of the splitter and to the scorer; `score` passes them to the scorer.

        Returns
        -------
        MetadataRouter
        """
        return search_router(self)

    def __sklearn_tags__(self):
        return tags_of_search(super().__sklearn_tags__(), self.search, self.distiller)
