"""Draw the pictures of the landing page, of the methods and of the displays.

    python docs/figures/pictures.py [--only digits]

Each picture is written to docs/images. The data come with scikit-learn.
"""

# SPDX-License-Identifier: BSD-3-Clause

import argparse
import warnings
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_moons
from sklearn.model_selection import train_test_split

import sklearn_distill as sd

IMAGES = Path(__file__).parents[1] / "images"
STYLE = {"figure.dpi": 130, "font.size": 10, "figure.facecolor": "white"}
CLASSES = ("#2f7ed8", "#e07a1f")


def digits():
    """All training images of the digits beside fifty learned ones."""
    X, y = load_digits(return_X_y=True)
    X, _, y, _ = train_test_split(X, y, stratify=y, random_state=0)
    distiller = sd.KernelInducingPoints(
        budget=5, image_shape=(1, 8, 8), max_iter=60, random_state=0
    )
    small, labels = distiller.fit_distill(X, y)
    order = np.argsort(y, kind="stable")
    figure, axes = plt.subplots(
        1, 2, figsize=(9, 3.2), layout="constrained", width_ratios=(1.15, 1)
    )
    axes[0].imshow(mosaic(X[order], columns=45), cmap="gray_r", interpolation="none")
    axes[0].set_title(f"{len(X):,} images")
    by_column = np.stack([small[labels == digit] for digit in range(10)], axis=1)
    tiles = mosaic(by_column.reshape(50, 64), columns=10)
    axes[1].imshow(tiles, cmap="gray_r", interpolation="none")
    axes[1].set_title(f"{len(small)} distilled images")
    for ax in axes:
        ax.set_axis_off()
    return {"digits": figure}


def mosaic(images, columns):
    """Return one array with all images of 8 by 8 pixels in rows."""
    n_rows = -(-len(images) // columns)
    padded = np.zeros((n_rows * columns, 8, 8))
    padded[: len(images)] = images.reshape(-1, 8, 8)
    tiles = padded.reshape(n_rows, columns, 8, 8).transpose(0, 2, 1, 3)
    return tiles.reshape(n_rows * 8, columns * 8)


def methods():
    """Ten rows per class of each method on two classes of points in the plane."""
    X, y = make_moons(600, noise=0.22, random_state=0)
    figures = {}
    for info in sd.list_distillers():
        if info.distribution != "sklearn-distill":
            continue
        cls = sd.get_distiller(f"sklearn-distill:{info.name}")
        distiller = cls(budget=10)
        parameters = distiller.get_params()
        if "random_state" in parameters:
            distiller.set_params(random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rows, labels = distiller.fit_distill(X, y)
        figure, ax = plt.subplots(figsize=(4.6, 3), layout="constrained")
        for value, color in enumerate(CLASSES):
            ax.scatter(*X[y == value].T, s=8, color=color, alpha=0.25, linewidths=0)
            ax.scatter(
                *np.asarray(rows)[labels == value].T,
                **{"s": 60, "color": color, "edgecolors": "black", "linewidths": 1},
            )
        ax.set(xticks=[], yticks=[])
        figures[f"methods/{info.name}"] = figure
    return figures


def displays():
    """One picture of each display."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X, y = X.iloc[:, :8], y.map({0: "malignant", 1: "benign"})
    herding = sd.HerdingSelection(budget=10, soft_labels="teacher", random_state=0)
    herding.fit(X, y)
    learned = sd.KernelInducingPoints(budget=10, max_iter=60, random_state=0).fit(X, y)
    Xd, yd = load_digits(return_X_y=True)
    image = sd.HerdingSelection(budget=8, image_shape=(1, 8, 8)).fit(Xd, yd)
    compared = sd.compare_distillers(
        *load_wine(return_X_y=True),
        ["random", "herding", "k-means", "k-center"],
        budgets=[2, 5, 10],
        learners=["logistic", "naive Bayes", "neighbors"],
        cv=5,
        random_state=0,
    )
    shown = {
        "images": sd.DistilledImagesDisplay.from_estimator(image),
        "rows": sd.DistilledRowsDisplay.from_estimator(learned, X, y),
        "marginals": sd.MarginalsDisplay.from_estimator(learned, X),
        "soft-labels": sd.SoftLabelsDisplay.from_estimator(herding),
        "recovery-curve": sd.RecoveryCurveDisplay.from_comparison(compared),
        "critical-difference": sd.CriticalDifferenceDisplay.from_comparison(
            compared, budget=5
        ),
        "loss-history": sd.LossHistoryDisplay.from_estimator(learned),
    }
    return {f"displays/{name}": display.figure_ for name, display in shown.items()}


PICTURES = {"digits": digits, "methods": methods, "displays": displays}


def main():
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=PICTURES)
    only = parser.parse_args().only
    mpl.use("Agg")
    with mpl.rc_context(STYLE):
        for name in [only] if only else PICTURES:
            for path, figure in PICTURES[name]().items():
                target = IMAGES / f"{path}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                figure.savefig(target)
                plt.close(figure)


if __name__ == "__main__":
    main()
