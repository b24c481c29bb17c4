"""LastCallCache: one training for all batches of a validation pass."""

# SPDX-License-Identifier: BSD-3-Clause

import torch

from sklearn_distill.engine.last_call_cache import LastCallCache


def test_function_is_called_again_only_if_tensors_change():
    calls = []

    def add(a, b):
        calls.append((a.clone(), b.clone()))
        return a + b

    cached = LastCallCache(add)
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([10.0, 20.0])
    first = cached(a, b)
    assert cached(a.clone(), b.clone()) is first
    assert len(calls) == 1
    assert cached(a, b + 1.0).tolist() == [12.0, 23.0]
    assert cached(a, b).tolist() == [11.0, 22.0]
    assert len(calls) == 3


def test_function_is_called_again_if_a_tensor_changes_in_place():
    """An optimizer changes the values of its parameters, but not their identity."""
    rows = torch.tensor([1.0, 2.0], requires_grad=True)
    cached = LastCallCache(lambda rows: rows.detach().square().sum())
    assert cached(rows) == 5.0
    with torch.no_grad():
        rows += 1.0
    assert cached(rows) == 13.0


def test_function_is_called_again_if_the_number_of_tensors_changes():
    cached = LastCallCache(lambda *tensors: len(tensors))
    one = torch.ones(1)
    assert [cached(one), cached(one, one), cached(one)] == [1, 2, 1]
