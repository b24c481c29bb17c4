"""Names of the inputs of ONNX files."""

# SPDX-License-Identifier: BSD-3-Clause

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
)
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import (
    KnowledgeDistillationClassifier,
)
from sklearn_distill.engine.networks import MLP

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


@pytest.mark.parametrize("name", ["label", "probabilities"])
def test_columns_named_like_outputs_raise(name, tmp_path):
    X, y = rows(100)
    frame = pd.DataFrame(X, columns=[name, *"abcdefg"])
    model = taught(DecisionTreeClassifier(max_depth=2), frame, y)
    with pytest.raises(ValueError, match=f"Columns named '{name}' cannot be inputs"):
        model.export_onnx(tmp_path / "student.onnx", frame)


def test_missing_converters_raise_an_error_that_names_the_extra(tmp_path):
    """The converters cannot be imported in this interpreter."""
    code = (
        "import sys\n"
        "sys.modules['skl2onnx'] = None\n"
        "from sklearn_distill._utils.optional import import_onnx\n"
        "try:\n    import_onnx()\n"
        "except ImportError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "sklearn-distill[onnx]" in done.stdout
