"""The random numbers of PyTorch: a seed gives the same set in any thread."""

# SPDX-License-Identifier: BSD-3-Clause

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import load_wine

from sklearn_distill import DistributionMatching, GradientNormSelection
from sklearn_distill.engine.randomness import own_randomness

X, y = load_wine(return_X_y=True)


def test_own_randomness_restores_the_global_generator():
    before = torch.get_rng_state()
    with own_randomness(seed=3):
        first = torch.rand(2)
    with own_randomness(seed=3):
        assert torch.equal(torch.rand(2), first)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    "distiller",
    [
        DistributionMatching(3, max_iter=20, random_state=0),
        GradientNormSelection(3, max_epochs=2, n_networks=1, random_state=0),
    ],
    ids=["loop", "proxy"],
)
def test_fits_in_threads_give_the_set_of_a_single_fit(distiller):
    def distill():
        return clone(distiller).fit(X, y).distilled_.X

    alone, before = distill(), torch.get_rng_state()
    in_threads = Parallel(n_jobs=2, backend="threading")
    for found in in_threads(delayed(distill)() for _ in range(4)):
        np.testing.assert_array_equal(found, alone)
    assert torch.equal(torch.get_rng_state(), before)


def test_convolutions_are_deterministic_inside_on_a_gpu_only(monkeypatch):
    cudnn = torch.backends.cudnn
    monkeypatch.setattr(torch.random, "fork_rng", lambda devices: nullcontext())
    before = cudnn.deterministic, cudnn.benchmark
    with own_randomness("cuda"):
        assert (cudnn.deterministic, cudnn.benchmark) == (True, False)
    assert (cudnn.deterministic, cudnn.benchmark) == before
    with own_randomness("cpu"):
        assert (cudnn.deterministic, cudnn.benchmark) == before
