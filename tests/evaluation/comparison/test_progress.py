"""Tests of the progress bar of a comparison."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

import pytest

from sklearn_distill.evaluation.comparison.progress import progress_bar


def test_progress_bar_counts_runs(capsys):
    pytest.importorskip("rich")
    with progress_bar(True, 4, 1, "wine") as advance:
        for _ in range(3):
            advance()
    printed = capsys.readouterr().err
    assert "4/4" in printed
    assert "wine" in printed


def test_no_progress_bar_is_shown_outside_of_a_terminal(capsys):
    with progress_bar("auto", 4, 0, "wine") as advance:
        advance()
    assert capsys.readouterr().err == ""


def test_missing_rich_is_a_warning(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with (
        pytest.warns(UserWarning, match="requires rich. Install it"),
        progress_bar(True, 4, 0, "wine") as advance,
    ):
        advance()
    assert capsys.readouterr().err == ""
