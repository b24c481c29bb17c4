"""Names of torch devices are resolved, and unavailable devices are errors."""

# SPDX-License-Identifier: BSD-3-Clause

import re

import pytest
import torch

from sklearn_distill._utils.device import resolve_device


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
