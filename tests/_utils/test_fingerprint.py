"""Fingerprints are equal for equal inputs, in every process, and differ otherwise."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import subprocess
import sys
from functools import partial

import numpy as np
import torch
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.svm import SVC
from torch import nn

from sklearn_distill import KernelInducingPoints
from sklearn_distill._utils.fingerprint import fingerprint


def scaled(factor, inner=None):
    return lambda x: factor * (inner(x) if inner else x)


def test_fingerprints_of_different_functions_differ():
    """Functions differ by code, constants, names, defaults, closures and arguments."""
    functions = [
        lambda x: x + 1,
        lambda x: x + 2,
        lambda x: x - 1,
        lambda x: np.sin(x),
        lambda x: np.cos(x),
        lambda x, a=1: x + a,
        lambda x, a=2: x + a,
        lambda x: [i + 1 for i in x],
        lambda x: [i + 2 for i in x],
        scaled(1),
        scaled(2),
        scaled(2, inner=scaled(3)),
        scaled(2, inner=scaled(4)),
        partial(scaled(2), 3),
        partial(scaled(2), 4),
        partial(scaled(3), 4),
    ]
    digests = [fingerprint("method", {"kernel": function}) for function in functions]
    assert len(set(digests)) == len(functions)
    assert fingerprint("method", {"kernel": scaled(2)}) == digests[10]


def test_recursive_function_has_a_fingerprint():
    def down(x):
        return down(x - 1) if x > 0 and later else x

    if down(0) < 0:
        later = True  # This line is not reached, so that the closure cell stays empty.
    assert fingerprint("method", {"kernel": down})


def test_fingerprint_of_a_function_is_equal_in_every_process():
    """Memory addresses and the order of strings in sets differ between processes."""
    program = (
        "from sklearn_distill._utils.fingerprint import fingerprint\n"
        "f = lambda x: [i for i in x if i in {'a', 'b', 'c', 'd'}]\n"
        "print(fingerprint('method', {'kernel': f}))"
    )
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1


def test_fingerprints_of_generators_differ_by_state():
    def with_seed(seed):
        return fingerprint(SVC(random_state=np.random.RandomState(seed)))

    assert with_seed(0) == with_seed(0) != with_seed(1)


def test_fingerprints_of_estimators_differ_by_fitted_attributes():
    """Two frozen teachers that were fitted on different rows are different."""
    X, _ = load_iris(return_X_y=True)
    some, others = (FrozenEstimator(PCA(2).fit(rows)) for rows in (X[:75], X[75:]))
    points = [KernelInducingPoints(teacher=one) for one in (some, others)]
    assert fingerprint(points[0]) != fingerprint(points[1])
    assert fingerprint(points[0]) == fingerprint(KernelInducingPoints(teacher=some))


def test_fingerprints_of_modules_differ_by_weights():
    torch.manual_seed(0)
    one, other = nn.Linear(2, 2), nn.Linear(2, 2)
    assert fingerprint(one) != fingerprint(other)
    other.load_state_dict(one.state_dict())
    assert fingerprint(one) == fingerprint(other)


def test_object_that_cannot_be_pickled_has_a_fingerprint():
    assert fingerprint({"kernel": (i for i in "ab")})
