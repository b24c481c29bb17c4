"""Functions that make, save, load and compare distilled sets."""

import json
import os

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sklearn_distill import DistilledSet
from sklearn_distill.distilled_set.file_header import FORMAT

# The fixtures have the scope of the session because hypothesis rejects fixtures that
# are not reset between examples.


@pytest.fixture(scope="session")
def make_set():
    """Return a function that makes a distilled set of four rows."""
    return _make_set


def _make_set(X=None, **changes):
    parts = {
        "y": np.array(["no", "yes", "no", "yes"]),
        "soft_labels": np.array([[0.9, 0.1], [0.2, 0.8], [1, 0], [1 / 3, 2 / 3]]),
        "sample_weight": np.array([1.0, 0.1, 2.0, 0.0]),
        "classes": np.array(["no", "yes"]),
        "target_name": "kind",
        "info": {"method": "Some", "parameters": {"budget": 2}, "loss": None},
    }
    if X is None:
        X = pd.DataFrame(
            {
                "number": [0.1, 1 / 3, 1e300, -0.0],
                "count": np.array([1, 2, 3, 4], dtype=np.int8),
                "kinds": pd.Categorical(list("abca"), categories=list("zcba")),
                "text": ["", "NA", "nan", "x,\"y\"\n'z'"],
            }
        )
    return DistilledSet(X, **{**parts, **changes})


@pytest.fixture(scope="session")
def save_and_load():
    """Return a function that saves a distilled set and loads it again."""

    def function(distilled, folder, suffix):
        path = folder / f"set{suffix}"
        distilled.save(path)
        return DistilledSet.load(path)

    return function


@pytest.fixture(scope="session")
def assert_same_set():
    """Return a function that compares two distilled sets, with all dtypes."""
    return _assert_same_set


def _assert_same_set(expected, actual):
    if hasattr(expected.X, "iloc"):
        pd.testing.assert_frame_equal(actual.X, expected.X.reset_index(drop=True))
    else:
        _assert_same_array(expected.X, actual.X)
    for name in ("y", "soft_labels", "sample_weight", "classes"):
        _assert_same_array(getattr(expected, name), getattr(actual, name))
    assert actual.target_name == expected.target_name
    assert actual.info == expected.info


def _assert_same_array(expected, actual):
    assert (expected is None) == (actual is None)
    if expected is not None:
        np.testing.assert_array_equal(actual, expected)
        assert actual.dtype == expected.dtype


@pytest.fixture(scope="session")
def load_error():
    """Return a function that loads an invalid file and returns the error message."""

    def function(path):
        message = "is damaged or does not contain a distilled set"
        with pytest.raises(ValueError, match=message) as caught:
            DistilledSet.load(path)
        assert repr(os.fspath(path)) in str(caught.value)
        return str(caught.value)

    return function


@pytest.fixture(scope="session")
def rewrite_npz():
    """Return a function that changes arrays and header entries of a valid .npz file."""

    def function(path, **changes):
        with np.load(path) as file:
            arrays = dict(file)
        header = json.loads(str(arrays["header"]))
        header |= changes.pop("header", {})
        arrays |= changes
        arrays = {name: value for name, value in arrays.items() if value is not None}
        header["arrays"] = sorted(set(arrays) - {"header"})
        arrays["header"] = np.array(json.dumps(header))
        np.savez(path, **arrays)

    return function


@pytest.fixture(scope="session")
def rewrite_parquet():
    """Return a function that changes the columns or the header of a .parquet file."""

    def function(path, *, columns=None, header=None):
        table = pq.read_table(path)
        metadata = dict(table.schema.metadata)
        if columns is not None:
            table = table.select(columns)
        if header is not None:
            stored = json.loads(metadata[FORMAT.encode()])
            metadata[FORMAT.encode()] = json.dumps(stored | header).encode()
        pq.write_table(table.replace_schema_metadata(metadata), path)

    return function
