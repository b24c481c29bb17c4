"""Names of torch devices are resolved, and unavailable devices are errors."""

# SPDX-License-Identifier: BSD-3-Clause

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from sklearn_distill import HerdingSelection, KCenterSelection, KMeansSelection
from sklearn_distill._utils.device import (
    accelerator_of,
    resolve_device,
    rows_on_device,
)


@pytest.mark.parametrize(("available", "device"), [(True, "cuda"), (False, "cpu")])
def test_auto_selects_a_gpu_if_one_is_available(available, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert resolve_device("auto") == device


def test_available_device_is_returned_unchanged():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("cpu:0") == "cpu:0"


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "meta"])
def test_device_that_cannot_be_used_is_an_error(device):
    """The error has the first line of torch's error and names the default."""
    with pytest.raises(
        ValueError,
        match=rf"^device='{device}' cannot be used on this machine: [^\n]+\. Set "
        + re.escape("device='auto' to use a GPU if one is available"),
    ):
        resolve_device(device)


def test_only_tensors_on_a_gpu_have_an_accelerator():
    assert accelerator_of(np.ones(3)) is None
    assert accelerator_of(torch.ones(3)) is None
    on_gpu = SimpleNamespace(
        detach=None, requires_grad=False, device=torch.device("cuda:1")
    )
    assert accelerator_of(on_gpu) == "cuda:1"


def test_only_many_rows_become_a_tensor():
    few, many = np.zeros((4_000, 2), np.float32), np.zeros((4_001, 2), np.float32)
    assert rows_on_device(few, "cpu") is few
    assert rows_on_device(many, None) is many
    assert isinstance(rows_on_device(many, "cpu"), torch.Tensor)


@pytest.mark.parametrize("method", [HerdingSelection, KCenterSelection])
def test_selections_use_the_device_of_the_rows(method, monkeypatch):
    """The CPU acts as a GPU; both select the same rows."""
    X = np.random.RandomState(0).randn(9_000, 4).astype(np.float32)
    y = X[:, 0] > 0.0
    expected = method(20, random_state=0).fit(X, y).sample_indices_
    _act_as_gpu(monkeypatch)
    found = method(20, random_state=0).fit(torch.as_tensor(X), y).sample_indices_
    assert found.tolist() == expected.tolist()


def test_k_means_uses_the_device_of_the_rows(monkeypatch):
    """Two algorithms give clusters of about the same size."""
    X = np.random.RandomState(0).randn(9_000, 4).astype(np.float32)
    y = X[:, 0] > 0.0

    def mean_distance(centroids):
        return np.sqrt(((X[:, None] - centroids) ** 2).sum(axis=2).min(axis=1)).mean()

    params = {"representative": "centroid", "numeric": "standard", "random_state": 0}
    expected = KMeansSelection(20, **params).fit(X, y).distilled_.X
    _act_as_gpu(monkeypatch)
    found = KMeansSelection(20, **params).fit(torch.as_tensor(X), y).distilled_.X
    assert mean_distance(found) == pytest.approx(mean_distance(expected), rel=0.05)


def _act_as_gpu(monkeypatch):
    """Let the CPU act as the GPU on which tensors lie, and forbid arrays of NumPy."""
    name = "sklearn_distill.base.training_data.accelerator_of"
    monkeypatch.setattr(name, lambda X: "cpu")
    calls = []

    def array_module(Z):
        calls.append(isinstance(Z, torch.Tensor))
        assert all(calls)
        return torch

    for user in ("base.prototypes", "selection.k_center"):
        monkeypatch.setattr(f"sklearn_distill.{user}.array_module", array_module)
