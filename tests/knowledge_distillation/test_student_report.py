"""The report: sizes, times and scores of student, teacher and baselines."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
    student_report,
)
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.nets.estimators import NetClassifier
from sklearn_distill.knowledge_distillation.student_report import count_parameters

ROWS = ["teacher", "student, distilled", "student, alone", "student, label smoothing"]


def data():
    X, y = load_breast_cancer(return_X_y=True)
    return X[:300], y[:300], X[300:], y[300:]


def test_scores_equal_those_of_separately_fitted_models():
    X, y, X_test, y_test = data()
    student = DecisionTreeClassifier(max_leaf_nodes=4, random_state=0)
    teacher = ExtraTreesClassifier(20, random_state=0)
    model = KnowledgeDistillationClassifier(
        teacher, student, transfer="munge", check_teacher=False, random_state=0
    ).fit(X, y)
    report = student_report(model, X, y, X_test, y_test, n_repeats=3)
    assert list(report.index) == ROWS
    alone = clone(student).fit(X, y)
    accuracy = report["accuracy"]
    assert accuracy["student, alone"] == pytest.approx(alone.score(X_test, y_test))
    assert accuracy["student, distilled"] == pytest.approx(model.score(X_test, y_test))
    predicted = clone(teacher).fit(X, y).predict_proba(X_test)
    assert report.loc["teacher", "log_loss"] == pytest.approx(
        log_loss(y_test, predicted)
    )
    assert report.loc["teacher", "agreement"] == 1.0
    same = (model.predict(X_test) == predicted.argmax(axis=1)).mean()
    assert report.loc["student, distilled", "agreement"] == pytest.approx(same)
    smoothed = report.loc["student, label smoothing", "log_loss"]
    assert smoothed < report.loc["student, alone", "log_loss"]
    assert (report["bytes"] > 0).all()
    assert report.loc["student, distilled", "parameters"] == 7
    assert (
        report.loc["teacher", "us_per_row"]
        > (report.loc["student, distilled", "us_per_row"])
    )


@pytest.mark.parametrize("student", [LinearSVC(), GaussianNB(), Ridge()], ids=str)
def test_report_of_students_of_all_kinds(student):
    X, y, X_test, y_test = data()
    teachers = [FrozenEstimator(GaussianNB().fit(X, y)), RandomForestClassifier(5)]
    model = KnowledgeDistillationClassifier(
        teachers, student, teacher_weights=[1, 2], check_teacher=False
    )
    report = student_report(model.fit(X, y), X, y, X_test, y_test, n_repeats=1)
    assert (report["accuracy"] > 0.5).all()


def test_report_of_a_net_and_of_a_weighted_regressor():
    X, y, X_test, y_test = data()
    net = NeuralNetClassifier(
        MLP, criterion=nn.CrossEntropyLoss, optimizer=torch.optim.Adam, max_epochs=3
    )
    model = KnowledgeDistillationClassifier(
        ExtraTreesClassifier(5),
        make_pipeline(StandardScaler(), net),
        check_teacher=False,
        temperature=2.0,
    ).fit(X, y)
    report = student_report(model, X, y, X_test, y_test, n_repeats=1)
    n_parameters = 30 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2
    assert report.loc["student, distilled", "parameters"] == n_parameters
    X, y = load_diabetes(return_X_y=True)
    weights = np.linspace(1, 2, 300)
    regressor = KnowledgeDistillationRegressor(
        ExtraTreesRegressor(10), Ridge(0.01), check_teacher=False
    ).fit(X[:300], y[:300], sample_weight=weights)
    report = student_report(
        regressor,
        X[:300],
        y[:300],
        X[300:],
        y[300:],
        sample_weight=weights,
        n_repeats=1,
    )
    assert list(report.index) == ROWS[:3]
    alone = Ridge(0.01).fit(X[:300], y[:300], weights)
    expected = alone.score(X[300:], y[300:])
    assert report.loc["student, alone", "r2"] == pytest.approx(expected)
    assert report.loc["teacher", "agreement"] == 1.0


def test_count_parameters_of_models_of_all_kinds():
    X, y, _, _ = data()
    boosting = HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=4).fit(X, y)
    assert count_parameters(boosting) == 3 * 7
    forest = RandomForestClassifier(3, max_leaf_nodes=4).fit(X, y)
    assert count_parameters(FrozenEstimator(forest)) == 3 * 7
    linear = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    assert count_parameters(linear) == 31
    mlp = MLPClassifier((4,), max_iter=20, tol=1e6, n_iter_no_change=1)
    assert count_parameters(mlp.fit(X, y)) == 30 * 4 + 4 + 4 + 1
    assert count_parameters(NetClassifier(MLP).fit(X, y)) > 1_000
    assert np.isnan(count_parameters(GaussianNB().fit(X, y)))


def test_report_measures_onnx_files():
    for name in ("onnx", "onnxruntime", "skl2onnx"):
        pytest.importorskip(name, reason=f"{name} is not installed: no ONNX files")
    X, y, X_test, y_test = data()
    model = KnowledgeDistillationClassifier(
        ExtraTreesClassifier(20, random_state=0),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        check_teacher=False,
    ).fit(X, y)
    report = student_report(model, X, y, X_test, y_test, onnx=True, n_repeats=5)
    assert (report["onnx_bytes"] > 0).all()
    assert report.loc["student, distilled", "onnx_bytes"] < (
        0.1 * report.loc["teacher", "onnx_bytes"]
    )
    assert (report["onnx_us_per_row"] > 0).all()


def test_raises_for_a_student_without_a_teacher():
    X, y, X_test, y_test = data()
    model = KnowledgeDistillationClassifier(None, GaussianNB(), check_teacher=False)
    model.fit(X, y, teacher_proba=np.full((300, 2), 0.5))
    with pytest.raises(ValueError, match="does not hold a fitted teacher"):
        student_report(model, X, y, X_test, y_test)


@pytest.mark.parametrize(
    "model",
    [
        KnowledgeDistillationClassifier(GaussianNB(), GaussianNB()),
        KnowledgeDistillationRegressor(Ridge(), Ridge()),
    ],
    ids=["classifier", "regressor"],
)
def test_raises_for_an_unfitted_model(model):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        student_report(model, *data())


def test_raises_for_other_estimators():
    """The report rejects other fitted estimators, and Pipelines."""
    X, y, X_test, y_test = data()
    with pytest.raises(TypeError, match=r"must be a fitted Knowledge.* of GaussianNB"):
        student_report(GaussianNB().fit(X, y), X, y, X_test, y_test)
    model = KnowledgeDistillationClassifier(GaussianNB(), GaussianNB())
    with pytest.raises(TypeError, match="Pass the last step of the Pipeline"):
        student_report(make_pipeline(model), X, y, X_test, y_test)
