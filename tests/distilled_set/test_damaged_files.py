"""Damaged, foreign and malicious files, which must raise an error."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sklearn_distill import DistilledSet

SUFFIXES = [".npz", ".parquet", ".csv"]
ARRAY = np.array([[0.1, 1 / 3], [1e300, -0.0], [1, 2], [3, 4]])


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_load_raises_for_a_file_truncated_anywhere(
    make_set, load_error, suffix, tmp_path
):
    path = tmp_path / f"set{suffix}"
    make_set().save(path)
    whole = path.read_bytes()
    for length in {*range(0, len(whole), len(whole) // 60), len(whole) - 1}:
        path.write_bytes(whole[:length])
        load_error(path)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_load_raises_for_a_flipped_bit_or_returns_the_same_set(
    make_set, assert_same_set, suffix, tmp_path
):
    made = make_set()
    path = tmp_path / f"set{suffix}"
    made.save(path)
    whole = path.read_bytes()
    rng = np.random.RandomState(0)
    n_rejected = 0
    for place in np.linspace(0, len(whole) - 1, 300).astype(int):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.randint(8)
        path.write_bytes(damaged)
        try:
            loaded = DistilledSet.load(path)
        except ValueError as error:
            n_rejected += path.name in str(error)
        else:
            # Some bits, for example of time stamps, are not read.
            assert_same_set(made, loaded)
    assert n_rejected > 100


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\x00" * 100, b"PK\x03\x04", b"PAR1PAR1", b"not a set\n", pickle.dumps({})],
)
def test_load_raises_for_files_of_other_content(load_error, suffix, content, tmp_path):
    path = tmp_path / f"set{suffix}"
    path.write_bytes(content)
    load_error(path)


class Payload:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_payload_creates_a_file_if_it_is_unpickled(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "pwned")))
    assert (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", ["header", "X", "y", "soft_labels", "sample_weight"])
def test_pickle_in_an_npz_file_is_not_loaded(
    make_set, load_error, rewrite_npz, name, tmp_path
):
    path, pwned = tmp_path / "set.npz", tmp_path / "pwned"
    make_set(ARRAY).save(path)
    payload = np.array([Payload(pwned)] * 4, dtype=object)
    if name == "header":
        np.savez(path, header=payload)
    else:
        rewrite_npz(path, **{name: payload})
    assert "allow_pickle" in load_error(path)
    assert not pwned.exists()


def test_pickle_in_place_of_a_file_is_not_loaded(load_error, tmp_path):
    for suffix in SUFFIXES:
        path = tmp_path / f"set{suffix}"
        path.write_bytes(pickle.dumps(Payload(tmp_path / "pwned")))
        load_error(path)
    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.npy", pickle.dumps(Payload(tmp_path / "pwned")))
    load_error(path)
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
def test_load_raises_for_an_npz_file_with_inconsistent_parts(
    make_set, load_error, rewrite_npz, changes, tmp_path
):
    path = tmp_path / "set.npz"
    make_set(ARRAY).save(path)
    rewrite_npz(path, **changes)
    load_error(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X_1": None}, "the values of column 'count' are missing"),
        ({"X_1": np.arange(3, dtype=np.int8)}, "the columns differ in length"),
        ({"X_2": np.array([0, 1, 2, 9])}, "codes need to be between"),
        ({"X_1": np.array([0.5, 1, 2, 3])}, "'"),
        ({"header": {"columns": []}}, "the columns differ in length"),
    ],
)
def test_load_raises_for_an_npz_file_with_inconsistent_columns(
    make_set, load_error, rewrite_npz, changes, message, tmp_path
):
    path = tmp_path / "set.npz"
    make_set().save(path)
    rewrite_npz(path, **changes)
    assert message in load_error(path)


def test_load_raises_for_an_npz_file_without_one_of_its_arrays(
    make_set, load_error, tmp_path
):
    path = tmp_path / "set.npz"
    make_set().save(path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != "sample_weight"}
    np.savez(path, **arrays)
    assert "the arrays do not match the header" in load_error(path)


def test_load_raises_for_a_damaged_csv_file(load_error, tmp_path):
    path = tmp_path / "set.csv"
    for text in (
        b"",
        b"a,b,target\n",  # no rows
        b"target\n1\n2\n",  # only labels
        b"a,b,target\n1,2,0\n1,2",  # truncated within a line
        b'a,b,target\n1,2,"0',  # truncated within a string
        b"a,b,target\n1,2,0,7,9\n1,2,0,7,9\n",  # lines longer than the header
        b"a,b,target\n1,2,\xff\xfe\n",  # invalid UTF-8
        b"a,sample_weight,target\n1,-2,1\n",
        b"a,target,soft_label:x,soft_label:y\n1,x,0.9,0.9\n",
    ):
        path.write_bytes(text)
        load_error(path)


def test_load_raises_for_a_parquet_file_with_inconsistent_parts(
    make_set, load_error, rewrite_parquet, tmp_path
):
    path = tmp_path / "set.parquet"
    make_set().save(path)
    rewrite_parquet(path, columns=["number", "kind"])
    assert "the columns do not match the header" in load_error(path)
    make_set().save(path)
    rewrite_parquet(path, header={"has_y": False})
    assert "the checksum of the header does not match" in load_error(path)
