"""Helpers that the checks share: small data sets, fast distillers and assertions."""

# SPDX-License-Identifier: BSD-3-Clause

import random
import warnings
from collections.abc import Iterator
from typing import Any
from unittest import SkipTest

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import get_tags

# Maximum number of optimizer steps of an iterative method in a check. The checks test
# the contract, not the quality of the distilled rows.
MAX_ITER = 10


class SkippedCheck(SkipTest):
    """A check does not apply to a distiller, or requires something that is missing.

    The class derives from `unittest.SkipTest`, so that pytest and unittest report the
    check as skipped.
    """


def fewer_steps(estimator: Any) -> Any:
    """Return a clone that makes at most `MAX_ITER` steps."""
    cloned = clone(estimator)
    for name in parameter_names(cloned, "max_iter"):
        cloned.set_params(**{name: min(cloned.get_params()[name], MAX_ITER)})
    return cloned


def parameter_names(estimator: Any, name: str) -> list[str]:
    """Return the name of a parameter of an estimator, or of its distiller, in a list.

    The list is empty if neither has the parameter.
    """
    known = estimator.get_params()
    return [n for n in (name, f"distiller__{name}") if n in known][:1]


def quick(estimator: Any, **params: Any) -> Any:
    """Return a clone with a fixed seed, a budget of 3 and few steps.

    `params` overrides these defaults. Parameters that the distiller does not have are
    ignored.
    """
    cloned = fewer_steps(estimator)
    params = {"budget": 3, "random_state": 0, **params}
    return cloned.set_params(
        **{n: v for k, v in params.items() for n in parameter_names(cloned, k)}
    )


def fit(estimator: Any, *args: Any, **kwargs: Any) -> Any:
    """Fit a distiller without a ConvergenceWarning, which few steps may cause."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*args, **kwargs)


def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Return X of shape (102, 4) and y with 60, 30 and 12 rows of classes 0, 1, 2."""
    X, y = make_blobs([60, 30, 12], n_features=4, cluster_std=2.0, random_state=0)
    return X.round(3), y


def needs_labels(estimator: Any) -> bool:
    """Return whether the tags of a distiller say that y is required."""
    return get_tags(estimator).target_tags.required


def assert_fit_raises(
    estimator: Any, X: Any, y: Any, *, match: str, problem: str
) -> None:
    """Check that fit raises a ValueError or TypeError whose message contains `match`.

    `problem` describes the invalid input, as the end of the sentence "if ...".
    """
    try:
        fit(clone(estimator), X, y)
    except (ValueError, TypeError) as error:
        message = str(error)
        assert match in message, (
            f"fit raised an error, as it must if {problem}, but the message does not "
            f"contain {match!r}: {message}"
        )
    else:
        raise AssertionError(f"fit must raise a ValueError or TypeError if {problem}.")


def global_states() -> Iterator[np.ndarray]:
    """Yield the states of the global random number generators."""
    yield np.array(random.getstate()[1])
    legacy: Any = np.random.get_state(legacy=False)
    yield np.r_[legacy["state"]["key"], legacy["state"]["pos"]]
    try:
        import torch
    except ImportError:
        return
    yield torch.random.get_rng_state().numpy()
    if torch.cuda.is_available():
        yield torch.cuda.get_rng_state().numpy()


def import_pandas() -> Any:
    """Return the module pandas, or skip the check if it is not installed."""
    try:
        import pandas
    except ImportError as error:
        raise SkippedCheck("pandas is not installed.") from error
    return pandas
