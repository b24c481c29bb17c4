"""Files whose predictions differ from the student are not written."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
)
from sklearn.linear_model import SGDClassifier
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import (
    KnowledgeDistillationClassifier,
)
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.export.conversion import to_onnx
from sklearn_distill.knowledge_distillation.export.verification import (
    check_predictions,
)

NAMES = np.array(["ash", "beech", "cedar"])


@pytest.fixture(autouse=True)
def _needs_converters():
    for name in ("onnx", "onnxruntime", "skl2onnx", "onnxscript"):
        pytest.importorskip(name, reason=f"{name} is not installed: no ONNX files")


def rows(n=11_000):
    X, y = make_classification(
        n, 8, n_informative=6, n_classes=3, class_sep=1.5, random_state=0
    )
    return X, NAMES[y]


def net(kind=NeuralNetClassifier):
    classes = kind is NeuralNetClassifier
    return kind(
        MLP,
        module__width=32,
        criterion=nn.CrossEntropyLoss if classes else nn.MSELoss,
        optimizer=torch.optim.Adam,
        lr=0.01,
        max_epochs=10,
    )


def taught(student, X, y, **params):
    teacher = ExtraTreesClassifier(20, random_state=0)
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params).fit(X, y)


def test_labels_are_compared_where_probabilities_saturate(tmp_path):
    """The scores are far from 0, so that float32 changes some labels."""
    X, y = rows(300)
    student = SGDClassifier(loss="log_loss", random_state=0)
    model = taught(student, 1e4 * X, y, alpha=0.0)
    with pytest.raises(ValueError, match=r"another class for \d+ of 300 rows"):
        model.export_onnx(tmp_path / "student.onnx", 1e4 * X)


def test_different_predictions_raise(tmp_path):
    X, y = rows(600)
    model = taught(DecisionTreeClassifier(max_depth=3, random_state=0), X, y)
    other = taught(DecisionTreeClassifier(max_depth=1, random_state=1), X, y)
    content = to_onnx(other.student_, X, other.classes_)
    with pytest.raises(ValueError, match=r"another class for \d+ of 600 rows"):
        check_predictions(content, model.student_, X, model.classes_)
    with pytest.raises(FileNotFoundError, match="no directory"):
        model.export_onnx(tmp_path / "nowhere" / "student.onnx", X)
