"""Rows, targets and hidden features as nets take them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill.knowledge_distillation.nets import rows
from sklearn_distill.knowledge_distillation.nets.rows import (
    TensorRows,
    as_float32,
    hidden_features,
    target_columns,
)
from sklearn_distill.knowledge_distillation.targets import plain_targets


class Network(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(3, 4), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(4, 2)
        )


def test_hidden_features_are_the_outputs_of_named_layers(monkeypatch):
    """Rows are processed in chunks; in-place layers and dropout have no effect."""
    monkeypatch.setattr(rows, "CHUNK", 4)
    net = NeuralNetClassifier(Network, criterion=nn.CrossEntropyLoss).initialize()
    Z = np.random.RandomState(0).normal(size=(10, 3)).astype(np.float32)
    found = hidden_features(net, ["3", "0"], Z)
    with torch.no_grad():
        first = net.module_[0](torch.as_tensor(Z))
        last = net.module_[3](first.relu())
    np.testing.assert_allclose(found[0], last.numpy(), atol=1e-6)
    np.testing.assert_allclose(found[1], first.numpy(), atol=1e-6)


def test_hidden_features_of_images_are_flattened():
    class Convolution(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(18, 2))

    net = NeuralNetClassifier(Convolution, criterion=nn.CrossEntropyLoss).initialize()
    Z = np.random.RandomState(0).normal(size=(5, 1, 4, 4)).astype(np.float32)
    (found,) = hidden_features(net, ["0"], Z)
    with torch.no_grad():
        expected = net.module_[0](torch.as_tensor(Z)).flatten(1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_tensor_rows_return_whole_batches():
    targets = plain_targets(np.array([1, 0]), np.array([1.0, 3.0]), np.array([0, 1]))
    data = TensorRows(np.eye(2, dtype=np.float32), target_columns(targets, []))
    X, columns = data[[1, 0]]
    torch.testing.assert_close(X, torch.eye(2)[[1, 0]])
    torch.testing.assert_close(columns["weights"], torch.tensor([1.5, 0.5]))
    torch.testing.assert_close(columns["labels"], torch.tensor([[1.0, 0], [0, 1]]))
    # The logarithms of the probabilities of the teacher are finite.
    assert columns["teacher"].isfinite().all()


def test_as_float32_rejects_text():
    with pytest.raises(ValueError, match="A net requires numeric rows"):
        as_float32(np.array([["a"]], dtype=object))
