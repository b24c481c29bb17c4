"""What may come in, and what is refused with which words."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning

from sklearn_distill import RandomSelection
from sklearn_distill.validation import rows
from sklearn_distill.validation.rows import (
    check_lengths,
    check_rows,
    check_weights,
)
from sklearn_distill.validation.targets import check_target

DATES = "dates or times. Turn them into numbers first, such as days"
MISSING = "missing values .*Impute them"
NESTED = "Turn other values into strings, and nested ones into columns"


class Estimator(BaseEstimator):
    def __init__(self, image_shape=None):
        self.image_shape = image_shape


def checked(X, **parameters):
    return check_rows(Estimator(**parameters), X, reset=True)


def objects(*values):
    """Return a column of Python objects, lists among them too."""
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
def test_arrays_of_numbers_and_categories_pass_unchanged(X):
    got = checked(X)
    assert got.dtype == X.dtype
    np.testing.assert_array_equal(got, X)


def test_a_table_of_all_kinds_of_columns_passes_as_it_is():
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


def test_lists_become_arrays_and_keep_the_types_of_their_values():
    np.testing.assert_array_equal(checked([[1, 2], [3, 4]]), [[1, 2], [3, 4]])
    mixed = checked([[1, "a"], [2.5, "b"]])
    assert mixed.tolist() == [[1, "a"], [2.5, "b"]]
    assert [type(value) for value in mixed[:, 0]] == [int, float]


@pytest.mark.parametrize("form", ["csr_matrix", "csc_array", "coo_array", "lil_matrix"])
def test_sparse_rows_become_dense(form):
    X = scipy.sparse.random(5, 4, 0.5, random_state=0)
    got = checked(getattr(scipy.sparse, form)(X))
    assert isinstance(got, np.ndarray)
    np.testing.assert_array_equal(got, X.toarray())


def test_sparse_rows_that_would_not_fit_in_memory_are_refused(monkeypatch):
    monkeypatch.setattr(rows, "MAX_DENSE_CELLS", 20)
    assert checked(scipy.sparse.eye_array(4).tocsr()).shape == (4, 4)
    with pytest.raises(ValueError, match=r"25 cells.* at most 20.*TruncatedSVD"):
        checked(scipy.sparse.eye_array(5).tocsr())


def test_missing_values_in_sparse_rows_are_found():
    X = scipy.sparse.csr_array(np.array([[0, 1.0], [np.nan, 0]]))
    with pytest.raises(ValueError, match="NaN"):
        checked(X)


@pytest.mark.parametrize(
    ("X", "error", "says"),
    [
        (np.array([[1, np.nan], [2, 3]]), ValueError, "X contains NaN"),
        (np.array([[1, np.inf], [2, 3]]), ValueError, "X contains infinity"),
        (np.array([[1, -np.inf], [2, 3]], np.float32), ValueError, "infinity"),
        (np.array([[1e200], [1.0]]), ValueError, "1e.200; beyond 1e.150.*Rescale it"),
        (objects("a", None), ValueError, MISSING),
        (objects("a", np.nan), ValueError, MISSING),
        (objects("a", pd.NA), ValueError, MISSING),
        (objects("a", pd.NaT), ValueError, MISSING),
        (objects(1, float("inf")), ValueError, "infinity.*Replace them"),
        (objects(1, 10**400), ValueError, "too large for a float.*Replace them"),
        (objects(1, 1e200), ValueError, "1e.200; beyond 1e.150.*Rescale it"),
        (objects("a", datetime.date(2020, 1, 1)), TypeError, DATES),
        (objects("a", datetime.datetime(2020, 1, 1)), TypeError, DATES),
        (objects("a", datetime.time(12)), TypeError, DATES),
        (objects("a", datetime.timedelta(1)), TypeError, DATES),
        (objects("a", np.datetime64("2020")), TypeError, DATES),
        (objects("a", np.timedelta64(1, "D")), TypeError, DATES),
        (objects("a", pd.Timestamp("2020")), TypeError, DATES),
        (objects("a", pd.Timedelta(1)), TypeError, DATES),
        (objects("a", pd.Period("2020")), TypeError, DATES),
        (np.array([["2020"], ["2021"]], dtype="datetime64[D]"), TypeError, DATES),
        (np.array([[1], [2]], dtype="timedelta64[D]"), TypeError, DATES),
        (objects([1], [2]), TypeError, f"column 0 holds list objects.*{NESTED}"),
        (objects({}, {}), TypeError, f"column 0 holds dict objects.*{NESTED}"),
        (objects((1, 2), "a"), TypeError, f"column 0 holds tuple objects.*{NESTED}"),
        (objects(decimal.Decimal(1), 2), TypeError, "Decimal objects.*into strings"),
        (objects(object(), "a"), TypeError, NESTED),
        (objects(1j, 2), ValueError, "Complex data not supported"),
        (objects(np.complex64(1j), 2), ValueError, "Complex data not supported"),
        (np.array([[1j], [2]]), ValueError, "Complex data not supported"),
        (np.zeros((2, 1), dtype=[("a", int)]), TypeError, "no numbers or categories"),
        (np.zeros(3), ValueError, "Expected 2D array, got 1D array"),
        (np.zeros((3, 2, 2)), ValueError, "dim 3. Rows are 2-D.* images 4-D"),
        (np.zeros((2, 1, 1, 1, 1)), ValueError, "dim 5. Rows are 2-D.* images 4-D"),
        (np.float64(3), ValueError, "Expected 2D array, got scalar"),
        (np.zeros((0, 3)), ValueError, "0 sample"),
        (np.zeros((3, 0)), ValueError, "0 feature"),
        (np.zeros((1, 3)), ValueError, "1 sample.*nothing to distill in one row"),
        (np.zeros((3, 1, 0, 0)), ValueError, "0 feature"),
        (np.zeros((3, 1, 0, 0), np.uint8), ValueError, "0 feature"),
        (np.full((2, 1, 2, 2), "a"), ValueError, "Images must be numbers"),
        (np.full((2, 1, 2, 2), None), ValueError, "Images must be numbers"),
        ([[1, 2], [3]], ValueError, "inhomogeneous"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused_with_a_reason(X, error, says):
    with pytest.raises(error, match=rf"(?s){says}"):
        checked(X)


@pytest.mark.parametrize(
    ("X", "error", "says"),
    [
        (frame([1.0, np.nan]), ValueError, f"'bad' has 1 {MISSING}"),
        (frame(["a", None]), ValueError, f"'bad' has 1 {MISSING}"),
        (frame([1, None, None], "Int64"), ValueError, f"'bad' has 2 {MISSING}"),
        (frame([True, pd.NA], "boolean"), ValueError, f"'bad' has 1 {MISSING}"),
        (frame(["a", None], "category"), ValueError, f"'bad' has 1 {MISSING}"),
        (frame(["a", None], "string"), ValueError, f"'bad' has 1 {MISSING}"),
        (frame([1.5, None], "double[pyarrow]"), ValueError, f"'bad' has 1 {MISSING}"),
        (frame([1.0, np.inf]), ValueError, "'bad' holds infinity.*finite value"),
        (frame([1.0, -np.inf], "Float64"), ValueError, "'bad' holds infinity"),
        (frame([1.0, 1e200]), ValueError, "'bad' holds values of 1e.200.*Rescale it"),
        (frame([1, 1e200], object), ValueError, "'bad' holds values of 1e.200"),
        (frame([1, np.inf], object), ValueError, "'bad' holds infinity"),
        (frame(pd.to_datetime(["2020", "2021"])), TypeError, f"'bad' holds {DATES}"),
        (frame(pd.to_timedelta([1, 2])), TypeError, f"'bad' holds {DATES}"),
        (frame(pd.period_range("2020", periods=2)), TypeError, f"'bad' holds {DATES}"),
        (
            frame(pd.to_datetime(["2020", "2021"]).tz_localize("UTC")),
            TypeError,
            f"'bad' holds {DATES}",
        ),
        (frame([datetime.date(2020, 1, 1)] * 2), TypeError, f"'bad' holds {DATES}"),
        (
            frame(pd.to_datetime(["2020", "2021"]), "category"),
            TypeError,
            f"'bad' holds {DATES}",
        ),
        (
            frame(["2020-01-01"] * 2, "date32[day][pyarrow]"),
            TypeError,
            f"'bad' holds {DATES}",
        ),
        (frame([[1], [2]]), TypeError, f"'bad' holds list objects.*{NESTED}"),
        (frame([{}, {}]), TypeError, f"'bad' holds dict objects.*{NESTED}"),
        (frame(pd.cut([1, 2], 2)), TypeError, "'bad' holds Interval.*into strings"),
        (frame([1j, 2]), ValueError, "Complex data not supported: column 'bad'"),
        (frame([1j, 2], object), ValueError, "Complex data not supported"),
        (frame([1, 2], "Sparse[int]"), TypeError, r"'bad' is sparse.*to_dense\(\)"),
        (frame([1.0]), ValueError, "1 sample.*nothing to distill in one row"),
        (frame([]), ValueError, "0 sample"),
        (pd.DataFrame(index=range(3)), ValueError, "0 feature"),
    ],
)
def test_tables_that_cannot_be_used_are_refused_by_column(X, error, says):
    with pytest.raises(error, match=says):
        checked(X)


@pytest.mark.parametrize(
    ("X", "image_shape", "error", "says"),
    [
        (np.zeros((3, 4)), (1, 2, 3), ValueError, "has 6 pixels.* rows of X have 4"),
        (
            np.zeros((3, 1, 2, 2)),
            (1, 4, 1),
            ValueError,
            r"X holds images of \(1, 2, 2\)",
        ),
        (np.zeros((3, 4)), (2, 2), ValueError, r"is not \(channels, height, width\)"),
        (np.zeros((3, 4)), (0, 2, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (-1, -2, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (1, 2.0, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), (1, None, 2), ValueError, "three positive integers"),
        (np.zeros((3, 4)), ("1", 2, 2), ValueError, "three positive integers"),
        (np.full((3, 4), "a"), (1, 2, 2), ValueError, "Images must be numbers"),
        (np.full((3, 4), 1, object), (1, 2, 2), ValueError, "Images must be numbers"),
        (pd.DataFrame(np.eye(4)), (1, 2, 2), TypeError, "as an array, not as a DataFr"),
    ],
)
def test_an_image_shape_that_does_not_fit_is_refused(X, image_shape, error, says):
    with pytest.raises(error, match=says):
        checked(X, image_shape=image_shape)


@pytest.mark.parametrize("image_shape", [(1, 2, 2), [1, 2, 2], (np.int64(1), 2, 2)])
def test_an_image_shape_that_fits_passes(image_shape):
    for X in (np.zeros((3, 4)), np.zeros((3, 1, 2, 2))):
        assert checked(X, image_shape=image_shape).shape == X.shape


def test_new_rows_have_to_look_like_those_of_fit():
    fitted = RandomSelection(budget=1).fit(np.arange(12.0).reshape(6, 2), [0, 1] * 3)
    assert fitted.transform([[1, 2]]).shape == (1, 2)
    with pytest.raises(
        ValueError, match="3 features, but RandomSelection is expecting 2"
    ):
        fitted.transform([[1, 2, 3]])
    images = RandomSelection(budget=1).fit(np.ones((6, 1, 2, 2)), [0, 1] * 3)
    with pytest.raises(ValueError, match=r"\(1, 3, 3\).*fitted with .*\(1, 2, 2\)"):
        images.transform(np.ones((2, 1, 3, 3)))


def test_no_labels_are_a_task_of_their_own():
    assert check_target(None) == ("unsupervised", None, None, None, None)
    for task in ("classification", "regression"):
        with pytest.raises(ValueError, match="requires y to be passed"):
            check_target(None, task=task)


MANY = np.arange(200)
CLASSES = {
    "strings": (["b", "a", "b"], ["a", "b"]),
    "numpy strings": (np.array(["b", "a", "b"]), ["a", "b"]),
    "object strings": (np.array(["b", "a", "b"], dtype=object), ["a", "b"]),
    "integers": ([3, -1, 3], [-1, 3]),
    "small integers": (np.array([3, 1, 3], dtype=np.int8), [1, 3]),
    "object integers": (np.array([3, 1, 3], dtype=object), [1, 3]),
    "large integers": (np.array([2**64 - 1, 5], dtype=np.uint64), [5, 2**64 - 1]),
    "booleans": ([True, False, True], [False, True]),
    "object booleans": (np.array([True, False, True], dtype=object), [False, True]),
    "whole floats": ([1.0, 0.0, 1.0], [0.0, 1.0]),
    "nullable integers": (pd.Series([3, 1, 3], dtype="Int64"), [1, 3]),
    "nullable booleans": (pd.Series([True, False], dtype="boolean"), [False, True]),
    "nullable strings": (pd.Series(["b", "a"], dtype="string"), ["a", "b"]),
    "arrow integers": (pd.Series([3, 1], dtype="int64[pyarrow]"), [1, 3]),
    "categories": (pd.Series(["b", "a"], dtype="category"), ["a", "b"]),
    "number categories": (pd.Series([3, 1], dtype="category"), [1, 3]),
    "fifty integers": (MANY % 50, range(50)),
    "many of very many": (np.arange(10_000) % 100, range(100)),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_these_are_classes(kind):
    y, classes = CLASSES[kind]
    target = check_target(y)
    assert target.task == "classification"
    assert target.classes.tolist() == list(classes)
    assert target.values.dtype == np.int64
    np.testing.assert_array_equal(target.classes[target.values], np.asarray(y))


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        ("nullable integers", "int64"),
        ("nullable booleans", "bool"),
        ("arrow integers", "int64"),
        ("small integers", "int8"),
        ("object integers", "int64"),
        ("object booleans", "bool"),
        ("whole floats", "float64"),
    ],
)
def test_classes_keep_their_type(kind, dtype):
    target = check_target(CLASSES[kind][0])
    assert target.classes.dtype == target.dtype == dtype


@pytest.mark.parametrize(
    "y",
    [
        [0.5, 1.0, 2.0],
        np.array([0.5, 1.0], dtype=np.float32),
        np.array([0.5, 1, 2.0], dtype=object),
        pd.Series([0.5, 1.5], dtype="Float64"),
        pd.Series([0.5, 1.5], dtype="double[pyarrow]"),
        MANY.astype(float),
        [1e20, 2e20, 3e20],
    ],
)
def test_these_are_quantities(y):
    target = check_target(y)
    assert target.task == "regression"
    assert target.classes is None
    assert target.values.dtype.kind == "f"
    np.testing.assert_array_equal(target.values, np.asarray(y, dtype=float))


def test_the_task_decides_where_both_readings_are_possible():
    assert check_target(MANY, task="classification").classes.tolist() == MANY.tolist()
    assert check_target(MANY, task="regression").values.tolist() == MANY.tolist()
    assert check_target([1.0, 0.0], task="regression").classes is None
    numbers = check_target(["1.5", "2"], task="regression").values
    np.testing.assert_array_equal(numbers, [1.5, 2])


def test_the_name_of_the_labels_is_kept():
    assert check_target(pd.Series(["a", "b"], name="kind")).name == "kind"
    assert check_target(pd.Series(["a", "b"], name=7)).name is None
    assert check_target(["a", "b"]).name is None


def test_labels_in_a_table_of_one_column_pass_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        target = check_target(pd.DataFrame({"kind": ["a", "b"]}))
    assert target.classes.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("y", "task", "says"),
    [
        ([1.0, np.nan], "auto", "Input y contains NaN"),
        ([1.0, np.inf, 2.0], "auto", "Input y contains infinity"),
        (["a", None], "auto", "Input y contains NaN. Drop the rows"),
        (np.array(["a", np.nan], dtype=object), "auto", "NaN. Drop the rows"),
        (np.array(["a", pd.NA], dtype=object), "auto", "NaN. Drop the rows"),
        (np.array([1.0, None], dtype=object), "auto", "NaN. Drop the rows"),
        (np.array([1.0, np.nan], dtype=object), "auto", "NaN. Drop the rows"),
        (pd.Series([1, None], dtype="Int64"), "auto", "NaN. Drop the rows"),
        (pd.Series(["a", None], dtype="category"), "auto", "NaN. Drop the rows"),
        (np.array([1.5, np.inf], dtype=object), "auto", "contains infinity"),
        (np.array([1, 10**400], dtype=object), "regression", "contains infinity"),
        (["1", "nan"], "regression", "Input y contains NaN"),
        (["1", "inf"], "regression", "Input y contains infinity"),
        (["1", "two"], "regression", "y holds .* values, no numbers, and this is regr"),
        ([1.5, 1e200], "auto", "y holds values of 1e.200.*Rescale it"),
        (np.zeros((3, 2)), "auto", "2 columns. .*distill once for each"),
        (pd.DataFrame(np.zeros((3, 2))), "auto", "2 columns. .*distill once for each"),
        (pd.Series(pd.to_datetime(["2020", "2021"])), "auto", "Turn them into numbers"),
        (pd.Series(pd.to_timedelta([1, 2])), "auto", "Turn them into numbers"),
        (np.array(["2020", "2021"], "datetime64[D]"), "auto", "Turn them into numbers"),
        (
            objects(*[datetime.date(2020, 1, 1)] * 2)[:, 0],
            "auto",
            "Turn them into numb",
        ),
        (np.array([1, "a"], dtype=object), "auto", "types? int, str. Make them all"),
        (np.array([True, 2], dtype=object), "auto", "types? bool, int. Make them all"),
        (np.array([1, "a"], dtype=object), "regression", "int, str. Make them all"),
        (objects([1], [2])[:, 0], "auto", "type list. Make them all"),
        (objects(1j, 2j)[:, 0], "auto", "type complex. Make them all"),
        ([1j, 2], "auto", "Complex data not supported"),
        ([0.5, 1.5, 0.5], "classification", "holds fractions, .*bin y, or set task="),
        (["a", "a"], "auto", r"1 class \('a'\).*To distill rows without labels pass"),
        ([1, 1, 1], "auto", r"1 class \(1\)"),
        ([1.0, 1.0], "classification", r"1 class \(1.0\)"),
        (MANY, "auto", "200 different whole numbers in 200 rows.*Say task="),
        (MANY[:51], "auto", "51 different whole numbers in 51 rows.*Say task="),
        ("abc", "auto", "should be a 1d array"),
        (5, "auto", "should be a 1d array"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_with_a_reason(y, task, says):
    with pytest.raises(ValueError, match=rf"(?s){says}"):
        check_target(y, task=task)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.array([b"a", b"b"]), "Convert the labels to a string"),
        (scipy.sparse.csr_array([[1], [0]]), "dense data is required"),
    ],
)
def test_labels_of_these_types_are_refused_as_scikit_learn_refuses_them(y, says):
    with pytest.raises(TypeError, match=says):
        check_target(y)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30), st.sampled_from("iufOU"))
def test_codes_stand_for_the_labels_they_came_from(labels, kind):
    if len(set(labels)) < 2:
        labels = [0, 1]
    if kind == "u":
        labels = [abs(label) + labels.index(label) for label in labels]
    y = np.array(labels).astype({"i": "i4", "u": "u2"}.get(kind, kind))
    if len(np.unique(y)) > 1:
        target = check_target(y, task="classification")
        np.testing.assert_array_equal(target.classes[target.values], y)
        assert (np.unique(target.classes) == target.classes).all()


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
def test_weights_become_one_float_a_row(given, expected):
    weights = weights_of(given)
    assert weights.dtype == np.float64
    np.testing.assert_array_equal(weights, expected)


@pytest.mark.parametrize(
    ("sample_weight", "says"),
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
def test_weights_that_cannot_be_used_are_refused(sample_weight, says):
    with pytest.raises(ValueError, match=says):
        weights_of(sample_weight)


@pytest.mark.parametrize("largest", [1e308, 1e-308, 1.0])
def test_weights_of_any_size_have_sums_and_a_present_row_stays_present(largest):
    weights = weights_of(np.array([largest, largest, largest / 2, 1e-320, 0.0]), 5)
    assert np.isfinite((weights**2).sum())
    assert ((weights**2)[:4] > 0).all()
    np.testing.assert_allclose(weights[:3] / weights[0], [1, 1, 0.5])
    assert weights[3] < 1e-11 * weights[0]
    assert weights[4] == 0


def test_rows_and_labels_have_to_be_as_many():
    check_lengths(np.eye(3), None, [1, 2, 3])
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[3, 2\]"):
        check_lengths(np.eye(3), [1, 2])
