"""Knowledge distillation of several continuous targets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import onnxruntime
import pytest
from sklearn.datasets import make_regression
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from torch import nn

from sklearn_distill import (
    HerdingSelection,
    KnowledgeDistillationRegressor,
    student_report,
)
from sklearn_distill.knowledge_distillation.labeled_rows import read_labeled_rows
from sklearn_distill.knowledge_distillation.targets import make_targets

X, Y = make_regression(240, 4, n_targets=3, noise=5.0, random_state=0)
Y = Y * [1.0, 100.0, 0.01]


class Net(nn.Module):
    """A small perceptron."""

    def __init__(self, n_inputs, n_outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_inputs, 16), nn.Tanh(), nn.Linear(16, n_outputs)
        )

    def forward(self, rows):
        return self.layers(rows)


@pytest.mark.parametrize(
    ("teacher", "student", "parameters"),
    [
        (LinearRegression(), Ridge(), {}),
        (GradientBoostingRegressor(), SVR(C=1e3), {"alpha": 1.0}),
        (LinearRegression(), make_pipeline(StandardScaler(), SVR(C=1e3)), {}),
        ([LinearRegression(), Ridge()], Ridge(), {"teacher_labels": "out_of_fold"}),
        (LinearRegression(), Ridge(), {"transfer": "munge", "n_transfer": 1.0}),
        (LinearRegression(), Ridge(), {"n_generations": 2}),
        (LinearRegression(), Net, {}),
        (Net, Ridge(), {}),
    ],
)
def test_students_learn_all_targets(teacher, student, parameters):
    model = KnowledgeDistillationRegressor(
        teacher, student, check_teacher=False, random_state=0, **parameters
    ).fit(X[:160], Y[:160])
    predictions = model.predict(X[160:])
    assert predictions.shape == (80, 3)
    assert min(r2_score(Y[160:], predictions, multioutput="raw_values")) > 0.5


def test_gain_of_the_teacher_is_the_mean_over_the_targets():
    with pytest.warns(UserWarning, match="not clearly better"):
        model = KnowledgeDistillationRegressor(
            RandomForestRegressor(20, random_state=0), LinearRegression()
        ).fit(X, Y)
    gain = model.teacher_gain_
    assert 0.4 < gain.teacher < 0.95 < gain.student < 1.0


def test_predictions_of_a_teacher_may_be_passed():
    model = KnowledgeDistillationRegressor(
        None, LinearRegression(), alpha=1.0, check_teacher=False
    )
    shifted = LinearRegression().fit(X, Y).predict(X) + 7.0
    model.fit(X, Y, teacher_predictions=shifted)
    np.testing.assert_allclose(model.predict(X), shifted)
    with pytest.raises(ValueError, match=r"shape \(240, 3\); got \(240,\)"):
        model.fit(X, Y, teacher_predictions=shifted[:, 0])


def test_frozen_teachers_must_predict_all_targets():
    one = FrozenEstimator(Ridge().fit(X, Y[:, 0]))
    with pytest.raises(ValueError, match="predicts 1 targets, but y has 3"):
        KnowledgeDistillationRegressor(one, Ridge()).fit(X, Y)
    three = FrozenEstimator(LinearRegression().fit(X, Y))
    model = KnowledgeDistillationRegressor(three, LinearRegression(), alpha=1.0)
    assert model.fit(X, Y).teacher_gain_.teacher > 0.9
    np.testing.assert_allclose(model.predict(X), three.predict(X))


def test_a_row_is_an_outlier_if_one_of_its_targets_is():
    labels = np.column_stack([np.arange(9.0), 1000 * np.arange(9.0)])
    predictions = labels + np.tile(
        [[1.0, 1000.0], [-1.0, -1000.0], [0.5, 500.0]], (3, 1)
    )
    labels[4, 0] += 50.0
    data = read_labeled_rows(Ridge(), np.eye(9), labels, None, "regression")
    targets = make_targets(
        data, predictions, alpha=0.5, transfer_weight=1.0, ignore_outliers=True
    )
    assert targets.teacher_only.tolist() == [i == 4 for i in range(9)]


def test_distilled_rows_carry_all_targets_to_the_student():
    model = make_pipeline(
        HerdingSelection(budget=60),
        KnowledgeDistillationRegressor(
            LinearRegression(), LinearRegression(), check_teacher=False
        ),
    ).fit(X, Y)
    assert model.score(X, Y) > 0.9


def test_student_report_has_one_row_for_each_model():
    model = KnowledgeDistillationRegressor(
        LinearRegression(), Ridge(), check_teacher=False
    ).fit(X, Y)
    report = student_report(model, X, Y, X, Y, n_repeats=2)
    assert report.loc["student, distilled", "r2"] == pytest.approx(model.score(X, Y))


@pytest.mark.parametrize("student", [Net, Ridge()])
def test_onnx_files_predict_all_targets(student, tmp_path):
    model = KnowledgeDistillationRegressor(
        LinearRegression(), student, check_teacher=False
    ).fit(X, Y)
    model.export_onnx(tmp_path / "student.onnx", X)
    session = onnxruntime.InferenceSession(tmp_path / "student.onnx")
    (predictions,) = session.run(["prediction"], {"X": X.astype(np.float32)})
    expected = model.predict(X)
    np.testing.assert_allclose(
        predictions, expected, atol=1e-3 * np.abs(expected).max()
    )
