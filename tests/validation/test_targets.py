"""Checks of targets, and the task that they imply."""

import datetime

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import DataConversionWarning

from sklearn_distill.validation.targets import check_target


def test_target_none_is_unsupervised():
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
    "boolean categories": (pd.Series([True, False], dtype="category"), [False, True]),
    "nullable strings": (pd.Series(["b", "a"], dtype="string"), ["a", "b"]),
    "arrow integers": (pd.Series([3, 1], dtype="int64[pyarrow]"), [1, 3]),
    "categories": (pd.Series(["b", "a"], dtype="category"), ["a", "b"]),
    "number categories": (pd.Series([3, 1], dtype="category"), [1, 3]),
    "fifty integers": (MANY % 50, range(50)),
    "many of very many": (np.arange(10_000) % 100, range(100)),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_target_is_inferred_as_classes(kind):
    y, classes = CLASSES[kind]
    target = check_target(y)
    assert target.task == "classification"
    assert target.classes.tolist() == list(classes)
    assert target.values.dtype == np.int64
    np.testing.assert_array_equal(target.classes[target.values], np.asarray(y))


def percentages(n, seed=0):
    """54 whole numbers from 46 to 99, as a test score in per cent."""
    y = np.rint(80 + 9 * np.random.RandomState(seed).randn(n))
    return np.r_[np.arange(46, 100), np.clip(y, 46, 99)[54:]]


@pytest.mark.parametrize("dtype", [int, float, np.uint8, np.float32, "Int64"])
@pytest.mark.parametrize("n", [1_000, 10_000, 100_000])
def test_whole_numbers_of_a_quantity_require_a_task(dtype, n):
    """The limit is the same for integers and floats, and for any number of rows."""
    y = pd.Series(percentages(n)).astype(dtype)
    with pytest.raises(ValueError, match=f"54 distinct whole numbers in {n} rows.*Set"):
        check_target(y)
    assert check_target(y, task="regression").task == "regression"


@pytest.mark.parametrize("dtype", [int, float])
@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.random.RandomState(0).poisson(12, 5_000), id="counts"),
        pytest.param(np.random.RandomState(0).randint(17, 91, 5_000), id="ages"),
        pytest.param(np.arange(5_000) % 30 * 100, id="round amounts"),
        pytest.param(np.arange(5_000) % 40 - 20, id="degrees"),
        pytest.param(np.repeat(np.arange(60), np.arange(60) ** 2 + 1), id="skewed"),
    ],
)
def test_other_quantities_of_whole_numbers_require_a_task(y, dtype):
    with pytest.raises(ValueError, match="could be classes or continuous targets"):
        check_target(y.astype(dtype))


@pytest.mark.parametrize("dtype", [int, float])
@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.random.RandomState(0).randint(0, 26, 2_000), id="letters"),
        pytest.param(np.random.RandomState(0).randint(1, 27, 2_000), id="from 1"),
        pytest.param(np.arange(400) // 10, id="forty persons"),
        pytest.param(np.arange(100) % 10, id="digits"),
        pytest.param(np.arange(100) % 7 * 5 + 3, id="few values with gaps"),
        pytest.param(np.repeat(np.arange(20), np.arange(20) ** 3 + 1), id="twenty"),
    ],
)
def test_codes_and_few_whole_numbers_are_classes(y, dtype):
    assert check_target(y.astype(dtype)).task == "classification"


def test_many_strings_are_classes():
    y = np.char.add("class-", (np.arange(1_000) % 400).astype(str))
    assert len(check_target(y).classes) == 400


@pytest.mark.parametrize(
    "name", ["wine", "page-blocks", "satimage", "texture", "letter", "storms"]
)
def test_targets_of_real_tables_are_classes(data_folder, name):
    y = pd.read_csv(data_folder / f"{name}.csv.gz").iloc[:, -1]
    assert check_target(y).task == "classification"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("adult", "x0"),
        ("storms", "wind"),
        ("storms", "pressure"),
        ("credit-data", "Age"),
        ("cps1988", "experience"),
        ("flights", "minute"),
    ],
)
def test_quantities_of_real_tables_require_a_task(data_folder, table, column):
    y = pd.read_csv(data_folder / f"{table}.csv.gz", usecols=[column])[column]
    for values in (y, y.astype(float)):
        with pytest.raises(ValueError, match="could be classes or continuous targets"):
            check_target(values)


ONE_HOT = np.eye(3)[[0, 1, 2, 0]]


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (ONE_HOT, r"one-hot encoded classes.*numpy.asarray\(y\).argmax\(axis=1\)"),
        (ONE_HOT.astype(bool), "one-hot encoded classes"),
        (ONE_HOT.tolist(), "one-hot encoded classes"),
        (pd.DataFrame(ONE_HOT.astype(int)), "one-hot encoded classes"),
        (scipy.sparse.csr_array(ONE_HOT), r"one-hot.*y.toarray\(\).argmax\(axis=1\)"),
        (np.full((4, 2), 0.5), "class probabilities.*argmax"),
        (np.full((4, 2), "a"), "Distill separately"),
        (np.ones((4, 2)), "Distill separately"),
        (-ONE_HOT, "Distill separately"),
    ],
)
def test_several_columns_of_labels_raise_an_error_with_advice(y, message):
    for task in ("auto", "classification"):
        for several in (False, True):
            with pytest.raises(ValueError, match=f"[23] columns.*{message}"):
                check_target(y, task=task, several=several)


def test_several_columns_are_continuous_targets_if_one_of_them_is():
    y = pd.DataFrame({"a": [0.5, 1.5, 2.5], "b": pd.array([1, 2, 1], "Int64")})
    target = check_target(y, several=True)
    assert target.task == "regression"
    assert target.name == ["a", "b"]
    np.testing.assert_array_equal(target.values, [[0.5, 1], [1.5, 2], [2.5, 1]])
    assert check_target(y.to_numpy(float).tolist(), several=True).name is None
    with pytest.raises(ValueError, match="Several targets are not supported here"):
        check_target(y)


@pytest.mark.parametrize("values", [np.eye(3), np.ones((3, 2), int)])
def test_any_numbers_are_continuous_targets_if_the_task_is_regression(values):
    target = check_target(values, task="regression", several=True)
    np.testing.assert_array_equal(target.values, values)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([[0.5, np.nan], [1.0, 2.0]]), "y contains NaN"),
        (pd.DataFrame({"a": [0.5, 1.5], "b": [1, None]}), "y contains NaN"),
        (pd.DataFrame({"a": [0.5, 1.5], "b": ["x", "y"]}), "y must contain numbers"),
        (scipy.sparse.csr_array(np.eye(2) / 3), r"Pass y.toarray\(\)"),
    ],
)
def test_invalid_values_in_one_of_several_targets_raise(y, message):
    with pytest.raises(ValueError, match=message):
        check_target(y, task="regression", several=True)


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
def test_classes_keep_their_dtype(kind, dtype):
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
def test_target_is_inferred_as_continuous(y):
    target = check_target(y)
    assert target.task == "regression"
    assert target.classes is None
    assert target.values.dtype.kind == "f"
    np.testing.assert_array_equal(target.values, np.asarray(y, dtype=float))


def test_task_decides_between_classes_and_continuous_targets():
    assert check_target(MANY, task="classification").classes.tolist() == MANY.tolist()
    assert check_target(MANY, task="regression").values.tolist() == MANY.tolist()
    assert check_target([1.0, 0.0], task="regression").classes is None
    numbers = check_target(["1.5", "2"], task="regression").values
    np.testing.assert_array_equal(numbers, [1.5, 2])


def test_target_keeps_the_name_of_a_series():
    assert check_target(pd.Series(["a", "b"], name="kind")).name == "kind"
    assert check_target(pd.Series(["a", "b"], name=7)).name is None
    assert check_target(["a", "b"]).name is None


def test_target_accepts_one_column_with_a_warning():
    with pytest.warns(DataConversionWarning, match="column-vector"):
        target = check_target(pd.DataFrame({"kind": ["a", "b"]}))
    assert target.classes.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("y", "task", "message"),
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
        (["1", "two"], "regression", "y must contain numbers for regression, but has"),
        ([1.5, 1e200], "auto", "y contains values of magnitude 1e.200.*Rescale y"),
        (np.zeros((3, 2)), "auto", "2 columns, .*Distill separately for each target"),
        (
            pd.DataFrame(np.zeros((3, 2))),
            "auto",
            "2 columns, .*Distill separately for each target",
        ),
        (
            pd.Series(pd.to_datetime(["2020", "2021"])),
            "auto",
            "Convert them to numbers",
        ),
        (pd.Series(pd.to_timedelta([1, 2])), "auto", "Convert them to numbers"),
        (
            np.array(["2020", "2021"], "datetime64[D]"),
            "auto",
            "Convert them to numbers",
        ),
        (
            np.array([datetime.date(2020, 1, 1)] * 2, dtype=object),
            "auto",
            "Convert them to numbers",
        ),
        (np.array([1, "a"], dtype=object), "auto", "types? int, str. Convert all"),
        (np.array([True, 2], dtype=object), "auto", "types? bool, int. Convert all"),
        (np.array([1, "a"], dtype=object), "regression", "int, str. Convert all"),
        (pd.Series([[1], [2]]).to_numpy(), "auto", "type list. Convert all"),
        (np.array([1j, 2j], dtype=object), "auto", "type complex. Convert all"),
        ([1j, 2], "auto", "Complex data not supported"),
        ([0.5, 1.5, 0.5], "classification", "y contains fractions. Bin y .*task="),
        (["a", "a"], "auto", r"1 class \('a'\).*To distill rows without labels, pass"),
        ([1, 1, 1], "auto", r"1 class \(1\)"),
        ([1.0, 1.0], "classification", r"1 class \(1.0\)"),
        (MANY, "auto", "200 distinct whole numbers in 200 rows.*Set task="),
        (MANY[:51], "auto", "51 distinct whole numbers in 51 rows.*Set task="),
        ("abc", "auto", "should be a 1d array"),
        (5, "auto", "should be a 1d array"),
    ],
)
def test_check_target_raises_for_invalid_labels(y, task, message):
    with pytest.raises(ValueError, match=rf"(?s){message}"):
        check_target(y, task=task)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (np.array([b"a", b"b"]), "Convert the labels to a string"),
        (scipy.sparse.csr_array([[1], [0]]), "dense data is required"),
    ],
)
def test_check_target_raises_type_error_like_scikit_learn(y, message):
    with pytest.raises(TypeError, match=message):
        check_target(y)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=30), st.sampled_from("iufOU"))
def test_class_codes_index_the_sorted_classes(labels, kind):
    if len(set(labels)) < 2:
        labels = [0, 1]
    if kind == "u":
        labels = [abs(label) + labels.index(label) for label in labels]
    y = np.array(labels).astype({"i": "i4", "u": "u2"}.get(kind, kind))
    if len(np.unique(y)) > 1:
        target = check_target(y, task="classification")
        np.testing.assert_array_equal(target.classes[target.values], y)
        assert (np.unique(target.classes) == target.classes).all()
