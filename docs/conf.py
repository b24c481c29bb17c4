"""How Sphinx builds the pages: `make docs`. Nothing here needs the network."""

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
# Single backticks in docstrings name things; those with a page become links.
default_role = "autolink"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = False
autodoc_typehints = "none"  # the docstrings say what they are
numpydoc_show_class_members = False  # api_pages lists those that are ours

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

smartquotes = False  # values in docstrings are there to be typed
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
# Pages without pages below them need no navigation on the left.
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
    """Take the names in shapes, such as (n_features_in_,), for names, not for links."""
    lines[:] = [re.sub(r"(?<=\()(\w+_)(?=[,)])", r"``\1``", line) for line in lines]


def setup(app):
    """Write the API pages before Sphinx looks which pages there are."""
    app.connect("builder-inited", lambda _: write_api_pages(HERE / "api"), priority=1)
    app.connect("autodoc-process-docstring", quote_shapes, priority=1)
