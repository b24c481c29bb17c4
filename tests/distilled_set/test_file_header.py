"""The headers of .npz and .parquet files."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sklearn_distill.distilled_set.file_header import (
    check_header,
    column_headers,
    dtype_of,
    header_of,
    parts_of_header,
)
from sklearn_distill.distilled_set.json_values import to_json
from sklearn_distill.distilled_set.parts import SetParts


def test_parts_of_header_restores_classes_name_and_info():
    parts = SetParts(
        np.eye(2),
        np.array([3, 7], dtype=np.int8),
        classes=np.array([3, 7], dtype=np.int8),
        target_name="kind",
        info={"loss": 0.5},
    )
    header = json.loads(to_json(header_of(parts)))
    assert header["y_dtype"] == "int8"
    restored = parts_of_header(check_header(header), parts.X)
    np.testing.assert_array_equal(restored["classes"], [3, 7])
    assert restored["classes"].dtype == np.int8
    assert restored["target_name"] == "kind"
    assert restored["info"] == {"loss": 0.5}


@pytest.mark.parametrize("header", [None, [1, 2], {"format": "other"}])
def test_check_header_raises_for_a_foreign_header(header):
    with pytest.raises(ValueError, match="no header of a distilled set"):
        check_header(header)


@pytest.mark.parametrize(
    "dtype",
    [
        "int8",
        "Float64",
        "bool[pyarrow]",
        "str",
        "string",
        "string[pyarrow]",
        pd.ArrowDtype(pa.string()),
        pd.CategoricalDtype(["b", "a"], ordered=True),
        pd.CategoricalDtype([2, 1]),
    ],
    ids=repr,
)
def test_dtype_of_restores_the_dtype_of_a_column(dtype):
    frame = pd.DataFrame({"a": pd.Series([], dtype=dtype)})
    (header,) = json.loads(to_json(column_headers(frame)))
    assert header["name"] == "a"
    assert dtype_of(header) == frame["a"].dtype


def test_numpy_values_in_info_are_loaded_as_python_values(
    make_set, save_and_load, tmp_path
):
    made = make_set(
        info={"loss": np.float32(0.5), "steps": np.arange(3), "n": np.int64(2)}
    )
    loaded = save_and_load(made, tmp_path, ".npz")
    assert loaded.info == {"loss": 0.5, "steps": [0, 1, 2], "n": 2}


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_load_raises_for_a_newer_format_version(
    make_set, load_error, rewrite_npz, rewrite_parquet, suffix, tmp_path
):
    path = tmp_path / f"set{suffix}"
    make_set().save(path)
    change = rewrite_npz if suffix == ".npz" else rewrite_parquet
    change(path, header={"version": 3})
    assert "supports versions up to 2; upgrade sklearn-distill" in load_error(path)


def test_load_raises_for_files_without_a_valid_header(load_error, tmp_path):
    message = "the file has no header of a distilled set"
    path = tmp_path / "set.npz"
    np.savez(path, X=np.eye(3), y=np.arange(3))
    assert message in load_error(path)
    np.savez(path, X=np.eye(3), header=np.array(json.dumps({"format": "other"})))
    assert message in load_error(path)
    np.savez(path, X=np.eye(3), header=np.array("[1, 2]"))
    assert message in load_error(path)
    np.savez(path, X=np.eye(3), header=np.array("no json"))
    load_error(path)
    with open(path, "wb") as file:
        np.save(file, np.eye(3))
    load_error(path)
    path = tmp_path / "set.parquet"
    pd.DataFrame({"a": [1, 2]}).to_parquet(path)
    assert message in load_error(path)
