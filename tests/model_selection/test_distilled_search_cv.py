"""DistilledSearchCV finds what a search on all rows finds, from distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.cluster import KMeans
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_digits, load_iris, make_regression
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    DistilledSearchCV,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
)


def checked_searches():
    """Return searches that are fast to fit."""
    random = RandomSelection(budget=3, random_state=0)
    logistic = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=2)
    ridge = GridSearchCV(Ridge(), {"alpha": [0.1, 1]}, cv=2)
    return [
        DistilledSearchCV(logistic, random, top_k=1),
        DistilledSearchCV(ridge, random, top_k=1, confirm=False),
    ]


@parametrize_with_checks(checked_searches())
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [SVC(), LinearSVC()])
def test_scores_equal_those_of_distilled_classifier(rows, estimator):
    X, y = rows
    herding = HerdingSelection(budget=8, random_state=0)
    C = [0.01, 0.1, 1, 10]
    search = DistilledSearchCV(GridSearchCV(estimator, {"C": C}, cv=3), herding)
    slow = GridSearchCV(
        DistilledClassifier(herding, estimator), {"estimator__C": C}, cv=3
    )
    expected = slow.fit(X, y).cv_results_["mean_test_score"]
    scores = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-12)
    assert np.ptp(scores) > 0


def test_scores_without_weights_equal_those_of_distilled_classifier_with_prior_set(
    rows,
):
    X, y = rows
    herding = HerdingSelection(budget=8, random_state=0)
    C = [0.01, 0.1, 1, 10]
    grid = GridSearchCV(LogisticRegression(), {"C": C}, cv=3)
    slow = GridSearchCV(
        DistilledClassifier(herding, LogisticRegression(), prior="set"),
        {"estimator__C": C},
        cv=3,
    )
    expected = slow.fit(X, y).cv_results_["mean_test_score"]
    unweighted = DistilledSearchCV(grid, herding, weights=None).fit(X, y)
    np.testing.assert_allclose(
        unweighted.cv_results_["mean_test_score"], expected, rtol=0, atol=1e-12
    )
    weighted = DistilledSearchCV(grid, herding).fit(X, y)
    assert (weighted.cv_results_["mean_test_score"] != expected).any()


def test_scores_of_a_regression_equal_those_of_distilled_regressor():
    X, y = make_regression(200, 5, noise=20, random_state=0)
    k_means = KMeansSelection(budget=25, random_state=0)
    alpha = [0.1, 1, 10, 100]
    grid = GridSearchCV(Ridge(), {"alpha": alpha}, cv=4)
    slow = GridSearchCV(
        DistilledRegressor(k_means, Ridge()), {"estimator__alpha": alpha}, cv=4
    )
    search = DistilledSearchCV(grid, k_means, top_k=2).fit(X, y)
    expected = slow.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], expected, rtol=0, atol=1e-12
    )
    assert is_regressor(search)
    assert search.score(X, y) > 0.9


def test_confirming_all_candidates_returns_the_winner_of_the_plain_search(rows, grid):
    X, y = rows
    plain = clone(grid).fit(X, y)
    search = DistilledSearchCV(
        grid, RandomSelection(budget=3, random_state=0), top_k="all"
    ).fit(X, y)
    assert search.best_params_ == plain.best_params_
    assert search.best_index_ == plain.best_index_
    assert search.best_score_ == plain.best_score_
    np.testing.assert_array_equal(search.predict(X), plain.predict(X))
    np.testing.assert_allclose(
        search.cv_results_["confirmed_mean_test_score"],
        plain.cv_results_["mean_test_score"],
    )
    np.testing.assert_array_equal(
        search.cv_results_["confirmed_rank_test_score"],
        plain.cv_results_["rank_test_score"],
    )
    assert search.rank_correlation_.n_candidates == 6


def test_only_the_best_candidates_are_confirmed(rows, grid):
    search = DistilledSearchCV(
        grid, HerdingSelection(budget=5, random_state=0), top_k=2
    ).fit(*rows)
    results = search.cv_results_
    confirmed = np.isfinite(results["confirmed_mean_test_score"])
    assert confirmed.sum() == 2
    assert set(np.flatnonzero(confirmed)) == set(search.confirmed_indices_)
    assert results["rank_distilled"][confirmed].max() <= 2
    assert confirmed[search.best_index_]
    assert (results["confirmed_rank_test_score"].mask == ~confirmed).all()
    assert results["params"][search.best_index_] == search.best_params_
    assert (
        search.best_score_ == results["confirmed_mean_test_score"][search.best_index_]
    )
    assert len(pd.DataFrame(results)) == 6


def test_distilled_rows_of_a_fold_contain_no_validation_row(rows, grid):
    X, y = rows
    cv = KFold(4, shuffle=True, random_state=0)
    grid.set_params(cv=cv)
    search = DistilledSearchCV(grid, HerdingSelection(budget=10), top_k=1).fit(X, y)
    for distilled, (training, validation) in zip(
        search.distilled_, cv.split(X, y), strict=True
    ):
        of_training = {row.tobytes() for row in X[training]}
        of_validation = {row.tobytes() for row in X[validation]}
        kept = {row.tobytes() for row in distilled.X}
        assert kept <= of_training
        assert not kept & of_validation
        assert set(distilled.y) == set(y[training])
    for (training, validation), (_, expected) in zip(
        search.search_.cv, cv.split(X, y), strict=True
    ):
        assert training.min() >= len(X)
        np.testing.assert_array_equal(validation, expected)


def test_rare_class_is_in_every_fold(rows, grid):
    X, y = rows
    y = np.where(np.arange(len(y)) < 3, "rare", y.astype(str))
    search = DistilledSearchCV(
        grid, RandomSelection(budget=0.05, random_state=0), top_k=1
    ).fit(X, y)
    assert all("rare" in distilled.y for distilled in search.distilled_)
    assert "rare" in search.classes_


def test_failing_candidate_has_nan_scores_and_is_not_confirmed(rows):
    grid = GridSearchCV(SVC(), {"C": [-1, 1, 10]}, cv=3)
    search = DistilledSearchCV(grid, RandomSelection(budget=5), top_k=3)
    with (
        pytest.warns(FitFailedWarning, match="3 fits failed"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        search.fit(*rows)
    assert np.isnan(search.cv_results_["mean_test_score"][0])
    assert search.cv_results_["rank_distilled"][0] == 3
    assert sorted(search.confirmed_indices_) == [1, 2]


def test_error_score_raise_is_respected(rows):
    grid = GridSearchCV(SVC(), {"C": [-1, 1]}, cv=3, error_score="raise")
    with pytest.raises(ValueError, match="C"):
        DistilledSearchCV(grid, RandomSelection(budget=5)).fit(*rows)


def test_several_metrics(rows):
    X, y = rows
    grid = GridSearchCV(
        LogisticRegression(),
        {"C": [1e-4, 1e-2, 1]},
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
        cv=3,
        return_train_score=True,
    )
    search = DistilledSearchCV(grid, HerdingSelection(budget=10), top_k=2).fit(X, y)
    assert search.multimetric_
    assert set(search.scorer_) == {"accuracy", "neg_log_loss"}
    ranks = search.cv_results_["rank_test_neg_log_loss"]
    np.testing.assert_array_equal(search.cv_results_["rank_distilled"], ranks)
    assert np.isfinite(search.cv_results_["confirmed_mean_test_accuracy"]).sum() == 2
    assert search.score(X, y) == search.scorer_["neg_log_loss"](search, X, y)
    with pytest.raises(
        ValueError, match="refit must be the name of one of the metrics"
    ):
        DistilledSearchCV(grid, HerdingSelection(), refit="f1").fit(X, y)


def first_candidate(results):
    """Return the index of the candidate with the smallest C."""
    return int(np.argmin([params["C"] for params in results["params"]]))


def test_callable_refit_selects_among_the_confirmed_candidates(rows):
    X, y = rows
    grid = GridSearchCV(
        LogisticRegression(),
        {"C": [1e-4, 1e-2, 1]},
        scoring={"acc": "accuracy", "loss": "neg_log_loss"},
        refit=first_candidate,
        cv=3,
    )
    search = DistilledSearchCV(grid, HerdingSelection(), top_k=2).fit(X, y)
    assert search.best_params_ == {"C": 1e-4}
    assert search.best_index_ == 0
    assert not hasattr(search, "best_score_")
    with pytest.raises(ValueError, match="several metrics"):
        search.score(X, y)


def test_scoring_may_be_a_scorer_or_a_function(rows):
    X, y = rows
    scorer = make_scorer(balanced_accuracy_score)
    for scoring in (
        scorer,
        lambda est, X, y: balanced_accuracy_score(y, est.predict(X)),
    ):
        grid = GridSearchCV(SVC(), {"C": [0.1, 10]}, scoring=scoring, cv=3)
        search = DistilledSearchCV(grid, HerdingSelection(), top_k=1).fit(X, y)
        assert search.score(X, y) == balanced_accuracy_score(y, search.predict(X))


def test_refit_false_fits_no_final_estimator(rows, grid):
    search = DistilledSearchCV(grid, HerdingSelection(), refit=False).fit(*rows)
    assert not hasattr(search, "best_estimator_")
    assert not hasattr(search, "predict")
    assert not hasattr(search, "classes_")
    assert search.best_params_ == search.cv_results_["params"][search.best_index_]


def test_without_confirmation_the_best_on_distilled_rows_is_fitted(rows, grid):
    X, y = rows
    search = DistilledSearchCV(
        grid, HerdingSelection(random_state=0), confirm=False
    ).fit(X, y)
    best = int(np.argmax(search.cv_results_["mean_test_score"]))
    assert search.best_index_ == best
    assert search.best_score_ == search.cv_results_["mean_test_score"][best]
    assert search.confirmation_ is None
    assert np.isnan(search.rank_correlation_.statistic)
    expected = SVC(**search.best_params_).fit(X, y).predict(X)
    np.testing.assert_array_equal(search.predict(X), expected)


def test_confirmation_on_other_folds(rows, grid):
    cv = ShuffleSplit(7, test_size=0.2, random_state=0)
    search = DistilledSearchCV(grid, HerdingSelection(), confirm=cv, top_k=2)
    search.fit(*rows)
    assert search.n_splits_ == 3
    assert search.confirmation_.n_splits_ == 7


def test_fewer_folds_for_the_search_and_for_the_confirmation(rows, grid):
    X, y = rows
    cv = KFold(5, shuffle=True, random_state=0)
    grid.set_params(cv=cv)
    herding = HerdingSelection(budget=10)
    every = DistilledSearchCV(grid, herding, top_k=3).fit(X, y)
    fewer = DistilledSearchCV(
        grid, herding, top_k=3, search_folds=2, confirm_folds=1
    ).fit(X, y)
    assert fewer.n_splits_ == len(fewer.distilled_) == 2
    assert fewer.confirmation_.n_splits_ == 1
    for fold in (0, 1):
        name = f"split{fold}_test_score"
        np.testing.assert_array_equal(fewer.cv_results_[name], every.cv_results_[name])
    assert "split2_test_score" not in fewer.cv_results_
    # The training rows of a fold are as many as with all five folds.
    first, _ = next(cv.split(X, y))
    best = SVC(**fewer.best_params_).fit(X[first], y[first])
    held_out = np.setdiff1d(np.arange(len(X)), first)
    assert fewer.best_score_ == best.score(X[held_out], y[held_out])


def test_folds_of_a_generator_are_used_once(rows, grid):
    X, y = rows
    cv = KFold(3, shuffle=True, random_state=0)
    expected = clone(grid).set_params(cv=cv).fit(X, y)
    grid.set_params(cv=cv.split(X, y))
    search = DistilledSearchCV(grid, RandomSelection(budget=5), top_k="all")
    assert search.fit(X, y).best_score_ == expected.best_score_
    with pytest.raises(ValueError, match="A generator can be used once only"):
        search.fit(X, y)


def test_candidates_are_evaluated_on_some_of_the_validation_rows(rows, grid):
    X, y = rows
    search = DistilledSearchCV(
        grid, HerdingSelection(budget=10), top_k=1, validation_rows=40
    ).fit(X, y)
    for (_, part), (_, validation) in zip(
        search.search_.cv, search.confirmation_.cv, strict=True
    ):
        assert len(part) == 40
        assert set(part) < set(validation)
        shares = np.bincount(y[part]) / 40
        assert (
            np.abs(shares - np.bincount(y[validation]) / len(validation)).max() < 0.03
        )
    distilled, (_, part) = search.distilled_[0], search.search_.cv[0]
    weights = distilled.prior_weights()
    expected = SVC(**search.cv_results_["params"][0])
    expected.fit(distilled.X, distilled.y, sample_weight=weights)
    score = search.cv_results_["split0_test_score"][0]
    assert score == expected.score(X[part], y[part])
    enough = clone(search).set_params(validation_rows=1000).fit(X, y)
    every = clone(search).set_params(validation_rows=None).fit(X, y)
    np.testing.assert_array_equal(
        enough.cv_results_["mean_test_score"], every.cv_results_["mean_test_score"]
    )


def test_randomized_search(rows):
    given = RandomizedSearchCV(
        SVC(), {"C": np.logspace(-2, 2, 50)}, n_iter=7, random_state=0, cv=3
    )
    search = DistilledSearchCV(given, HerdingSelection(), top_k=0.4).fit(*rows)
    assert len(search.cv_results_["params"]) == 7
    assert len(search.confirmed_indices_) == 3


def test_halving_over_a_parameter_of_the_estimator(rows):
    halving = HalvingGridSearchCV(
        RandomForestClassifier(random_state=0),
        {"max_depth": [1, 2, 4, 8]},
        resource="n_estimators",
        min_resources=2,
        max_resources=8,
        factor=2,
        cv=3,
    )
    search = DistilledSearchCV(halving, HerdingSelection(), top_k=3).fit(*rows)
    depths = [params["max_depth"] for params in search.confirmation_.param_grid]
    depths = [value for values in depths for value in values]
    assert len(set(depths)) == len(depths) == 3
    assert search.best_params_["n_estimators"] == 8


def test_halving_over_rows_raises(rows):
    halving = HalvingGridSearchCV(SVC(), {"C": [1, 10]}, cv=3)
    with pytest.raises(
        ValueError, match="Set resource to a parameter of the estimator"
    ):
        DistilledSearchCV(halving, HerdingSelection()).fit(*rows)


def test_groups_are_kept_apart(rows):
    X, y = rows
    groups = np.arange(len(X)) % 10
    grid = GridSearchCV(SVC(), {"C": [0.1, 10]}, cv=GroupKFold(5))
    search = DistilledSearchCV(grid, HerdingSelection(budget=4), top_k=1)
    search.fit(X, y, groups=groups)
    group_of = {row.tobytes(): g for row, g in zip(X, groups, strict=True)}
    for distilled, (_, validation) in zip(
        search.distilled_, search.search_.cv, strict=True
    ):
        kept = {group_of[row.tobytes()] for row in distilled.X}
        assert not kept & set(groups[validation])


def test_table_with_categories_and_missing_values(table):
    X, y = table
    columns = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_exclude="number"),
        ),
        (
            make_pipeline(SimpleImputer(), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
    )
    pipeline = make_pipeline(columns, LogisticRegression())
    grid = GridSearchCV(pipeline, {"logisticregression__C": [0.01, 1]}, cv=3)
    for distiller in (
        HerdingSelection(budget=8),
        KMeansSelection(8, representative="centroid"),
    ):
        search = DistilledSearchCV(grid, distiller, top_k=1).fit(X, y)
        assert search.score(X, y) > 0.7
        assert list(search.feature_names_in_) == list(X.columns)
        assert search.distilled_[0].X["size"].dtype == X["size"].dtype
        assert set(search.classes_) == {"yes", "no"}


def test_native_categories_of_boosting(table):
    X, y = table
    X = X.astype({"word": "category"})
    boosting = HistGradientBoostingClassifier(min_samples_leaf=3, max_iter=10)
    grid = GridSearchCV(boosting, {"learning_rate": [0.1, 0.5]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=20), top_k=1).fit(X, y)
    assert search.score(X, y) > 0.8


def test_polars_table(table):
    polars = pytest.importorskip("polars")
    X, y = table
    X = polars.from_pandas(X[["number", "count"]].fillna(0.0))
    grid = GridSearchCV(LogisticRegression(), {"C": [0.01, 1]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=8), top_k=1)
    search.fit(X, polars.Series(y.to_list()))
    assert search.score(X, y.to_list()) > 0.6


def test_sparse_rows_stay_sparse(rows):
    X, y = rows
    X = sparse.csc_matrix(np.where(X > 0, X, 0))
    grid = GridSearchCV(LogisticRegression(), {"C": [0.01, 1]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=8), top_k=1).fit(X, y)
    assert sparse.issparse(search.distilled_[0].X)
    assert search.score(X, y) > 0.6


def test_lists_of_rows():
    X, y = load_iris(return_X_y=True)
    grid = GridSearchCV(SVC(), {"C": [0.1, 10]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=5), top_k=1)
    assert search.fit(X.tolist(), y.tolist()).score(X.tolist(), y.tolist()) > 0.9


def test_rows_without_labels():
    X = load_iris().data
    grid = GridSearchCV(KMeans(random_state=0), {"n_clusters": [1, 2, 3]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=20), top_k=2).fit(X)
    assert search.best_params_ == {"n_clusters": 3}
    assert search.transform(X).shape == (150, 3)


def test_soft_labels_reach_candidates_as_weighted_rows(rows):
    X, y = rows
    soft = HerdingSelection(budget=10, soft_labels=GaussianNB(), random_state=0)
    grid = GridSearchCV(LogisticRegression(), {"C": [0.01, 1]}, cv=3)
    search = DistilledSearchCV(grid, soft, weights=None, top_k=1).fit(X, y)
    slow = GridSearchCV(
        DistilledClassifier(soft, LogisticRegression(), prior="set"),
        {"estimator__C": [0.01, 1]},
        cv=3,
    )
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"],
        slow.fit(X, y).cv_results_["mean_test_score"],
        rtol=0,
        atol=1e-12,
    )
    # The fitted search has the estimator of the user.
    assert type(search.search_.estimator) is LogisticRegression


def test_estimator_without_weights_gets_none(rows):
    grid = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 3, 5]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=5)).fit(*rows)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_rescaled_parameters_are_confirmed_and_fitted(rows):
    grid = GridSearchCV(
        RandomForestClassifier(5, random_state=0), {"min_samples_leaf": [1, 2]}, cv=3
    )
    search = DistilledSearchCV(
        grid,
        RandomSelection(budget=10, random_state=0),
        rescale={
            "min_samples_leaf": 1,
            "n_estimators": lambda value, m, n: value + n // m,
        },
        top_k="all",
    ).fit(*rows)
    # 30 distilled rows stand for the 200 training rows of a fold.
    confirmed = [
        p["min_samples_leaf"] for p in search.confirmation_.cv_results_["params"]
    ]
    assert sorted(confirmed) == [7, 13]
    assert search.best_estimator_.n_estimators == 5 + 6
    assert search.best_estimator_.min_samples_leaf in (7, 13)


def test_nested_parameters_can_be_searched(rows, grid):
    search = DistilledSearchCV(grid, RandomSelection(random_state=0), top_k=1)
    search.set_params(search__estimator__kernel="linear", distiller__budget=4)
    assert search.search.estimator.kernel == "linear"
    outer = GridSearchCV(search, {"distiller__budget": [2, 8]}, cv=2).fit(*rows)
    assert outer.best_estimator_.budget_ == outer.best_params_["distiller__budget"]
    assert len(cross_val_score(search, *rows, cv=2)) == 2


def test_clone_pickle_and_html(rows, grid):
    X, y = rows
    search = DistilledSearchCV(grid, HerdingSelection(budget=4), top_k=1)
    before = pickle.dumps(search.search)
    fitted = clone(search).fit(X, y)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))
    fitted.fit(X, y)
    assert pickle.dumps(fitted.search) == before
    html = fitted._repr_html_()
    assert "HerdingSelection" in html
    assert "GridSearchCV" in html


def test_parallel_distillation_returns_the_same(rows, grid):
    herding = HerdingSelection(budget=4, random_state=0)
    one = DistilledSearchCV(grid, herding, top_k=1).fit(*rows)
    with parallel_config("threading"):
        two = DistilledSearchCV(grid, herding, top_k=1, n_jobs=2).fit(*rows)
    for first, second in zip(one.distilled_, two.distilled_, strict=True):
        np.testing.assert_array_equal(first.X, second.X)
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"]
    )


def test_memory_keeps_finished_stages_of_an_interrupted_search(
    rows, grid, tmp_path, monkeypatch
):
    X, y = rows
    n_fits = []
    original = HerdingSelection._distill

    def counted(self, problem):
        n_fits.append(1)
        return original(self, problem)

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(HerdingSelection, "_distill", counted)
    search = DistilledSearchCV(
        grid, HerdingSelection(budget=4, random_state=0), memory=str(tmp_path)
    )
    with monkeypatch.context() as patched:
        module = "sklearn_distill.model_selection.stages"
        patched.setattr(f"{module}.confirm", interrupt)
        with pytest.raises(KeyboardInterrupt):
            search.fit(X, y)
    assert len(n_fits) == 3
    with monkeypatch.context() as patched:
        # The cached search does not train any candidate again.
        patched.setattr(GridSearchCV, "fit", _only_confirming(GridSearchCV.fit))
        search.fit(X, y)
    assert len(n_fits) == 3
    fresh = DistilledSearchCV(grid, HerdingSelection(budget=4, random_state=0))
    fresh.fit(X, y)
    assert search.best_params_ == fresh.best_params_
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], fresh.cv_results_["mean_test_score"]
    )


def test_memory_with_a_scorer_that_cannot_be_pickled(rows, tmp_path):
    grid = GridSearchCV(
        SVC(), {"C": [0.1, 10]}, scoring=lambda est, X, y: est.score(X, y), cv=3
    )
    search = DistilledSearchCV(grid, HerdingSelection(), memory=str(tmp_path), top_k=1)
    assert search.fit(*rows).score(*rows) > 0.8


def _only_confirming(fit):
    """Return a `fit` of GridSearchCV that fails for stacked rows."""

    def checked(self, X, y=None, **params):
        assert len(X) == 300
        return fit(self, X, y, **params)

    return checked


def test_automatic_budget(rows, grid):
    X, y = rows
    search = DistilledSearchCV(grid, RandomSelection(random_state=0), budget="auto")
    search.fit(X, y)
    assert search.budget_ in (0.08, 0.16)
    assert len(search.distilled_[0]) == round(search.budget_ * 200)
    assert set(search.budget_scores_) == {0.08, 0.16}
    assert search.distiller.budget == 10
    assert clone(search).fit(X, y).budget_ == search.budget_


def test_budget_overrides_that_of_the_distiller(rows, grid):
    search = DistilledSearchCV(grid, RandomSelection(), budget=7, top_k=1).fit(*rows)
    assert len(search.distilled_[0]) == 21


def test_images():
    X, y = load_digits(return_X_y=True)
    images = X[:300].reshape(-1, 1, 8, 8)
    flat = make_pipeline(_Flatten(), SVC())
    grid = GridSearchCV(flat, {"svc__C": [0.01, 10]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=5), top_k=1)
    search.fit(images, y[:300])
    assert search.distilled_[0].X.shape == (50, 1, 8, 8)
    assert search.best_params_ == {"svc__C": 10}


class _Flatten(StandardScaler):
    """Standardize flattened images."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X.reshape(len(X), -1), y)

    def transform(self, X, copy=None):
        return super().transform(X.reshape(len(X), -1))


def test_tags_are_those_of_the_estimator(grid):
    search = DistilledSearchCV(grid, HerdingSelection())
    assert is_classifier(search)
    assert search.__sklearn_tags__().input_tags.sparse
    assert not search.__sklearn_tags__().input_tags.allow_nan
    boosting = GridSearchCV(HistGradientBoostingClassifier(), {})
    tags = DistilledSearchCV(boosting, HerdingSelection()).__sklearn_tags__()
    assert tags.input_tags.allow_nan


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"top_k": 0}, "top_k"),
        ({"top_k": 1.5}, "top_k"),
        ({"weights": "mass"}, "weights"),
        ({"budget": "small"}, "budget"),
        ({"search_folds": 0}, "search_folds"),
        ({"confirm_folds": 1.5}, "confirm_folds"),
        ({"validation_rows": 0}, "validation_rows"),
        ({"rescale": 2}, "rescale"),
    ],
)
def test_invalid_parameter_raises(rows, grid, parameters, message):
    with pytest.raises(ValueError, match=message):
        DistilledSearchCV(grid, HerdingSelection(), **parameters).fit(*rows)


def test_several_continuous_targets():
    X, y = make_regression(200, 5, n_targets=3, noise=5, random_state=0)
    grid = GridSearchCV(Ridge(), {"alpha": [0.1, 1000.0]}, cv=3)
    search = DistilledSearchCV(grid, HerdingSelection(budget=30), top_k=1).fit(X, y)
    assert search.distilled_[0].y.shape == (30, 3)
    assert search.best_params_ == {"alpha": 0.1}
    assert search.predict(X).shape == (200, 3)
    assert search.score(X, y) > 0.9
