"""Checks of rows and sample weights."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.base import BaseEstimator

from sklearn_distill import HerdingSelection, RandomSelection
from sklearn_distill.validation import rows
from sklearn_distill.validation.rows import (
    check_lengths,
    check_rows,
    check_weights,
)

DATES = "not all dates of one type without a time zone. Convert dates with"


NESTED = "Convert other objects to strings, and nested objects to separate columns"


class Estimator(BaseEstimator):
    def __init__(self, image_shape=None):
        self.image_shape = image_shape


def checked(X, **parameters):
    return check_rows(Estimator(**parameters), X, reset=True)


def objects(*values):
    """Return a column of Python objects, which may be lists."""
    X = np.empty((len(values), 1), dtype=object)
    X[:, 0] = values
    return X


def frame(values, dtype=None):
    return pd.DataFrame(
        {"good": range(len(values)), "bad": pd.Series(values, dtype=dtype)}
    )


@pytest.mark.parametrize(
    "X",
    [
        np.eye(3),
        np.eye(3, dtype=np.float32),
        np.eye(3, dtype=np.float16),
        np.eye(3, dtype=np.uint8),
        np.eye(3) > 0,
        np.array([["a", "b"], ["c", "d"]]),
        objects("a", 1, 2.5, True, np.bool_(True), np.float32(1), b"raw", np.str_("b")),
        np.zeros((3, 1, 4, 4)),
        np.array([[1e150], [-1e150]]),
        np.array([[np.finfo(np.float32).max], [0]], dtype=np.float32),
        np.asfortranarray(np.eye(4)),
    ],
)
def test_check_rows_returns_valid_arrays_unchanged(X):
    got = checked(X)
    assert got.dtype == X.dtype
    np.testing.assert_array_equal(got, X)


def test_check_rows_returns_a_valid_frame_itself():
    X = pd.DataFrame(
        {
            "int": [1, 2],
            "float": [0.5, 1.5],
            "bool": [True, False],
            "Int64": pd.array([1, 2], dtype="Int64"),
            "boolean": pd.array([True, False], dtype="boolean"),
            "string": pd.array(["a", "b"], dtype="string"),
            "str": ["a", "b"],
            "object": pd.Series(["a", 1], dtype=object),
            "category": pd.Categorical(["a", "b"]),
            "ordered": pd.Categorical([2, 1], ordered=True),
            "arrow": pd.array([1.5, 2.5], dtype="double[pyarrow]"),
        }
    ).set_axis([5, 5])
    assert checked(X) is X


def test_check_rows_converts_lists_and_keeps_the_types_of_values():
    np.testing.assert_array_equal(checked([[1, 2], [3, 4]]), [[1, 2], [3, 4]])
    mixed = checked([[1, "a"], [2.5, "b"]])
    assert mixed.tolist() == [[1, "a"], [2.5, "b"]]
    assert [type(value) for value in mixed[:, 0]] == [int, float]


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array", "lil_matrix"])
def test_check_rows_converts_sparse_rows_to_dense(form):
    X = scipy.sparse.random(5, 4, 0.5, random_state=0)
    got = checked(getattr(scipy.sparse, form)(X))
    assert isinstance(got, np.ndarray)
    np.testing.assert_array_equal(got, X.toarray())


def test_check_rows_raises_for_sparse_rows_that_are_too_large(monkeypatch):
    monkeypatch.setattr(rows, "MAX_DENSE_CELLS", 20)
    assert checked(scipy.sparse.eye_array(4).tocsr()).shape == (4, 4)
    with pytest.raises(ValueError, match=r"25 cells.* at most 20.*TruncatedSVD"):
        checked(scipy.sparse.eye_array(5).tocsr())


def test_check_rows_accepts_missing_values_in_sparse_rows():
    X = np.array([[0, 1.0], [np.nan, 0]])
    np.testing.assert_array_equal(checked(scipy.sparse.csr_array(X)), X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.array([[1, np.inf], [2, 3]]), ValueError, "X contains infinity"),
        (np.array([[1, -np.inf], [2, 3]], np.float32), ValueError, "infinity"),
        (np.array([[1e200], [1.0]]), ValueError, "beyond 1e.150 overflow. Rescale X"),
        (objects(1, float("inf")), ValueError, "infinity.*Replace these values"),
        (
            objects(1, 10**400),
            ValueError,
            "too large for a float.*Replace these values",
        ),
        (objects(1, 1e200), ValueError, "beyond 1e.150 overflow. Rescale column"),
        (objects("a", datetime.date(2020, 1, 1)), TypeError, DATES),
        (objects("a", datetime.datetime(2020, 1, 1)), TypeError, DATES),
        (objects("a", datetime.time(12)), TypeError, DATES),
        (objects("a", datetime.timedelta(1)), TypeError, DATES),
        (objects("a", np.datetime64("2020")), TypeError, DATES),
        (objects("a", np.timedelta64(1, "D")), TypeError, DATES),
        (objects("a", pd.Timestamp("2020")), TypeError, DATES),
        (objects("a", pd.Timedelta(1)), TypeError, DATES),
        (objects("a", pd.Period("2020")), TypeError, DATES),
        (
            objects(
                *pd.to_datetime(["2020", "2021"]).tz_localize("UTC").to_pydatetime()
            ),
            TypeError,
            DATES,
        ),
        (np.full((2, 1, 2, 2), np.datetime64("2020")), ValueError, "Images must be"),
        (np.full((2, 1, 2, 2), np.nan), ValueError, "Images must not contain missing"),
        (objects([1], [2]), TypeError, f"column 0 contains list objects.*{NESTED}"),
        (objects({}, {}), TypeError, f"column 0 contains dict objects.*{NESTED}"),
        (objects((1, 2), "a"), TypeError, f"column 0 contains tuple objects.*{NESTED}"),
        (objects(decimal.Decimal(1), "a"), TypeError, r"Decimal.*astype\(float\)"),
        (objects(decimal.Decimal("inf"), 2), ValueError, "infinity"),
        (objects(object(), "a"), TypeError, NESTED),
        (objects(1j, 2), ValueError, "Complex data not supported"),
        (objects(np.complex64(1j), 2), ValueError, "Complex data not supported"),
        (np.array([[1j], [2]]), ValueError, "Complex data not supported"),
        (np.zeros((2, 1), dtype=[("a", int)]), TypeError, "a structured array"),
        (
            np.zeros((2, 1), dtype="V4"),
            TypeError,
            "must contain numbers, booleans, strings or dates",
        ),
        (np.zeros(3), ValueError, "Expected 2D array, got 1D array"),
        (np.zeros((3, 2, 2)), ValueError, "dim 3. X must be 2-D.* images, 4-D"),
        (np.zeros((2, 1, 1, 1, 1)), ValueError, "dim 5. X must be 2-D.* images, 4-D"),
        (np.float64(3), ValueError, "Expected 2D array, got scalar"),
        (np.zeros((0, 3)), ValueError, "0 sample"),
        (np.zeros((3, 0)), ValueError, "0 feature"),
        (np.zeros((1, 3)), ValueError, "1 sample.*a single row cannot be distilled"),
        (np.zeros((3, 1, 0, 0)), ValueError, "0 feature"),
        (np.zeros((3, 1, 0, 0), np.uint8), ValueError, "0 feature"),
        (np.full((2, 1, 2, 2), "a"), ValueError, "Images must be numeric"),
        (np.full((2, 1, 2, 2), None), ValueError, "Images must be numeric"),
        ([[1, 2], [3]], ValueError, "inhomogeneous"),
    ],
)
def test_check_rows_raises_for_invalid_arrays(X, error, message):
    with pytest.raises(error, match=rf"(?s){message}"):
        checked(X)


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (frame([1.0, np.inf]), ValueError, "'bad' contains infinity.*finite value"),
        (frame([1.0, -np.inf], "Float64"), ValueError, "'bad' contains infinity"),
        (
            frame([1.0, 1e200]),
            ValueError,
            "'bad' contains values of magnitude 1e.200.*Rescale",
        ),
        (
            frame([1, 1e200], object),
            ValueError,
            "'bad' contains values of magnitude 1e.200",
        ),
        (frame([1, np.inf], object), ValueError, "'bad' contains infinity"),
        (
            frame(pd.interval_range(0, 2)),
            TypeError,
            r"intervals.*astype\('category'\).*IntervalIndex",
        ),
        (frame([datetime.time(1), None]), TypeError, f"type time, .* {DATES}"),
        (frame([[1], [2]]), TypeError, f"'bad' contains list objects.*{NESTED}"),
        (frame([{}, {}]), TypeError, f"'bad' contains dict objects.*{NESTED}"),
        (frame([1j, 2]), ValueError, "Complex data not supported: column 'bad'"),
        (frame([1j, 2], object), ValueError, "Complex data not supported"),
        (frame([1, 2], "Sparse[int]"), TypeError, r"'bad' is sparse.*to_dense\(\)"),
        (frame([1.0]), ValueError, "1 sample.*a single row cannot be distilled"),
        (frame([]), ValueError, "0 sample"),
        (pd.DataFrame(index=range(3)), ValueError, "0 feature"),
    ],
)
def test_check_rows_raises_for_invalid_columns_of_a_frame(X, error, message):
    with pytest.raises(error, match=message):
        checked(X)


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1.0, np.nan], [2.0, 3.0]]),
        objects("a", None, np.nan, 2),
        frame([1.0, np.nan]),
        frame([1, None], "Int64"),
        frame(["a", None], "category"),
        frame(["a", np.nan], object),
        frame([True, pd.NA], "boolean"),
        frame(["a", None], "string"),
        frame([1.5, None], "double[pyarrow]"),
    ],
)
def test_check_rows_accepts_missing_values(X):
    assert checked(X) is X


@pytest.mark.parametrize(
    "X",
    [
        np.array([["2020"], ["NaT"]], dtype="datetime64[D]"),
        np.array([[1], [2]], dtype="timedelta64[D]"),
        objects(datetime.date(2020, 1, 1), None),
        objects(datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2)),
        objects(decimal.Decimal("0.1"), None, 2),
        frame(pd.to_datetime(["2020", None])),
        frame(pd.to_timedelta([1, 2])),
        frame(pd.period_range("2020", periods=2)),
        frame(pd.to_datetime(["2020", "2021"]).tz_localize("UTC")),
        frame([datetime.date(2020, 1, 1)] * 2),
        frame(pd.to_datetime(["2020", "2021"]), "category"),
        frame(["2020-01-01"] * 2, "date32[day][pyarrow]"),
        frame(pd.cut([1, 2], 2)),
    ],
)
def test_check_rows_accepts_dates_decimals_periods_and_their_categories(X):
    assert checked(X) is X


def test_transform_raises_for_rows_with_another_number_of_columns():
    fitted = RandomSelection(budget=1).fit(np.arange(12.0).reshape(6, 2), [0, 1] * 3)
    assert fitted.transform([[1, 2]]).shape == (1, 2)
    with pytest.raises(
        ValueError, match="3 features, but RandomSelection is expecting 2"
    ):
        fitted.transform([[1, 2, 3]])


def weights_of(sample_weight, n=3):
    return check_weights(sample_weight, np.zeros((n, 1)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, [1, 1, 1]),
        (2.0, [2, 2, 2]),
        ([1, 0, 3], [1, 0, 3]),
        (np.array([1, 2, 3], dtype=np.float32), [1, 2, 3]),
        ([True, False, True], [1, 0, 1]),
        (pd.Series([1, 2, 3], index=[7, 8, 9]), [1, 2, 3]),
    ],
)
def test_check_weights_returns_one_float_per_row(given, expected):
    weights = weights_of(given)
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, expected)


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        ([0, 0, 0], "at least one non-zero"),
        ([1, -1, 1], "Negative values .*sample_weight"),
        ([1, np.nan, 1], "sample_weight contains NaN"),
        ([1, np.inf, 1], "sample_weight contains infinity"),
        ([1, 1], r"shape == \(2,\), expected \(3,\)"),
        ([[1], [1], [1]], "must be 1D"),
        (["a", "b", "c"], "could not convert string to float"),
    ],
)
def test_check_weights_raises_for_invalid_weights(sample_weight, message):
    with pytest.raises(ValueError, match=message):
        weights_of(sample_weight)


@pytest.mark.parametrize("largest", [1e308, 1e-308, 1.0])
def test_check_weights_rescales_extreme_weights_and_keeps_zeros(largest):
    weights = weights_of(np.array([largest, largest, largest / 2, 1e-320, 0.0]), 5)
    assert np.isfinite((weights**2).sum())
    assert ((weights**2)[:4] > 0).all()
    np.testing.assert_allclose(weights[:3] / weights[0], [1, 1, 0.5])
    assert weights[3] < 1e-11 * weights[0]
    assert weights[4] == 0


def test_check_lengths_raises_if_lengths_differ():
    check_lengths(np.eye(3), None, [1, 2, 3])
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[3, 2\]"):
        check_lengths(np.eye(3), [1, 2])


class Squares(torch.utils.data.IterableDataset):
    """A data set of PyTorch without a length."""

    def __iter__(self):
        return iter([(torch.tensor([1.0]), 1)])


@pytest.mark.parametrize("wrap", [lambda d: d, torch.utils.data.DataLoader])
@pytest.mark.parametrize(
    "dataset",
    [torch.utils.data.TensorDataset(torch.zeros(4, 2), torch.ones(4)), Squares()],
    ids=["tensors", "iterable"],
)
def test_datasets_of_pytorch_raise_an_error_with_advice(dataset, wrap):
    dataset = wrap(dataset)
    message = rf"got a {type(dataset).__name__} of PyTorch.*map\(numpy.stack, zip\("
    for arguments in ((dataset, np.arange(4) % 2), (dataset, None), (None, dataset)):
        with pytest.raises(TypeError, match=message):
            check_lengths(*arguments)
    with pytest.raises(TypeError, match=message):
        HerdingSelection(2).fit(dataset)
