"""What the checks share: small data, hurried distillers, refusals."""

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

# Iterative methods make at most this many steps in a check: what is checked is the
# contract, not how good the rows are.
MAX_ITER = 10


class SkippedCheck(SkipTest):
    """A check does not apply to a distiller, or something that it needs is missing.

    pytest and unittest take it for what it is: a skipped test.
    """


def fewer_steps(estimator: Any) -> Any:
    """Return a clone that makes at most `MAX_ITER` steps."""
    hurried = clone(estimator)
    if "max_iter" in hurried.get_params(deep=False):
        hurried.set_params(max_iter=min(hurried.max_iter, MAX_ITER))
    return hurried


def quick(estimator: Any, **params: Any) -> Any:
    """Return a clone with a fixed seed, a small budget and few steps."""
    quick = fewer_steps(estimator)
    params = {"budget": 3, "random_state": 0, **params}
    known = quick.get_params(deep=False)
    return quick.set_params(**{k: v for k, v in params.items() if k in known})


def fit(estimator: Any, *args: Any, **kwargs: Any) -> Any:
    with warnings.catch_warnings():
        # Ten steps need not have lowered a loss.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit(*args, **kwargs)


def blobs() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_blobs([60, 30, 12], n_features=4, cluster_std=2.0, random_state=0)
    return X.round(3), y


def needs_labels(estimator: Any) -> bool:
    return get_tags(estimator).target_tags.required


def assert_refuses(estimator: Any, X: Any, y: Any, *, match: str) -> None:
    try:
        fit(clone(estimator), X, y)
    except (ValueError, TypeError) as error:
        message = str(error)
        assert match in message, f"the message does not say {match!r}: {message}"
    else:
        raise AssertionError(f"fit did not refuse input that should name {match!r}")


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
    try:
        import pandas
    except ImportError as error:
        raise SkippedCheck("pandas is not installed") from error
    return pandas
