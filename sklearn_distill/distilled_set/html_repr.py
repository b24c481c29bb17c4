"""The HTML representation of a distilled set in notebooks."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.array_namespace import first_rows
from .._utils.html_card import html_card, html_table
from .._utils.native_rows import dense_rows_of
from .parts import SetParts
from .tables import target_columns

# How many rows and columns of the distilled set the table shows.
MAX_ROWS, MAX_COLUMNS = 5, 8
MORE = "…"


def html_of_set(parts: SetParts, nbytes: int) -> str:
    """Return a self-contained block of HTML that describes a distilled set.

    Parameters
    ----------
    parts : SetParts
    nbytes : int
        The size of rows and labels in memory.
    """
    shape = " × ".join(map(str, parts.X.shape[1:]))
    size = f"{parts.X.shape[0]} rows × {shape} columns"
    if parts.growth is not None:
        size += f" + {parts.growth.n_numbers:,} numbers"
    if len(parts.X.shape) > 2:
        size = f"{parts.X.shape[0]} images of {shape}"
    return html_card("DistilledSet", size, _facts(parts, nbytes), _table(parts))


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
    first = dense_rows_of(first_rows(parts.X, MAX_ROWS))
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
    return html_table(names, rows)


def _cell(value: Any) -> str:
    """Return a value as the text of a table cell."""
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
