"""The class Comparison: scores of several methods, and the tables made from them."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._utils.optional import import_pandas
from ..measures.full_data import FULL_DATA
from ..measures.metrics import DATA_PRIOR_METRICS, metric_title
from .html_repr import html_of_comparison
from .score_file import read_scores
from .significance import RankTest, half_width_on_test_rows, holm, rank_test, wilcoxon_p

# The columns that identify a run: one distiller at one budget on one fold.
RUN_COLUMNS = ["set", "fold", "method", "budget"]


class Comparison:
    """Scores of the distilled sets of several methods, and summaries of the scores.

    `compare_distillers` returns a comparison, and `read` loads one from score files.

    Parameters
    ----------
    results : DataFrame
        A row for each data set, fold, method, budget and learner. "score" is balanced
        accuracy or R^2, "auc" is one-vs-rest and averaged over the classes, "seconds"
        is the time to distill, "fit_seconds" the time to train the learner, and
        "invalid" the share of distilled values that the real columns could not hold.
        "accuracy_data_prior" and "log_loss_data_prior" are for predictions that are
        corrected to the class shares of the training data; they are missing in score
        files of earlier versions, and so is "score_error", the standard error of
        "score" over the sampling of the test rows.
        Budget 0 is the full data, in which all classes have the same total weight.

    Attributes
    ----------
    results : DataFrame

    See Also
    --------
    compare_distillers : Compute a comparison.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import compare_distillers
    >>> X, y = load_iris(return_X_y=True)
    >>> compared = compare_distillers(
    ...     X, y, ["random", "herding"], learners=["naive Bayes"], budgets=2, cv=2
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
        """Read score files that `compare_distillers` wrote.

        Parameters
        ----------
        *paths : str or path-like
            Several files are combined into one comparison.

        Returns
        -------
        Comparison
        """
        return cls(read_scores(*paths))

    @classmethod
    def concat(cls, comparisons: Sequence["Comparison"]) -> "Comparison":
        """Combine several comparisons, for example of different data sets, into one.

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
        """Names of the methods, in the order in which they were passed."""
        names = self.results["method"].drop_duplicates().tolist()
        return [name for name in names if name != FULL_DATA]

    @property
    def budgets(self) -> list[Any]:
        """Budgets of the methods, in ascending order."""
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
        results = self.results
        return (
            f"<Comparison: {len(self.methods)} methods, "
            f"{results['set'].nunique()} data sets, {results['fold'].nunique()} folds, "
            f"budgets {self.budgets}, {len(self.learners)} learners>"
        )

    def _repr_html_(self) -> str:
        return html_of_comparison(self)

    def block_scores(self, budget: Any, over: str = "auto") -> Any:
        """Return the mean score over learners of each method on each block.

        Parameters
        ----------
        budget : int, float or str
        over : {"auto", "set", "fold"}, default="auto"
            Whether a block is a data set (mean over its folds) or a fold. "auto" means
            data sets if there is more than one. Folds of one data set share rows, so
            p-values over folds are too small.

        Returns
        -------
        DataFrame of shape (n_blocks, n_methods)
            Methods with missing scores are left out.
        """
        scores = self._scores_at(budget)
        block = self._block_columns(over)
        runs = scores.groupby(["method", "set", "fold"], sort=False)["score"].agg(
            lambda scores: scores.mean(skipna=False)
        )
        means = runs.groupby(["method", *block], sort=False).agg(
            lambda scores: scores.mean(skipna=False)
        )
        table = means.unstack("method")
        return table[[m for m in self.methods if m in table]].dropna(axis=1)

    def significance(self, baseline: str, budget: Any, over: str = "auto") -> Any:
        """Return the difference of each method to a baseline, with p-values.

        The test is Wilcoxon's two-sided signed-rank test on the scores of the blocks,
        adjusted for the number of methods by Holm's method.

        Parameters
        ----------
        baseline : str
            Name of a method.
        budget : int, float or str
        over : {"auto", "set", "fold"}, default="auto"
            See `block_scores`.

        Returns
        -------
        DataFrame
            "difference" (mean), "wins", "losses", "p" and "p_holm", by method.

        Raises
        ------
        ValueError
            If scores of the baseline are missing.
        """
        pd = import_pandas()
        table = self.block_scores(budget, over)
        if baseline not in table:
            raise ValueError(
                f"Scores of the baseline {baseline!r} are missing at budget {budget}. "
                f"Choose one of: {', '.join(table)}."
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
        """Return Friedman's and Nemenyi's tests of the ranks of the methods.

        Parameters
        ----------
        budget : int, float or str
        over : {"auto", "set", "fold"}, default="auto"
            See `block_scores`. Ranks are in the order of its columns.
        alpha : float, default=0.05
            Significance level of the critical difference.

        Returns
        -------
        RankTest
        """
        return rank_test(self.block_scores(budget, over), alpha=alpha)

    def summary(
        self, budget: Any, *, baselines: Sequence[str] = ("random", "herding")
    ) -> Any:
        """Return a table with a row for each method at one budget, best method first.

        Parameters
        ----------
        budget : int, float or str
        baselines : sequence of str, default=("random", "herding")
            Methods that all others are tested against. Names that are not in the
            comparison are ignored.

        Returns
        -------
        DataFrame
            The mean score of each learner, then "mean", "±" (standard deviation over
            folds), "test rows ±" (half the width of the 95 % interval of the mean over
            the sampling of the test rows; differences between methods that are tested
            on the same rows are more certain than this), "auc", "log loss", "accuracy
            (data prior)" and "log loss (data prior)" (under the class shares of the
            training data; "log loss" is under those of the distilled set), "retention"
            (share of the full data's score, mean over learners), "worst" (retention of
            the worst learner), "rank" (mean over blocks), "seconds", "invalid" and
            "p baseline" for each baseline.
            Negative R^2 counts as 0.
        """
        scores = self._scores_at(budget)
        by_method = scores.groupby("method", sort=False)
        table = scores.groupby(["method", "learner"])["score"].mean().unstack()
        table = table[[name for name in self.learners if name in table]]
        table["mean"] = table.mean(axis=1, skipna=False)
        folds = scores.groupby(["method", "fold"])["score"].mean()
        table["±"] = folds.groupby("method").std()
        half_widths = half_width_on_test_rows(scores)
        if half_widths.notna().any():
            table["test rows ±"] = half_widths
        for column in ("auc", "log_loss", *DATA_PRIOR_METRICS):
            if column in scores and scores[column].notna().any():
                table[metric_title(column)] = by_method[column].mean()
        retention = self.retention(budget)
        if retention is not None:
            table["retention"] = retention.mean(axis=1, skipna=False)
            table["worst"] = retention.min(axis=1, skipna=False)
        blocks = self.block_scores(budget)
        table["rank"] = blocks.rank(axis=1, ascending=False).mean()
        runs = scores.drop_duplicates(RUN_COLUMNS).groupby("method")
        table["seconds"] = runs["seconds"].mean()
        table["invalid"] = runs["invalid"].mean()
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
            None if the comparison does not contain the full data.
        """
        full = self._full_data_scores()
        if full.empty:
            return None
        return full.groupby("learner", sort=False)["score"].mean()

    def retention(self, budget: Any) -> Any:
        """Return the share of the full data's score that each method retains.

        Parameters
        ----------
        budget : int, float or str

        Returns
        -------
        DataFrame of shape (n_methods, n_learners) or None
            Means over data sets and folds. None if the comparison does not contain the
            full data.
        """
        full = self._full_data_scores()
        if full.empty:
            return None
        on = ["set", "fold", "learner"]
        pairs = self._scores_at(budget).merge(
            full[[*on, "score"]], on=on, suffixes=("", "_full")
        )
        shares = pairs["score"] / pairs["score_full"].replace(0, np.nan)
        pairs = pairs.assign(retention=shares)
        return pairs.groupby(["method", "learner"])["retention"].mean().unstack()

    def recovery_curve(self, learner: str = "mean") -> Any:
        """Return the scores of all methods and budgets, to plot scores against rows.

        Parameters
        ----------
        learner : str, default="mean"
            Name of a learner, or "mean" over all learners.

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

    def _scores_at(self, budget: Any) -> Any:
        """Return the results of all methods at one budget; negative scores become 0."""
        rows = self.results
        rows = rows[(rows["method"] != FULL_DATA) & (rows["budget"] == budget)]
        if rows.empty:
            raise ValueError(
                f"There are no scores at budget {budget!r}. Choose one of the budgets "
                f"{self.budgets}."
            )
        return rows.assign(score=rows["score"].clip(lower=0))

    def _full_data_scores(self) -> Any:
        """Return the results of the full data; negative scores become 0."""
        rows = self.results[self.results["method"] == FULL_DATA]
        return rows.assign(score=rows["score"].clip(lower=0))

    def _block_columns(self, over: str) -> list[str]:
        """Return the columns that identify a block."""
        if over not in ("auto", "set", "fold"):
            raise ValueError(f"over must be 'auto', 'set' or 'fold'; got {over!r}.")
        if over == "auto":
            over = "set" if self.results["set"].nunique() > 1 else "fold"
        return ["set"] if over == "set" else ["set", "fold"]
