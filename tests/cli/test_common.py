"""Helpers that the commands share: options, messages and warnings."""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import sys
import warnings

import pytest

from sklearn_distill.cli._common import (
    InputError,
    Parser,
    joined,
    number,
    one_line,
    one_line_warnings,
    suggestion,
    wants_progress_bar,
)


def test_one_line_warnings_ignores_warnings_for_developers(capsys):
    with one_line_warnings():
        warnings.warn("unclosed file", ResourceWarning, stacklevel=1)
        warnings.warn("not in this version", FutureWarning, stacklevel=1)
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: two lines\n"


def test_one_line_warnings_prints_equal_warnings_once(capsys):
    with one_line_warnings():
        for rows in (10, 10, 20, 10):
            warnings.warn_explicit(f"{rows} rows", UserWarning, "file.py", rows)
            warnings.warn_explicit(f"{rows} rows", UserWarning, "other.py", rows)
    assert capsys.readouterr().err == "warning: 10 rows\nwarning: 20 rows\n"


def test_parser_raises_an_error_that_names_the_help():
    parser = Parser(prog="tool")
    parser.add_argument("--number", type=int)
    with pytest.raises(InputError, match=r"value: 'a'\. See: tool --help$"):
        parser.parse_args(["--number", "a"])
    with pytest.raises(InputError, match="unrecognized arguments: --num 1"):
        parser.parse_args(["--num", "1"])


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), (" 3", 3), ("0.5", 0.5), ("1e-1", 0.1), ("3.0", 3.0)]
)
def test_number_is_an_int_if_possible(text, value):
    assert number(text) == value
    assert type(number(text)) is type(value)


def test_number_raises_for_other_texts():
    with pytest.raises(ValueError, match="'a=3'"):
        number("a=3")


def test_suggestion_ignores_case():
    assert suggestion("TARGET", ["target", "size"]) == " Did you mean 'target'?"
    assert suggestion("height", ["target", "size"]) == ""


def test_joined_counts_the_names_that_it_omits():
    assert joined("abc") == "a, b, c"
    assert joined(range(43)).endswith("38, 39 and 3 more")


def test_one_line_removes_line_breaks():
    assert one_line(" a\n  b\tc ") == "a b c"


@pytest.mark.parametrize(
    ("progress", "quiet", "is_terminal", "expected"),
    [
        (True, False, False, True),
        (False, False, True, True),
        (False, True, True, False),
        (False, False, False, False),
    ],
)
def test_wants_progress_bar(progress, quiet, is_terminal, expected, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    args = argparse.Namespace(progress=progress, quiet=quiet)
    assert wants_progress_bar(args) is expected
