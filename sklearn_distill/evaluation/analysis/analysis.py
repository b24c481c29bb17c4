"""The class Analysis, the result of analyze."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..._utils.html_card import html_card, html_list, html_table

# Maximum number of classes that the summary lists.
MAX_CLASSES = 20


@dataclass(frozen=True)
class Analysis:
    """The result of `analyze`.

    Attributes
    ----------
    n_rows, n_columns : int
    task : {"classification", "regression"}
    classes : dict or None
        Number of rows of each class.
    imbalance : float or None
        Number of rows of the largest class divided by that of the smallest.
    kinds : dict of str to int
        Number of columns that are "numbers", "heavy-tailed numbers", "constant" and
        "categories".
    integer_dates, integer_codes : list
        Names (positions for an array) of integer columns that seem to contain dates,
        such as 20150131, and codes of categories, such as 1, 2, 9 and 99.
    n_encoded : int
        Number of columns after categories are one-hot encoded.
    dimension : int
        Number of principal components that explain 95 % of the variance of the encoded
        rows.
    duplicates : int
        Number of rows that repeat an earlier row.
    contradictions : int
        Number of rows that have a duplicate with a different label.
    suspects : ndarray of int
        Positions of rows whose labels contradict out-of-fold predictions, the most
        suspect row first.
    suspect_share : float
        Share of suspect rows among the analyzed rows.
    curve : DataFrame
        Learning curve of a random forest on random rows: "rows", "score" (balanced
        accuracy or R^2) and "deviation", indexed by "budget".
    full_score : float
        Score of the random forest on all analyzed rows.
    budget : int
        The suggested number of rows per class; for regression, of rows in total.
    advice : list of str
        Recommendations that follow from the analysis.

    See Also
    --------
    analyze : Compute an analysis.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import analyze
    >>> X, y = load_iris(return_X_y=True)
    >>> analysis = analyze(X, y)
    >>> analysis.classes, analysis.duplicates
    ({0: 50, 1: 50, 2: 50}, 1)
    """

    n_rows: int
    n_columns: int
    task: str
    classes: dict[Any, int] | None
    imbalance: float | None
    kinds: dict[str, int]
    integer_dates: list[Any]
    integer_codes: list[Any]
    n_encoded: int
    dimension: int
    duplicates: int
    contradictions: int
    suspects: np.ndarray
    suspect_share: float
    curve: Any
    full_score: float
    budget: int
    advice: list[str]

    def facts(self) -> dict[str, str]:
        """Return the findings as text, by description.

        Returns
        -------
        dict of str to str
        """
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.items() if n)
        facts = {"Task": self.task, "Columns": kinds}
        if self.classes is not None:
            facts["Classes"] = self._class_text()
        facts["Principal components"] = f"{self.dimension} explain 95 % of the variance"
        facts["Duplicate rows"] = f"{self.duplicates:,}"
        facts["Contradicting duplicates"] = f"{self.contradictions:,}"
        facts["Suspect labels"] = f"{100 * self.suspect_share:.1f} %"
        return facts

    def _repr_html_(self) -> str:
        unit = "in total" if self.classes is None else "per class"
        rows = [
            [f"{budget} {unit}", f"{100 * row['score']:.1f}"]
            + [f"{100 * row['deviation']:.1f}"]
            for budget, row in self.curve.iterrows()
        ]
        rows.append(["all rows", f"{100 * self.full_score:.1f}", ""])
        caption = "Score of a random forest that was trained on random rows, in percent"
        return html_card(
            "Analysis",
            f"{self.n_rows:,} rows × {self.n_columns} columns",
            self.facts(),
            html_table(["", "score", "±"], rows, caption=caption),
            html_list(self.advice),
        )

    def _class_text(self) -> str:
        """Return the number of rows of each class as text."""
        classes = self.classes or {}
        shown = [f"{label!s} ({n:,})" for label, n in classes.items()]
        n_more = len(shown) - MAX_CLASSES
        more = f" and {n_more} more" if n_more > 0 else ""
        return f"{', '.join(shown[:MAX_CLASSES])}{more}"

    def __str__(self) -> str:
        kinds = ", ".join(f"{n} {kind}" for kind, n in self.kinds.items() if n)
        lines = [
            f"{self.n_rows:,} rows x {self.n_columns} columns ({kinds}); "
            f"{self.dimension} principal components explain 95 % of the variance"
        ]
        if self.classes is not None:
            lines.append(f"{len(self.classes)} classes: {self._class_text()}")
        lines.append(
            f"{self.duplicates:,} duplicate rows; {self.contradictions:,} rows with a "
            "duplicate of a different label; "
            f"{100 * self.suspect_share:.1f} % suspect labels"
        )
        unit = "rows" if self.classes is None else "rows per class"
        lines.append("Score of a random forest trained on:")
        for budget, row in self.curve.iterrows():
            lines.append(
                f"  {budget:>5} random {unit}: {100 * row['score']:.1f} "
                f"± {100 * row['deviation']:.1f} %"
            )
        lines.append(f"  all rows: {100 * self.full_score:.1f} %")
        return "\n".join(lines + [f"- {line}" for line in self.advice])
