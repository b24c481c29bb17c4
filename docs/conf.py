"""Configuration of Sphinx for `make docs`. The build needs no network access."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import sys
from pathlib import Path

import sklearn_distill

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from api_pages import write_api_pages  # noqa: E402

project = "sklearn-distill"
author = "The sklearn-distill developers"
copyright = author
version = release = sklearn_distill.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "examples", "api/*.inc"]
# Names in single backticks become links if the API reference has a page for the name.
default_role = "autolink"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = False
autodoc_typehints = "none"  # the docstrings state the types
numpydoc_show_class_members = False  # api_pages lists the members of this package

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "ExampleTitleSortKey",
    "download_all_examples": False,
    "show_signature": False,
    "remove_config_comments": True,
    "copyfile_regex": r"$^",
}

smartquotes = False  # values in docstrings can be copied into code
toc_object_entries_show_parents = "hide"

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-distill"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_theme_options = {
    "logo": {"text": "sklearn-distill"},
    "navbar_align": "left",
    "header_links_before_dropdown": 9,
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# Remove the left sidebar from pages without subpages.
html_sidebars = {
    page: []
    for page in (
        "index",
        "getting-started",
        "guide",
        "evaluation",
        "benchmarks/README",
        "write-a-method",
        "changelog",
    )
}


def quote_shapes(app, what, name, obj, options, lines):
    """Mark names in shapes, such as (n_features_in_,), as code that is not a link."""
    lines[:] = [re.sub(r"(?<=\()(\w+_)(?=[,)])", r"``\1``", line) for line in lines]


def setup(app):
    """Generate the API pages before Sphinx collects the source files."""
    app.connect("builder-inited", lambda _: write_api_pages(HERE / "api"), priority=1)
    app.connect("autodoc-process-docstring", quote_shapes, priority=1)
