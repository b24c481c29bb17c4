"""Estimators are fitted on distilled sets with soft labels and weights."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import DistilledClassifier, DistilledSet, HerdingSelection
from sklearn_distill.soft_labels.expansion import weighted_hard_rows
from sklearn_distill.soft_labels.fitting import fit_on_set, weight_parameter
from sklearn_distill.soft_labels.teacher import seeded


class Recorder(ClassifierMixin, BaseEstimator):
    """Record the training data."""

    def fit(self, X, y, sample_weight=None):
        self.seen_ = X, y, sample_weight
        self.classes_ = np.unique(y)
        return self


class WithoutWeights(ClassifierMixin, BaseEstimator):
    """Record the training data; `fit` takes no weights."""

    def fit(self, X, y):
        self.seen_ = X, y
        return self


class RecordingScaler(StandardScaler):
    """A scaler that records whether weights were passed."""

    def fit(self, X, y=None, sample_weight=None):
        self.weighted_ = sample_weight is not None
        return super().fit(X, y, sample_weight)


def make_set(*, soft=True, weighted=True):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((20, 3))
    y = (X[:, 0] > 0).astype(int)
    return DistilledSet(
        X,
        y,
        soft_labels=np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y]) if soft else None,
        sample_weight=rng.uniform(0.5, 2, 20) if weighted else None,
        classes=[0, 1],
    )


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LogisticRegression(), "sample_weight"),
        (KNeighborsClassifier(), None),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            "logisticregression__sample_weight",
        ),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None),
        (
            make_pipeline(StandardScaler(), make_pipeline(LogisticRegression())),
            "pipeline__logisticregression__sample_weight",
        ),
    ],
)
def test_weight_parameter(estimator, name):
    assert weight_parameter(estimator) == name


def test_estimator_with_sample_weight_gets_weighted_hard_rows():
    distilled = make_set()
    X, y, weights = fit_on_set(Recorder(), distilled).seen_
    for got, expected in zip((X, y, weights), distilled.expand(), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert len(X) == 40


def test_estimator_without_sample_weight_gets_hard_labels():
    distilled = make_set()
    X, y = fit_on_set(WithoutWeights(), distilled).seen_
    assert X is distilled.X
    assert y is distilled.y


def test_no_weights_are_passed_without_soft_labels_and_weights():
    distilled = make_set(soft=False, weighted=False)
    X, y, weights = fit_on_set(Recorder(), distilled).seen_
    assert X is distilled.X
    assert y is distilled.y
    assert weights is None


def test_weights_without_soft_labels_are_passed_unchanged():
    distilled = make_set(soft=False)
    assert fit_on_set(Recorder(), distilled).seen_[2] is distilled.sample_weight


def test_transformer_is_fitted_without_labels():
    scaler = fit_on_set(StandardScaler(), DistilledSet(np.eye(3)))
    np.testing.assert_allclose(scaler.mean_, 1 / 3)


@pytest.mark.parametrize("routing", [False, True])
def test_only_the_last_step_of_a_pipeline_gets_the_weights(routing):
    pipeline = make_pipeline(RecordingScaler(), Recorder())
    with sklearn.config_context(enable_metadata_routing=routing):
        fit_on_set(pipeline, make_set())
        assert sklearn.get_config()["enable_metadata_routing"] == routing
    assert not pipeline[0].weighted_
    np.testing.assert_array_equal(pipeline[1].seen_[2], make_set().expand()[2])


ESTIMATORS = {
    "classifier": LogisticRegression(),
    "without weights": KNeighborsClassifier(),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "pipeline in a pipeline": make_pipeline(
        StandardScaler(), make_pipeline(MinMaxScaler(), LogisticRegression())
    ),
    "column transformer": make_pipeline(
        make_column_transformer((StandardScaler(), [0, 1]), remainder="passthrough"),
        LogisticRegression(),
    ),
    "union": make_pipeline(
        make_union(StandardScaler(), MinMaxScaler()), LogisticRegression()
    ),
    "bagging": BaggingClassifier(LogisticRegression(), 3, random_state=0),
    "boosting": AdaBoostClassifier(n_estimators=3, random_state=0),
    "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_metadata_routing_changes_nothing(kind):
    distilled = make_set()
    plain = fit_on_set(clone(ESTIMATORS[kind]), distilled)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = fit_on_set(clone(ESTIMATORS[kind]), distilled)
    np.testing.assert_allclose(
        routed.predict_proba(distilled.X), plain.predict_proba(distilled.X)
    )


def test_soft_labels_lower_the_confidence_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    soft = fit_on_set(clone(pipeline), make_set(weighted=False))
    hard = fit_on_set(clone(pipeline), make_set(soft=False, weighted=False))
    X = make_set().X
    assert soft.predict_proba(X).max() < hard.predict_proba(X).max() - 0.01


def test_mean_weight_of_1_keeps_the_accuracy_of_svc():
    """With weights that sum to 1 for each row, SVC loses accuracy."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    teacher = RandomForestClassifier(50, max_depth=6, random_state=0)
    small = HerdingSelection(2, soft_labels=teacher, random_state=0).fit_distill(X, y)
    hard = SVC().fit(small.X, small.y).score(X_test, y_test)
    rows, labels, weights = small.expand()
    assert fit_on_set(SVC(), small).score(X_test, y_test) > hard
    light = weights * (len(small) / len(rows))
    weakened = SVC().fit(rows, labels, sample_weight=light)
    assert weakened.score(X_test, y_test) < hard - 0.1


class RecordingTree(DecisionTreeClassifier):
    """Record the parameters and the weights during `fit`."""

    def fit(self, X, y, sample_weight=None):
        self.trained_with_ = self.get_params(), len(X), sample_weight
        return super().fit(X, y, sample_weight)


SETTINGS = {"min_samples_leaf": 3, "class_weight": "balanced"}


def test_row_counts_are_scaled_while_an_estimator_is_trained():
    tree = fit_on_set(RecordingTree(**SETTINGS), make_set(weighted=False))
    params, n_rows, weights = tree.trained_with_
    assert n_rows == 40
    assert params["min_samples_leaf"] == 6
    assert params["class_weight"] is None
    soft, (rows, codes, expected) = (
        make_set().soft_labels,
        weighted_hard_rows(make_set().soft_labels),
    )
    mass = soft.sum(axis=0)
    np.testing.assert_allclose(weights, expected * (20 / (2 * mass))[codes])
    assert len(rows) == 40


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeClassifier(**SETTINGS),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(**SETTINGS)),
        make_pipeline(
            SelectFromModel(DecisionTreeClassifier(min_samples_leaf=2)),
            make_pipeline(StandardScaler(), DecisionTreeClassifier(**SETTINGS)),
        ),
        BaggingClassifier(DecisionTreeClassifier(min_samples_leaf=3), 3),
        VotingClassifier([("tree", DecisionTreeClassifier(min_samples_leaf=3))]),
        HistGradientBoostingClassifier(min_samples_leaf=3, class_weight="balanced"),
        SVC(class_weight="balanced"),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_fitted_estimator_has_the_parameters_that_were_passed(estimator):
    """A clone of the fitted estimator is therefore trained in the same way."""
    fitted = fit_on_set(clone(estimator), make_set())
    assert repr(fitted.get_params()) == repr(estimator.get_params())
    assert repr(clone(fitted)) == repr(estimator)
    X = make_set().X
    predicted = fitted.predict(X)
    again = fit_on_set(seeded(fitted, 0), make_set())
    expected = fit_on_set(seeded(estimator, 0), make_set())
    np.testing.assert_array_equal(again.predict(X), expected.predict(X))
    np.testing.assert_array_equal(fitted.predict(X), predicted)


def test_parameters_are_restored_if_fit_fails():
    class Failing(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None):
            raise RuntimeError("this estimator always fails")

    tree = Failing(**SETTINGS)
    with pytest.raises(RuntimeError, match="this estimator always fails"):
        fit_on_set(tree, make_set())
    assert tree.min_samples_leaf == 3
    assert tree.class_weight == "balanced"


def test_distilled_classifier_shows_the_parameters_that_were_passed():
    X, y = load_iris(return_X_y=True)
    model = DistilledClassifier(
        HerdingSelection(20, soft_labels="teacher", random_state=0),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(**SETTINGS)),
    ).fit(X, y)
    tree = model.estimator_[-1]
    assert tree.min_samples_leaf == 3
    assert tree.class_weight == "balanced"
    assert clone(model.estimator_)[-1].fit(X, y).score(X, y) > 0.9


def test_one_hot_soft_labels_are_hard_labels():
    """Each row occurs once, so that no parameter is changed."""
    plain = make_set(weighted=False)
    one_hot = DistilledSet(
        plain.X, plain.y, soft_labels=np.eye(2)[plain.y], classes=[0, 1]
    )
    params, n_rows, weights = fit_on_set(
        RecordingTree(**SETTINGS), one_hot
    ).trained_with_
    assert n_rows == 20
    assert weights is None
    assert params["min_samples_leaf"] == 3
    assert params["class_weight"] == "balanced"
