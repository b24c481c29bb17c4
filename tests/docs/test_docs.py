"""Every example in README, CONTRIBUTING and the pages runs."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from sklearn_distill.cli.main import main

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```(python|console)\n(.*?)^ *```", flags=re.M | re.S)


def pages():
    """Return the paths of all pages that show Python or the command."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
    return [
        str(page.relative_to(ROOT))
        for page in sorted(found)
        if any(runs(*fence) for fence in fences(page.read_text()))
    ]


def fences(text):
    """Return (language, code) of the fences of a page, dedented."""
    return [
        (language, re.sub(rf"^{indent}", "", code, flags=re.M))
        for indent, language, code in FENCE.findall(text)
    ]


def runs(language, code):
    return language == "python" or bool(commands(code))


def commands(code):
    """Return the arguments of each call of the command in a console's fence."""
    lines = code.replace("\\\n", " ").splitlines()
    calls = [shlex.split(line, comments=True) for line in lines]
    return [call[1:] for call in calls if call[:1] == ["sklearn-distill"]]


@pytest.fixture
def names(tmp_path, monkeypatch):
    """What the shorter pages take for granted: X, y, np, and a file table.csv."""
    monkeypatch.chdir(tmp_path)
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    header = ",".join([f"x{column}" for column in range(X.shape[1])] + ["label"])
    table = np.column_stack([X, y])
    np.savetxt("table.csv", table, "%.6g", ",", header=header, comments="")
    return {"X": X, "y": y, "np": np}


@pytest.mark.parametrize("page", pages())
def test_examples_run(page, names, capsys):
    """The fences of a page run one after the other, as a reader would type them."""
    # CONTRIBUTING shows the test of a method before the method itself.
    shown = sorted(fences((ROOT / page).read_text()), key=lambda f: "@param" in f[1])
    for language, code in shown:
        if language == "python":
            code = code.replace("MyMethod", "FirstRows")
            exec(compile(code, page, "exec"), names)
            continue
        for call in commands(code):
            assert main(call) == 0, capsys.readouterr().err


def test_pages_with_examples_are_found():
    """The newcomer's pages among them."""
    assert {"README.md", "docs/guide.md", "docs/getting-started.md"} <= set(pages())


def test_nothing_is_left_to_fill_in():
    """No page holds a mark where a measured table was to go."""
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        assert not re.search(r"@[A-Z]+@", page.read_text()), page


def test_links_lead_somewhere():
    """Relative links of the pages point at files that are there."""
    everywhere = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    for page in everywhere + list(ROOT.glob("plugins/*/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert page.parent.joinpath(target).exists(), f"{page}: {target}"
