"""The generated API reference has a page for each public name."""

# SPDX-License-Identifier: BSD-3-Clause

import runpy
from pathlib import Path

import pytest

import sklearn_distill
from sklearn_distill import get_distiller, list_distillers

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The generated pages by name, with docs/methods in the folder beside them."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "methods").symlink_to(DOCS / "methods")
    runpy.run_path(str(DOCS / "api_pages.py"))["write_api_pages"](folder / "api")
    return {page.stem: page.read_text() for page in (folder / "api").glob("*.rst")}


@pytest.mark.parametrize("name", sorted(sklearn_distill._HOME_OF))
def test_every_exported_name_has_a_page_and_is_listed(written, name):
    assert f":: {name}\n" in written[f"sklearn_distill.{name}"]
    assert f"\n   {name}\n" in written["index"]
    assert f"\n   {name} <sklearn_distill.{name}>\n" in written["index"]


def test_name_without_a_task_is_listed_by_its_subpackage(tmp_path, monkeypatch):
    names = {**sklearn_distill._HOME_OF, "new_name": "compose"}
    monkeypatch.setattr(sklearn_distill, "_HOME_OF", names)
    sections = runpy.run_path(str(DOCS / "api_pages.py"))["sections"]
    assert ("Compose", "sklearn_distill", ["new_name"]) in list(sections())


def test_class_page_documents_own_methods_and_names_those_of_scikit_learn(written):
    page = written["sklearn_distill.HerdingSelection"]
    assert "automethod:: fit\n" in page
    assert "automethod:: fit_distill\n" in page
    for name in ("get_params", "set_fit_request", "set_callbacks", "set_output"):
        assert f"automethod:: {name}" not in page
        assert f"* - ``{name}``\n" in page
    assert "autoproperty:: nbytes\n" in written["sklearn_distill.DistilledSet"]


def test_every_method_is_listed_by_name_with_a_link_to_its_page(written):
    for info in list_distillers():
        if info.distribution != "sklearn-distill":
            continue
        cls = get_distiller(f"sklearn-distill:{info.name}")
        assert f"`{cls.__name__}`: " in written["methods"]
        if (DOCS / "methods" / f"{info.name}.md").is_file():
            assert f":doc:`{info.name} </methods/{info.name}>`" in written["methods"]
