"""Out-of-fold predictions of a teacher."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import HerdingSelection
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
