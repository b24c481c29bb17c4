"""The recommendations of an analysis."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

from ...encoding.columns import HEAVY_TAILED

# Share of the distance between guessing and a perfect score that a random forest must
# reach for its scores to say anything about budgets.
MIN_LIFT = 0.05


def advice_on(found: dict[str, Any]) -> list[str]:
    """Return recommendations that follow from the attributes of an `Analysis`."""
    if not len(found["curve"]):
        return ["There are too few rows for a learning curve. Keep all rows."]
    advice = [_budget_advice(found)]
    if found["suspect_share"] > 0.02:
        advice.append(
            f"{100 * found['suspect_share']:.0f} % of the labels are suspect (see "
            "suspects). k-center, k-means and submodular select many mislabeled rows. "
            "Prefer kernel-inducing-points, or forgetting if the rows must be real."
        )
    if found["imbalance"] is not None and found["imbalance"] > 5:
        advice.append(
            f"The largest class has {found['imbalance']:.0f} times as many rows as the "
            "smallest. Pass the budget as rows per class instead of a share, and "
            "evaluate with balanced accuracy."
        )
    if found["duplicates"] > 0.01 * found["n_rows"]:
        advice.append(
            f"{found['duplicates']:,} rows are duplicates. Keep all copies of a row on "
            "the same side of every split, so that test rows are not training rows."
        )
    if found["contradictions"]:
        advice.append(
            f"{found['contradictions']:,} rows have a duplicate with a different "
            "label. No learner can predict both labels."
        )
    kinds = found["kinds"]
    if kinds["heavy-tailed numbers"]:
        advice.append(
            f"{_columns(kinds['heavy-tailed numbers'])} heavy-tailed (kurtosis above "
            f"{HEAVY_TAILED:.0f}). Keep numeric='auto', which encodes such columns by "
            "normal quantiles."
        )
    if found["integer_dates"]:
        advice.append(
            f"The integers in {_named(found['integer_dates'])} seem to be dates "
            "(YYYYMMDD). Convert them with pd.to_datetime(..., format='%Y%m%d'), or "
            "learned rows contain dates that do not exist."
        )
    if found["integer_codes"]:
        advice.append(
            f"The integers in {_named(found['integer_codes'])} seem to be codes of "
            "categories. Pass the columns as categorical_features, or learned rows "
            "contain codes that do not exist."
        )
    if kinds["constant"]:
        advice.append(
            f"{_columns(kinds['constant'])} constant. Remove constant columns."
        )
    return advice


def _columns(n: int) -> str:
    """Return the beginning of a sentence on a number of columns."""
    return f"{n} column is" if n == 1 else f"{n} columns are"


def _named(columns: list[Any]) -> str:
    """Return the names of columns as text."""
    return "column " * (len(columns) == 1) + ", ".join(map(repr, columns))


def _budget_advice(found: dict[str, Any]) -> str:
    """Return the recommendation for the budget."""
    unit = "rows in total" if found["classes"] is None else "rows per class"
    budget, full_score = found["budget"], found["full_score"]
    score = found["curve"].loc[budget, "score"]
    chance = 0.0 if found["classes"] is None else 1.0 / len(found["classes"])
    if full_score < chance + MIN_LIFT * (1.0 - chance):
        return (
            f"A random forest on all rows scores {100 * full_score:.0f} %, where "
            f"guessing scores {100 * chance:.0f} %, so the columns hardly predict y. "
            "Check that rows and labels belong together, and add "
            "informative columns, before you distill."
        )
    percentage = 100 * score / full_score if full_score > 0 else 0.0
    if percentage >= 90:
        return (
            f"Start with budget={budget} ({unit}). At this budget, random rows reach "
            f"{percentage:.0f} % of the score of all rows. Distilled rows should reach "
            "it with a smaller budget."
        )
    return (
        f"Random rows reach only {percentage:.0f} % of the score of all rows at "
        f"budget={budget} ({unit}). A distiller can improve most on such data."
    )
