"""The Python code and the commands on every page run as they stand.

The fences of a page run in their order, in one namespace that is empty at first and in
an empty folder, so a page contains everything that its code needs. Of the console
fences the calls of `sklearn-distill` run; installations and benchmarks do not. The
READMEs of the plugins are left out, because their commands need the plugin installed.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
import shlex

import pytest

from sklearn_distill.cli.main import main


def commands(code):
    """Return the arguments of each call of `sklearn-distill` in a console fence."""
    lines = code.replace("\\\n", " ").splitlines()
    calls = [shlex.split(line, comments=True) for line in lines]
    return [call[1:] for call in calls if call[:1] == ["sklearn-distill"]]


@pytest.mark.slow
def test_snippets_run_in_their_order_in_a_bare_namespace(
    page, tmp_path, monkeypatch, capsys
):
    if "plugins" in page.path.parts:
        pytest.skip("the commands on this page need the plugin installed")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for language, code in page.fences:
        if language == "python":
            exec(compile(code, str(page), "exec"), namespace)
        elif language == "console":
            for arguments in commands(code):
                assert main(arguments) == 0, capsys.readouterr().err


def test_python_is_always_in_a_fence_that_runs(page):
    """Another name for the language would keep code from being run."""
    languages = {language for language, _ in page.fences}
    assert not languages & {"", "py", "python3", "pycon", "sh", "bash", "shell"}


def test_page_contains_no_placeholder(page):
    """Marks such as @TABLE@ stand where a measured table has to be inserted."""
    assert not re.search(r"@[A-Z]+@", page.text)
