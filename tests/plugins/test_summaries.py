"""Docstring lines of methods are read from source files without an import."""

# SPDX-License-Identifier: BSD-3-Clause

import sys

import pytest

from sklearn_distill import get_distiller, list_distillers
from sklearn_distill.plugins.summaries import summary_of


def test_summary_is_the_first_docstring_line_of_every_method():
    own = [d for d in list_distillers() if d.distribution == "sklearn-distill"]
    assert len(own) >= 15
    for info in own:
        lines = get_distiller(info.name).__doc__.splitlines()
        assert summary_of(info.value) == lines[0]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class Method:\n    'One line.\\n\\nMore.'\n", "One line."),
        ("from ._impl import Base as Method\n", "A base."),
        ("from lazy_plugin._impl import Base as Method\n", "A base."),
        ("from . import Method\n", ""),
        ("class Method:\n    pass\n", ""),
        ("def Method(): 'No class.'\n", ""),
        ("this is not Python", ""),
    ],
)
def test_summary_follows_imports_without_executing_them(
    source, expected, tmp_path, monkeypatch
):
    package = tmp_path / "lazy_plugin"
    package.mkdir()
    (package / "__init__.py").write_text(source + "\n")
    (package / "_impl.py").write_text("class Base:\n    'A base.'\n1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    summary_of.__globals__["_module_body"].cache_clear()
    assert summary_of("lazy_plugin:Method") == expected
    assert "lazy_plugin" not in sys.modules


def test_summary_of_a_missing_module_is_empty():
    assert summary_of("no_such_module.at_all:Method") == ""
