"""DistillationSampler."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import (
    DistillationSampler,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)


def test_fit_resample_keeps_containers_and_dtypes(iris_frame):
    X, y = iris_frame
    Xs, ys = DistillationSampler(HerdingSelection(2)).fit_resample(X, y)
    assert list(Xs.columns) == list(X.columns)
    assert isinstance(ys, pd.Series)
    assert (ys.name, ys.dtype) == (y.name, y.dtype)
    assert list(ys) == ["a", "a", "b", "b", "c", "c"]
    sampler = DistillationSampler(HerdingSelection(2))
    Xs, ys = sampler.fit_resample(X.iloc[:, :4].to_numpy(), y.to_numpy())
    assert Xs.shape == (6, 4)
    assert isinstance(ys, np.ndarray)
    assert sampler.n_features_in_ == 4
    assert len(sampler.distiller_.distilled_) == 6
    categorical = y.astype("category")
    _, ys = sampler.fit_resample(X, categorical)
    assert ys.dtype == categorical.dtype
    weights = (y == "a").to_numpy() + (y == "b").to_numpy() * 1.0
    _, ys = sampler.fit_resample(X, y, sample_weight=weights)
    assert set(ys) == {"a", "b"}
    with pytest.warns(UserWarning, match="column-vector"):
        _, ys = sampler.fit_resample(X, y.to_frame("kind"))
    assert ys.columns.tolist() == ["kind"]
    assert ys["kind"].tolist() == ["a", "a", "b", "b", "c", "c"]
    assert ys["kind"].dtype == y.dtype


@pytest.mark.parametrize(
    "distiller",
    [
        HerdingSelection(3, soft_labels="teacher"),
        HerdingSelection(3, soft_labels=RandomForestClassifier()),
        KernelInducingPoints(3, learn_labels=True),
    ],
)
def test_fit_resample_raises_for_soft_labels(iris, distiller):
    """The error is raised before the distiller is fitted."""
    X, y = iris
    sampler = DistillationSampler(distiller)
    with pytest.raises(ValueError, match=r"_labels=.*use DistilledClassifier"):
        sampler.fit_resample(X, y)
    assert not hasattr(sampler, "distiller_")


def test_fit_resample_returns_continuous_targets_of_a_teacher():
    X, y = load_diabetes(return_X_y=True)
    taught = HerdingSelection(9, soft_labels=Ridge(), task="regression", random_state=0)
    _, ys = DistillationSampler(taught).fit_resample(X, y)
    assert np.array_equal(ys, taught.fit(X, y).distilled_.y)


def test_grid_search_over_an_imblearn_pipeline(breast_cancer):
    imblearn = pytest.importorskip("imblearn.pipeline")
    X, y = breast_cancer
    pipeline = imblearn.make_pipeline(
        StandardScaler(),
        DistillationSampler(RandomSelection(random_state=0)),
        SelectKBest(k=5),
        DecisionTreeClassifier(random_state=0),
    )
    search = GridSearchCV(
        pipeline,
        {
            "distillationsampler__distiller__budget": [2, 30],
            "decisiontreeclassifier__max_depth": [1, 3],
        },
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["distillationsampler__distiller__budget"] == 30
    assert search.score(X, y) > 0.85
    assert search.predict(X).shape == (569,)


def test_fit_resample_returns_lists_for_lists(iris):
    X, y = iris
    sampler = DistillationSampler(HerdingSelection(2))
    Xs, ys = sampler.fit_resample(X.tolist(), y.tolist())
    arrays = sampler.fit_resample(X, y)
    assert (Xs, ys) == (arrays[0].tolist(), arrays[1].tolist())
    assert isinstance(Xs[0], list)
    assert ys == ["setosa"] * 2 + ["versicolor"] * 2 + ["virginica"] * 2


def test_fit_resample_keeps_arrays_of_pandas(iris):
    X, y = iris
    categories = pd.Categorical(y, categories=["virginica", "setosa", "versicolor"])
    _, ys = DistillationSampler(RandomSelection(2)).fit_resample(X, categories)
    assert isinstance(ys, pd.Categorical)
    assert ys.dtype == categories.dtype
    nullable = pd.array(np.arange(150) % 3, dtype="Int8")
    _, ys = DistillationSampler(RandomSelection(2)).fit_resample(X, nullable)
    assert ys.dtype == "Int8"
    assert ys.tolist() == [0, 0, 1, 1, 2, 2]


def test_fit_resample_returns_means_of_whole_targets_as_floats():
    X = np.arange(12.0)[:, None]
    y = pd.Series(np.arange(12), name="count")
    k_means = KMeansSelection(3, task="regression", random_state=0)
    _, ys = DistillationSampler(k_means).fit_resample(X, y)
    assert ys.name == "count"
    assert ys.dtype == float
    np.testing.assert_array_equal(ys, k_means.fit(X, y).distilled_.y)


def test_sampler_has_the_fitted_attributes_of_imblearn(iris, make_points):
    X, y = iris
    sampler = DistillationSampler(HerdingSelection(2)).fit(X, y)
    assert (
        y[sampler.sample_indices_].tolist() == sampler.distiller_.distilled_.y.tolist()
    )
    assert sampler.sampling_strategy_ == {"setosa": 2, "versicolor": 2, "virginica": 2}
    sampler.set_params(distiller=make_points(budget=2)).fit(X, y)
    assert not hasattr(sampler, "sample_indices_")
    regression = RandomSelection(4, task="regression")
    sampler.set_params(distiller=regression).fit(X, X[:, 0])
    assert not hasattr(sampler, "sampling_strategy_")
    assert len(sampler.sample_indices_) == 4


def test_balanced_bagging_of_imblearn_draws_other_rows_for_each_estimator(iris):
    ensemble = pytest.importorskip("imblearn.ensemble")
    X, y = iris
    model = ensemble.BalancedBaggingClassifier(
        DecisionTreeClassifier(random_state=0),
        sampler=DistillationSampler(RandomSelection(8)),
        n_estimators=4,
        random_state=0,
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    kept = [pipeline[0].distiller_.distilled_.X for pipeline in model.estimators_]
    assert [len(rows) for rows in kept] == [24] * 4
    assert not np.array_equal(kept[0], kept[1])


# Checks of imbalanced-learn that do not apply.
NOT_APPLICABLE = {
    "check_target_type": "continuous targets are supported",
    "check_samplers_multiclass_ova": "one-hot encoded targets are not supported",
    "check_samplers_sparse": "sparse input is returned as an array",
    "check_samplers_pandas_sparse": "sparse columns are not supported",
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "distiller",
    [HerdingSelection(3), KernelInducingPoints(3, max_iter=1, random_state=0)],
    ids=lambda d: type(d).__name__,
)
def test_estimator_checks_of_imblearn(distiller):
    checks = pytest.importorskip("imblearn.utils.estimator_checks")
    sampler, n_passed = DistillationSampler(distiller), 0
    for estimator, check in checks.estimator_checks_generator(sampler):
        if check.func.__name__ not in NOT_APPLICABLE:
            check(estimator)
            n_passed += 1
    assert n_passed >= 11


def test_sampler_has_no_transform():
    """imbalanced-learn rejects steps with both fit_resample and transform."""
    sampler = DistillationSampler(RandomSelection())
    assert not hasattr(sampler, "transform")
    assert not hasattr(sampler, "fit_transform")
    assert hasattr(sampler, "fit_resample")


def test_imblearn_pipeline_with_a_distiller_raises_an_error(iris):
    imblearn = pytest.importorskip("imblearn.pipeline")
    X, y = iris
    with pytest.raises(ValueError, match="cannot be followed by LinearSVC in a P"):
        imblearn.make_pipeline(RandomSelection(2), LinearSVC()).fit(X, y)
