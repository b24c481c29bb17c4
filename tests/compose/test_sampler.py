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
        _, ys = sampler.fit_resample(X, y.to_frame())
    assert list(ys) == ["a", "a", "b", "b", "c", "c"]


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


def test_sampler_has_no_transform():
    """imbalanced-learn rejects steps with both fit_resample and transform."""
    sampler = DistillationSampler(RandomSelection())
    assert not hasattr(sampler, "transform")
    assert not hasattr(sampler, "fit_transform")
    assert hasattr(sampler, "fit_resample")


def test_imblearn_pipeline_with_a_distiller_raises_an_error(iris):
    imblearn = pytest.importorskip("imblearn.pipeline")
    X, y = iris
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        imblearn.make_pipeline(RandomSelection(2), LinearSVC()).fit(X, y)
