"""DistillationReport: all that can be said of one distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn

from .. import __version__
from .._utils.optional import import_pandas
from ..distilled_set.distilled_set import DistilledSet
from .drawing import fitted_distiller
from .report_data import (
    FULL_DATA,
    REFERENCES,
    Findings,
    Rows,
    cost_of,
    interval,
    make_rows,
    measure,
    refitted,
)
from .validity import invalid_share


class DistillationReport:
    """What a distilled set is worth, beside all rows and beside simple references.

    Made by `from_estimator` or `from_sets`. Random rows, herding and k-means of the
    same number of rows of each class, with labels of the same kind, are measured along
    with it, and the full data with equal weight for each class.

    Parameters
    ----------
    sets : list of DistilledSet
        One for each seed.
    rows : Rows
        Real rows, for training and for testing.
    findings : Findings
        What was measured.
    title : str

    Attributes
    ----------
    scores : DataFrame
        A row for each set ("distilled", "random", "herding", "k-means", "full data"),
        seed and learner: "score" (balanced accuracy, or R^2) and more metrics.
    recalls : DataFrame
        A row for each set, seed, learner and class; empty for regression.
    fidelity : DataFrame
        A row for each measure: "distilled" and "random", with deviations over seeds.
    dd_ranking : DataFrame
        LRS, ARS and what they are made of: mean and deviation; empty for regression.
    cost : dict
        Rows, bytes and seconds.
    about : dict
        Seeds, versions, and what the test rows were used for.

    See Also
    --------
    compare_distillers : Many methods at many budgets.

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
        self, sets: list[DistilledSet], rows: Rows, findings: Findings, title: str
    ):
        pd = import_pandas()
        self.sets = sets
        self.rows = rows
        self.findings = findings
        self.title = title
        self.scores = pd.DataFrame(findings.scores)
        self.recalls = pd.DataFrame(findings.recalls)
        self.fidelity = self._fidelity(pd)
        self.dd_ranking = self._dd_ranking(pd)
        seconds = self.scores.groupby(["set", "seed"])["fit_seconds"].sum()
        full = seconds.get((FULL_DATA, 0), float("nan"))
        self.cost = cost_of(sets, rows, full, seconds["distilled"].mean())
        self.about = self._about()

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
    ) -> "DistillationReport":
        """Report on a fitted distiller.

        Parameters
        ----------
        distiller : estimator
            Fitted on (X_train, y_train), or a `DistilledClassifier` with one in it. Its
            set is the first; further ones have random_state 1, 2, ... but its own.
        X_test, y_test : array-like
            Real rows that were not distilled. They are used for scores and for
            two-sample tests alone: nothing is chosen on them.
        X_train, y_train : array-like, default=None
            The rows that were distilled. Without them there are no references, no
            fidelity, and one seed.
        learners : "panel", list or dict, default="panel"
            See `evaluation.panel_learners`.
        n_seeds : int, default=5
            How many sets.
        max_full_rows : int, default=10_000
            The full data are so many rows at most.
        n_jobs : int, default=None
            Seeds at once.

        Returns
        -------
        DistillationReport
        """
        distiller = fitted_distiller(distiller)
        if n_seeds < 1:
            raise ValueError(f"n_seeds={n_seeds} measures nothing. Give at least 1.")
        rows = make_rows(
            X_test,
            y_test,
            X_train,
            y_train,
            like=distiller.distilled_,
            learners=learners,
            max_full_rows=max_full_rows,
        )
        sets = refitted(distiller, rows, n_seeds)
        soft_labels = getattr(distiller, "soft_labels", None)
        if soft_labels is None:  # Labels may be learned, too.
            soft_labels = _teacher_like(sets[0])
        findings = measure(sets, rows, soft_labels, n_jobs)
        return cls(sets, rows, findings, " ".join(repr(distiller).split()))

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
    ) -> "DistillationReport":
        """Report on sets, wherever they are from.

        Parameters
        ----------
        sets : DistilledSet or sequence of DistilledSet
            One, or one for each seed.
        X_test, y_test : array-like
            Real rows that were not distilled.
        X_train, y_train : array-like, default=None
            The rows that were.
        soft_labels : "auto", None, "teacher" or estimator, default="auto"
            Who labels the references; "auto" is a random forest if the sets have soft
            labels.
        learners : "panel", list or dict, default="panel"
        max_full_rows : int, default=10_000
        n_jobs : int, default=None
            Seeds at once.
        title : str, default=None
            What the report is called.

        Returns
        -------
        DistillationReport
        """
        sets = [sets] if isinstance(sets, DistilledSet) else list(sets)
        if not sets:
            raise ValueError("There are no sets to report on.")
        rows = make_rows(
            X_test,
            y_test,
            X_train,
            y_train,
            like=sets[0],
            learners=learners,
            max_full_rows=max_full_rows,
        )
        if isinstance(soft_labels, str) and soft_labels == "auto":
            soft_labels = _teacher_like(sets[0])
        findings = measure(sets, rows, soft_labels, n_jobs)
        known = sets[0].info.get("method", repr(sets[0]).strip("<>"))
        return cls(sets, rows, findings, title or known)

    @property
    def is_regression(self) -> bool:
        """Whether scores are R^2."""
        return self.sets[0].classes is None

    def to_frame(self) -> Any:
        """Return the table of scores: a row a set, a column a learner.

        Returns
        -------
        DataFrame
            Mean over seeds of each learner's score, then "mean", "±" (deviation over
            seeds), "interval" (half the width of the 95 % confidence interval of the
            mean over seeds), "recovery" (share of the full data's mean score), "above
            random" (the difference of the means) and the other metrics' means.
        """
        scores = self.scores
        learners = scores["learner"].drop_duplicates().tolist()
        order = scores["set"].drop_duplicates().tolist()
        table = scores.groupby(["set", "learner"])["score"].mean().unstack()
        table = table.loc[order, learners]
        by_seed = scores.groupby(["set", "seed"])["score"].mean()
        found = {name: interval(by_seed[name]) for name in order}
        for i, column in enumerate(("mean", "±", "interval")):
            table[column] = [found[name][i] for name in order]
        if FULL_DATA in order:
            table["recovery"] = table["mean"] / table.loc[FULL_DATA, "mean"]
            table["above random"] = table["mean"] - table.loc["random", "mean"]
        others = ("rmse",) if self.is_regression else ("accuracy", "auc", "log_loss")
        for column in others:
            table[column.replace("_", " ")] = scores.groupby("set")[column].mean()
        return table

    def class_recalls(self) -> Any:
        """Return the recall of each class, mean over learners and seeds.

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
        """Draw scores by learner, recalls by class, and the rows in two dimensions.

        Returns
        -------
        matplotlib Figure
        """
        from .report_pictures import draw_report

        return draw_report(self)

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report as one HTML file that needs no other.

        Light or dark as the reader's system is, and readable on a phone. The file is
        complete or not there.

        Parameters
        ----------
        path : str or path-like
        """
        from .._utils.atomic_file import write_atomically
        from .report_html import page

        text = page(self).encode("utf-8")
        write_atomically(path, lambda file: file.write(text))

    def _repr_html_(self) -> str:
        from .report_html import fragment

        return fragment(self)

    def __repr__(self) -> str:
        table = self.to_frame()
        metric = "R^2" if self.is_regression else "balanced accuracy"
        text = f"{metric} {100 * table.loc['distilled', 'mean']:.1f} %"
        if "recovery" in table:
            kept = 100 * table.loc["distilled", "recovery"]
            text += f", {kept:.1f} % of the full data's"
        return f"<DistillationReport: {len(self.sets[0])} rows, {text}>"

    def _fidelity(self, pd: Any) -> Any:
        if not self.findings.fidelity:
            return pd.DataFrame()
        frame = pd.DataFrame(self.findings.fidelity).drop(columns="seed")
        table = {}
        for name in ("distilled", "random"):
            own = frame[frame["set"] == name].drop(columns="set")
            found = [interval(own[column]) for column in own]
            table[name] = [one[0] for one in found]
            table[f"{name} ±"] = [one[1] for one in found]
        return pd.DataFrame(table, index=own.columns)

    def _dd_ranking(self, pd: Any) -> Any:
        if not self.findings.dd_ranking:
            return pd.DataFrame()
        frame = pd.DataFrame(self.findings.dd_ranking).drop(columns="seed")
        found = [interval(frame[column]) for column in frame]
        return pd.DataFrame(
            {"mean": [one[0] for one in found], "±": [one[1] for one in found]},
            index=frame.columns,
        )

    def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = {
            "seeds": len(self.sets),
            "test rows": len(self.rows.X_test),
            "test rows were used for": "scores and two-sample tests; to choose nothing"
            if self.rows.has_train
            else "scores, and the scale of the learners' columns; to choose nothing",
            "sklearn-distill": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "Python": platform.python_version(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        }
        if self.rows.has_train:
            about["train rows"] = len(self.rows.X_train)
            about["full data"] = (
                f"{min(len(self.rows.X_train), self.rows.max_full_rows)} rows, one run"
                + ("" if self.is_regression else ", classes of equal weight")
            )
            about["references"] = ", ".join(REFERENCES)
            share = invalid_share(self.rows.X_train, self.sets[0].X)
            about["values that the columns could not hold"] = f"{100 * share:.1f} %"
        return about


def _teacher_like(one: DistilledSet) -> str | None:
    """Return who labels references, so that their labels are of a set's kind."""
    return None if one.soft_labels is None else "teacher"
