"""Test knowledge distillation with networks on a GPU."""

# SPDX-License-Identifier: BSD-3-Clause

import functools

import numpy as np
import pytest
import torch
from device_cases import SmallConvNet, SmallMLP, data, fit, held_on, save
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)

pytestmark = [pytest.mark.device, pytest.mark.filterwarnings("default")]
COMMON = {
    "optimizer": torch.optim.Adam,
    "lr": 0.01,
    "max_epochs": 5,
    "batch_size": 32,
    "iterator_train__shuffle": True,
    "train_split": None,
    "verbose": 0,
}
KINDS = ("forest to net", "net to net", "images", "regression")
by_kind = pytest.mark.parametrize("kind", KINDS)
# Predicted probabilities may differ by at most this value between a GPU and a CPU. The
# same limit applies to predictions of a continuous target with standard deviation 1.
TOLERANCE = 0.02


@pytest.fixture(autouse=True)
def deterministic_teachers(monkeypatch):
    """Make the convolutions of teachers deterministic, since nets of the user are not.

    The library makes the convolutions of students deterministic while they are trained.
    """
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)


def classifier_net(device, kind):
    """Return an unfitted skorch classifier for a table or for images."""
    if kind == "images":
        module = {
            "module": SmallConvNet,
            "module__image_shape": (1, 8, 8),
            "module__n_outputs": 3,
        }
    else:
        module = {"module": SmallMLP, "module__n_inputs": 4, "module__n_outputs": 3}
    return NeuralNetClassifier(
        **module, criterion=nn.CrossEntropyLoss, device=device, **COMMON
    )


def rows_of(kind):
    """Return a small data set in single precision."""
    X, y = data(kind if kind in ("images", "regression") else "table")
    if kind == "regression":
        y = (y / np.std(y)).astype(np.float32)
    return np.asarray(X, np.float32), y


def estimator(device, kind):
    """Return an unfitted estimator whose teacher and student nets use the device."""
    params = {"check_teacher": False, "random_state": 0}
    if kind == "regression":
        net = NeuralNetRegressor(
            SmallMLP, module__n_inputs=4, module__n_outputs=1, device=device, **COMMON
        )
        teacher = ExtraTreesRegressor(10, random_state=0)
        return KnowledgeDistillationRegressor(teacher, net, **params)
    teacher = ExtraTreesClassifier(10, random_state=0)
    if kind != "forest to net":
        teacher = classifier_net(device, kind)
    return KnowledgeDistillationClassifier(
        teacher, classifier_net(device, kind), **params
    )


def predictions(model, kind):
    """Return predicted probabilities, or predictions of a continuous target."""
    X, _ = rows_of(kind)
    return model.predict(X) if kind == "regression" else model.predict_proba(X)


@functools.cache
def fitted(kind, device):
    """Return a fitted estimator that several tests share."""
    return fit(estimator(device, kind), *rows_of(kind))


@by_kind
def test_fits_with_the_same_seed_predict_the_same(kind, device):
    again = fit(estimator(device, kind), *rows_of(kind))
    expected = predictions(fitted(kind, device), kind)
    np.testing.assert_array_equal(predictions(again, kind), expected)


@by_kind
def test_predictions_are_close_to_those_of_a_cpu(kind, device, record_property):
    cpu = predictions(fit(estimator("cpu", kind), *rows_of(kind)), kind)
    off = float(np.abs(predictions(fitted(kind, device), kind) - cpu).max())
    record_property("predictions off", off)
    assert off <= TOLERANCE


@by_kind
def test_deleted_estimator_releases_device_memory(kind, device, record_property):
    """A fitted student stores a network, so the estimator is deleted first."""
    fitted(kind, device)
    before = held_on(device)
    model = fit(estimator(device, kind), *rows_of(kind))
    predictions(model, kind)
    del model
    after = held_on(device)
    record_property("bytes left", after[1] - before[1])
    assert after[0] <= before[0]
    assert after[1] <= before[1]


@by_kind
def test_pickle_loads_without_a_gpu(kind, device, loader, tmp_path):
    model = fitted(kind, device)
    X, _ = rows_of(kind)
    path = save(tmp_path / "fitted.pkl", model, X, predictions(model, kind))
    assert loader.error_of(path) == ""
