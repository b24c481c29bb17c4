"""make_distill_pipeline."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    RandomSelection,
    make_distill_pipeline,
)


def test_steps_before_the_distiller_are_fitted_on_all_rows(breast_cancer):
    X, y = breast_cancer
    model = make_distill_pipeline(
        StandardScaler(), HerdingSelection(10), SelectKBest(k=5), LogisticRegression()
    )
    assert isinstance(model, Pipeline)
    assert list(model.named_steps) == ["standardscaler", "distilledclassifier"]
    wrapped = model[-1]
    assert isinstance(wrapped, DistilledClassifier)
    assert isinstance(wrapped.estimator, Pipeline)
    model.fit(X, y)
    assert model[0].n_samples_seen_ == 569
    assert len(model[-1].distiller_.distilled_) == 20
    assert model.score(X, y) > 0.85
    by_hand = make_pipeline(
        StandardScaler(),
        DistilledClassifier(
            HerdingSelection(10), make_pipeline(SelectKBest(k=5), LogisticRegression())
        ),
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


def test_type_of_the_result_depends_on_the_steps():
    distiller, scaler, nb = HerdingSelection(3), StandardScaler(), GaussianNB()
    assert isinstance(make_distill_pipeline(distiller, nb), DistilledClassifier)
    assert isinstance(make_distill_pipeline(distiller, Ridge()), DistilledRegressor)
    wrapped = make_distill_pipeline(distiller, scaler, Ridge())
    assert isinstance(wrapped, DistilledRegressor)
    assert isinstance(wrapped.estimator, Pipeline)
    without_model = make_distill_pipeline(scaler, distiller)
    assert [type(step) for _, step in without_model.steps] == [
        StandardScaler,
        HerdingSelection,
    ]
    alone = make_distill_pipeline(distiller)
    assert isinstance(alone, Pipeline)
    cached = make_distill_pipeline(scaler, distiller, nb, memory="m", verbose=True)
    assert cached.memory == cached[-1].memory == "m"
    assert cached.verbose is True
    assert make_distill_pipeline(distiller, scaler, nb, verbose=True).estimator.verbose
    nested = make_distill_pipeline(scaler, distiller, make_pipeline(scaler, nb))
    assert isinstance(nested[-1].estimator, Pipeline)


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ((StandardScaler(), GaussianNB()), 0),
        ((), 0),
        ((RandomSelection(), HerdingSelection(), GaussianNB()), 2),
    ],
)
def test_number_of_distillers_other_than_one_raises_an_error(steps, count):
    with pytest.raises(
        TypeError, match=f"exactly one distiller among its steps; got {count}"
    ):
        make_distill_pipeline(*steps)


def test_clusterer_as_last_step_raises_an_error():
    with pytest.raises(
        TypeError, match="must be a classifier or a regressor; got KMeans"
    ):
        make_distill_pipeline(HerdingSelection(5), StandardScaler(), KMeans(3))


def test_transform_input_without_steps_before_the_distiller_raises():
    with pytest.raises(ValueError, match="there are none"):
        make_distill_pipeline(
            HerdingSelection(2), GaussianNB(), transform_input=["sample_weight"]
        )


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (
            (make_pipeline(StandardScaler(), HerdingSelection(3)), LinearSVC()),
            "HerdingSelection is inside a nested Pipeline.*Pass the steps",
        ),
        (
            (StandardScaler(), make_pipeline(HerdingSelection(3), LinearSVC())),
            "HerdingSelection is inside a nested Pipeline",
        ),
        (
            (make_pipeline(make_pipeline(HerdingSelection(3))), LinearSVC()),
            "HerdingSelection is inside a nested Pipeline",
        ),
        (
            (make_pipeline(HerdingSelection(3)), RandomSelection(3), LinearSVC()),
            "HerdingSelection is inside a nested Pipeline",
        ),
        (
            (ColumnTransformer([("h", HerdingSelection(), [0])]), LinearSVC()),
            "inside a nested ColumnTransformer.*as the step after the ColumnTransf",
        ),
        (
            (FeatureUnion([("h", HerdingSelection())]), LinearSVC()),
            "inside a nested FeatureUnion.*as the step after the FeatureUnion",
        ),
    ],
)
def test_distiller_inside_a_step_raises_an_error(steps, message):
    with pytest.raises(TypeError, match=message):
        make_distill_pipeline(*steps)


def test_prior_is_that_of_the_classifier():
    steps = HerdingSelection(3), LinearSVC()
    assert make_distill_pipeline(*steps).prior == "data"
    assert make_distill_pipeline(*steps, prior="set").prior == "set"
    scaled = make_distill_pipeline(StandardScaler(), *steps, prior="set")
    assert scaled.get_params()["distilledclassifier__prior"] == "set"
    with pytest.raises(ValueError, match=r"prior='set' .*Ridge is a regressor"):
        make_distill_pipeline(HerdingSelection(3), Ridge(), prior="set")
    with pytest.raises(ValueError, match="prior='set' requires a classifier"):
        make_distill_pipeline(StandardScaler(), HerdingSelection(3), prior="set")
