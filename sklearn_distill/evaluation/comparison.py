"""Comparison: the scores of many methods, and the tables made of them."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._utils.optional import import_pandas
from .score_file import read_scores
from .significance import RankTest, holm, rank_test, wilcoxon_p

FULL_DATA = "full data"
CELL = ["set", "fold", "method", "budget"]


class Comparison:
    """What several methods' sets are worth: every score, and summaries of them.

    `compare_distillers` makes it; `read` takes it from files.

    Parameters
    ----------
    results : DataFrame
        A row for each data set, fold, method, budget and learner. "score" is balanced
        accuracy, or R^2; "auc" is the mean over classes of one against the rest;
        "seconds" is what distilling took, "fit_seconds" the learner's training;
        "invalid" the share of values that the real columns could not hold. Budget 0 is
        the full data, with equal weight in all for each class.

    Attributes
    ----------
    results : DataFrame

    See Also
    --------
    compare_distillers : Make one.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import compare_distillers
    >>> X, y = load_iris(return_X_y=True)
    >>> compared = compare_distillers(
    ...     X, y, ["random", "herding"], learners=["neighbours"], budgets=2, cv=2
    ... )
    >>> compared.methods
    ['random', 'herding']
    >>> len(compared.results)
    6
    """

    def __init__(self, results: Any):
        self.results = results.reset_index(drop=True)

    @classmethod
    def read(cls, *paths: str | os.PathLike[str]) -> "Comparison":
        """Read the scores that `compare_distillers` wrote.

        Parameters
        ----------
        *paths : str or path-like
            Several files make one comparison.

        Returns
        -------
        Comparison
        """
        return cls(read_scores(*paths))

    @classmethod
    def concat(cls, comparisons: Sequence["Comparison"]) -> "Comparison":
        """Return several comparisons, such as of different data sets, as one.

        Parameters
        ----------
        comparisons : sequence of Comparison

        Returns
        -------
        Comparison
        """
        pd = import_pandas()
        return cls(pd.concat([one.results for one in comparisons]))

    @property
    def methods(self) -> list[str]:
        """Names of the methods, in the order in which they were given."""
        names = self.results["method"].drop_duplicates().tolist()
        return [name for name in names if name != FULL_DATA]

    @property
    def budgets(self) -> list[Any]:
        """The budgets, smallest first."""
        found = set(self.results.loc[self.results["method"] != FULL_DATA, "budget"])
        return sorted(found, key=lambda b: (isinstance(b, str), b))

    @property
    def learners(self) -> list[str]:
        """Names of the learners."""
        return self.results["learner"].drop_duplicates().tolist()

    @property
    def is_regression(self) -> bool:
        """Whether scores are R^2."""
        return bool(self.results["rmse"].notna().any())

    def __repr__(self) -> str:
        r = self.results
        return (
            f"<Comparison: {len(self.methods)} methods, {r['set'].nunique()} sets, "
            f"{r['fold'].nunique()} folds, budgets {self.budgets}, "
            f"{len(self.learners)} learners>"
        )

    def _repr_html_(self) -> str:
        return "".join(
            f"<h4>Budget {budget}</h4>{self.summary(budget)._repr_html_()}"
            for budget in self.budgets
        )

    def block_scores(self, budget: Any, over: str = "auto") -> Any:
        """Return the mean score over learners of each method on each block.

        Parameters
        ----------
        budget : int, float or str
        over : {"auto", "set", "fold"}
            What a block is: a data set (mean over folds), or a fold of one. "auto"
            takes sets if there is more than one. Folds of one set share their rows:
            p-values over them are too small.

        Returns
        -------
        DataFrame of shape (n_blocks, n_methods)
            Methods with a score missing somewhere are left out.
        """
        rows = self._at(budget)
        over = self._blocks(over)
        cells = rows.groupby(["method", "set", "fold"], sort=False)["score"].agg(
            lambda scores: scores.mean(skipna=False)
        )
        by = ["method", "set"] if over == "set" else ["method", "set", "fold"]
        means = cells.groupby(by, sort=False).agg(lambda s: s.mean(skipna=False))
        table = means.unstack("method")
        return table[[m for m in self.methods if m in table]].dropna(axis=1)

    def significance(self, baseline: str, budget: Any, over: str = "auto") -> Any:
        """Return how each method fares against a baseline, with p-values.

        Wilcoxon's signed-rank test on the blocks' scores, two-sided, adjusted by Holm's
        method for the number of methods.

        Parameters
        ----------
        baseline : str
            A method's name.
        budget : int, float or str
        over : {"auto", "set", "fold"}
            See `block_scores`.

        Returns
        -------
        DataFrame
            "difference" (mean), "wins", "losses", "p" and "p_holm", by method.
        """
        pd = import_pandas()
        table = self.block_scores(budget, over)
        if baseline not in table:
            raise ValueError(
                f"There are no complete scores of {baseline!r} at budget {budget}. "
                f"There are some of: {', '.join(table)}."
            )
        others = [name for name in table if name != baseline]
        differences = table[others].sub(table[baseline], axis=0)
        p = [wilcoxon_p(table[name], table[baseline]) for name in others]
        return pd.DataFrame(
            {
                "difference": differences.mean(),
                "wins": (differences > 0).sum(),
                "losses": (differences < 0).sum(),
                "p": pd.Series(p, index=others, dtype=float),
                "p_holm": pd.Series(holm(p), index=others, dtype=float),
            },
            index=others,
        )

    def ranks(
        self, budget: Any, over: str = "auto", *, alpha: float = 0.05
    ) -> RankTest:
        """Return Friedman's and Nemenyi's tests of the methods' ranks.

        Parameters
        ----------
        budget : int, float or str
        over : {"auto", "set", "fold"}
            See `block_scores`, whose columns are the order of the ranks.
        alpha : float

        Returns
        -------
        RankTest
        """
        return rank_test(self.block_scores(budget, over), alpha=alpha)

    def summary(
        self, budget: Any, *, baselines: Sequence[str] = ("random", "herding")
    ) -> Any:
        """Return the table for one budget: a row a method, the best first.

        Parameters
        ----------
        budget : int, float or str
        baselines : sequence of str
            Methods to test against; those that are not there are left out.

        Returns
        -------
        DataFrame
            The mean score of each learner, then "mean", "±" (deviation over folds of
            the mean over sets), "auc", "log loss", "retention" of the full data's
            score (mean over learners), "worst" (retention of the worst learner),
            "rank" (mean over blocks), "seconds", "invalid" and "p baseline". R^2 below
            0 counts as 0.
        """
        some = self._at(budget)
        by_method = some.groupby("method", sort=False)
        table = some.groupby(["method", "learner"])["score"].mean().unstack()
        table = table[[name for name in self.learners if name in table]]
        table["mean"] = table.mean(axis=1, skipna=False)
        folds = some.groupby(["method", "fold"])["score"].mean()
        table["±"] = folds.groupby("method").std()
        for column in ("auc", "log_loss"):
            if some[column].notna().any():
                table[column.replace("_", " ")] = by_method[column].mean()
        kept = self.retention(budget)
        if kept is not None:
            table["retention"] = kept.mean(axis=1, skipna=False)
            table["worst"] = kept.min(axis=1, skipna=False)
        blocks = self.block_scores(budget)
        table["rank"] = blocks.rank(axis=1, ascending=False).mean()
        cells = some.drop_duplicates(CELL).groupby("method")
        table["seconds"] = cells["seconds"].mean()
        table["invalid"] = cells["invalid"].mean()
        for baseline in baselines:
            if baseline in blocks and blocks.shape[1] > 1:
                tested = self.significance(baseline, budget)
                table[f"p {baseline}"] = tested["p_holm"]
        return table.sort_values("mean", ascending=False)

    def full_data(self) -> Any:
        """Return the mean score of each learner on the full data.

        Returns
        -------
        Series or None
            None if the full data were left out.
        """
        full = self._at(0, of_full_data=True)
        if full.empty:
            return None
        return full.groupby("learner", sort=False)["score"].mean()

    def retention(self, budget: Any) -> Any:
        """Return each method's share of the full data's score, by learner.

        Parameters
        ----------
        budget : int, float or str

        Returns
        -------
        DataFrame of shape (n_methods, n_learners) or None
            Means over sets and folds of the ratio; None without the full data.
        """
        full = self._at(0, of_full_data=True)
        if full.empty:
            return None
        on = ["set", "fold", "learner"]
        pairs = self._at(budget).merge(full[[*on, "score"]], on=on, suffixes=("", "_0"))
        pairs = pairs.assign(kept=pairs["score"] / pairs["score_0"].replace(0, np.nan))
        return pairs.groupby(["method", "learner"])["kept"].mean().unstack()

    def recovery_curve(self, learner: str = "mean") -> Any:
        """Return the score by method and budget, for a plot of score against rows.

        Parameters
        ----------
        learner : str
            A learner's name, or "mean" over all.

        Returns
        -------
        DataFrame
            "rows", "score" and "deviation" (over folds), by method and budget.
        """
        rows = self.results[self.results["method"] != FULL_DATA]
        if learner != "mean":
            rows = rows[rows["learner"] == learner]
        rows = rows.assign(score=rows["score"].clip(lower=0))
        by = ["method", "budget"]
        folds = rows.groupby([*by, "fold"], sort=False)["score"].mean()
        table = folds.groupby(by, sort=False).agg(["mean", "std"])
        table.columns = ["score", "deviation"]
        table.insert(0, "rows", rows.groupby(by)["rows"].mean())
        return table.sort_values(["method", "rows"])

    def _at(self, budget: Any, *, of_full_data: bool = False) -> Any:
        rows = self.results
        is_full = rows["method"] == FULL_DATA
        rows = rows[is_full if of_full_data else ~is_full & (rows["budget"] == budget)]
        if rows.empty and not of_full_data:
            raise ValueError(
                f"There are no scores at budget {budget!r}, only at {self.budgets}."
            )
        return rows.assign(score=rows["score"].clip(lower=0))

    def _blocks(self, over: str) -> str:
        if over not in ("auto", "set", "fold"):
            raise ValueError(f"over={over!r} is none of 'auto', 'set', 'fold'.")
        if over == "auto":
            return "set" if self.results["set"].nunique() > 1 else "fold"
        return over
