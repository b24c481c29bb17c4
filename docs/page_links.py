"""Turn code and file names in the pages into links.

The pages are Markdown that is readable without a build, so they contain plain code such
as `HerdingSelection(budget=10)` and plain paths such as `examples/plot_digits.py`. This
extension links the code to the API reference, the estimators and functions of
scikit-learn to its documentation, and the scripts to the pages of the gallery.
"""

# SPDX-License-Identifier: BSD-3-Clause

import re
from functools import cache
from pathlib import PurePosixPath

from api_pages import sections
from docutils import nodes
from sklearn.utils.discovery import all_displays, all_estimators, all_functions
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

CALL = re.compile(r"(?:sklearn_distill\.)?(?:\w+\.)*?(\w+(?:\.\w+)?)(?:\(.*\))?", re.S)
SKLEARN = "https://scikit-learn.org/stable/modules/generated/{}.{}.html"
NOT_LINKED = (nodes.reference, nodes.title, addnodes.pending_xref)


@cache
def own_names() -> dict[str, str]:
    """Return the full name of each public name of the package."""
    return {
        name: f"{module}.{name}" for _, module, names in sections() for name in names
    }


@cache
def sklearn_urls() -> dict[str, str]:
    """Return the address of the documentation of each public name of scikit-learn."""
    urls = {}
    for name, member in [*all_estimators(), *all_displays(), *all_functions()]:
        parts = member.__module__.split(".")
        public = [part for part in parts if not part.startswith("_")]
        urls[name] = SKLEARN.format(".".join(public), name)
    return urls


def link_to(code: str) -> nodes.Element | None:
    """Return the link that a piece of code becomes, without its text."""
    match = CALL.fullmatch(code)
    if not match:
        return None
    name, _, member = match[1].partition(".")
    if name in own_names():
        target = own_names()[name] + (f".{member}" if member else "")
        return addnodes.pending_xref(
            "", refdomain="py", reftype="obj", reftarget=target, refexplicit=True
        )
    if name in sklearn_urls() and not member and name[0].isupper():
        return nodes.reference("", refuri=sklearn_urls()[name], internal=False)
    return None


class LinkCode(SphinxTransform):
    """Link the first occurrence of a public name in each section of a page."""

    default_priority = 400

    def apply(self, **kwargs):
        linked = set()
        for literal in list(self.document.findall(nodes.literal)):
            if any(isinstance(parent, NOT_LINKED) for parent in ancestors(literal)):
                continue
            link = link_to(literal.astext())
            section = next(
                (n for n in ancestors(literal) if isinstance(n, nodes.section)), None
            )
            key = (id(section), str(link and link.attributes))
            if link is None or key in linked:
                continue
            linked.add(key)
            if isinstance(link, addnodes.pending_xref):
                link["refdoc"] = self.env.docname
            literal.replace_self(link)
            link += literal


class LinkExamples(SphinxTransform):
    """Link the scripts of the examples to their pages in the gallery."""

    default_priority = 400

    def apply(self, **kwargs):
        for node in list(self.document.findall(addnodes.download_reference)):
            path = PurePosixPath(node["reftarget"])
            if path.parent.name != "examples":
                continue
            page = f"/gallery/{'index' if path.stem == 'README' else path.stem}"
            link = addnodes.pending_xref(
                "",
                *node.children,
                refdomain="std",
                reftype="doc",
                reftarget=page,
                refdoc=self.env.docname,
                refexplicit=True,
            )
            node.replace_self(link)


def ancestors(node: nodes.Node):
    """Yield the parents of a node, from the nearest to the document."""
    while node.parent is not None:
        node = node.parent
        yield node


def setup(app):
    """Register the transforms."""
    app.add_transform(LinkCode)
    app.add_transform(LinkExamples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
