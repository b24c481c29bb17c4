"""Torch's random numbers: a seed means the same set in any thread."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import load_wine

from sklearn_distill import DistributionMatching, GradientNormSelection
from sklearn_distill.engine.randomness import own_randomness

X, y = load_wine(return_X_y=True)


def test_generators_are_left_as_they_were():
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
def test_threads_make_the_set_that_a_single_fit_makes(distiller):
    def rows():
        return clone(distiller).fit(X, y).distilled_.X

    alone, before = rows(), torch.get_rng_state()
    in_threads = Parallel(n_jobs=2, backend="threading")
    for found in in_threads(delayed(rows)() for _ in range(4)):
        np.testing.assert_array_equal(found, alone)
    assert torch.equal(torch.get_rng_state(), before)
