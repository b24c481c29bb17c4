import json

import pandas as pd
import pytest

from sklearn_distill.distilled_set.column_index import (
    categories_from_json,
    categories_to_json,
    index_of_names,
    levels_of,
)

DAYS = pd.to_datetime(["2020-01-01", "2020-03-01", "2021-01-01"])


@pytest.mark.parametrize(
    "categories",
    [
        pd.Index(["b", "a"]),
        pd.Index([3, 1]),
        pd.Index([True, False]),
        pd.IntervalIndex.from_breaks([0.0, 0.1, 2.0], closed="left"),
        pd.IntervalIndex.from_breaks(DAYS),
        DAYS,
        DAYS.tz_localize("Europe/Berlin"),
        DAYS.astype("datetime64[s]"),
        DAYS - DAYS[0],
        DAYS.to_period("M"),
    ],
    ids=lambda categories: str(categories.dtype),
)
def test_categories_are_restored_from_json(categories):
    text = json.dumps(categories_to_json(categories))
    restored = categories_from_json(json.loads(text), str(categories.dtype))
    pd.testing.assert_index_equal(restored, categories, exact=True)


@pytest.mark.parametrize(
    "columns",
    [
        pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["u", None]),
        pd.Index(["a", "b"], name="k"),
        pd.Index([("a", 1), ("b", 2)], tupleize_cols=False),
    ],
)
def test_columns_are_restored_from_json(columns):
    text = json.dumps([list(columns), levels_of(columns)])
    pd.testing.assert_index_equal(index_of_names(*json.loads(text)), columns)


def test_columns_without_names_need_no_entry():
    assert levels_of(pd.Index(["a", "b"])) is None
