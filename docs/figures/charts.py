"""Draw the charts of the benchmark pages from the files in docs/benchmarks/scores.

    python docs/figures/charts.py [--only scores]

Each chart is written to docs/images. Nothing is measured here.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

DOCS = Path(__file__).parents[1]
SCORES = DOCS / "benchmarks" / "scores"
IMAGES = DOCS / "images"
# The mean of the class-weighted full data in docs/benchmarks/classification.md, whose
# scores are in no file.
ALL_ROWS = 84.7
# The number of splits with random rows at 20, 100 and 200 rows per class.
N_SPLITS = 2
COLORS = {
    "random": "#8a8a8a",
    "herding": "#2f7ed8",
    "k-means": "#7fb3e6",
    "k-means centroids": "#2f7ed8",
    "kip": "#e07a1f",
}
# k-means centroids are means of rows, and count as learned.
SELECTIONS = (
    "herding",
    "k-means",
    "k-center",
    "submodular",
    "uncertainty",
    "forgetting",
    "gradient norm",
)
COLOR_TITLES = {
    "#e07a1f": "learned rows",
    "#2f7ed8": "selected rows",
    "#8a8a8a": "random rows",
}
TITLES = {
    "kip": "kernel inducing points",
    "kip, soft labels": "kernel inducing points, soft labels",
    "random": "random rows",
}
STYLE = {
    "figure.dpi": 130,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "legend.frameon": False,
}


def title(method):
    """Return the name of a method in a chart."""
    return TITLES.get(method, method)


def color(method):
    """Return the color of the kind of rows that a method makes."""
    if method == "random":
        return "#8a8a8a"
    return "#2f7ed8" if method in SELECTIONS else "#e07a1f"


def read(name):
    """Return the scores of a file, in percent."""
    scores = pd.read_csv(SCORES / name)
    scores["score"] *= 100
    return scores


def by_split(scores, keys):
    """Return the mean over data sets and learners for each split, and its deviation."""
    means = scores.groupby([*keys, "fold"])["score"].mean()
    return means.groupby(keys).agg(["mean", "std"])


def two_splits():
    """Return the scores on the two splits for which all numbers of rows were run."""
    files = ["tables-10.csv.gz", "tables-50.csv.gz", "random.csv.gz"]
    found = pd.concat(read(name) for name in files)
    return found[found["fold"] < N_SPLITS]


def scores_by_rows():
    """Score against rows per class, on the ten tables."""
    found = two_splits()
    figure, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
    table = by_split(found, ["method", "budget"])
    for method in ("kip", "herding", "k-means", "random"):
        line = table.loc[method]
        ax.errorbar(
            *(line.index, line["mean"], line["std"]),
            **{"marker": "o", "color": COLORS[method], "capsize": 3},
            label=title(method),
        )
    ax.axhline(ALL_ROWS, color="black", linestyle="--", linewidth=1)
    ax.annotate("all rows", (10, ALL_ROWS + 0.2), va="bottom", fontsize=9)
    ax.set(xscale="log", xlabel="Rows per class", ylabel="Balanced accuracy, %")
    budgets = sorted(found["budget"].unique())
    ax.set_xticks(budgets, [str(budget) for budget in budgets])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return figure


def worth():
    """The random rows per class that score as the rows of a method, by interpolation.

    The score is interpolated linearly in the logarithm of the number of random rows.
    """
    table = by_split(two_splits(), ["method", "budget"])["mean"]
    random = table["random"]
    figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
    for i, method in enumerate(("k-means", "herding", "kip")):
        for budget, height in ((10, 0.18), (50, -0.18)):
            log_rows = np.interp(
                table[method, budget], random, np.log10(random.index.to_numpy())
            )
            n_rows = 10**log_rows
            print(f"{budget} rows of {method}: {n_rows:.0f} random rows")
            alpha = 0.55 if budget == 10 else 1.0
            ax.barh(i - height, n_rows, 0.34, color=COLORS[method], alpha=alpha)
            text = f"{budget} rows = {n_rows:.0f} random rows"
            ax.annotate(text, (n_rows + 2, i - height), va="center", fontsize=9)
    ax.set_yticks(range(3), ["k-means", "herding", TITLES["kip"]])
    ax.set(xlabel="Random rows per class with the same score", xlim=(0, 270))
    ax.grid(visible=False, axis="y")
    return figure


def methods_at_ten():
    """Every method at ten rows per class, on the ten tables."""
    scores = read("tables-10.csv.gz")
    full = scores.groupby("method")["fold"].nunique()
    plain = ~full.index.str.contains(
        "kip .|, soft labels|mean$|mmd|kl$|character|adver"
    )
    kept = [*full.index[(full == full.max()) & plain], "kip, soft labels"]
    table = by_split(scores[scores["method"].isin(kept)], ["method"]).sort_values(
        "mean"
    )
    figure, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
    for method, (mean, deviation) in table.iterrows():
        ax.errorbar(
            *(mean, title(method)),
            **{"xerr": deviation, "fmt": "o", "color": color(method), "capsize": 3},
        )
    for name in COLOR_TITLES:
        ax.scatter([], [], color=name, label=COLOR_TITLES[name])
    ax.legend(loc="lower right")
    ax.axvline(ALL_ROWS, color="black", linestyle="--", linewidth=1)
    ax.annotate("all rows", (ALL_ROWS - 0.2, len(table) - 1), ha="right", fontsize=9)
    ax.set(xlabel="Balanced accuracy, %")
    return figure


def by_learner():
    """The score of each learner on three methods at ten rows per class."""
    scores = read("tables-10.csv.gz")
    table = scores.groupby(["method", "learner"], sort=False)["score"].mean().unstack(0)
    figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for method in ("random", "herding", "kip"):
        ax.scatter(
            *(table[method], table.index),
            **{"color": COLORS[method], "s": 46, "zorder": 3},
            label=title(method),
        )
    ax.hlines(table.index, table["random"], table["kip"], color="#cccccc", zorder=1)
    ax.set(xlabel="Balanced accuracy, %")
    ax.invert_yaxis()
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    return figure


def regression():
    """R^2 against the number of rows, on the tables that all budgets share."""
    scores = read("regression.csv.gz")
    scores["score"] = scores["score"].clip(lower=0)
    shared = scores.groupby("set")["budget"].agg(set)
    shared = shared[shared.map(len) == shared.map(len).max()].index
    table = by_split(scores[scores["set"].isin(shared)], ["method", "budget"])
    figure, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
    for method in ("kip", "k-means centroids", "random"):
        line = table.loc[method]
        ax.errorbar(
            *(line.index, line["mean"], line["std"]),
            **{"marker": "o", "color": COLORS[method], "capsize": 3},
            label=title(method),
        )
    ax.set(xscale="log", xlabel="Rows in total", ylabel="R², %")
    budgets = sorted(table.loc["kip"].index)
    ax.set_xticks(budgets, [str(budget) for budget in budgets])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return figure


def images():
    """Accuracy on MNIST at one and ten images per class."""
    scores = pd.read_csv(SCORES / "images-by-steps.csv")
    scores["accuracy"] *= 100
    table = scores.groupby(["budget", "method"])["accuracy"].mean()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), layout="constrained", sharey=True)
    order = table.loc[1].sort_values().index
    for ax, budget in zip(axes, (1, 10), strict=True):
        values = table.loc[budget].reindex(order)
        for method, value in values.items():
            ax.scatter(value, method, color=color(method), s=46)
        ax.set(xlabel="Accuracy, %")
        ax.set_title(
            f"{budget} image{'s' if budget > 1 else ''} per class", fontsize=10
        )
    return figure


CHARTS = {
    "scores": scores_by_rows,
    "worth": worth,
    "methods": methods_at_ten,
    "learners": by_learner,
    "regression": regression,
    "mnist": images,
}


def main():
    """Draw the charts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CHARTS)
    only = parser.parse_args().only
    with mpl.rc_context(STYLE):
        for name in [only] if only else CHARTS:
            CHARTS[name]().savefig(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
