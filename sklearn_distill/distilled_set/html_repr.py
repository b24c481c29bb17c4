"""The HTML representation of a distilled set in notebooks."""

# SPDX-License-Identifier: BSD-3-Clause

from html import escape
from typing import Any

import numpy as np

from .._utils.native_rows import dense_rows_of
from .parts import SetParts
from .tables import target_columns

# How many rows and columns of the distilled set the table shows.
MAX_ROWS, MAX_COLUMNS = 5, 8
MORE = "…"
# The colors are those of scikit-learn's diagrams of estimators. The classes have a
# prefix of their own, because a notebook is a single page.
STYLE = """
.skd-set {
  color-scheme: light dark; color: light-dark(#212121, #e8e8e8);
  border: 1px solid light-dark(#6495ed, #5580cc); border-radius: 0.25em;
  display: inline-block; max-width: 100%; font: 0.9em/1.4 sans-serif;
}
.skd-set .skd-name {
  padding: 0.4em 0.7em; background: light-dark(#d4ebff, #1e2e45); font-weight: bold;
}
.skd-set .skd-name span { font-weight: normal; opacity: 0.8; }
.skd-set dl {
  display: grid; grid-template-columns: max-content auto; gap: 0.1em 1em;
  margin: 0; padding: 0.5em 0.7em; background: light-dark(#f0f8ff, #16202e);
}
.skd-set dt { opacity: 0.75; }
.skd-set dd { margin: 0; }
.skd-set .skd-rows { overflow-x: auto; background: light-dark(#ffffff, #111111); }
.skd-set table {
  border-collapse: collapse; margin: 0; font-size: 0.95em; color: inherit;
}
.skd-set th, .skd-set td {
  color: inherit; background: none; text-align: right; padding: 0.2em 0.7em;
  white-space: nowrap; border-top: 1px solid light-dark(#dddddd, #333333);
}
.skd-set th { font-weight: bold; }
/* JupyterLab and the PyData theme switch their modes by attributes of the page. */
[data-jp-theme-light="true"] .skd-set, [data-theme="light"] .skd-set {
  color-scheme: light;
}
[data-jp-theme-light="false"] .skd-set, [data-theme="dark"] .skd-set {
  color-scheme: dark;
}
"""


def html_of_set(parts: SetParts, nbytes: int) -> str:
    """Return a self-contained block of HTML that describes a distilled set.

    Parameters
    ----------
    parts : SetParts
    nbytes : int
        The size of rows and labels in memory.
    """
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
        for name, text in _facts(parts, nbytes).items()
    )
    shape = " × ".join(map(str, parts.X.shape[1:]))
    size = f"{parts.X.shape[0]} rows × {shape} columns"
    if parts.growth is not None:
        size += f" + {parts.growth.n_numbers:,} numbers"
    if len(parts.X.shape) > 2:
        size = f"{parts.X.shape[0]} images of {shape}"
    return (
        f"<div class='skd-set'><style>{STYLE}</style>"
        f"<div class='skd-name'>DistilledSet <span>{size}</span></div>"
        f"<dl>{facts}</dl>{_table(parts)}</div>"
    )


def _facts(parts: SetParts, nbytes: int) -> dict[str, str]:
    """Return the properties of a distilled set as text, by name."""
    info = parts.info or {}
    facts = {}
    if "method" in info:
        facts["Method"] = str(info["method"])
    if parts.classes is not None:
        names = [str(label) for label in parts.classes[:MAX_COLUMNS].tolist()]
        names += [MORE] * (len(parts.classes) > MAX_COLUMNS)
        facts["Classes"] = f"{len(parts.classes)} ({', '.join(names)})"
    if parts.y is not None and parts.y.ndim == 2:
        facts["Targets"] = str(parts.y.shape[1])
    kinds = []
    if parts.soft_labels is not None:
        kinds.append("soft labels")
    if parts.sample_weight is not None:
        kinds.append("sample weights")
    if parts.growth is not None:
        kinds += ["sampler", "decoder"]
    if kinds:
        facts["Also holds"] = ", ".join(kinds)
    if "n_rows_before" in info:
        facts["Distilled from"] = f"{info['n_rows_before']:,} rows"
    if parts.classes is not None and parts.class_mass is not None:
        shares = parts.class_mass[:MAX_COLUMNS] / parts.class_mass.sum()
        texts = [f"{100 * share:.3g} %" for share in shares]
        texts += [MORE] * (len(parts.classes) > MAX_COLUMNS)
        facts["Class shares of the data"] = ", ".join(texts)
    facts["Size"] = f"{nbytes:,} bytes"
    return facts


def _table(parts: SetParts) -> str:
    """Return the first rows of a table with their labels and weights; "" for images."""
    if len(parts.X.shape) != 2:
        return ""
    n_columns = parts.X.shape[1]
    shown = min(n_columns, MAX_COLUMNS)
    first = dense_rows_of(parts.X[:MAX_ROWS])
    if hasattr(first, "iloc"):
        names = [str(name) for name in first.columns[:shown]]
        columns = [first.iloc[:, j].tolist() for j in range(shown)]
    else:
        names = [f"x{j}" for j in range(shown)]
        columns = first[:, :shown].T.tolist()
    columns = [[_cell(value) for value in column] for column in columns]
    if n_columns > shown:
        names.append(MORE)
        columns.append([MORE] * len(columns[0]))
    labels: dict[str, Any] = dict(target_columns(parts))
    if len(labels) > MAX_COLUMNS:
        labels = dict(list(labels.items())[:MAX_COLUMNS]) | {MORE: None}
    if parts.sample_weight is not None:
        labels["sample_weight"] = parts.sample_weight
    for name, values in labels.items():
        cells = [MORE] * len(columns[0])
        if values is not None:
            cells = [_cell(value) for value in values[:MAX_ROWS].tolist()]
        names.append(name)
        columns.append(cells)
    rows = [*zip(*columns, strict=True)]
    if parts.X.shape[0] > MAX_ROWS:
        rows.append((MORE,) * len(names))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f"<div class='skd-rows'><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value: Any) -> str:
    """Return a value as the text of a table cell."""
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
