"""CSV files of any separator, decimal mark and encoding are read and written back."""

# SPDX-License-Identifier: BSD-3-Clause

import gzip
import re

import numpy as np
import pandas as pd
import pytest

from sklearn_distill.cli._common import InputError
from sklearn_distill.cli.csv_files import (
    CsvFormat,
    read_csv_table,
    warn_about_words_among_numbers,
)

ROWS = [("0,5", "Köln", "ja"), ("-1,25", "Bonn", "nein"), ("2,0", "Köln", "ja")] * 4


@pytest.fixture
def write(tmp_path):
    """A function that writes lines of cells as a CSV file and returns its path."""

    def to_path(rows, sep=",", encoding="utf-8", name="in.csv"):
        text = "\n".join(sep.join(row) for row in rows) + "\n"
        path = tmp_path / name
        data = text.encode(encoding)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return to_path


def test_semicolons_and_decimal_commas_are_read(write, distill, tmp_path):
    source = write([("x", "stadt", "ziel"), *ROWS], ";")
    options = ["--target", "ziel", "--budget", "2", "--sep=;", "--decimal", ","]
    assert distill(source, tmp_path / "o.csv", *options) == 0
    small = pd.read_csv(tmp_path / "o.csv")
    assert small["x"].isin([0.5, -1.25, 2.0]).all()
    assert set(small["stadt"]) <= {"Köln", "Bonn"}
    assert small["ziel"].value_counts().to_dict() == {"ja": 2, "nein": 2}


@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
@pytest.mark.parametrize(
    ("sep", "rows", "hint"),
    [
        (";", ROWS, "separated by semicolons. Pass --sep=';' --decimal=','"),
        ("\t", ROWS, r"separated by tabs. Pass --sep='\t' --decimal=','"),
        ("|", [("0.5", "a", "b")] * 3, "separated by vertical bars. Pass --sep='|'"),
    ],
)
def test_error_names_the_separator_and_the_decimal_mark(
    write, distill, sep, rows, hint, name, tmp_path, error_line
):
    source = write([("x", "stadt", "ziel"), *rows], sep, name=name)
    assert distill(source, tmp_path / "o.csv", "--target", "ziel") == 2
    assert error_line().endswith(f"{hint}\n")


def test_error_names_commas_if_sep_is_wrong(write):
    path = write([("x", "t"), ("1", "a"), ("2", "b")])
    with pytest.raises(InputError, match=r"separated by commas\. Pass --sep=','"):
        read_csv_table(path, CsvFormat(sep=";"))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_encoding_is_an_option_that_the_error_names(
    write, distill, encoding, tmp_path, error_line
):
    source = write([("x", "stadt", "ziel"), *[("1", *row[1:]) for row in ROWS]],
                   encoding=encoding)  # fmt: skip
    options = ["--target", "ziel", "--budget", "2"]
    assert distill(source, tmp_path / "o.csv", *options) == 2
    assert error_line().endswith(f"--encoding={encoding}\n")
    assert distill(source, tmp_path / "o.csv", *options, "--encoding", encoding) == 0
    assert "Köln" in (tmp_path / "o.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--encoding", "foo"], "'foo' must be an encoding that Python knows"),
        (["--sep", ";;"], "';;' must be a single character"),
        (["--decimal", ","], "are both ','. Set another separator with --sep=';'"),
    ],
)
def test_invalid_format_is_an_error(distill, options, message, table, error_line):
    assert distill(table, table.with_name("o.csv"), "--target", "kind", *options) == 2
    assert message in error_line()


def test_format_options_are_for_csv_files_only(distill, digits, tmp_path, error_line):
    assert distill(digits, tmp_path / "o.npz", "--sep", ";") == 2
    assert "are for .csv files only" in error_line()


def test_words_of_na_values_are_missing_values(write):
    path = write([("x", "t"), ("?", "a"), ("-", "b"), ("", "NA"), ("1.5", "c")])
    frame = read_csv_table(path, CsvFormat(na_values=["?", "-"])).frame
    np.testing.assert_array_equal(frame["x"], [np.nan, np.nan, np.nan, 1.5])
    assert frame["t"].tolist() == ["a", "b", "NA", "c"]


def test_warning_names_the_decimal_comma(write, distill, tmp_path, capsys):
    source = write([("x", "stadt", "ziel"), *ROWS], ";")
    options = ["--target", "ziel", "--budget", "2", "--sep", ";"]
    assert distill(source, tmp_path / "o.csv", *options) == 0
    assert re.search("column 'x' .*--decimal=','", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("{}%", "its numbers have a sign of a unit, such as '10%'. If the column"),
        ("$10{}.50", "a sign of a unit, such as '$1010.50'. If the column"),
        ("{} €", "remove the sign"),
        ("{}.03.2024", "its dates do not have the form 2024-01-31, such as '10.03.2"),
        ("10/{}/2024 8:00", "write them in this form"),
    ],
)
def test_warning_names_the_form_of_numbers_and_dates(write, cell, message):
    rows = [(cell.format(10 + i % 12), "ab"[i % 2]) for i in range(24)]
    frame = read_csv_table(write([("x", "t"), *rows]), CsvFormat()).frame
    with pytest.warns(UserWarning, match=re.escape(message)):
        warn_about_words_among_numbers(frame)


def test_words_without_numbers_do_not_warn(write):
    rows = [("1a", "x%"), ("b-2", "3 and 4"), ("%", "2024.1")]
    frame = read_csv_table(write([("x", "y"), *rows]), CsvFormat()).frame
    warn_about_words_among_numbers(frame)


@pytest.mark.parametrize(
    ("flags", "labels"),
    [
        (("true", "false"), ("TRUE", "FALSE")),
        (("True", "False"), ("True", "False")),
        (("yes", "no"), ("01", "02")),
        (("0", "1"), ("+1", "-1")),
    ],
)
def test_flags_and_labels_are_written_as_they_were_read(
    write, distill, flags, labels, tmp_path
):
    rows = [(f"{i / 4}", flags[i % 3 > 0], labels[i % 2]) for i in range(24)]
    source = write([("x", "flag", "label"), *rows])
    options = ["--target", "label", "--budget", "4"]
    assert distill(source, tmp_path / "o.csv", *options) == 0
    header, *lines = (tmp_path / "o.csv").read_text().splitlines()
    assert header == "x,flag,label"
    assert {tuple(line.split(",")) for line in lines} <= set(rows)
