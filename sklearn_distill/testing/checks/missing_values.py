"""Checks of missing values and dates in arrays and tables."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .common import blobs, fit, import_pandas, quick


def check_missing_values(estimator: Any) -> None:
    """fit, transform and score accept missing values, which only such columns keep."""
    X, y = blobs()
    X[::3, 1] = np.nan
    fitted = fit(quick(estimator), X, y)
    made = fitted.distilled_.X
    np.testing.assert_array_equal(
        np.isnan(made).any(axis=0) & ~np.isnan(X).any(axis=0),
        np.zeros(X.shape[1], dtype=bool),
        err_msg="Only columns with missing values in X may lack values in the "
        "distilled set.",
    )
    np.testing.assert_array_equal(
        fitted.transform(X), X, err_msg="transform must return rows with NaN unchanged."
    )
    assert 0.0 <= fitted.score(X, y) <= 1.0, "score must accept rows with NaN."


def check_missing_values_in_a_table(estimator: Any) -> None:
    """A table comes back with its dtypes, its missing values and its dates."""
    pd = import_pandas()
    X, y = _incomplete_table(pd)
    made = fit(quick(estimator, budget=5), X, y).distilled_.X
    for name in X:
        assert made[name].dtype == X[name].dtype, (
            f"Column {name!r} of the distilled set must have dtype {X[name].dtype}; "
            f"got {made[name].dtype}."
        )
        observed, known = made[name].dropna(), X[name].dropna()
        assert len(observed) == len(made) or len(known) < len(X), (
            f"Column {name!r} has missing values in the distilled set, but not in X."
        )
        if name in ("color", "passed"):
            assert set(observed) <= set(known), (
                f"Column {name!r} must contain known categories only; got "
                f"{sorted(set(observed) - set(known))}."
            )
        elif len(observed):
            assert known.min() <= observed.min() <= observed.max() <= known.max(), (
                f"Column {name!r} must lie in the range of the data."
            )
    days = made["day"].dropna()
    assert (days == days.dt.normalize()).all(), (
        "A column of whole days must contain whole days in the distilled set."
    )


def _incomplete_table(pd: Any) -> tuple[Any, Any]:
    """Return a table with dates and missing values of several dtypes, and labels."""
    rng = np.random.RandomState(0)
    y = np.arange(90) % 3
    X = pd.DataFrame(
        {
            "length": rng.normal(size=90) + y,
            "count": pd.array(rng.randint(0, 9, size=90), dtype="Int64"),
            "passed": pd.array(rng.rand(90) < 0.5, dtype="boolean"),
            "color": pd.Categorical(rng.choice(["red", "green", "blue"], 90)),
            "day": pd.date_range("2020-01-01", periods=90, tz="Europe/Berlin"),
            "complete": rng.rand(90),
        }
    )
    for name in X.columns.drop("complete"):
        X.loc[rng.rand(90) < 0.3, name] = None
    return X, y
