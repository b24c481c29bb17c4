"""The Python code and the commands on every page run as they stand.

The fences of a page run in their order, in one namespace that is empty at first and in
an empty folder, so a page contains everything that its code needs. Of the console
fences the calls of `sklearn-distill` run; installations and benchmarks do not. The
READMEs of the plugins are left out, because their commands need the plugin installed.
A fence after the comment `<!-- output -->` is what the Python code before it prints. A
fence after the comment `<!-- requires NAME -->` is left out if the package is missing.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
import shlex
from importlib.util import find_spec

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
    marked = page.marked_fences
    outputs = [code for mark, code in marked if mark == "output"]
    quoted = [code for mark, code in marked if "/" in mark]
    missing = [code for name, code in page.optional_fences if not find_spec(name)]
    printed = ""
    for language, code in page.fences:
        if code in quoted:
            continue  # the tests of the quoted file run this code
        if code in missing:
            printed = None
        elif language == "python":
            capsys.readouterr()
            exec(compile(code, str(page), "exec"), namespace)
            printed = capsys.readouterr().out
        elif language == "text" and code in outputs:
            assert printed is None or is_close(printed, code), printed
        elif language == "console":
            for arguments in commands(code):
                assert main(arguments) == 0, capsys.readouterr().err


def is_close(printed, expected):
    """Return whether two texts are equal, except for small differences of numbers."""
    number = re.compile(r"\d+\.\d+")
    if number.sub("", printed) != number.sub("", expected):
        return False
    pairs = zip(number.findall(printed), number.findall(expected), strict=True)
    return all(abs(float(a) - float(b)) <= 0.03001 for a, b in pairs)


@pytest.mark.parametrize(
    ("printed", "result"),
    [("score 0.95\n", True), ("score 0.90\n", False), ("", False)],
)
def test_is_close_allows_small_differences_of_numbers_only(printed, result):
    assert is_close(printed, "score 0.94\n") == result


def test_quoted_files_are_quoted_as_they_are(page):
    """A fence after the comment `<!-- path -->` is a part of this file."""
    root = page.path.parents[1]
    for mark, code in page.marked_fences:
        if mark.startswith("plugins/"):
            assert code.strip() in (root / mark).read_text()


def test_python_is_always_in_a_fence_that_runs(page):
    """Another name for the language would keep code from being run."""
    languages = {language for language, _ in page.fences}
    assert not languages & {"", "py", "python3", "pycon", "sh", "bash", "shell"}


def test_page_contains_no_placeholder(page):
    """Marks such as @TABLE@ stand where a measured table has to be inserted."""
    assert not re.search(r"@[A-Z]+@", page.text)
