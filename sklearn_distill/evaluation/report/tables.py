"""Tables of a report, computed from its measurements."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import platform
from datetime import date
from typing import Any

import numpy as np
import sklearn

from ... import __version__
from ..._utils.native_rows import nbytes_of
from ..._utils.optional import import_pandas
from ...distilled_set.distilled_set import DistilledSet
from ..measures.full_data import FULL_DATA
from ..measures.metrics import METRICS, metric_title
from ..measures.preprocessing import dense_rows
from ..measures.validity import invalid_share
from .confidence_interval import half_widths_on_test_rows, mean_interval
from .measurements import REFERENCES
from .report_rows import ReportRows


def score_table(scores: Any, recalls: Any, y_test: Any, is_regression: bool) -> Any:
    """Return the mean scores over seeds: a row for each set, a column for each learner.

    Further columns are described in `DistillationReport.to_frame`.
    """
    learners = scores["learner"].drop_duplicates().tolist()
    names = scores["set"].drop_duplicates().tolist()
    table = scores.groupby(["set", "learner"])["score"].mean().unstack()
    table = table.loc[names, learners]
    by_seed = scores.groupby(["set", "seed"])["score"].mean()
    intervals = [mean_interval(by_seed[name]) for name in names]
    table["mean"] = [interval.mean for interval in intervals]
    table["±"] = [interval.deviation for interval in intervals]
    half_widths = half_widths_on_test_rows(scores, recalls, y_test, "set")
    table["interval"] = [half_widths.get(name, float("nan")) for name in names]
    table["seed interval"] = [interval.half_width for interval in intervals]
    if FULL_DATA in names:
        table["recovery"] = table["mean"] / table.loc[FULL_DATA, "mean"]
        table["above random"] = table["mean"] - table.loc["random", "mean"]
    metrics = METRICS["regression" if is_regression else "classification"][1:]
    for column in metrics:
        table[metric_title(column)] = scores.groupby("set")[column].mean()
    return table


def fidelity_table(rows: list[dict[str, Any]]) -> Any:
    """Return the fidelity of distilled and of random rows, a row for each measure."""
    pd = import_pandas()
    if not rows:
        return pd.DataFrame()
    frame = pd.DataFrame(rows).drop(columns="seed")
    table = {}
    for name in ("distilled", "random"):
        own = frame[frame["set"] == name].drop(columns="set")
        intervals = [mean_interval(own[column]) for column in own]
        table[name] = [interval.mean for interval in intervals]
        table[f"{name} ±"] = [interval.deviation for interval in intervals]
    return pd.DataFrame(table, index=own.columns)


def dd_ranking_table(rows: list[dict[str, Any]]) -> Any:
    """Return mean and standard deviation over seeds of the DD-Ranking scores."""
    pd = import_pandas()
    if not rows:
        return pd.DataFrame()
    frame = pd.DataFrame(rows).drop(columns="seed")
    intervals = [mean_interval(frame[column]) for column in frame]
    return pd.DataFrame(
        {
            "mean": [interval.mean for interval in intervals],
            "±": [interval.deviation for interval in intervals],
        },
        index=frame.columns,
    )


def cost_table(sets: list[DistilledSet], rows: ReportRows, scores: Any) -> dict:
    """Return the rows, bytes and seconds of the distilled set and of the full data."""
    seconds = scores.groupby(["set", "seed"])["fit_seconds"].sum()
    cost: dict[str, Any] = {"rows": len(sets[0]), "bytes": sets[0].nbytes}
    distilling = [one.info["seconds"] for one in sets if "seconds" in one.info]
    if distilling:
        cost["seconds to distill"] = float(np.mean(distilling))
    cost["seconds to train learners"] = float(seconds["distilled"].mean())
    growth = sets[0].growth
    if growth is not None:
        cost["numbers of sampler and decoder"] = growth.n_numbers
        cost["seconds to train learners on grown rows"] = float(seconds["grown"].mean())
    if rows.has_train:
        cost["rows of the training data"] = len(rows.X_train)
        cost["bytes of the training data"] = (
            nbytes_of(rows.X_train) + rows.y_train.nbytes
        )
        cost["seconds to train learners on the full data"] = float(
            seconds.get((FULL_DATA, 0), float("nan"))
        )
    return cost


def about_table(
    sets: list[DistilledSet], rows: ReportRows, name: str | None
) -> dict[str, Any]:
    """Return how a report was measured: seeds, versions, and the use of test rows."""
    about: dict[str, Any] = {} if name is None else {"data set": name}
    about |= {
        "date": date.today().isoformat(),
        "seeds": len(sets),
        "test rows": len(rows.X_test),
        "use of the test rows": "scores and two-sample tests; nothing was selected on "
        "test rows"
        if rows.has_train
        else "scores and the preprocessing of the learners; nothing was selected on "
        "test rows",
        "sklearn-distill": __version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "Python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    if rows.has_train:
        about["training rows"] = len(rows.X_train)
        about["full data"] = (
            f"{min(len(rows.X_train), rows.max_full_rows)} rows, one run"
            + ("" if rows.classes is None else ", equal total weight for each class")
        )
        about["references"] = ", ".join(REFERENCES)
        share = invalid_share(rows.X_train, dense_rows(sets[0].X))
        about["values that the real columns could not hold"] = f"{100 * share:.1f} %"
    return about
