"""Distilled sets in files: all formats, .npz, damaged files and atomic writes."""

import os
import signal
import stat
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_distill import DistilledSet
from sklearn_distill._utils.atomic_file import write_atomically
from sklearn_distill.distilled_set.distilled_array import DistilledLabels, attach_labels

SUFFIXES = [".npz", ".parquet", ".csv"]


def frame(values, dtype=None):
    return pd.DataFrame({"a": pd.Series(values, dtype=dtype)})


TABLES = {
    "int8": frame([1, 2, 3, 4], "int8"),
    "uint64": frame([0, 1, 2**63, 2**64 - 1], "uint64"),
    "int64": frame([-(2**63), 1, 2**53 + 1, 2**63 - 1]),
    "float16": frame([0.5, 1, 2, 3], "float16"),
    "float32": frame([0.1, 1 / 3, 1e30, -0.0], "float32"),
    "bool": frame([True, False, True, True]),
    "Int64": frame([1, 2, 3, 2**60 + 1], "Int64"),
    "boolean": frame([True, False, True, True], "boolean"),
    "Float64": frame([0.1, 2, 3, 4], "Float64"),
    "string": frame(["a", "NA", "", "1"], "string"),
    "str": frame(["a", "NA", "", "1"], "str"),
    "object strings": frame(["a", "NA", "", "1"], object),
    "object numbers": frame([1, 2, 3, 4], object),
    "object booleans": frame([True, False, True, True], object),
    "integer columns": pd.DataFrame(np.eye(4), columns=[3, 1, 4, 15]),
    "arrow integers": frame([1, 2, 3, 4], "int64[pyarrow]"),
    "arrow strings": frame(["a", "NA", "", "1"], pd.ArrowDtype(pa.string())),
    "any index": frame([1, 2, 3, 4]).set_axis([9, 9, 2, 7]),
    "ordered": frame(
        list("abab"), pd.CategoricalDtype(["b", "unused", "a"], ordered=True)
    ),
    "number categories": frame([1, 2, 1, 2], pd.CategoricalDtype([2, 1, 7])),
    "boolean categories": frame([True, False] * 2, "category"),
}


ONLY_NPZ = {
    "mixed objects": frame(["a", 1, 2.5, True], object),
    "mixed categories": frame(["a", 1] * 2, "category"),
    "duplicate names": pd.DataFrame(np.eye(4), columns=["a", "a", "b", "b"]),
    "invalid unicode": frame(["\ud800", "a", "b", "c"], object),
}


ARRAYS = {
    "float64": np.array([[0.1, 1 / 3], [1e300, -0.0], [1, 2], [3, 4]]),
    "float32": np.eye(4, dtype=np.float32),
    "uint8": np.arange(8, dtype=np.uint8).reshape(4, 2),
    "bool": np.eye(4) > 0,
    "strings": np.array([["a", "bc"]] * 4),
    "objects": np.array([["a", 1], ["b", 2.5], ["c", True], ["", None]], dtype=object),
    "images": np.arange(64, dtype=np.uint8).reshape(4, 1, 4, 4),
}


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("kind", TABLES)
def test_frame_is_loaded_with_its_dtypes(
    make_set, save_and_load, assert_same_set, kind, suffix, tmp_path
):
    made = make_set(TABLES[kind])
    assert_same_set(made, save_and_load(made, tmp_path, suffix))


@pytest.mark.parametrize("kind", ONLY_NPZ)
def test_npz_stores_frames_that_parquet_cannot_store(
    make_set, save_and_load, assert_same_set, kind, tmp_path
):
    made = make_set(ONLY_NPZ[kind])
    assert_same_set(made, save_and_load(made, tmp_path, ".npz"))
    with pytest.raises(ValueError, match=r"npz|Duplicate|codec"):
        made.save(tmp_path / "set.parquet")
    assert os.listdir(tmp_path) == ["set.npz"]


@pytest.mark.parametrize("kind", ARRAYS)
def test_npz_keeps_arrays_exactly(
    make_set, save_and_load, assert_same_set, kind, tmp_path
):
    made = make_set(ARRAYS[kind])
    assert_same_set(made, save_and_load(made, tmp_path, ".npz"))


TARGETS = {
    "strings": (np.array(["a", "b", "a", "b"]), ["a", "b"]),
    "objects": (np.array(["a", "b", "a", "b"], dtype=object), None),
    "integers": (np.array([3, -1, 3, 3], dtype=np.int8), np.array([-1, 3], np.int8)),
    "booleans": (np.array([True, False, True, True]), [False, True]),
    "whole floats": (np.array([1.0, 0.0, 1.0, 1.0]), [0.0, 1.0]),
    "continuous": (np.array([0.1, 1 / 3, 1e300, 2.0]), None),
    "whole continuous": (np.array([7, 2, 9, 11]), None),
    "none": (None, None),
    "a class without rows": (np.array([1, 1, 1, 1]), [1, 2]),
}


def set_with_target(make_set, kind, *, soft):
    y, classes = TARGETS[kind]
    if kind == "objects":
        classes = np.array(["a", "b"], dtype=object)
    soft_labels = np.tile([0.3, 0.7], (4, 1)) if soft else None
    return make_set(y=y, classes=classes, soft_labels=soft_labels)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("soft", [False, True])
def test_labels_are_loaded_with_their_dtype(
    make_set, save_and_load, assert_same_set, kind, soft, suffix, tmp_path
):
    if soft and TARGETS[kind][1] is None and kind != "objects":
        soft = False
    made = set_with_target(make_set, kind, soft=soft)
    assert_same_set(made, save_and_load(made, tmp_path, suffix))


@pytest.mark.parametrize(
    "kind", sorted(set(TARGETS) - {"none", "a class without rows"})
)
def test_csv_keeps_the_kind_of_labels(make_set, save_and_load, kind, tmp_path):
    made = set_with_target(make_set, kind, soft=False)
    loaded = save_and_load(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.y, made.y)
    assert (loaded.classes is None) == (made.classes is None)
    if made.classes is not None:
        np.testing.assert_array_equal(loaded.classes, made.classes)


@pytest.mark.parametrize(
    "kind",
    [kind for kind, (_, classes) in TARGETS.items() if classes is not None],
)
def test_csv_keeps_soft_labels_and_their_classes(
    make_set, save_and_load, kind, tmp_path
):
    made = set_with_target(make_set, kind, soft=True)
    loaded = save_and_load(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.y, made.y)
    np.testing.assert_array_equal(loaded.classes, made.classes)
    np.testing.assert_array_equal(loaded.soft_labels, made.soft_labels)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_parts_are_loaded(
    make_set, save_and_load, assert_same_set, suffix, tmp_path
):
    made = make_set()
    loaded = save_and_load(made, tmp_path, suffix)
    if suffix != ".csv":
        assert_same_set(made, loaded)
    # A CSV file keeps values but no dtypes.
    np.testing.assert_array_equal(loaded.X.astype(object), made.X.astype(object))
    np.testing.assert_array_equal(loaded.y, made.y)
    np.testing.assert_array_equal(loaded.soft_labels, made.soft_labels)
    np.testing.assert_array_equal(loaded.sample_weight, made.sample_weight)
    assert loaded.target_name == "kind"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**63), 2**63 - 1),
            st.text(st.characters(codec="utf-8"), max_size=6),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_values_are_loaded_exactly(save_and_load, assert_same_set, tmp_path, rows):
    X = pd.DataFrame(rows, columns=["number", "count", "text"])
    X = X.astype({"count": "int64", "text": object, "number": float})
    made = DistilledSet(X, np.arange(len(X)) / 3)
    for suffix in (".npz", ".parquet"):
        assert_same_set(made, save_and_load(made, tmp_path, suffix))
    # Prefix the text, because strings of digits are read from a CSV file as numbers.
    X["text"] = "'" + X["text"]
    X["number"] += 0.5
    loaded = save_and_load(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.X.to_numpy(object), X.to_numpy(object))
    np.testing.assert_array_equal(loaded.y, made.y)


def test_attrs_of_labeled_rows_are_not_saved(make_set, save_and_load, tmp_path):
    labels = DistilledLabels(np.arange(4), None, None, None)
    made = make_set(attach_labels(TABLES["float32"].copy(), labels))
    for suffix in (".npz", ".parquet"):
        assert save_and_load(made, tmp_path, suffix).X.attrs == {}


def test_npz_file_contains_no_pickles(make_set, tmp_path):
    make_set(ARRAYS["objects"], info={"text": "x"}).save(tmp_path / "set.npz")
    with np.load(tmp_path / "set.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind != "O" for name in file.files)


@pytest.mark.parametrize(
    ("changes", "suffix", "message"),
    [
        ({"y": None, "soft_labels": None}, ".csv", "without labels. Use .npz"),
        (
            {"X": ARRAYS["images"]},
            ".csv",
            "cannot be stored in a table. Save them as .npz",
        ),
        (
            {"X": ARRAYS["images"]},
            ".parquet",
            "cannot be stored in a table. Save them as .npz",
        ),
        (
            {"target_name": "number"},
            ".csv",
            "Rename these columns of X, or set target_name",
        ),
        (
            {"target_name": "number"},
            ".parquet",
            "Rename these columns of X, or set target_name",
        ),
        ({"target_name": "sample_weight"}, ".csv", "Set another target_name"),
        ({"target_name": "soft_label:a"}, ".parquet", "Set another target_name"),
        ({"X": ONLY_NPZ["duplicate names"]}, ".csv", "Rename them, or use .npz"),
        (
            {"X": frame([0.1, None, 1, 2])},
            ".csv",
            "missing values from empty text. Save the set as",
        ),
        ({"info": {"when": {1, 2}}}, ".npz", "set.*Convert the value"),
        ({"info": {"when": {1, 2}}}, ".parquet", "set.*Convert the value"),
        (
            {"X": pd.DataFrame(np.eye(4), columns=[0.5, 1.5, 2.5, 3.5])},
            ".parquet",
            "names that are strings or integers",
        ),
    ],
)
def test_save_raises_if_the_format_cannot_store_the_set(
    make_set, changes, suffix, message, tmp_path
):
    with pytest.raises(ValueError, match=message):
        make_set(**changes).save(tmp_path / f"set{suffix}")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["set.txt", "set", "set.npy", "set.npz.gz", ".npz"])
def test_save_and_load_raise_for_an_unknown_suffix(make_set, name, tmp_path):
    for act in (make_set().save, DistilledSet.load):
        with pytest.raises(ValueError, match=r"must end in .npz, .parquet or .csv"):
            act(tmp_path / name)


def test_suffix_may_be_upper_case_and_path_a_string(
    make_set, assert_same_set, tmp_path
):
    path = str(tmp_path / "SET.NPZ")
    make_set().save(path)
    assert_same_set(make_set(), DistilledSet.load(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_file_or_directory_raises_file_not_found(make_set, suffix, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no file .*set{suffix}"):
        DistilledSet.load(tmp_path / f"set{suffix}")
    with pytest.raises(FileNotFoundError, match=r"no directory .*nowhere"):
        make_set().save(tmp_path / "nowhere" / f"set{suffix}")


def test_save_and_load_raise_for_a_directory(make_set, tmp_path):
    (tmp_path / "set.npz").mkdir()
    with pytest.raises(FileNotFoundError):
        DistilledSet.load(tmp_path / "set.npz")
    with pytest.raises(OSError, match="directory"):
        make_set().save(tmp_path / "set.npz")
    assert os.listdir(tmp_path) == ["set.npz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_save_replaces_the_file_and_leaves_no_other_file(make_set, suffix, tmp_path):
    path = tmp_path / f"set{suffix}"
    path.write_bytes(b"old" * 10_000)
    make_set().save(path)
    assert len(DistilledSet.load(path)) == 4
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_saved_file_has_the_default_permissions(make_set, tmp_path):
    make_set().save(tmp_path / "set.npz")
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_error_while_writing_keeps_the_existing_file(
    make_set, assert_same_set, error, tmp_path
):
    path = tmp_path / "set.npz"
    make_set().save(path)

    def write(file):
        file.write(b"incomplete ")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write)
    assert os.listdir(tmp_path) == ["set.npz"]
    assert_same_set(make_set(), DistilledSet.load(path))


SAVE_FOREVER = """
import sys
import numpy as np
from sklearn_distill import DistilledSet

for value in range(1, 1_000_000):
    X = np.random.RandomState(value).rand(20_000, 4)
    DistilledSet(X, np.full(len(X), value)).save(sys.argv[1])
    print(value, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_killing_a_process_while_it_saves_leaves_a_complete_file(tmp_path):
    path = tmp_path / "set.npz"
    rng = np.random.RandomState(0)
    n_incomplete = n_killed = 0
    while n_incomplete < 2 and n_killed < 20:
        n_killed += 1
        DistilledSet(np.zeros((5, 1)), np.zeros(5, dtype=int)).save(path)
        saving = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE
        )
        with saving.stdout:
            saving.stdout.readline()
            time.sleep(rng.uniform(0, 0.1))
            saving.send_signal(signal.SIGKILL)
            saving.wait()
        loaded = DistilledSet.load(path)
        np.testing.assert_array_equal(
            loaded.X, np.random.RandomState(loaded.y[0]).rand(20_000, 4)
        )
        unfinished = [p for p in tmp_path.iterdir() if p != path]
        n_incomplete += bool(unfinished)
        for p in unfinished:
            p.unlink()
    # If no process was killed while it was writing, the test is not conclusive.
    assert n_incomplete > 0


# Files that the first version of the package wrote.
FORMAT_1 = Path(__file__).parent / "format_1"


def set_of_format_1():
    X = pd.DataFrame(
        {
            "number": [0.1, 1 / 3, 1e300],
            "count": np.array([1, 2, 3], dtype=np.int8),
            "kinds": pd.Categorical(list("aba"), categories=list("cba"), ordered=True),
            "text": pd.Series(["", "NA", 'x,"y"\nz'], dtype=object),
            "nullable": pd.array([1, 2, 3], dtype="Int64"),
        }
    )
    return DistilledSet(
        X,
        ["no", "yes", "no"],
        soft_labels=[[0.9, 0.1], [0.25, 0.75], [1, 0]],
        sample_weight=[1, 0.5, 0],
        classes=["no", "yes"],
        target_name="kind",
        info={"method": "Some", "loss": None, "sizes": [3, 1.5]},
    )


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_files_of_format_version_1_are_loaded_exactly(assert_same_set, suffix):
    assert_same_set(set_of_format_1(), DistilledSet.load(FORMAT_1 / f"set{suffix}"))


def test_csv_file_of_format_version_1_is_loaded_with_equal_values():
    expected, loaded = set_of_format_1(), DistilledSet.load(FORMAT_1 / "set.csv")
    np.testing.assert_array_equal(loaded.X.astype(object), expected.X.astype(object))
    np.testing.assert_array_equal(loaded.y, expected.y)
    np.testing.assert_array_equal(loaded.soft_labels, expected.soft_labels)
    np.testing.assert_array_equal(loaded.sample_weight, expected.sample_weight)
    assert loaded.target_name == "kind"


def test_npz_file_of_format_version_1_with_an_object_array_is_loaded(assert_same_set):
    X = np.array([["a", 1], ["b", 2.5]], dtype=object)
    expected = DistilledSet(X, [0.5, 1.5])
    assert_same_set(expected, DistilledSet.load(FORMAT_1 / "array.npz"))


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_tables_of_other_libraries_are_restored(library, suffix, tmp_path):
    X = pl.DataFrame(
        {
            "small": pl.Series([1, None, 3, 4], dtype=pl.Int16),
            "text": ["a", None, "b", "a"],
            "enum": pl.Series(list("xyxy"), dtype=pl.Enum(["y", "x", "z"])),
            "day": [date(2020, 1, day) for day in (1, 2, 3, 4)],
        }
    )
    X = X if library == "polars" else X.to_arrow()
    small = DistilledSet(X, [0.5, 1.5, 2.5, 3.5])
    small.save(tmp_path / f"set.{suffix}")
    loaded = DistilledSet.load(tmp_path / f"set.{suffix}")
    assert type(loaded.X) is type(X)
    assert loaded.X.schema == X.schema
    assert loaded.X.equals(X)


def test_a_polars_table_is_loaded_with_pandas_if_polars_is_missing(
    tmp_path, monkeypatch
):
    small = DistilledSet(pl.DataFrame({"a": [1, 2]}), [0.5, 1.5])
    small.save(tmp_path / "set.npz")
    monkeypatch.setitem(sys.modules, "polars", None)
    loaded = DistilledSet.load(tmp_path / "set.npz")
    pd.testing.assert_frame_equal(loaded.X, pd.DataFrame({"a": [1, 2]}))
