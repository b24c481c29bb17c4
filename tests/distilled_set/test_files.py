"""Distilled sets as files: what comes back, and what is refused."""

import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sklearn_distill import DistilledSet
from sklearn_distill._utils.atomic_file import write_atomically
from sklearn_distill.distilled_set.distilled_array import DistilledLabels, attach_labels
from sklearn_distill.distilled_set.file_header import FORMAT

SUFFIXES = [".npz", ".parquet", ".csv"]


def saved_and_loaded(made, folder, suffix):
    path = folder / f"set{suffix}"
    made.save(path)
    return DistilledSet.load(path)


def assert_same_array(one, other):
    assert (one is None) == (other is None)
    if one is not None:
        np.testing.assert_array_equal(other, one)
        assert other.dtype == one.dtype


def assert_same_set(one, other):
    if hasattr(one.X, "iloc"):
        pd.testing.assert_frame_equal(other.X, one.X.reset_index(drop=True))
    else:
        assert_same_array(one.X, other.X)
    for name in ("y", "soft_labels", "sample_weight", "classes"):
        assert_same_array(getattr(one, name), getattr(other, name))
    assert other.target_name == one.target_name
    assert other.info == one.info


def is_same_set(one, other):
    try:
        assert_same_set(one, other)
    except AssertionError:
        return False
    return True


def frame(values, dtype=None):
    return pd.DataFrame({"a": pd.Series(values, dtype=dtype)})


def a_set(X=None, **changes):
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
    "one name twice": pd.DataFrame(np.eye(4), columns=["a", "a", "b", "b"]),
    "no unicode": frame(["\ud800", "a", "b", "c"], object),
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
def test_a_table_comes_back_with_its_dtypes(kind, suffix, tmp_path):
    made = a_set(TABLES[kind])
    assert_same_set(made, saved_and_loaded(made, tmp_path, suffix))


def test_columns_of_X_may_be_called_as_the_columns_of_labels_are(tmp_path):
    names = ["sample_weight", "soft_label:no", "target"]
    X = pd.DataFrame(np.arange(12).reshape(4, 3), columns=names)
    made = a_set(X, sample_weight=None, soft_labels=None)
    for suffix in (".npz", ".parquet"):
        assert_same_set(made, saved_and_loaded(made, tmp_path, suffix))
    with pytest.raises(
        ValueError, match=r"\['sample_weight', 'soft_label:no'\].*Rename"
    ):
        made.save(tmp_path / "set.csv")


@pytest.mark.parametrize("kind", ONLY_NPZ)
def test_npz_keeps_tables_that_parquet_refuses(kind, tmp_path):
    made = a_set(ONLY_NPZ[kind])
    assert_same_set(made, saved_and_loaded(made, tmp_path, ".npz"))
    with pytest.raises(ValueError, match=r"npz|Duplicate|codec"):
        made.save(tmp_path / "set.parquet")
    assert os.listdir(tmp_path) == ["set.npz"]


@pytest.mark.parametrize("kind", ARRAYS)
def test_an_array_comes_back_to_the_last_bit(kind, tmp_path):
    made = a_set(ARRAYS[kind])
    assert_same_set(made, saved_and_loaded(made, tmp_path, ".npz"))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_an_array_in_a_table_file_comes_back_as_a_table(suffix, tmp_path):
    loaded = saved_and_loaded(a_set(ARRAYS["float64"]), tmp_path, suffix)
    assert list(loaded.X.columns) == ["x0", "x1"]
    np.testing.assert_array_equal(loaded.X, ARRAYS["float64"])


TARGETS = {
    "strings": (np.array(["a", "b", "a", "b"]), ["a", "b"]),
    "objects": (np.array(["a", "b", "a", "b"], dtype=object), None),
    "integers": (np.array([3, -1, 3, 3], dtype=np.int8), np.array([-1, 3], np.int8)),
    "booleans": (np.array([True, False, True, True]), [False, True]),
    "whole floats": (np.array([1.0, 0.0, 1.0, 1.0]), [0.0, 1.0]),
    "quantities": (np.array([0.1, 1 / 3, 1e300, 2.0]), None),
    "whole quantities": (np.array([7, 2, 9, 11]), None),
    "none": (None, None),
    "a class without rows": (np.array([1, 1, 1, 1]), [1, 2]),
}


def set_with_target(kind, *, soft):
    y, classes = TARGETS[kind]
    if kind == "objects":
        classes = np.array(["a", "b"], dtype=object)
    soft_labels = np.tile([0.3, 0.7], (4, 1)) if soft else None
    return a_set(y=y, classes=classes, soft_labels=soft_labels)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("soft", [False, True])
def test_labels_come_back_with_their_dtype(kind, soft, suffix, tmp_path):
    if soft and TARGETS[kind][1] is None and kind != "objects":
        soft = False
    made = set_with_target(kind, soft=soft)
    assert_same_set(made, saved_and_loaded(made, tmp_path, suffix))


@pytest.mark.parametrize(
    "kind", sorted(set(TARGETS) - {"none", "a class without rows"})
)
def test_labels_in_a_csv_file_come_back_as_classes_or_quantities(kind, tmp_path):
    made = set_with_target(kind, soft=False)
    loaded = saved_and_loaded(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.y, made.y)
    assert (loaded.classes is None) == (made.classes is None)
    if made.classes is not None:
        np.testing.assert_array_equal(loaded.classes, made.classes)


@pytest.mark.parametrize(
    "kind",
    [kind for kind, (_, classes) in TARGETS.items() if classes is not None],
)
def test_soft_labels_in_a_csv_file_come_back_with_their_classes(kind, tmp_path):
    made = set_with_target(kind, soft=True)
    loaded = saved_and_loaded(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.y, made.y)
    np.testing.assert_array_equal(loaded.classes, made.classes)
    np.testing.assert_array_equal(loaded.soft_labels, made.soft_labels)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_whole_set_comes_back(suffix, tmp_path):
    made = a_set()
    loaded = saved_and_loaded(made, tmp_path, suffix)
    if suffix != ".csv":
        assert_same_set(made, loaded)
    # A CSV file keeps values, not dtypes.
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
def test_values_come_back_to_the_last_bit(tmp_path, rows):
    X = pd.DataFrame(rows, columns=["number", "count", "text"])
    X = X.astype({"count": "int64", "text": object, "number": float})
    made = DistilledSet(X, np.arange(len(X)) / 3)
    for suffix in (".npz", ".parquet"):
        assert_same_set(made, saved_and_loaded(made, tmp_path, suffix))
    # In a CSV file a column of digits is a column of numbers, whatever it was.
    X["text"] = "'" + X["text"]
    X["number"] += 0.5
    loaded = saved_and_loaded(made, tmp_path, ".csv")
    np.testing.assert_array_equal(loaded.X.to_numpy(object), X.to_numpy(object))
    np.testing.assert_array_equal(loaded.y, made.y)


def test_info_may_hold_numpy_values_and_comes_back_plain(tmp_path):
    made = a_set(
        info={"loss": np.float32(0.5), "steps": np.arange(3), "n": np.int64(2)}
    )
    loaded = saved_and_loaded(made, tmp_path, ".npz")
    assert loaded.info == {"loss": 0.5, "steps": [0, 1, 2], "n": 2}


def test_a_table_that_carries_labels_is_saved_without_them(tmp_path):
    labels = DistilledLabels(np.arange(4), None, None, None)
    made = a_set(attach_labels(TABLES["float32"].copy(), labels))
    for suffix in (".npz", ".parquet"):
        assert saved_and_loaded(made, tmp_path, suffix).X.attrs == {}


def test_the_npz_file_holds_no_pickles(tmp_path):
    a_set(ARRAYS["objects"], info={"text": "x"}).save(tmp_path / "set.npz")
    with np.load(tmp_path / "set.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind != "O" for name in file.files)


@pytest.mark.parametrize(
    ("changes", "suffix", "says"),
    [
        ({"y": None, "soft_labels": None}, ".csv", "no labels: use .npz"),
        ({"X": ARRAYS["images"]}, ".csv", "no table: save them as .npz"),
        ({"X": ARRAYS["images"]}, ".parquet", "no table: save them as .npz"),
        ({"target_name": "number"}, ".csv", "Rename them, or set target_name"),
        ({"target_name": "number"}, ".parquet", "Rename them, or set target_name"),
        ({"target_name": "sample_weight"}, ".csv", "Set another target_name"),
        ({"target_name": "soft_label:a"}, ".parquet", "Set another target_name"),
        ({"X": ONLY_NPZ["one name twice"]}, ".csv", "Rename them, or use .npz"),
        ({"X": frame([0.1, None, 1, 2])}, ".csv", "missing values .* use .npz"),
        ({"X": frame([b"a"] * 4, object)}, ".npz", "bytes.*Convert it"),
        ({"X": frame(pd.to_datetime(["2020"] * 4))}, ".npz", "Timestamp.*Convert it"),
        ({"info": {"when": {1, 2}}}, ".npz", "set.*Convert it"),
        ({"info": {"when": {1, 2}}}, ".parquet", "set.*Convert it"),
        (
            {
                "X": frame(
                    list("abab"), pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))
                )
            },
            ".npz",
            "'a' has dtype dictionary.*astype",
        ),
        (
            {
                "X": pd.DataFrame(
                    np.eye(4), columns=pd.MultiIndex.from_arrays([[0] * 4] * 2)
                )
            },
            ".npz",
            "names must be strings or integers",
        ),
        (
            {"X": pd.DataFrame(np.eye(4), columns=[0.5, 1.5, 2.5, 3.5])},
            ".parquet",
            "names must be strings or integers",
        ),
    ],
)
def test_a_set_that_the_format_cannot_hold_is_refused(changes, suffix, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        a_set(**changes).save(tmp_path / f"set{suffix}")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["set.txt", "set", "set.npy", "set.npz.gz", ".npz"])
def test_a_wrong_ending_is_refused_with_the_right_ones(name, tmp_path):
    for act in (a_set().save, DistilledSet.load):
        with pytest.raises(ValueError, match=r"a .npz, .parquet or .csv file"):
            act(tmp_path / name)


def test_the_ending_may_be_in_capitals_and_the_path_a_string(tmp_path):
    path = str(tmp_path / "SET.NPZ")
    a_set().save(path)
    assert_same_set(a_set(), DistilledSet.load(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_not_there_is_not_found(suffix, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no file .*set{suffix}"):
        DistilledSet.load(tmp_path / f"set{suffix}")
    with pytest.raises(FileNotFoundError, match=r"no directory .*nowhere"):
        a_set().save(tmp_path / "nowhere" / f"set{suffix}")


def refused(path):
    """Load a file that must be refused by name; return what the message says of it."""
    with pytest.raises(ValueError, match="damaged, or is no distilled set") as caught:
        DistilledSet.load(path)
    assert repr(os.fspath(path)) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_truncated_file_is_refused_wherever_it_was_cut(suffix, tmp_path):
    path = tmp_path / f"set{suffix}"
    a_set().save(path)
    whole = path.read_bytes()
    for length in {*range(0, len(whole), len(whole) // 60), len(whole) - 1}:
        path.write_bytes(whole[:length])
        refused(path)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_flipped_bit_is_refused_or_does_no_harm(suffix, tmp_path):
    made = a_set()
    path = tmp_path / f"set{suffix}"
    made.save(path)
    whole = path.read_bytes()
    rng = np.random.RandomState(0)
    n_refused = 0
    for place in np.linspace(0, len(whole) - 1, 300).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randint(8)
        path.write_bytes(damaged)
        try:
            loaded = DistilledSet.load(path)
        except ValueError as error:
            n_refused += path.name in str(error)
        else:
            # Such as a bit of a time stamp, which nobody reads.
            assert is_same_set(made, loaded), f"bit flipped in byte {place}"
    assert n_refused > 100


def test_a_damaged_csv_file_is_refused_where_it_can_be_told(tmp_path):
    path = tmp_path / "set.csv"
    for text in (
        b"",
        b"a,b,target\n",  # no rows
        b"target\n1\n2\n",  # nothing but labels
        b"a,b,target\n1,2,0\n1,2",  # cut within a line
        b'a,b,target\n1,2,"0',  # cut within a text
        b"a,b,target\n1,2,0,7,9\n1,2,0,7,9\n",  # lines longer than the header
        b"a,b,target\n1,2,\xff\xfe\n",  # no UTF-8
        b"a,sample_weight,target\n1,-2,1\n",
        b"a,target,soft_label:x,soft_label:y\n1,x,0.9,0.9\n",
    ):
        path.write_bytes(text)
        refused(path)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"PK\x03\x04", b"PAR1PAR1", b"not a set\n", pickle.dumps({})],
)
def test_a_file_of_something_else_is_refused(suffix, content, tmp_path):
    path = tmp_path / f"set{suffix}"
    path.write_bytes(content)
    refused(path)


def test_foreign_files_of_the_right_kind_are_refused(tmp_path):
    says = "it does not say that it is a distilled set"
    path = tmp_path / "set.npz"
    np.savez(path, X=np.eye(3), y=np.arange(3))
    assert says in refused(path)
    np.savez(path, X=np.eye(3), header=np.array(json.dumps({"format": "other"})))
    assert says in refused(path)
    np.savez(path, X=np.eye(3), header=np.array("[1, 2]"))
    assert says in refused(path)
    np.savez(path, X=np.eye(3), header=np.array("no json"))
    refused(path)
    with open(path, "wb") as file:
        np.save(file, np.eye(3))
    refused(path)
    path = tmp_path / "set.parquet"
    TABLES["int8"].to_parquet(path)
    assert says in refused(path)


class Payload:
    """Unpickling one of these creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_the_payload_of_these_tests_goes_off_where_pickles_are_loaded(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "pwned")))
    assert (tmp_path / "pwned").exists()


def rewrite(path, **changes):
    """Change arrays of an .npz file and entries of its header, keeping it valid."""
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(str(arrays["header"]))
    header |= changes.pop("header", {})
    arrays |= changes
    arrays = {name: value for name, value in arrays.items() if value is not None}
    header["arrays"] = sorted(set(arrays) - {"header"})
    arrays["header"] = np.array(json.dumps(header))
    np.savez(path, **arrays)


@pytest.mark.parametrize("name", ["header", "X", "y", "soft_labels", "sample_weight"])
def test_a_pickle_in_an_npz_file_is_never_loaded(name, tmp_path):
    path, pwned = tmp_path / "set.npz", tmp_path / "pwned"
    a_set(ARRAYS["float64"]).save(path)
    payload = np.array([Payload(pwned)] * 4, dtype=object)
    if name == "header":
        np.savez(path, header=payload)
    else:
        rewrite(path, **{name: payload})
    assert "allow_pickle" in refused(path)
    assert not pwned.exists()


def test_a_pickle_instead_of_a_file_is_never_loaded(tmp_path):
    for suffix in SUFFIXES:
        path = tmp_path / f"set{suffix}"
        path.write_bytes(pickle.dumps(Payload(tmp_path / "pwned")))
        refused(path)
    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.npy", pickle.dumps(Payload(tmp_path / "pwned")))
    refused(path)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"X": np.eye(3)},
        {"X": np.ones(4)},
        {"X": np.array(1.0)},
        {"X": None},
        {"y": np.array(["no", "yes"])},
        {"y": np.array([["no"]] * 4)},
        {"y": np.array(["other"] * 4)},
        {"soft_labels": np.ones((4, 5)) / 5},
        {"soft_labels": np.full((4, 2), np.nan)},
        {"sample_weight": np.full(4, -1.0)},
        {"header": {"classes": None}},
        {"header": {"classes": ["no"]}},
        {"header": {"classes_dtype": "no such dtype"}},
        {"header": {"info": 5}},
        {"header": {"json": ["X"]}},
        {"header": {"version": None}},
    ],
)
def test_an_npz_file_whose_parts_do_not_fit_is_refused(changes, tmp_path):
    path = tmp_path / "set.npz"
    a_set(ARRAYS["float64"]).save(path)
    rewrite(path, **changes)
    refused(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"X_1": None}, "values of column 'count' are not there"),
        ({"X_1": np.arange(3, dtype=np.int8)}, "not of one length"),
        ({"X_2": np.array([0, 1, 2, 9])}, "codes need to be between"),
        ({"X_1": np.array([0.5, 1, 2, 3])}, "'"),
        ({"header": {"columns": []}}, "not of one length"),
    ],
)
def test_an_npz_file_whose_columns_do_not_fit_is_refused(changes, says, tmp_path):
    path = tmp_path / "set.npz"
    a_set().save(path)
    rewrite(path, **changes)
    assert says in refused(path)


def test_an_npz_file_with_an_array_less_is_refused(tmp_path):
    path = tmp_path / "set.npz"
    a_set().save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "sample_weight"}
    np.savez(path, **arrays)
    assert "its arrays are not those that its header names" in refused(path)


def rewrite_parquet(path, *, columns=None, header=None):
    table = pq.read_table(path)
    metadata = dict(table.schema.metadata)
    if columns is not None:
        table = table.select(columns)
    if header is not None:
        stored = json.loads(metadata[FORMAT.encode()])
        metadata[FORMAT.encode()] = json.dumps(stored | header).encode()
    pq.write_table(table.replace_schema_metadata(metadata), path)


def test_a_parquet_file_whose_parts_do_not_fit_is_refused(tmp_path):
    path = tmp_path / "set.parquet"
    a_set().save(path)
    rewrite_parquet(path, columns=["number", "kind"])
    assert "not those that its header names" in refused(path)
    a_set().save(path)
    rewrite_parquet(path, header={"has_y": False})
    assert "does not fit the checksum" in refused(path)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_file_of_a_newer_format_asks_for_an_upgrade(suffix, tmp_path):
    path = tmp_path / f"set{suffix}"
    a_set().save(path)
    change = rewrite if suffix == ".npz" else rewrite_parquet
    change(path, header={"version": 2})
    assert "reads up to 1; upgrade sklearn-distill" in refused(path)


def test_a_directory_is_not_a_file(tmp_path):
    (tmp_path / "set.npz").mkdir()
    with pytest.raises(FileNotFoundError):
        DistilledSet.load(tmp_path / "set.npz")
    with pytest.raises(OSError, match="directory"):
        a_set().save(tmp_path / "set.npz")
    assert os.listdir(tmp_path) == ["set.npz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saving_replaces_the_old_file_and_leaves_nothing_else(suffix, tmp_path):
    path = tmp_path / f"set{suffix}"
    path.write_bytes(b"old" * 10_000)
    a_set().save(path)
    assert len(DistilledSet.load(path)) == 4
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_saved_file_is_as_readable_as_any_other(tmp_path):
    a_set().save(tmp_path / "set.npz")
    (tmp_path / "other").touch()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_an_error_while_writing_leaves_the_old_file_alone(error, tmp_path):
    path = tmp_path / "set.npz"
    a_set().save(path)

    def write(file):
        file.write(b"half of a ")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write)
    assert os.listdir(tmp_path) == ["set.npz"]
    assert_same_set(a_set(), DistilledSet.load(path))


SAVE_FOR_EVER = """
import sys
import numpy as np
from sklearn_distill import DistilledSet

for value in range(1, 1_000_000):
    X = np.random.RandomState(value).rand(20_000, 4)
    DistilledSet(X, np.full(len(X), value)).save(sys.argv[1])
    print(value, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_process_killed_while_it_saves_leaves_a_whole_file(tmp_path):
    path = tmp_path / "set.npz"
    rng = np.random.RandomState(0)
    n_cut_short = n_killed = 0
    while n_cut_short < 2 and n_killed < 20:
        n_killed += 1
        DistilledSet(np.zeros((5, 1)), np.zeros(5, dtype=int)).save(path)
        saving = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(path)], stdout=subprocess.PIPE
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
        n_cut_short += bool(unfinished)
        for p in unfinished:
            p.unlink()
    # Or nothing was killed in the middle, and the test has shown nothing.
    assert n_cut_short > 0


def test_csv_keeps_codes_and_refuses_labels_that_it_would_change(tmp_path):
    """Digits with a leading zero stay text; text that reads as numbers has no place."""
    rows = pd.DataFrame({"zip": ["01234", "00012"] * 4, "size": np.arange(8.0)})
    codes, digits = np.array(["01", "02"] * 4), np.array(["1", "2"] * 4)
    path = tmp_path / "set.csv"
    made = DistilledSet(rows, codes, classes=np.unique(codes))
    made.save(path)
    loaded = DistilledSet.load(path)
    assert list(loaded.y) == list(codes)
    assert list(loaded.X["zip"]) == list(rows["zip"])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="text that reads as numbers, such as '1'"):
        DistilledSet(rows, digits, classes=np.unique(digits)).save(path)
    assert path.read_bytes() == before
