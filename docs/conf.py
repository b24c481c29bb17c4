"""Configuration of Sphinx for `make docs`. The build needs no network access."""

# SPDX-License-Identifier: BSD-3-Clause

import re
import sys
from importlib.util import find_spec
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
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "page_links",
]
# Formulas are drawn by the MathJax of the package sphinx-mathjax-offline, because a
# page that is opened must not fetch anything.
mathjax_folder = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static"
mathjax_path = "mathjax/tex-chtml.js"
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = [
    "_build",
    "api/*.inc",
    "examples",
    "gallery/backreferences",
    "**sg_execution_times*",
]
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
    "doc_module": ("sklearn_distill",),
    "backreferences_dir": "gallery/backreferences",
    "reference_url": {"sklearn_distill": None},
    "remove_config_comments": True,
    "copyfile_regex": r"$^",
    "write_computation_times": False,
}

smartquotes = False  # values in docstrings can be copied into code
toc_object_entries_show_parents = "hide"
# Break signatures that are longer than a line on a phone into one line per parameter.
python_maximum_signature_line_length = 60
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "sklearn-distill"
html_static_path = ["_static", str(mathjax_folder)]
html_css_files = ["pages.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {
        "text": "sklearn-distill",
        "image_light": "_static/favicon.svg",
        "image_dark": "_static/favicon.svg",
    },
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
# Remove the left sidebar from the landing page.
html_sidebars = {"index": []}


def quote_shapes(app, what, name, obj, options, lines):
    """Mark names in shapes, such as (n_features_in_,), as code that is not a link."""
    lines[:] = [re.sub(r"(?<=[( ])(\w+_)(?=[,)])", r"``\1``", line) for line in lines]


def setup(app):
    """Generate the API pages before Sphinx collects the source files."""
    app.connect("builder-inited", lambda _: write_api_pages(HERE / "api"), priority=1)
    app.connect("autodoc-process-docstring", quote_shapes, priority=1)
