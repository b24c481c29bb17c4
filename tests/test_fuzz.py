"""Random input of all kinds is either distilled correctly or rejected with an error."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)

N_CHUNKS, CHUNK = 10, 60


def one_of(rng, *choices):
    """Draw one of the choices."""
    return choices[rng.randint(len(choices))]


def random_numbers(rng, n, d):
    """Draw a matrix, possibly with constant columns, outliers or extreme scales."""
    X = rng.standard_normal((n, d)) * one_of(rng, 1.0, 1.0, 1e30, 1e-30, 1e4)
    if rng.rand() < 0.3:
        X = X.round(1)
    if rng.rand() < 0.3:
        X[:, rng.randint(d)] = one_of(rng, 0.0, 7.5, -1e9)
    if rng.rand() < 0.2:
        X[:, rng.randint(d)] **= 3
    if rng.rand() < 0.2:
        X[:, rng.randint(d)] *= 1e30
    if rng.rand() < 0.2:
        X[:, rng.randint(d)] += 1e9
    if rng.rand() < 0.3:
        X = X[rng.randint(0, max(1, n // 3), n)]
    if rng.rand() < 0.05:
        X[rng.randint(n), rng.randint(d)] = one_of(rng, np.nan, np.inf, -np.inf)
    return X


def random_array(rng, n, d):
    X = random_numbers(rng, n, d)
    kind = one_of(rng, "float64", "float64", "float32", "integer", "bool", "object")
    if kind == "float32":
        return X.clip(-3e38, 3e38).astype(np.float32)
    if kind == "integer":
        dtype = one_of(rng, np.int64, np.int8, np.uint8, np.uint64)
        ends = np.iinfo(dtype)
        high = min(ends.max, one_of(rng, 1, 5, 10**9, ends.max))
        return rng.randint(0, int(high), (n, d), dtype=dtype)
    if kind == "bool":
        return rng.rand(n, d) < 0.4
    if kind == "object":
        X = X.astype(object)
        for j in range(d):
            if rng.rand() < 0.5:
                X[:, j] = rng.choice(np.array(["a", "b", "", "ü"], dtype=object), n)
        return X
    return X


def random_column(rng, n):
    kind = rng.randint(12)
    numbers = random_numbers(rng, n, 1)[:, 0]
    if kind < 3:
        return numbers
    if kind == 3:
        return rng.randint(-5, 6, n).astype(one_of(rng, np.int64, np.int16))
    if kind == 4:
        return rng.rand(n) < 0.3
    if kind == 5:
        return rng.choice(["red", "green", "blue"], n)
    if kind == 6:
        return pd.Categorical(rng.choice(list("xyz"), n), ordered=rng.rand() < 0.5)
    if kind == 7:
        return pd.array(rng.randint(0, 9, n), dtype=one_of(rng, "Int64", "UInt8"))
    if kind == 8:
        return pd.array(rng.rand(n) < 0.5, dtype="boolean")
    if kind == 9:
        return pd.Categorical(rng.randint(0, 3, n))
    if kind == 10:
        return np.array([f"id {i}" for i in range(n)])
    return one_of(
        rng,
        pd.date_range("2020-01-01", periods=n),
        pd.array([None, *range(n - 1)], dtype="Int64"),
        np.array([("a", 1)] * n, dtype="O,O").astype(object),
        np.array(["word", None] * n, dtype=object)[:n],
        numbers,
        numbers,
    )


def random_table(rng, n):
    columns = {f"c{j}": random_column(rng, n) for j in range(rng.randint(1, 7))}
    X = pd.DataFrame(columns)
    if rng.rand() < 0.5:
        X.index = rng.permutation(n) * 3 + 5
    return X


def random_rows(rng):
    """Draw X, and return it with the parameters of the method that belong to it."""
    n = rng.randint(2, 50)
    d = one_of(rng, 1, 2, 3, 5, 80)
    kind = rng.randint(20)
    if kind < 8:
        return random_array(rng, n, d), {}
    if kind < 14:
        return random_table(rng, n), {}
    if kind == 14:
        return random_array(rng, n, d).tolist(), {}
    if kind == 15:
        dense = rng.randint(0, 3, (n, d)) * 1.5
        return one_of(rng, sparse.csr_matrix, sparse.csc_array, sparse.coo_matrix)(
            dense
        ), {}
    if kind == 16:
        images = rng.randint(0, 256, (n, 1, 3, 2)).astype(np.uint8)
        return images if rng.rand() < 0.7 else images / np.float32(255), {}
    if kind == 17:
        shape = one_of(rng, (1, 2, 3), (6, 1, 1), (2, 2, 2), (0, 2, 3), (2, 3))
        return rng.rand(n, 6), {"image_shape": shape}
    if kind == 18:
        return one_of(
            rng,
            np.ones((0, 3)),
            np.ones((n, 0)),
            np.ones(n),
            np.ones((n, 2, 2)),
            np.ones((1, d)),
            np.ones((n, d)) * 1j,
            np.full((n, d), "word"),
            "text",
            None,
        ), {}
    return np.zeros((n, d)), {}


def random_target(rng, n):
    kind = rng.randint(15)
    n_classes = one_of(rng, 2, 2, 3, max(2, n // 2))
    codes = rng.randint(0, n_classes, n)
    if kind < 4:
        return codes
    if kind == 4:
        return np.array([f"class {c}" for c in codes])
    if kind == 5:
        return codes > 0
    if kind == 6:
        return codes * 1.0
    if kind < 10:
        return rng.standard_normal(n) * one_of(rng, 1.0, 1e30, 1e-30)
    if kind < 12:
        return None
    if kind == 12:
        return pd.Series(codes, index=rng.permutation(n) + 9, name="label").astype(
            one_of(rng, "int64", "category", "str", "Int64")
        )
    if kind == 13:
        return codes.tolist()
    return one_of(
        rng,
        np.zeros(n, dtype=int),
        np.arange(n),
        np.arange(n + 1) % 2,
        np.ones((n, 2)),
        np.full(n, np.nan),
        np.array(["a", 1, None] * n, dtype=object)[:n],
        np.array(["a", 1] * n, dtype=object)[:n],
        np.r_[codes[1:] * 1.0, np.inf],
        pd.date_range("2020-01-01", periods=n),
        "label",
        (codes * 1.0)[:, None],
    )


def random_weights(rng, n):
    if rng.rand() < 0.6:
        return None
    return one_of(
        rng,
        np.ones(n),
        rng.rand(n),
        rng.randint(0, 3, n),
        (rng.rand(n) < 0.7) * 1.0,
        rng.rand(n) * 1e300,
        rng.rand(n) * 1e-300,
        10.0 ** rng.uniform(-30, 30, n),
        np.zeros(n),
        -np.ones(n),
        np.full(n, np.nan),
        np.ones(n + 1),
        rng.rand(n).tolist(),
        2.0,
        "uniform",
    )


def random_budget(rng, y):
    kind = rng.randint(14)
    if kind < 8:
        return one_of(rng, 1, 2, 3, 5, np.int64(4), 1_000)
    if kind < 11:
        return one_of(rng, 0.01, 0.1, 0.5, 0.99, np.float32(0.2))
    if kind < 13 and y is not None and np.ndim(y) == 1:
        return {label: int(rng.randint(1, 4)) for label in pd.unique(np.asarray(y))}
    return one_of(
        rng, 0, -3, 1.0, 7.5, True, "3", None, {}, {"zzz": 3}, np.nan, np.inf, [3], 1e-9
    )


def random_method(rng, y, params):
    """Draw a method with random parameters."""
    kind = rng.randint(10)
    if kind < 2:
        method = RandomSelection()
    elif kind < 5:
        method = HerdingSelection(bandwidth=one_of(rng, 1.0, 1e-6, 1e6))
    elif kind < 8:
        how = one_of(rng, "nearest", "centroid")
        method = KMeansSelection(representative=how)
    else:
        method = KernelInducingPoints(
            max_iter=2,
            kernel=one_of(rng, "portfolio", "linear", "rbf", "laplacian"),
            learn_labels=rng.rand() < 0.3,
            init=one_of(rng, "herding", "random"),
            learning_rate=one_of(rng, "auto", "auto", 1e3),
            batch_size=one_of(rng, 1, 7, 1024),
            validation_fraction=one_of(rng, 0.1, 0.6, 0.99),
        )
    method.set_params(
        budget=random_budget(rng, y),
        allocation=one_of(rng, "auto", "equal", "proportional", "sqrt"),
        numeric=one_of(rng, "auto", "standard", "quantile"),
        random_state=rng.randint(100),
        **params,
    )
    if rng.rand() < 0.1:
        method.set_params(task=one_of(rng, "classification", "regression"))
    if rng.rand() < 0.15:
        teacher = one_of(rng, KNeighborsClassifier(1), KNeighborsRegressor(1))
        method.set_params(soft_labels=teacher)
    return method


def at_most(budget, n_rows, n_groups):
    """Return the number of rows that a budget allows."""
    if isinstance(budget, dict):
        return min(n_rows, sum(budget.values()))
    if isinstance(budget, float | np.floating):
        return max(n_groups, round(float(budget) * n_rows))
    return min(n_rows, int(budget) * n_groups)


def columns_of(X):
    if isinstance(X, pd.DataFrame):
        return [X.iloc[:, j] for j in range(X.shape[1])]
    return list(X.reshape(len(X), -1).T)


def are_numbers(column):
    return column.dtype.kind in "iuf" or (
        column.dtype.kind == "O"
        and not any(isinstance(v, str | bool | tuple) for v in column)
    )


def check_values(made, X):
    """Check that all values have the dtype and lie in the range of their column."""
    for new, old in zip(columns_of(made), columns_of(X), strict=True):
        assert new.dtype == old.dtype
        old = np.asarray(old) if isinstance(old.dtype, pd.CategoricalDtype) else old
        known, made_known = (
            values[~np.asarray(pd.isna(values))] for values in (old, new)
        )
        assert len(made_known) == len(new) or len(known) < len(old)
        if not len(made_known):
            continue
        if are_numbers(old):
            assert np.isfinite(np.asarray(made_known, dtype=float)).all()
            assert known.min() <= min(made_known)
            assert max(made_known) <= known.max()
        else:
            assert set(made_known) <= set(known)


def check_fitted(method, X, y, weights):
    """Check the properties that a fitted method has for any input."""
    if sparse.issparse(X):
        X = X.toarray()
    elif isinstance(X, list):
        mixed = any(isinstance(v, str) for row in X for v in row)
        X = np.array(X, dtype=object if mixed else None)
    weights = np.broadcast_to(1.0 if weights is None else weights, len(X))
    present = np.flatnonzero(weights)
    X = X.iloc[present] if isinstance(X, pd.DataFrame) else X[present]
    distilled = method.distilled_
    classes = distilled.classes
    n_groups = 1 if classes is None else len(classes)
    allowed = at_most(method.budget, len(present), n_groups)
    assert n_groups <= len(distilled) <= allowed
    rows = distilled.X
    check_values(rows.toarray() if sparse.issparse(rows) else rows, X)
    if y is None:
        assert distilled.y is None
    else:
        y = np.asarray(y)[present].ravel()
        if classes is not None:
            assert set(distilled.y) == set(y) == set(classes)
        else:
            y = y.astype(float)
            assert np.isfinite(distilled.y).all()
            assert y.min() <= distilled.y.min() <= distilled.y.max() <= y.max()
    assert len(method.transform(X)) == len(X)
    if y is not None and len(y) > 1:
        assert np.isfinite(method.score(X, y))


def try_one(seed):
    """Fit a random method on a random input and return the outcome."""
    rng = np.random.RandomState(seed)
    X, params = random_rows(rng)
    n = np.shape(X)[0] if np.ndim(X) or sparse.issparse(X) else 5
    y = random_target(rng, n)
    weights = random_weights(rng, n)
    method = random_method(rng, y, params)
    try:
        method.fit(X, y, sample_weight=weights)
    except (ValueError, TypeError) as error:
        return "rejected" if str(error).strip() else "rejected without a message"
    check_fitted(method, X, y, weights)
    return type(method).__name__


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore::sklearn.exceptions.DataConversionWarning",
    "ignore:.*budget.*rows",
    "ignore:The number of unique classes is greater than 50%",
)
@pytest.mark.parametrize("chunk", range(N_CHUNKS))
def test_random_input_is_distilled_or_rejected(chunk):
    """Each fit is valid or raises a ValueError or TypeError with a message.

    Both outcomes must be frequent, or the test would not test anything.
    """
    outcomes = Counter()
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        try:
            outcomes[try_one(seed)] += 1
        except Exception as error:
            raise AssertionError(f"try_one({seed}) failed: {error!r}") from error
    assert "rejected without a message" not in outcomes
    assert 10 < outcomes["rejected"] < CHUNK - 10
