"""Initialization of a student net from the parameters of its teacher."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.frozen import FrozenEstimator
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import KnowledgeDistillationClassifier
from sklearn_distill.engine.networks import MLP
from sklearn_distill.knowledge_distillation.nets.initialization import copy_parameters

NAMES = np.array(["setosa", "versicolor", "virginica"])


def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), NAMES[y]


def net(width=16, max_epochs=15, **params):
    params = {"lr": 0.02, "batch_size": 32, "iterator_train__shuffle": True} | params
    params = {"criterion": nn.CrossEntropyLoss, "optimizer": torch.optim.Adam} | params
    params = {"module": MLP} | params
    return NeuralNetClassifier(
        module__width=width, module__depth=1, max_epochs=max_epochs, **params
    )


def kd(teacher, student, **params):
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params)


def test_student_of_the_same_shape_starts_as_a_copy():
    X, y = iris()
    teacher = net(16, max_epochs=30)
    model = kd(teacher, net(16, max_epochs=1, lr=1e-9), init="teacher").fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X), model.teacher_.predict_proba(X), atol=1e-4
    )


def test_narrower_student_gets_the_most_important_units():
    """The left-out units have zero weights, so that both networks are equal."""
    torch.manual_seed(0)
    teacher, student = MLP(5, 3, width=8, depth=2), MLP(5, 3, width=4, depth=2)
    with torch.no_grad():
        for layer in (1, 3):
            idle = [1, 2, 5, 6]
            teacher[layer].weight[idle] = 0.0
            teacher[layer].bias[idle] = 0.0
    copied = copy_parameters(student, teacher)
    assert copied == ["1", "3", "5"]
    rows = torch.randn(20, 5)
    torch.testing.assert_close(student(rows), teacher(rows))


def test_convolutions_and_batch_normalization_are_sliced():
    def build(channels):
        return nn.Sequential(
            nn.Conv2d(1, channels, 3),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(channels * 4, 2),
        ).eval()

    torch.manual_seed(0)
    teacher, student = build(6), build(3)
    with torch.no_grad():
        teacher[1].running_mean.uniform_(-1, 1)
        for idle in (0, 3, 4):
            teacher[4].weight[:, idle * 4 : idle * 4 + 4] = 0.0
    assert copy_parameters(student, teacher) == ["0", "1", "4"]
    rows = torch.randn(7, 1, 4, 4)
    torch.testing.assert_close(student(rows), teacher(rows))


def test_layers_that_do_not_fit_keep_their_parameters():
    torch.manual_seed(0)
    # A shallower student gets the first layers of the teacher.
    deep, shallow = MLP(5, 3, width=8, depth=3), MLP(5, 3, width=8, depth=1)
    assert copy_parameters(shallow, deep) == ["1"]
    torch.testing.assert_close(shallow[1].weight, deep[1].weight)
    wide, teacher = MLP(5, 3, width=12, depth=2), MLP(5, 3, width=8, depth=2)
    assert copy_parameters(wide, teacher) == ["1", "3", "5"]
    torch.testing.assert_close(wide[1].weight[:8], teacher[1].weight)
    with pytest.raises(ValueError, match="could not copy any layer"):
        copy_parameters(MLP(4, 3), MLP(5, 3))


def test_init_from_teacher_improves_a_short_training():
    X, y = load_digits(return_X_y=True)
    teacher = FrozenEstimator(
        NeuralNetClassifier(
            MLP,
            module__n_inputs=64,
            module__n_outputs=10,
            module__width=64,
            module__depth=1,
            criterion=nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            lr=3e-3,
            max_epochs=15,
            verbose=0,
            train_split=None,
        ).fit(X[:1_200].astype(np.float32), y[:1_200])
    )
    student = net(32, max_epochs=1, lr=1e-4)
    scores = [
        kd(teacher, student, init=init)
        .fit(X[:1_200], y[:1_200])
        .score(X[1_200:], y[1_200:])
        for init in (None, "teacher")
    ]
    assert scores[1] > scores[0] + 0.3
