"""Warnings refer to the user's code, however deep the call is."""

# SPDX-License-Identifier: BSD-3-Clause

import inspect
import warnings

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import HerdingSelection
from sklearn_distill._utils.caller import caller_stacklevel


def test_caller_stacklevel_of_the_users_own_warning_is_one():
    assert caller_stacklevel() == 1


def warn_from_here():
    warnings.warn("message", UserWarning, stacklevel=caller_stacklevel())


def test_warning_names_the_line_that_warns():
    with pytest.warns(UserWarning, match="message") as caught:
        warn_from_here()
    assert caught[0].filename == __file__
    first = inspect.getsourcelines(warn_from_here)[1]
    assert caught[0].lineno == first + 1


@pytest.mark.parametrize(
    "fit",
    [
        lambda X: HerdingSelection(50).fit(X, X[:, 0] > 0),
        lambda X: HerdingSelection(50).fit_transform(X, X[:, 0] > 0),
        lambda X: make_pipeline(StandardScaler(), HerdingSelection(50)).fit(
            X, X[:, 0] > 0
        ),
    ],
    ids=["fit", "fit_transform", "Pipeline"],
)
def test_warning_of_fit_names_the_users_file(fit):
    X = np.random.RandomState(0).standard_normal((30, 2))
    with pytest.warns(UserWarning, match="covers all 30 rows") as caught:
        fit(X)
    assert caught[0].filename == __file__


def test_caller_stacklevel_inside_a_parallel_call():
    levels = Parallel(n_jobs=1)(delayed(caller_stacklevel)() for _ in range(2))
    assert all(level >= 1 for level in levels)
