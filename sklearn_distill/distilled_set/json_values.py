"""Single values as JSON: numbers, strings, dates, missing values and arrays."""

# SPDX-License-Identifier: BSD-3-Clause

import json
from base64 import b64decode, b64encode
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from .._utils.optional import import_pandas
from ..encoding.values import is_missing

# The functions that read the values of JSON objects, by the keys of the objects.
READERS = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "Decimal": Decimal,
    "bytes": b64decode,
    "missing": lambda name: getattr(import_pandas(), name),
}


def object_to_json(value: Any) -> str:
    """Return a number, a string, bytes, a date or a missing value as JSON."""
    kind = type(value).__name__
    if value is not None and is_missing(value):
        return json.dumps({"missing": kind.removesuffix("Type")})
    if kind in ("date", "datetime"):
        return json.dumps({kind: value.isoformat()})
    if kind == "timedelta":
        return json.dumps({kind: [value.days, value.seconds, value.microseconds]})
    if kind == "bytes":
        return json.dumps({kind: b64encode(value).decode()})
    if kind == "Decimal":
        return json.dumps({kind: str(value)})
    return to_json(value)


def object_from_json(text: str) -> Any:
    """Return the value that `object_to_json` converted to JSON."""
    value = json.loads(text)
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        return READERS[kind](content)
    return value


def to_json(value: Any) -> str:
    """Return a value as JSON; NumPy scalars and arrays are converted to numbers."""
    return json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """Convert a NumPy value for JSON; raise ValueError for other types."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise ValueError(
        f"{value!r} has type {type(value).__name__}, which cannot be stored in a file "
        "without pickling. Convert the value to a string or a number."
    )
