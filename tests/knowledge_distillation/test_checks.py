"""Invalid parameters and data raise an error before anything is trained."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"teacher": LinearSVC()}, ValueError, "lacks predict_proba"),
        ({"teacher": Ridge()}, ValueError, "is a regressor, but y holds classes"),
        (
            {"teacher": StandardScaler()},
            TypeError,
            "with fit and predict; got StandardScaler",
        ),
        ({"teacher": []}, ValueError, "must not be an empty list"),
        ({"teacher": "nobody"}, ValueError, "teacher must be .*; got 'nobody'"),
        ({"teacher": None}, ValueError, "requires the predictions of a teacher"),
        (
            {"teacher": FrozenEstimator(GaussianNB())},
            ValueError,
            "was frozen before it was fitted",
        ),
        ({"teacher_weights": [1, 2]}, ValueError, "one number for each of the 1"),
        (
            {"student": StandardScaler()},
            TypeError,
            "with fit and predict; got StandardScaler",
        ),
        ({"temperature": 2.0}, ValueError, "temperature=2.0 requires a net"),
        ({"temperature": 0.0}, ValueError, "temperature"),
        ({"loss": "dkd"}, ValueError, "requires a net as the student"),
        ({"loss": "alchemy"}, ValueError, "loss must be one of kl, .*; got 'alchemy'"),
        ({"loss": "blended"}, ValueError, "loss must be one of kl, .*; got 'blended'"),
        ({"alpha": 1.5}, ValueError, "alpha must be .*; got 1.5"),
        ({"alpha": lambda t: t}, ValueError, "alpha is a schedule"),
        (
            {"transfer": "alchemy"},
            ValueError,
            "transfer must be one of .*; got 'alchemy'",
        ),
        ({"init": "teacher"}, ValueError, "both nets"),
        ({"hints": {"0": "0"}}, ValueError, "both nets"),
        ({"n_generations": 0}, ValueError, "n_generations"),
        (
            {"n_generations": 2, "teacher_labels": "out_of_fold"},
            ValueError,
            "requires teacher_labels='in_sample'",
        ),
        (
            {"loss": "label_smoothing", "transfer": "munge"},
            ValueError,
            "does not use a teacher",
        ),
    ],
)
def test_invalid_parameters_raise_before_training(
    recorder, params, error, message, iris, kd
):
    X, y = iris
    given = {"teacher": recorder(), "student": recorder()} | params
    with pytest.raises(error, match=message):
        kd(**given).fit(X, y)
    assert recorder.n_fits == 0


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.ones((150, 2)), r"must have shape \(150, 3\); got \(150, 2\)"),
        (np.ones((150, 3)), "must be probabilities"),
        (np.full((150, 3), np.nan), "NaN or infinity"),
    ],
)
def test_invalid_predictions_raise(proba, message, iris, kd, small_tree):
    X, y = iris
    with pytest.raises(ValueError, match=message):
        kd(None, small_tree()).fit(X, y, teacher_proba=proba)


def test_sample_weight_raises_if_an_estimator_ignores_it(forest, iris, kd):
    X, y = iris
    weights = np.ones(150)
    with pytest.raises(
        TypeError, match=r"the student KNeigh.* does not take sample_weight"
    ):
        kd(forest(), KNeighborsClassifier()).fit(X, y, sample_weight=weights)
    with pytest.raises(
        TypeError, match=r"the teacher KNeigh.* does not take sample_weight"
    ):
        kd(KNeighborsClassifier(), forest()).fit(X, y, sample_weight=weights)


def test_added_rows_without_a_teacher_raise(recorder, forest, iris, kd, small_tree):
    X, y = iris
    predicted = np.full((150, 3), 1 / 3)
    model = kd(None, small_tree(), transfer="munge")
    with pytest.raises(ValueError, match="added rows cannot be labeled"):
        model.fit(X, y, teacher_proba=predicted)
    with pytest.raises(ValueError, match="added rows cannot be labeled"):
        kd(None, recorder()).fit(X, y, teacher_proba=predicted, X_unlabeled=X)
    assert recorder.n_fits == 0
    with pytest.raises(ValueError, match="which could label X_unlabeled"):
        kd(forest(), small_tree(), loss="label_smoothing").fit(X, y, X_unlabeled=X)
    with pytest.raises(ValueError, match="3 features"):
        kd(forest(), small_tree()).fit(X, y, X_unlabeled=X[:, :3])
