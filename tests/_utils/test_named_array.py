"""Tables of polars and pyarrow as arrays of objects, without pandas."""

import datetime as dt
import pickle

import numpy as np
import pyarrow as pa
import pytest

from sklearn_distill._utils.containers import in_form_of, stacked, take_rows
from sklearn_distill._utils.named_array import (
    column_names,
    named_array,
    table_like,
    with_columns,
)
from sklearn_distill.encoding.values import columns_of

pl = pytest.importorskip("polars")

MOMENTS = [dt.datetime(2024, 3, 31, 1, 30), dt.datetime(2024, 10, 27, 2, 30), None]


@pytest.fixture
def frame():
    return pl.DataFrame(
        {
            "a": pl.Series([1.5, None, 2.5], dtype=pl.Float32),
            "n": [1, 2, 3],
            "flag": [True, False, True],
            "gaps": [True, None, False],
            "word": ["u", None, "v"],
            "color": pl.Series(["x", "y", None], dtype=pl.Enum(["y", "x", "w"])),
            "day": [dt.date(2024, 1, 1), None, dt.date(2024, 1, 2)],
            "time": pl.Series(MOMENTS, dtype=pl.Datetime("ns")),
            "zone": pl.Series(MOMENTS).dt.replace_time_zone(
                "Europe/Berlin", ambiguous="latest"
            ),
            "span": [dt.timedelta(seconds=3), None, dt.timedelta(days=1)],
        }
    )


@pytest.fixture(params=["polars", "pyarrow"])
def table(frame, request):
    return frame if request.param == "polars" else frame.to_arrow()


def test_table_is_restored_from_its_array(table):
    rows = named_array(table)
    assert rows.dtype == object
    assert rows.columns == column_names(table)
    assert rows[:, 8].tolist() == MOMENTS
    restored = table_like(table, rows)
    assert restored.schema == table.schema
    assert restored.equals(table)


def test_columns_have_the_dtypes_of_the_table(table):
    columns = list(columns_of(named_array(table)))
    kinds = [column.dtype.str[1:] for column in columns]
    assert kinds == "f4 i8 b1 O O O M8[D] M8[us] M8[us] m8[us]".split()
    assert np.ma.getmaskarray(columns[0]).tolist() == [False, True, False]
    assert columns[0].tolist() == [1.5, None, 2.5]


def test_integer_categories_are_not_numbers():
    codes = pa.table({"k": pa.array([7, 9, 7]).dictionary_encode()})
    (column,) = columns_of(named_array(codes))
    assert (column.dtype, column.tolist()) == (object, [7, 9, 7])
    restored = table_like(codes, named_array(codes)[1:2])
    assert restored.column("k").chunk(0).dictionary.to_pylist() == [7, 9]


def test_rows_and_pickles_keep_names_and_columns_do_not(frame):
    rows = named_array(frame)
    for kept in (take_rows(rows, np.array([2, 0])), pickle.loads(pickle.dumps(rows))):
        assert kept.columns == frame.columns
        assert kept.dtypes == rows.dtypes
    assert not hasattr(rows[:, :2], "columns")
    assert not hasattr(rows[:, 1], "columns")


def test_stacked_rows_keep_the_dtypes_that_both_have(frame):
    rows = named_array(frame.select("a", "n"))
    more = named_array(frame.select(pl.col("a"), pl.col("n") + 0.5))
    assert in_form_of(rows, more) is more
    both = stacked(rows, more)
    assert both.shape == (6, 2)
    assert both.dtypes == [np.dtype("float32"), None]
    assert list(columns_of(both))[1].tolist() == [1, 2, 3, 1.5, 2.5, 3.5]


def test_labels_keep_their_name_and_dtype(frame):
    labels = named_array(frame["n"])
    assert (labels.name, labels.dtype) == ("n", np.int64)
    assert named_array(frame["gaps"]).tolist() == [True, None, False]
    assert named_array(pa.array(["u", "v"])).tolist() == ["u", "v"]


def test_columns_are_added_to_a_table(table):
    added = with_columns(table, {"y": np.array(["p", "q", "p"])})
    assert type(added) is type(table)
    assert column_names(added)[-1] == "y"
    assert named_array(added)[:, -1].tolist() == ["p", "q", "p"]
