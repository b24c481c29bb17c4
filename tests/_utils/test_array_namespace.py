"""Arrays of other libraries are converted to NumPy, and results are converted back."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_distill import HerdingSelection
from sklearn_distill._utils import array_namespace
from sklearn_distill._utils.array_namespace import (
    check_namespace,
    first_rows,
    is_foreign_array,
    like_array,
    plain_array,
    rows_like_array,
    to_numpy,
)

X = np.arange(6.0).reshape(3, 2)


class OtherArray:
    """An array of a library that follows the array API but is not known."""

    def __init__(self, values, device="one"):
        self.values, self.device = np.asarray(values), device
        self.dtype, self.shape = self.values.dtype, self.values.shape

    def __array_namespace__(self):
        return OtherNamespace

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)

    def __getitem__(self, key):
        if not isinstance(key, tuple):
            raise IndexError("Each axis must have an index.")
        return OtherArray(self.values[key], self.device)


class OtherNamespace:
    """The functions of the library of `OtherArray`."""

    @staticmethod
    def asarray(values, dtype=None, device=None):
        return OtherArray(np.asarray(values, dtype), device)


@pytest.fixture
def dispatch(monkeypatch):
    """Let scikit-learn dispatch to the array API; its own switch requires SciPy's."""
    monkeypatch.setattr(
        array_namespace, "get_config", lambda: {"array_api_dispatch": True}
    )


def test_foreign_arrays_are_recognized_and_converted():
    for given in (OtherArray(X), torch.tensor(X, requires_grad=True)):
        assert is_foreign_array(given)
        np.testing.assert_array_equal(to_numpy(given), X)
        np.testing.assert_array_equal(to_numpy(first_rows(given, 2)), X[:2])
    assert not is_foreign_array(X)
    assert not is_foreign_array(X[0, 0])
    assert not is_foreign_array([1.0])


def test_arrays_of_an_unknown_library_are_distilled():
    y, rows = [0, 0, 1, 1], OtherArray(np.arange(8.0).reshape(4, 2))
    found = HerdingSelection(1).fit(rows, OtherArray(y))
    expected = clone(found).fit(to_numpy(rows), y)
    np.testing.assert_array_equal(found.distilled_.X, expected.distilled_.X)


def test_rows_have_the_library_the_dtype_and_the_device_of_the_given_rows():
    given = OtherArray(X.astype("f4"), device="two")
    rows = rows_like_array(given, X[:1])
    assert (type(rows), rows.dtype, rows.device) == (OtherArray, np.float32, "two")


def test_results_are_converted_only_under_dispatch():
    given = torch.tensor(X)
    assert like_array(given, X) is X


def test_texts_and_results_for_numpy_arrays_are_not_converted(dispatch):
    """tests/base/test_array_api.py converts numbers, which requires another process."""
    texts = np.array(["a"])
    assert like_array(torch.tensor(X), (texts, None)) == (texts, None)
    assert like_array(X, texts) is texts
    assert like_array(X, X) is X


def test_new_rows_of_another_library_raise_an_error(dispatch):
    given = torch.tensor(X)
    check_namespace(given, given[:1], "Model.predict")
    check_namespace(X.tolist(), X, "Model.predict")
    match = r"Inputs passed to Model\.predict\(\) must use the same namespace .*NumPy"
    with pytest.raises(ValueError, match=match):
        check_namespace(X, given, "Model.predict")


def test_plain_array_replaces_masked_values():
    masked = np.ma.masked_greater(np.arange(3), 1)
    np.testing.assert_array_equal(plain_array(masked), [0.0, 1.0, np.nan])
    assert plain_array(X) is X
