"""Single values as JSON."""

import datetime
from decimal import Decimal

import pandas as pd
import pytest

from sklearn_distill.distilled_set.json_values import object_from_json, object_to_json

DAYS = [datetime.date(2020, 1, 1), datetime.date(2020, 2, 29)]
NOON = datetime.datetime(2020, 1, 1, 12, 0, 0, 5)


@pytest.mark.parametrize(
    "value",
    [None, 1, "a", True, *DAYS, NOON, datetime.timedelta(1, 2, 3), Decimal("1.10")],
)
def test_object_from_json_restores_the_value_and_its_type(value):
    restored = object_from_json(object_to_json(value))
    assert restored == value
    assert type(restored) is type(value)


@pytest.mark.parametrize("value", [pd.NA, pd.NaT])
def test_object_from_json_restores_missing_values(value):
    assert object_from_json(object_to_json(value)) is value
