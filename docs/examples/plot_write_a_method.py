# SPDX-License-Identifier: BSD-3-Clause
"""
Write a method and plot its rows
================================

The method of this example keeps the rows that are nearest to the median of their class.
:doc:`/write-a-method` explains each step of writing a method.
"""

# %%
# ``_distill`` receives the encoded rows and the number of rows to keep of each class,
# and returns the positions of the rows that it keeps. Budgets, DataFrames, weights and
# soft labels are handled by the base class.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from sklearn_distill import HerdingSelection
from sklearn_distill.base import BaseDistiller, Kept


class MedianSelection(BaseDistiller):
    """Keep the rows of each class that are nearest to its median."""

    plugin_api = 1

    def __init__(
        self,
        budget=10,
        *,
        allocation="auto",
        task="auto",
        soft_labels=None,
        evaluator=None,
        numeric="auto",
        categorical_features="from_dtype",
        image_shape=None,
        random_state=None,
    ):
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.evaluator = evaluator
        self.numeric = numeric
        self.categorical_features = categorical_features
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        kept = []
        for _, rows, n_rows in problem.groups():
            Z = problem.flat[rows]
            distances = np.linalg.norm(Z - np.median(Z, axis=0), axis=1)
            kept.append(rows[distances.argsort(kind="stable")[:n_rows]])
        return Kept(np.concatenate(kept))


# %%
# Run scikit-learn's checks and those of this package, which takes seconds. The checks
# with the status "xfail" require as many output rows as input rows, so distillers fail
# them.

from collections import Counter

from sklearn_distill.testing import check_distiller

Counter(result["status"] for result in check_distiller(MedianSelection()))

# %%
# The method is correct, but its rows are concentrated at the median of each class,
# whereas herding spreads its rows over the class. The titles show the score of each
# distiller on test rows: the accuracy of a nearest-neighbor classifier trained on the
# distilled rows.

X, y = make_moons(600, noise=0.15, random_state=0)
figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
for ax, method in zip(axes, [MedianSelection(8), HerdingSelection(8)], strict=True):
    method.fit(X[::2], y[::2])
    small = method.distilled_
    ax.scatter(*X.T, c=y, s=6, alpha=0.25, cmap="coolwarm")
    ax.scatter(*small.X.T, c=small.y, s=40, edgecolors="black", cmap="coolwarm")
    accuracy = method.score(X[1::2], y[1::2])
    ax.set_title(f"{type(method).__name__}: {accuracy:.2f}")
plt.show()
