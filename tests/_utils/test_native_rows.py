"""Rows in containers of other libraries are converted and converted back."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from scipy import sparse
from sklearn import config_context
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from sklearn_distill._utils.native_rows import (
    dense_rows_of,
    from_native,
    keeps_container,
    like_native,
    nbytes_of,
    rows_for,
)


@pytest.fixture
def table():
    """An Arrow table with a category that no row has."""
    color = pd.Categorical(["b", "a", "b"], categories=["c", "b", "a"], ordered=True)
    frame = pd.DataFrame({"x": np.arange(3, dtype="f4"), "color": color})
    frame["n"] = np.array([3, 1, 2], dtype="i1")
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_arrow_tables_keep_types_and_categories(table):
    frame = from_native(table)
    assert frame.dtypes.astype(str).tolist() == ["float32", "category", "int8"]
    assert like_native(table, frame).equals(table.replace_schema_metadata(None))


def test_polars_tables_keep_types_and_categories(table):
    polars = pytest.importorskip("polars")
    given = polars.from_arrow(table).with_columns(
        polars.col("color").cast(polars.Enum(["c", "b", "a"]))
    )
    found = like_native(given, from_native(given))
    assert found.schema == given.schema
    assert found.equals(given)
    with pytest.raises(TypeError, match=r"lazy frame of polars\. Pass X\.collect"):
        from_native(given.lazy())


def test_a_table_becomes_an_array_of_objects_without_pandas(table, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    rows = from_native(table)
    assert rows.tolist() == [[0, "b", 3], [1, "a", 1], [2, "b", 2]]
    assert rows.columns == ["x", "color", "n"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64])
def test_tensors_are_converted_to_arrays(dtype):
    X = torch.arange(4).reshape(2, 2).to(dtype)
    if dtype.is_floating_point:
        X.requires_grad_()
    np.testing.assert_array_equal(from_native(X), [[0, 1], [2, 3]])


def test_tensors_are_kept_only_if_scikit_learn_dispatches_to_the_array_api(monkeypatch):
    X = torch.zeros(2, 2, dtype=torch.float64)
    assert not keeps_container(X)
    monkeypatch.setattr(
        "sklearn_distill._utils.array_namespace.get_config",
        lambda: {"array_api_dispatch": True},
    )
    found = like_native(X, np.ones((1, 2), dtype="f4"))
    assert found.dtype == X.dtype
    assert found.device == X.device


def test_torch_data_sets_are_an_error():
    data = torch.utils.data.TensorDataset(torch.zeros(2, 1))
    with pytest.raises(TypeError, match="a TensorDataset of PyTorch"):
        from_native(data)


@pytest.mark.parametrize("form", ["csc_array", "coo_matrix", "csr_matrix"])
def test_sparse_rows_come_back_as_csr(form):
    given = getattr(sparse, form)(np.eye(3))
    found = like_native(given, np.eye(3)[:2])
    assert type(found).__name__ == f"csr_{form.split('_')[1]}"
    np.testing.assert_array_equal(dense_rows_of(found), np.eye(3)[:2])
    assert nbytes_of(found) == (
        found.data.nbytes + found.indices.nbytes + found.indptr.nbytes
    )


def test_rows_are_dense_for_estimators_that_require_dense_rows():
    X = sparse.eye_array(3).tocsr()
    assert rows_for(SVC(), X) is X
    assert isinstance(rows_for(GaussianNB(), X), np.ndarray)
    assert isinstance(rows_for(make_pipeline(GaussianNB()), X), np.ndarray)
    assert isinstance(rows_for(object(), X), np.ndarray)
    with config_context():
        assert rows_for(GaussianNB(), [1]) == [1]
