"""Every Python example in README, CONTRIBUTING and the guide runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).parents[1]
PAGES = ["README.md", "CONTRIBUTING.md", "docs/guide.md"]


def blocks(text):
    """Return the code of the Python fences of a page, dedented."""
    found = re.findall(r"^( *)```python\n(.*?)^ *```", text, flags=re.M | re.S)
    return [re.sub(rf"^{indent}", "", code, flags=re.M) for indent, code in found]


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page, tmp_path, monkeypatch):
    """The fences of a page run one after the other, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    # CONTRIBUTING shows the test of a method before the method itself.
    code = sorted(blocks((ROOT / page).read_text()), key=lambda c: "@param" in c)
    assert code, f"{page} has no examples"
    names = {"X": X, "y": y, "np": np}
    for block in code:
        exec(compile(block.replace("MyMethod", "FirstRows"), page, "exec"), names)


def test_nothing_is_left_to_fill_in():
    """No page holds a mark where a measured table was to go."""
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        assert not re.search(r"@[A-Z]+@", page.read_text()), page


def test_links_lead_somewhere():
    """Relative links of the pages point at files that are there."""
    for page in PAGES + [str(p.relative_to(ROOT)) for p in ROOT.glob("docs/**/*.md")]:
        text = (ROOT / page).read_text()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"
