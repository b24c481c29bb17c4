"""Students that were trained on distilled rows, under the prior of the data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_distill import HerdingSelection, KnowledgeDistillationClassifier


@pytest.fixture(scope="module")
def rare():
    """Return training and test rows, of which 5.7 % belong to the rare class."""
    X, y = make_classification(
        4000, 9, n_informative=6, weights=[0.943], class_sep=0.7, random_state=0
    )
    y = np.array(["common", "rare"])[y]
    return X[:2000], y[:2000], X[2000:], y[2000:]


def pipeline(student, **params):
    teacher = RandomForestClassifier(20, random_state=0)
    kd = KnowledgeDistillationClassifier(
        teacher, student, check_teacher=False, random_state=0, **params
    )
    herding = HerdingSelection(50, random_state=0)
    return make_pipeline(StandardScaler(), herding, kd)


@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=4, random_state=0),
        DecisionTreeRegressor(max_depth=4, random_state=0),
        Ridge(),
    ],
    ids=lambda student: type(student).__name__,
)
def test_student_predicts_under_the_prior_of_the_data(student, rare):
    X, y, X_test, y_test = rare
    model = pipeline(student).fit(X, y)
    proba = model.predict_proba(X_test)
    predicted = model.predict(X_test)
    np.testing.assert_array_equal(predicted, model.classes_[proba.argmax(axis=1)])
    assert np.mean(predicted == y_test) > 0.85
    raw = pipeline(student, prior="set").fit(X, y)
    assert raw[-1].prior_ratio_ is None
    assert np.mean(raw.predict(X_test) == y_test) < 0.8
    assert log_loss(y_test, proba) < log_loss(y_test, raw.predict_proba(X_test))


@pytest.mark.parametrize(
    "student", [SVC(), LinearSVC()], ids=lambda student: type(student).__name__
)
def test_student_without_probabilities_gets_weights(student, rare):
    X, y, X_test, y_test = rare
    model = pipeline(student).fit(X, y)
    assert model[-1].prior_ratio_ is None
    predicted = model.predict(X_test)
    assert np.mean(predicted == y_test) > 0.9
    decisions = model.decision_function(X_test)
    np.testing.assert_array_equal(decisions > 0, predicted == "rare")


def test_decision_function_agrees_with_predict(rare):
    X, y, X_test, _ = rare
    model = pipeline(LogisticRegression()).fit(X, y)
    is_rare = model.predict(X_test) == "rare"
    np.testing.assert_array_equal(model.decision_function(X_test) > 0, is_rare)


def test_student_that_cannot_be_corrected_warns(rare):
    X, y, *_ = rare
    model = pipeline(OneVsRestClassifier(LinearSVC()))
    with pytest.warns(UserWarning, match="student OneVsRestClassifier neither"):
        model.fit(X, y)


def test_balanced_student_keeps_equal_shares(rare):
    X, y, X_test, _ = rare
    model = pipeline(LogisticRegression(class_weight="balanced")).fit(X, y)
    assert model[-1].prior_ratio_ is None
    assert np.mean(model.predict(X_test) == "rare") > 0.2


def test_prior_has_no_effect_on_rows_that_were_not_distilled(rare):
    X, y, X_test, _ = rare
    kd = pipeline(LogisticRegression())[-1].fit(X[:200], y[:200])
    assert kd.prior_ratio_ is None
    np.testing.assert_array_equal(
        kd.predict_proba(X_test), kd.student_.predict_proba(X_test)
    )


def test_export_of_a_corrected_student_warns(rare, tmp_path):
    pytest.importorskip("skl2onnx")
    X, y, X_test, _ = rare
    X, X_test = X.astype(np.float32), X_test.astype(np.float32)
    model = pipeline(LogisticRegression()).fit(X, y)
    with pytest.warns(UserWarning, match="without the correction to the class shares"):
        model[-1].export_onnx(tmp_path / "student.onnx", model[:-1].transform(X_test))
