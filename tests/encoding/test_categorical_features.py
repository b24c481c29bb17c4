"""Columns whose numbers are categories."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import KernelInducingPoints
from sklearn_distill.encoding.categorical_features import (
    are_codes,
    are_dates,
    categorical_mask,
    is_day,
)

CODES = np.repeat([1, 2, 9, 99], 9)
FRAME = pd.DataFrame({"n": np.arange(36), "code": CODES})


@pytest.mark.parametrize(
    ("categorical_features", "expected"),
    [
        ("from_dtype", [False, False]),
        ("auto", [False, True]),
        (["code"], [False, True]),
        ([0], [True, False]),
        ([True, False], [True, False]),
        ([], [False, False]),
    ],
)
def test_categorical_mask(categorical_features, expected):
    mask = categorical_mask(FRAME, categorical_features)
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize(
    ("categorical_features", "message"),
    [
        (["x"], "'x', which is not the name"),
        ([2], "positions from 0 to 1; got 2"),
        ([True], "one entry for each of the 2 columns"),
        ([0.5], "got 0.5"),
    ],
)
def test_categorical_mask_raises_for_unknown_columns(categorical_features, message):
    with pytest.raises(ValueError, match=message):
        categorical_mask(FRAME, categorical_features)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (CODES, True),
        (np.arange(36), False),
        (np.repeat([1, 2, 3, 5], 9), False),
        (np.repeat([10, 20, 30], 9), False),
        (CODES.astype(float), False),
        (np.array([1, 2, 9, 99]), False),
        (np.repeat([0, 1], 9), False),
    ],
)
def test_are_codes_requires_few_integers_with_large_gaps(values, expected):
    assert are_codes(values) is expected


def test_are_dates_recognizes_integers_of_days():
    days = pd.date_range("2015-01-01", periods=500).strftime("%Y%m%d").astype(int)
    assert are_dates(days.to_numpy())
    assert not are_dates(days.to_numpy() + 31)
    assert not are_dates(np.array([20150101, 20150101]))
    np.testing.assert_array_equal(
        is_day(np.array([20200229, 20210229, 20210431, 20211301, 20210100])),
        [True, False, False, False, False],
    )


@pytest.mark.parametrize("dtype", ["int64", "Int16", "float32", "int64[pyarrow]"])
def test_learned_rows_contain_only_codes_of_the_data(dtype):
    X = FRAME.astype({"code": dtype})
    points = KernelInducingPoints(
        3, max_iter=5, categorical_features=["code"], random_state=0, device="cpu"
    ).fit(X, np.arange(36) % 2)
    made = points.distilled_.X["code"]
    assert made.dtype == X["code"].dtype
    assert set(made) <= {1, 2, 9, 99}
    with pytest.raises(ValueError, match=r"'code' has categories.*\[3"):
        points.transform(X.assign(code=3).astype({"code": dtype}))
