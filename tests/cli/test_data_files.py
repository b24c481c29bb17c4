"""Tables and arrays are read from files, and invalid files are errors."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import DistilledSet, HerdingSelection
from sklearn_distill.cli._common import InputError
from sklearn_distill.cli.data_files import check_input, check_output, read_data


@pytest.mark.parametrize("names", [("X", "y"), ("X_train", "y_train"), ("X", "digit")])
def test_arrays_are_found_by_name(distill, names, digits, tmp_path):
    with np.load(digits) as file:
        arrays = dict(zip(names, (file["X"], file["y"]), strict=True))
    np.savez(tmp_path / "in.npz", X_test=np.zeros(3), **arrays)
    output = tmp_path / "small.npz"
    target = ["--target", "digit"] if "digit" in names else []
    assert distill(tmp_path / "in.npz", output, "--budget", "2", *target) == 0
    small = DistilledSet.load(output)
    assert small.X.shape == (20, 64)
    assert small.X.dtype == np.uint8
    np.testing.assert_array_equal(np.bincount(small.y), [2] * 10)


def test_no_target_reads_arrays_without_labels(distill, digits, tmp_path):
    assert distill(digits, tmp_path / "s.npz", "--no-target", "--budget", "5") == 0
    small = DistilledSet.load(tmp_path / "s.npz")
    assert (small.y, small.X.shape) == (None, (5, 64))


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        (
            {"images": 64, "y": 1},
            [],
            r"has no array 'X' or 'X_train'\. The arrays are: images, y",
        ),
        (
            {"X": 64, "label": 1},
            [],
            r"has no array 'y' of labels\. The arrays are: X, label\.",
        ),
        ({"X": 64, "label": 1}, ["--target", "lable"], r"Did you mean 'label'\?"),
        ({"X_train": 64, "y": 1}, [], "has no array 'y_train' of labels"),
        ({"X": (8, 8), "y": 1}, [], "images, pass --set image_shape=1,8,8"),
        (
            {"X": (8, 8), "y": 1},
            ["--set", "image_shape=1,28,28"],
            r"image_shape=\(1, 28, 28\).* 784 .* 64",
        ),
        ({"X": 1, "y": 1}, [], "Expected 2D array, got 1D array instead"),
        ({"X": 64, "y": 0}, [], "inconsistent numbers of samples"),
    ],
)
def test_invalid_arrays_are_errors(
    distill, arrays, options, message, tmp_path, error_line
):
    """`arrays` maps names to the shape of a row, 1 for 30 or 0 for 20 labels."""
    shapes = {0: (20,), 1: (30,)}
    np.savez(
        tmp_path / "in.npz",
        **{
            name: np.arange(np.prod(full)).reshape(full) % 3
            for name, shape in arrays.items()
            for full in [shapes.get(shape) or (30, *np.atleast_1d(shape))]
        },
    )
    assert distill(tmp_path / "in.npz", tmp_path / "s.npz", *options) == 2
    assert re.search(message, error_line())


def test_pickled_arrays_are_not_loaded(distill, tmp_path, error_line):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    objects = np.array([[Bomb()], [Bomb()]], dtype=object)
    np.savez(tmp_path / "in.npz", X=objects, y=np.arange(2))
    assert distill(tmp_path / "in.npz", tmp_path / "s.npz") == 2
    assert "cannot be read: Object arrays cannot be loaded" in error_line()
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,t\n1,x,u\n2,y,\n3,y,u\n", "Input y contains NaN"),
        ("a,b,t\n1,x,u\n2,y,u\n", "target 't' has a single class"),
        ("a,b,t\n", r"0 sample"),
        ("", "cannot be read: No columns to parse from file"),
        ("a;t\n1;u\n2;v\n", r"separated by semicolons\. Pass --sep=';'$"),
        ("a t\n1 u\n2 v\n", "has no column 't'. If the cells are not separated by"),
        (",b,t\n0,x,u\n1,y,v\n", "column 1 has no name. Remove the column if"),
        ("b,b,t\n1,x,u\n2,y,v\n", "several columns have the same name: b"),
        ("a,t\n0,x,u\n1,y,v\n", "rows have more cells than the header. If the cells"),
        ("a,t\n1,u\n1,v,w\n", "cannot be read: Error tokenizing data"),
        ("a,t\n\xff\xff,u\n", "not encoded in utf-8.* Pass .* --encoding=latin-1$"),
        (
            "a,T\n1,u\n2,v\n",
            r"no column 't'\. Did you mean 'T'\? The columns are: a, T\.",
        ),
        ("a,t\ninf,u\n2,v\n", r"infinity.*inf"),
    ],
)
def test_invalid_table_is_an_error_and_keeps_the_output(
    distill, text, message, tmp_path, error_line
):
    source, output = tmp_path / "in.csv", tmp_path / "small.csv"
    source.write_bytes(text.encode("latin-1"))
    output.write_text("old")
    assert distill(source, output, "--target", "t", "--budget", "1") == 2
    assert re.search(message, error_line())
    assert output.read_text() == "old"


def test_error_message_names_at_most_40_columns(distill, tmp_path, error_line):
    names = [f"x{j}" for j in range(300)]
    pd.DataFrame([range(300)] * 2, columns=names).to_csv(
        tmp_path / "a.csv", index=False
    )
    assert distill(tmp_path / "a.csv", tmp_path / "s.csv", "--target", "label") == 2
    assert error_line().endswith("x38, x39 and 260 more.\n")


@pytest.mark.parametrize("ending", [".csv.gz", ".parquet", ".npz"])
@pytest.mark.parametrize("content", [b"", b"hello", None])
def test_damaged_file_is_an_error(
    distill, ending, content, shapes, digits, tmp_path, error_line
):
    """The file is empty, contains text, or is truncated (content=None)."""
    source = tmp_path / f"in{ending}"
    if content is None:
        if ending == ".parquet":
            shapes.to_parquet(source)
        elif ending == ".csv.gz":
            shapes.to_csv(source, index=False)
        else:
            source.write_bytes(digits.read_bytes())
        content = source.read_bytes()[: source.stat().st_size // 2]
    source.write_bytes(content)
    options = [] if ending == ".npz" else ["--target", "kind"]
    assert distill(source, tmp_path / "s.npz", *options) == 2
    message = error_line()
    assert message.startswith(str(source))
    assert "cannot be read" in message or "is damaged" in message


def test_words_in_a_numeric_column_cause_a_warning(
    distill, shapes, table, tmp_path, capsys
):
    """A column with few different numbers, such as `corners`, causes no warning."""
    shapes["size"] = shapes["size"].astype(str)
    shapes.loc[3, "size"] = "NA"
    shapes["corners"] = shapes["corners"].clip(upper=5).astype(str)
    shapes.loc[shapes["corners"] == "5", "corners"] = "5 or more"
    shapes.to_csv(table, index=False)
    assert distill(table, tmp_path / "s.csv", "--target", "kind") == 0
    error = capsys.readouterr().err
    assert error.startswith(
        "warning: column 'size' is treated as categorical, because 1 of its 80 cells "
        "are not numbers, such as 'NA'."
    )
    assert "corners" not in error
    # The encoder also warns about the large number of categories.
    assert [line.count("'size'") for line in error.splitlines()] == [1, 1]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.csv", "nowhere.csv: the file does not exist."),
        ("folder.csv", "folder.csv: the folder contains no .parquet files."),
        (
            "notes.txt",
            "notes.txt: the input must be a .csv, .csv.gz, .parquet or .npz file.",
        ),
        ("shapes.tsv", "Rename it to .csv, and pass --sep='\\t'"),
        (
            "shapes.csv",
            "name the column that holds the labels with --target COLUMN",
        ),
    ],
)
def test_invalid_input_path_is_an_error(
    distill, source, message, table, tmp_path, error_line
):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "shapes.tsv").write_text("a\tb")
    assert distill(tmp_path / source, tmp_path / "s.csv") == 2
    assert message in error_line()


def test_codes_keep_leading_zeros(distill, tmp_path):
    """Codes such as 00123 are strings in a column and in the labels."""
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [f"00{i % 3},{i / 2},0{i % 2}" for i in range(12)]
    source.write_text("zip,x,kind\n" + "\n".join(rows) + "\n")
    assert distill(source, output, "--target", "kind", "--budget", "2") == 0
    cells = [line.split(",") for line in output.read_text().splitlines()[1:]]
    assert {row[0] for row in cells} <= {"000", "001", "002"}
    assert {row[2] for row in cells} == {"00", "01"}


def test_dates_of_a_csv_file_are_learned_as_dates(distill, tmp_path):
    """Real and learned dates lie in the range of the column, in whole days."""
    days = [f"2020-01-{day:02}" for day in range(1, 31)]
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = [f"{day},{i % 7},{'ab'[i % 2]}" for i, day in enumerate(days)]
    source.write_text("day,x,kind\n" + "\n".join(rows) + "\n")
    options = ["--target", "kind", "--budget", "3"]
    assert distill(source, output, *options, method="herding") == 0
    kept = [line.split(",")[0] for line in output.read_text().splitlines()[1:]]
    assert len(kept) == 6
    assert set(kept) <= set(days)
    learned = tmp_path / "learned.parquet"
    settings = ["--set", "max_iter=2", "--set", "learning_rate=1.0"]
    method = "kernel-inducing-points"
    assert distill(source, learned, *options, *settings, method=method) == 0
    dates = pd.read_parquet(learned)["day"]
    assert dates.dtype.kind == "M"
    assert set(dates.dt.strftime("%Y-%m-%d")) <= set(days)


def test_dates_that_do_not_exist_are_an_error(distill, tmp_path, error_line):
    source = tmp_path / "in.csv"
    source.write_text("day,kind\n" + "2020-01-02,a\n2020-02-31,b\n" * 4)
    assert distill(source, tmp_path / "o.csv", "--target", "kind") == 2
    assert "column 'day' holds dates, such as '2020-01-02'" in error_line()


def test_text_that_starts_like_a_date_is_a_category(distill, tmp_path):
    """Codes such as 2020-01-021 have more digits than a date."""
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("code,kind\n" + "2020-01-021,a\n2020-01-022,b\n" * 4)
    assert distill(source, output, "--target", "kind", "--budget", "1") == 0
    assert "2020-01-021" in output.read_text()


def test_read_data_splits_the_target_from_the_features(table, shapes):
    data = read_data(table, target="kind", labeled=True)
    pd.testing.assert_frame_equal(data.X, shapes.drop(columns="kind"))
    pd.testing.assert_series_equal(data.y, shapes["kind"])
    unlabeled = read_data(table, target=None, labeled=False)
    pd.testing.assert_frame_equal(unlabeled.X, shapes)
    assert unlabeled.y is None


def test_check_input_mentions_no_target_only_if_the_command_has_the_option(table):
    with pytest.raises(InputError, match=r"--target COLUMN$"):
        check_input(table, target=None, labeled=True)
    with pytest.raises(InputError, match="or pass --no-target"):
        check_input(table, target=None, labeled=True, may_be_unlabeled=True)
    check_input(table, target=None, labeled=False)


def test_check_output_raises_for_missing_and_read_only_directories(
    tmp_path, monkeypatch
):
    check_output(tmp_path / "new.csv")
    with pytest.raises(InputError, match=r"no' does not exist\. Create it first"):
        check_output(tmp_path / "no" / "new.csv")
    with pytest.raises(InputError, match="must be a file, not a directory"):
        check_output(tmp_path)
    # Replace os.access, because the user root may write to read-only directories.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="is not writable"):
        check_output(tmp_path / "new.csv")


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_file_of_a_distilled_table_can_be_distilled_again(suffix, distill, tmp_path):
    X = pd.DataFrame({"a": np.arange(60.0) % 17, "c": list("uvw") * 20})
    first, second = tmp_path / f"first{suffix}", tmp_path / "second.npz"
    HerdingSelection(10).fit(X, ["p", "n"] * 30).distilled_.save(first)
    target = ["--target", "target"] if suffix == ".parquet" else []
    assert distill(first, second, "--budget", "2", *target) == 0
    small = DistilledSet.load(second)
    assert small.y.tolist() == ["n", "n", "p", "p"]
    assert small.X.columns.tolist() == ["a", "c"]
    assert small.X["a"].isin(X["a"]).all()
    assert small.X["c"].isin(X["c"]).all()
