"""Out-of-fold predictions of a teacher."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import (
    HerdingSelection,
    KnowledgeDistillationClassifier,
    SubmodularSelection,
    UncertaintySelection,
)
from sklearn_distill.soft_labels.teacher import (
    N_FOLDS,
    cross_fitted_predictions,
    seeded,
    teacher_or_forest,
)


def predictions_of(
    teacher, Z, y, *, kept=None, Z_new=None, weights=None, n_classes=None
):
    """Return cross-fitted predictions for training rows or for new rows."""
    if Z_new is None:
        kept = np.arange(len(Z)) if kept is None else kept
        Z_new = Z[kept]
    return cross_fitted_predictions(
        teacher,
        Z,
        y,
        np.ones(len(Z)) if weights is None else weights,
        Z_new,
        kept,
        n_classes=n_classes,
        seed=0,
    )


def noise(n=200, n_classes=2, seed=0):
    rng = np.random.RandomState(seed)
    return rng.standard_normal((n, 3)), rng.randint(0, n_classes, n)


def test_prediction_for_a_row_comes_from_a_teacher_trained_without_it():
    Z, y = noise()
    one_nn = KNeighborsClassifier(n_neighbors=1)
    assert one_nn.fit(Z, y).score(Z, y) == 1.0
    predicted = predictions_of(one_nn, Z, y, n_classes=2).argmax(axis=1)
    assert 0.3 < (predicted == y).mean() < 0.7


def test_regression_prediction_comes_from_a_teacher_trained_without_the_row():
    Z, _ = noise()
    y = np.random.RandomState(1).standard_normal(len(Z))
    predicted = predictions_of(KNeighborsRegressor(n_neighbors=1), Z, y)
    assert predicted.shape == y.shape
    assert np.abs(predicted - y).min() > 0
    assert abs(np.corrcoef(predicted, y)[0, 1]) < 0.3


def test_new_row_gets_the_mean_over_all_folds():
    Z, y = noise(50)
    Z_new = np.random.RandomState(1).standard_normal((7, 3))
    predicted = predictions_of(
        KNeighborsClassifier(n_neighbors=1), Z, y, Z_new=Z_new, n_classes=2
    )
    fifths = predicted * N_FOLDS
    np.testing.assert_allclose(fifths, np.rint(fifths), atol=1e-12)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)
    assert ((predicted > 0) & (predicted < 1)).any()


def test_predictions_are_in_the_order_of_kept():
    Z, y = noise(60)
    kept = np.array([40, 3, 3, 17])
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    everyone = predictions_of(teacher, Z, y, n_classes=2)
    np.testing.assert_array_equal(
        predictions_of(teacher, Z, y, kept=kept, n_classes=2), everyone[kept]
    )


def test_class_missing_from_a_fold_gets_probability_0():
    Z, y = noise(40)
    y[:3] = 2
    predicted = predictions_of(
        RandomForestClassifier(10, random_state=0), Z, y, n_classes=3
    )
    assert predicted.shape == (40, 3)
    np.testing.assert_allclose(predicted.sum(axis=1), 1)


@pytest.mark.parametrize(
    "teacher", [LogisticRegression(), RandomForestClassifier(5, random_state=0)]
)
def test_singleton_class_keeps_its_label(teacher):
    Z, y = noise(40)
    y[7] = 2
    predicted = predictions_of(teacher, Z, y, n_classes=3)
    np.testing.assert_array_equal(predicted[7], [0, 0, 1])
    assert (predicted[np.arange(40) != 7].max(axis=1) < 1).any()


@pytest.mark.parametrize(
    "teacher", [LogisticRegression(), RandomForestClassifier(5, random_state=0)]
)
def test_training_fold_with_one_class_predicts_that_class(teacher):
    Z, y = noise(20)
    y[:] = 0
    y[4] = 1
    predicted = predictions_of(teacher, Z, y, n_classes=2)
    np.testing.assert_array_equal(predicted[4], [0, 1])
    assert predicted[np.arange(20) != 4, 0].mean() > 0.8
    new = predictions_of(teacher, Z, y, Z_new=Z + 0.1, n_classes=2)
    np.testing.assert_allclose(new.sum(axis=1), 1)


def test_only_singleton_classes_keep_their_labels():
    Z, y = np.eye(4), np.array([2, 0, 3, 1])
    predicted = predictions_of(RandomForestClassifier(5), Z, y, n_classes=4)
    np.testing.assert_array_equal(predicted, np.eye(4)[y])


def test_two_rows_are_enough_for_regression():
    predicted = predictions_of(LinearRegression(), np.eye(2), np.array([0.1, 0.2]))
    np.testing.assert_allclose(predicted, [0.2, 0.1])


@pytest.mark.parametrize(
    "teacher",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=["estimator", "pipeline"],
)
def test_teacher_is_trained_with_sample_weight(teacher):
    Z, y = noise()
    weights = np.where(y == 1, 1.0, 1e-6)
    unweighted = predictions_of(teacher, Z, y, n_classes=2)
    weighted = predictions_of(teacher, Z, y, weights=weights, n_classes=2)
    assert unweighted[:, 1].mean() < 0.7
    assert weighted[:, 1].mean() > 0.99


def test_teacher_is_cloned():
    teacher = LogisticRegression()
    predictions_of(teacher, *noise(), n_classes=2)
    assert not hasattr(teacher, "coef_")


def test_seed_determines_the_predictions():
    Z, y = noise()
    teacher = DecisionTreeClassifier(random_state=0)
    one, two = (predictions_of(teacher, Z, y, n_classes=2) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("teacher", [None, "teacher"])
def test_default_teacher_is_a_random_forest(teacher):
    assert isinstance(teacher_or_forest(teacher, 0), RandomForestClassifier)
    forest = teacher_or_forest(teacher, 7, is_regression=True)
    assert isinstance(forest, RandomForestRegressor)
    assert forest.random_state == 7


def test_teacher_without_predict_proba_raises():
    with pytest.raises(
        ValueError, match=r"lacks predict_proba.*CalibratedClassifierCV"
    ):
        teacher_or_forest(LinearRegression(), 0)
    regressor = LinearRegression()
    assert teacher_or_forest(regressor, 0, is_regression=True) is regressor


def test_frozen_teacher_raises():
    X, y = load_iris(return_X_y=True)
    teacher = FrozenEstimator(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match="is frozen, but a distiller trains"):
        HerdingSelection(5, soft_labels=teacher).fit(X, y)


def test_seeded_sets_every_random_state_that_is_none():
    """Nested estimators are included; seeds that are set are kept."""
    model = make_pipeline(PCA(random_state=3), RandomForestClassifier())
    made = seeded(model, 7)
    assert made[0].random_state == 3
    assert made[1].random_state == 7
    assert model[1].random_state is None


def test_default_teacher_of_a_large_regression_is_gradient_boosting():
    for n_rows, kind in (
        (2_000, RandomForestRegressor),
        (2_001, HistGradientBoostingRegressor),
    ):
        made = teacher_or_forest("teacher", 3, is_regression=True, n_rows=n_rows)
        assert isinstance(made, kind)
        assert made.random_state == 3
    assert isinstance(teacher_or_forest(None, 0, n_rows=9_999), RandomForestClassifier)


def test_teacher_is_trained_on_a_stratified_sample_of_at_most_max_rows():
    sizes = []

    class Counting(DummyClassifier):
        def fit(self, X, y, sample_weight=None):
            sizes.append(np.bincount(y, minlength=3).tolist())
            return super().fit(X, y, sample_weight)

    y = np.repeat([0, 1, 2], [800, 195, 5])
    Z = np.arange(1_000.0)[:, None]
    arguments = (Z, y, np.ones(1_000), Z, np.arange(1_000))
    cross_fitted_predictions(Counting(), *arguments, n_classes=3, seed=0, max_rows=100)
    assert len(sizes) == 5
    for n_zero, n_one, n_two in sizes:
        assert 78 <= n_zero <= 82
        assert 18 <= n_one <= 21
        assert n_two >= 1
    sizes.clear()
    cross_fitted_predictions(Counting(), *arguments, n_classes=3, seed=0, max_rows=800)
    assert [sum(size) for size in sizes] == [800] * 5


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_stacking_without_a_final_estimator_is_a_teacher(in_pipeline):
    """It gets predict_proba in fit, because the default is logistic regression."""
    stacking = StackingClassifier([("bayes", GaussianNB())], cv=2)
    teacher = make_pipeline(StandardScaler(), stacking) if in_pipeline else stacking
    X, y = load_iris(return_X_y=True)
    for distiller in (
        HerdingSelection(4, soft_labels=teacher),
        UncertaintySelection(4, proxy=teacher),
        SubmodularSelection(4, relevance=teacher),
    ):
        assert len(distiller.fit(X, y).distilled_) == 12
    probabilities = HerdingSelection(4, soft_labels=teacher).fit(X, y).distilled_
    assert probabilities.soft_labels.shape == (12, 3)
    regressor = StackingRegressor([("ridge", Ridge())])
    made = HerdingSelection(4, soft_labels=regressor, task="regression").fit(X, X[:, 0])
    assert len(made.distilled_) == 4
    distillation = KnowledgeDistillationClassifier(
        teacher, GaussianNB(), check_teacher=False
    )
    assert distillation.fit(X, y).score(X, y) > 0.9


def test_teacher_without_methods_of_prediction_raises():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="lacks predict, which"):
        HerdingSelection(4, soft_labels=StandardScaler()).fit(X, X[:, 0])
    for final in (LinearSVC(), StandardScaler()):
        with pytest.raises(ValueError, match="lacks predict_proba"):
            UncertaintySelection(4, proxy=final).fit(X, y)
    fixed = StackingClassifier([("bayes", GaussianNB())], LinearSVC())
    with pytest.raises(ValueError, match="lacks predict_proba"):
        HerdingSelection(4, soft_labels=fixed).fit(X, y)
