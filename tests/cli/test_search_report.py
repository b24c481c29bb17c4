"""The messages and the table of `sklearn-distill search`."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import pytest

from sklearn_distill.cli._common import InputError
from sklearn_distill.cli.search_report import short, short_warnings, table_of

FAILED = """
All the 3 fits failed.
It is very likely that your model is misconfigured.

3 fits failed with the following error:
Traceback (most recent call last):
  File "x.py", line 1, in fit
ValueError: C must be positive.
"""


def test_traceback_is_reduced_to_the_last_error():
    assert short(FAILED) == "All 3 fits failed. The last error: C must be positive."
    assert short("one\n  two") == "one two"


def test_equal_warnings_are_printed_once(capsys):
    with short_warnings():
        warnings.simplefilter("always")
        for text in ("slow", "slow", "One or more of the test scores are non-finite"):
            warnings.warn(text, stacklevel=1)
    assert capsys.readouterr().err == "warning: slow\n"


def test_failure_of_all_fits_is_an_input_error():
    with pytest.raises(
        InputError, match=r"^All 3 fits failed\. The last error: C must"
    ):
        with short_warnings():
            raise ValueError(FAILED)
    with pytest.raises(ValueError, match="other"), short_warnings():
        raise ValueError("other")


def test_table_has_a_line_for_each_confirmed_candidate():
    confirmed = [
        {"params": {"C": 10, "kernel": "rbf"}, "distilled": 0.5, "all_rows": 0.75},
        {"params": {"C": 1}, "distilled": 0.25, "all_rows": None},
    ]
    report = {
        "candidates": 4,
        "rows": 20,
        "confirmed": confirmed,
        "params": {"C": 10, "kernel": "rbf"},
        "seconds": {"searching": 1.0, "confirming": 2.0},
    }
    title, header, first, second, best = table_of(report).split("\n")
    assert title.endswith("2 confirmed on all rows, 3.0 s")
    assert header.split() == ["C", "kernel", "distilled", "rows", "all", "rows"]
    assert first.split() == ["10", "rbf", "0.5000", "0.7500"]
    assert second.split() == ["1", "0.2500"]
    assert best == "best: C=10, kernel='rbf'"
