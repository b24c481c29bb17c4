"""The distributions under plugins/ use only what third parties can use."""

# SPDX-License-Identifier: BSD-3-Clause

import ast
import runpy
import tomllib
from pathlib import Path

import pytest

import sklearn_distill

ROOT = Path(__file__).parents[2]
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))
API = runpy.run_path(str(ROOT / "docs" / "api_pages.py"))
# The reference lists a name that the package exports too under the package only.
PUBLIC = {"sklearn_distill": set(sklearn_distill.__all__)} | {
    f"sklearn_distill.{module}": {*names.split(), *sklearn_distill.__all__}
    for module, names in API["FOR_AUTHORS"].items()
}
by_name = pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)


def imported_names(source):
    """Yield (module, name) for the names that a file imports from sklearn_distill."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module.split(".")[0] == "sklearn_distill":
                yield from ((node.module, alias.name) for alias in node.names)


@by_name
def test_only_documented_names_are_imported(plugin):
    """The API reference has a page for each name that a plugin imports."""
    found = [
        name
        for path in [*plugin.glob("src/**/*.py"), *plugin.glob("tests/*.py")]
        for name in imported_names(path.read_text())
    ]
    assert found
    for module, name in found:
        assert name in PUBLIC.get(module, ()), f"{module}.{name} is not public"


@by_name
def test_plugin_has_entry_point_readme_and_checks(plugin):
    project = tomllib.loads((plugin / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["sklearn_distill.distillers"]
    assert (plugin / project["readme"]).is_file()
    tests = "".join(path.read_text() for path in plugin.glob("tests/test_*.py"))
    assert "@parametrize_with_distiller_checks([" in tests


def test_the_template_is_short():
    """The template has at most 60 lines, because its users have to read all of it."""
    [source] = (ROOT / "plugins" / "template" / "src").glob("*/__init__.py")
    assert len(source.read_text().splitlines()) <= 60
