"""`sklearn-distill list` prints the installed methods."""

# SPDX-License-Identifier: BSD-3-Clause

import json
import re
import subprocess
import sys

import pytest

from sklearn_distill import __version__
from sklearn_distill.cli.main import main
from sklearn_distill.plugins import Diagnosis, PluginInfo, diagnosis


def test_list_prints_a_table_of_the_installed_methods(capsys):
    assert main(["list"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "DESCRIPTION", "DISTRIBUTION", "VERSION"]
    assert [
        "random",
        "Keep random rows of each class.",
        "sklearn-distill",
        __version__,
    ] in [re.split(r" {2,}", line) for line in lines]


def test_list_json_prints_the_same_methods(capsys):
    assert main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {
        "name": "random",
        "description": "Keep random rows of each class.",
        "distribution": "sklearn-distill",
        "version": __version__,
        "class": "sklearn_distill.selection:RandomSelection",
    } in found


@pytest.fixture
def diagnosed(monkeypatch):
    """One method that can be used, one that cannot, and a damaged distribution."""
    good, bad = PluginInfo("a", "d", "1", "m:A"), PluginInfo("bb", "d", "1", "m:B")
    monkeypatch.setattr(
        diagnosis,
        "diagnose_distillers",
        lambda time_limit: [
            Diagnosis(good, "ok", None),
            Diagnosis(bad, "broken", f"No import\nwithin {time_limit} s."),
        ],
    )
    monkeypatch.setattr(diagnosis, "unreadable_distributions", lambda: ["d2 is bad."])


def test_list_check_prints_status_and_problems(diagnosed, capsys):
    assert main(["list", "--check", "--time-limit", "2"]) == 1
    assert capsys.readouterr() == (
        "NAME  DESCRIPTION  DISTRIBUTION  VERSION  STATUS\n"
        "a                  d             1        ok\n"
        "bb                 d             1        broken\n"
        "\n"
        "bb (broken): No import within 2.0 s.\n",
        "warning: d2 is bad.\n",
    )


def test_list_check_json_has_status_and_problem(diagnosed, capsys):
    assert main(["list", "--check", "--json"]) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["status"], good["problem"]) == ("ok", None)
    assert (bad["status"], bad["problem"]) == ("broken", "No import within 60.0 s.")


@pytest.mark.parametrize("limit", ["0", "-1", "inf", "nan", "soon"])
def test_invalid_time_limit_is_an_error(limit, error_line):
    assert main(["list", "--check", "--time-limit", limit]) == 2
    assert f"'{limit}' must be a positive number of seconds" in error_line()


def test_list_imports_no_method():
    code = (
        "import sys; from sklearn_distill.cli import main; main(['list']); "
        "print([m for m in ('torch', 'sklearn', 'sklearn_distill.selection') "
        "if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert out.stdout.splitlines()[-1] == "[]"
