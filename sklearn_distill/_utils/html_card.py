"""HTML blocks for notebooks, in the colors of scikit-learn's diagrams of estimators."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Mapping, Sequence
from html import escape

# The colors are those of scikit-learn's diagrams of estimators. The classes have a
# prefix of their own, because a notebook is a single page.
STYLE = """
.skd-card {
  color-scheme: light dark; color: light-dark(#212121, #e8e8e8);
  border: 1px solid light-dark(#6495ed, #5580cc); border-radius: 0.25em;
  display: inline-block; max-width: 100%; font: 0.9em/1.4 sans-serif;
}
.skd-card .skd-name {
  padding: 0.4em 0.7em; background: light-dark(#d4ebff, #1e2e45); font-weight: bold;
}
.skd-card .skd-name span { font-weight: normal; opacity: 0.8; }
.skd-card dl {
  display: grid; grid-template-columns: max-content auto; gap: 0.1em 1em;
  margin: 0; padding: 0.5em 0.7em; background: light-dark(#f0f8ff, #16202e);
}
.skd-card dt { opacity: 0.75; }
.skd-card dd { margin: 0; }
.skd-card .skd-rows { overflow-x: auto; background: light-dark(#ffffff, #111111); }
.skd-card table {
  border-collapse: collapse; margin: 0; font-size: 0.95em; color: inherit;
}
.skd-card th, .skd-card td {
  color: inherit; background: none; text-align: right; padding: 0.2em 0.7em;
  white-space: nowrap; border-top: 1px solid light-dark(#dddddd, #333333);
}
.skd-card th { font-weight: bold; }
.skd-card ul { margin: 0; padding: 0.5em 0.7em 0.5em 1.8em; }
.skd-card .skd-caption { padding: 0.5em 0.7em 0.2em; opacity: 0.75; }
.skd-card th:first-child { text-align: left; }
/* JupyterLab and the PyData theme switch their modes by attributes of the page. */
[data-jp-theme-light="true"] .skd-card, [data-theme="light"] .skd-card {
  color-scheme: light;
}
[data-jp-theme-light="false"] .skd-card, [data-theme="dark"] .skd-card {
  color-scheme: dark;
}
"""


def html_card(name: str, detail: str, facts: Mapping[str, str], *blocks: str) -> str:
    """Return a self-contained block of HTML with a title, facts and further blocks.

    Parameters
    ----------
    name, detail : str
        The title: the name of a class, and text beside the name.
    facts : dict of str to str
        Descriptions and values.
    *blocks : str
        HTML that follows the facts, such as a table.
    """
    listed = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
        for name, text in facts.items()
    )
    return (
        f"<div class='skd-card'><style>{STYLE}</style>"
        f"<div class='skd-name'>{escape(name)} <span>{escape(detail)}</span></div>"
        f"<dl>{listed}</dl>{''.join(blocks)}</div>"
    )


def html_table(
    names: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = ""
) -> str:
    """Return a table; cells of a first column without a name are headings."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    first = "th" if names and not names[0] else "td"
    body = "".join(
        "<tr>"
        + "".join(
            f"<{tag}>{escape(cell)}</{tag}>"
            for tag, cell in zip([first, *["td"] * (len(row) - 1)], row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    title = f"<div class='skd-caption'>{escape(caption)}</div>" if caption else ""
    return (
        f"{title}<div class='skd-rows'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def html_list(items: Iterable[str]) -> str:
    """Return a list of text."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"
