"""Tests of the share of invalid values, for invalid values of each kind."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import KernelInducingPoints, KMeansSelection
from sklearn_distill.evaluation import invalid_share

REAL = pd.DataFrame(
    {
        "count": [0, 1, 2, 5],
        "price": [0.05, 1.10, 2.35, 9.95],
        "length": [0.1234, 5.4321, 2.7182, 3.1415],
        "color": ["red", "blue", "red", "green"],
        "grade": pd.Categorical([1, 2, 4, 1]),
        "ripe": [True, False, True, True],
    }
)
VALID = {"count": 3, "price": 4.45, "length": 1.0, "color": "blue", "grade": 4,
         "ripe": False}  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"count": 2.5},
        {"count": 6},
        {"price": 4.471},
        {"length": 5.5},
        {"length": float("nan")},
        {"color": "purple"},
        {"grade": 3},
    ],
)
def test_single_invalid_value_is_counted(changed):
    distilled = pd.DataFrame([VALID | changed])
    assert invalid_share(REAL, distilled) == len(changed) / 6


def test_values_of_images_are_limited_by_ranges_and_a_grid():
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(50, 1, 4, 4)).astype(float)
    assert invalid_share(X, X[:3]) == 0.0
    distilled = X[:1].copy()
    distilled[0, 0, 0, :2] = [300.0, 17.5]
    assert invalid_share(X, distilled) == 2 / 16


def test_learned_rows_are_valid():
    X = REAL.sample(200, replace=True, random_state=0, ignore_index=True)
    X["length"] = np.random.RandomState(0).gamma(2.0, size=200)
    y = (X["length"] > 2.0).to_numpy()
    for method in (
        KMeansSelection(budget=4, representative="centroid", random_state=0),
        KernelInducingPoints(budget=4, max_iter=20, random_state=0),
    ):
        assert invalid_share(X, method.fit_distill(X, y).X) == 0.0


def test_missing_values_are_valid_where_the_real_column_lacks_values():
    real = pd.DataFrame({"x": [1.0, None, 2.0], "c": ["a", None, "b"], "n": [1, 2, 3]})
    made = pd.DataFrame({"x": [None, 1.0], "c": [None, "a"], "n": [1, None]})
    assert invalid_share(real, made) == 1 / 6
    assert invalid_share(real[["n"]].to_numpy(float), np.array([[np.nan], [1]])) == 0.5


def test_dates_outside_the_range_or_between_the_steps_are_invalid():
    real = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=9)})
    made = pd.DataFrame(
        {
            "day": pd.to_datetime(
                ["2020-01-05 00:00", "2020-01-05 12:00", "2021-01-01 00:00", None]
            )
        }
    )
    assert invalid_share(real, made) == 3 / 4


def test_integers_that_are_no_days_are_invalid_among_integer_dates():
    days = pd.date_range("2020-01-01", periods=400).strftime("%Y%m%d").astype(int)
    real = pd.DataFrame({"day": days})
    made = pd.DataFrame({"day": [20200229, 20200230, 20201301, 20190101]})
    assert invalid_share(real, made) == 3 / 4


def test_codes_that_do_not_occur_are_invalid_for_categorical_features():
    real = pd.DataFrame({"code": np.repeat([1, 2, 9, 99], 9)})
    made = pd.DataFrame({"code": [1, 50]})
    assert invalid_share(real, made) == 0.0
    for categorical_features in (["code"], [0], "auto"):
        share = invalid_share(real, made, categorical_features=categorical_features)
        assert share == 0.5
