"""The class DistillationReport."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Sequence
from typing import Any

from ..._utils.atomic_file import write_atomically
from ..._utils.optional import import_pandas
from ...distilled_set.distilled_set import DistilledSet
from ..displays.drawing import fitted_distiller
from .figures import draw_report
from .html_page import fragment, page
from .measurements import Measurements, measure, sets_of_seeds
from .report_rows import ReportRows, make_report_rows
from .tables import (
    about_table,
    cost_table,
    dd_ranking_table,
    fidelity_table,
    score_table,
)


class DistillationReport:
    """Detailed evaluation of one distilled set.

    Learners are trained on the distilled set, on the full data, and on random, herding
    and k-means sets of the same size with labels of the same kind, and tested on real
    rows. If the distilled set has a sampler and a decoder, learners are also trained on
    rows grown from it. Create a report with `from_estimator` or `from_sets`.

    Parameters
    ----------
    sets : list of DistilledSet
        A distilled set for each seed.
    rows : ReportRows
        Real rows, for training and for testing.
    measurements : Measurements
    title : str
    name : str, default=None
        Name of the data set.

    Attributes
    ----------
    scores : DataFrame
        A row for each set ("distilled", "grown" if the set can grow, "random",
        "herding", "k-means", "full data"), seed and learner: "score" (balanced accuracy
        or R^2) and other metrics.
    recalls : DataFrame
        A row for each set, seed, learner and class. Empty for regression.
    fidelity : DataFrame
        A row for each fidelity measure: mean and standard deviation over seeds, for
        "distilled" and "random".
    dd_ranking : DataFrame
        Mean and standard deviation over seeds of LRS, ARS and the scores that they
        consist of. Empty for regression.
    cost : dict
        Rows, bytes and seconds of the distilled set and of the full data.
    about : dict
        Seeds, versions, and the use of the test rows.

    See Also
    --------
    compare_distillers : Compare several methods at several budgets.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import DistillationReport, HerdingSelection
    >>> X, y = load_iris(return_X_y=True)
    >>> herding = HerdingSelection(budget=3, random_state=0).fit(X[::2], y[::2])
    >>> report = DistillationReport.from_estimator(
    ...     herding, X[1::2], y[1::2], X[::2], y[::2], learners=["logistic"], n_seeds=2
    ... )
    >>> sorted(report.to_frame().index)
    ['distilled', 'full data', 'herding', 'k-means', 'random']
    """

    def __init__(
        self,
        sets: list[DistilledSet],
        rows: ReportRows,
        measurements: Measurements,
        title: str,
        name: str | None = None,
    ):
        pd = import_pandas()
        self.sets = sets
        self.rows = rows
        self.measurements = measurements
        self.title = title
        self.scores = pd.DataFrame(measurements.scores)
        self.recalls = pd.DataFrame(measurements.recalls)
        self.fidelity = fidelity_table(measurements.fidelity)
        self.dd_ranking = dd_ranking_table(measurements.dd_ranking)
        self.cost = cost_table(sets, rows, self.scores)
        self.about = about_table(sets, rows, name)

    @classmethod
    def from_estimator(
        cls,
        distiller: Any,
        X_test: Any,
        y_test: Any,
        X_train: Any = None,
        y_train: Any = None,
        *,
        learners: Any = "panel",
        n_seeds: int = 5,
        max_full_rows: int = 10_000,
        n_jobs: int | None = None,
        name: str | None = None,
    ) -> "DistillationReport":
        """Evaluate a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Distiller that was fitted on (X_train, y_train), or a `DistilledClassifier`
            or `DistilledRegressor` that contains one. Its distilled set is that of the
            first seed. For the other seeds, clones of the distiller are fitted with
            random_state 1, 2, ..., skipping the random_state of the distiller.
        X_test, y_test : array-like
            Real rows that were not distilled. They are used for scores and for
            two-sample tests, and nothing is selected on them.
        X_train, y_train : array-like, default=None
            The rows that were distilled. Without them, the report has one seed, and
            references and fidelity are omitted.
        learners : "panel", list or dict, default="panel"
            Estimators by name, or names of learners in the panel; see
            `evaluation.panel_learners`.
        n_seeds : int, default=5
            Number of distilled sets.
        max_full_rows : int, default=10_000
            Maximum number of rows of the full data.
        n_jobs : int, default=None
            Number of seeds that are measured in parallel.
        name : str, default=None
            Name of the data set, which the report shows.

        Returns
        -------
        DistillationReport

        Raises
        ------
        ValueError
            If rows and labels do not match the distilled set, or `n_seeds` is below 1.
        """
        distiller = fitted_distiller(distiller)
        if n_seeds < 1:
            raise ValueError(f"n_seeds must be at least 1; got {n_seeds}.")
        rows = make_report_rows(
            X_test,
            y_test,
            X_train,
            y_train,
            distilled=distiller.distilled_,
            learners=learners,
            max_full_rows=max_full_rows,
        )
        sets = sets_of_seeds(distiller, rows, n_seeds)
        soft_labels = getattr(distiller, "soft_labels", None)
        if soft_labels is None:
            # A method with learn_labels=True has soft labels without a teacher.
            soft_labels = _reference_teacher(sets[0])
        measurements = measure(sets, rows, soft_labels, n_jobs)
        title = " ".join(repr(distiller).split())
        return cls(sets, rows, measurements, title, name)

    @classmethod
    def from_sets(
        cls,
        sets: DistilledSet | Sequence[DistilledSet],
        X_test: Any,
        y_test: Any,
        X_train: Any = None,
        y_train: Any = None,
        *,
        soft_labels: Any = "auto",
        learners: Any = "panel",
        max_full_rows: int = 10_000,
        n_jobs: int | None = None,
        title: str | None = None,
        name: str | None = None,
    ) -> "DistillationReport":
        """Evaluate distilled sets, for example sets that were loaded from files.

        Parameters
        ----------
        sets : DistilledSet or sequence of DistilledSet
            One distilled set, or a set for each seed.
        X_test, y_test : array-like
            Real rows that were not distilled.
        X_train, y_train : array-like, default=None
            The rows that were distilled.
        soft_labels : "auto", None, "teacher" or estimator, default="auto"
            Teacher that labels the reference sets. "auto" uses a random forest if the
            distilled sets have soft labels, and otherwise no teacher.
        learners : "panel", list or dict, default="panel"
            Estimators by name, or names of learners in the panel; see
            `evaluation.panel_learners`.
        max_full_rows : int, default=10_000
            Maximum number of rows of the full data.
        n_jobs : int, default=None
            Number of seeds that are measured in parallel.
        title : str, default=None
            Title of the report. None uses the method that distilled the first set.
        name : str, default=None
            Name of the data set, which the report shows.

        Returns
        -------
        DistillationReport

        Raises
        ------
        ValueError
            If `sets` is empty, or rows and labels do not match the distilled sets.
        """
        sets = [sets] if isinstance(sets, DistilledSet) else list(sets)
        if not sets:
            raise ValueError("sets must not be empty. Pass at least one DistilledSet.")
        rows = make_report_rows(
            X_test,
            y_test,
            X_train,
            y_train,
            distilled=sets[0],
            learners=learners,
            max_full_rows=max_full_rows,
        )
        if isinstance(soft_labels, str) and soft_labels == "auto":
            soft_labels = _reference_teacher(sets[0])
        measurements = measure(sets, rows, soft_labels, n_jobs)
        method = sets[0].info.get("method", repr(sets[0]).strip("<>"))
        return cls(sets, rows, measurements, title or method, name)

    @property
    def is_regression(self) -> bool:
        """Whether scores are R^2."""
        return self.sets[0].classes is None

    def to_frame(self) -> Any:
        """Return the table of scores: a row for each set, a column for each learner.

        Returns
        -------
        DataFrame
            Mean score over seeds of each learner, then "mean", "±" (standard deviation
            over seeds), "interval" (half the width of the 95 % confidence interval of
            the mean score over the sampling of the test rows), "seed interval" (the
            same of the mean over seeds; NaN for fewer than three seeds and for methods
            that do not depend on the seed), "recovery"
            (share of the mean score of the full data), "above random" (difference to
            the mean score of random rows) and the means of the other metrics. Metrics
            with "(data prior)" in their names are for predictions that are corrected to
            the class shares of the training data.
        """
        return score_table(
            self.scores, self.recalls, self.rows.y_test, self.is_regression
        )

    def class_recalls(self) -> Any:
        """Return the recall of each class, averaged over learners and seeds.

        Returns
        -------
        DataFrame of shape (n_classes, n_sets)
            Empty for regression.
        """
        if self.is_regression:
            return self.recalls
        table = self.recalls.groupby(["class", "set"])["recall"].mean().unstack()
        return table[[name for name in self.to_frame().index if name in table]]

    def plot(self) -> Any:
        """Plot scores by learner, recalls by class, and the distilled rows.

        Returns
        -------
        matplotlib Figure
        """
        return draw_report(self)

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report to a single HTML file without external resources.

        The page follows the light or dark mode of the reader's system, and adapts to
        small screens. The file is either written completely or not at all.

        Parameters
        ----------
        path : str or path-like
        """
        text = page(self).encode("utf-8")
        write_atomically(path, lambda file: file.write(text))

    def _repr_html_(self) -> str:
        return fragment(self)

    def __repr__(self) -> str:
        table = self.to_frame()
        metric = "R^2" if self.is_regression else "balanced accuracy"
        text = f"{metric} {100 * table.loc['distilled', 'mean']:.1f} %"
        if "recovery" in table:
            recovery = 100 * table.loc["distilled", "recovery"]
            text += f", {recovery:.1f} % of the full data's"
        return f"<DistillationReport: {len(self.sets[0])} rows, {text}>"


def _reference_teacher(distilled: DistilledSet) -> str | None:
    """Return the teacher that gives reference sets labels like those of a set."""
    return None if distilled.soft_labels is None else "teacher"
