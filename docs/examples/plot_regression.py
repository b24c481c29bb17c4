# SPDX-License-Identifier: BSD-3-Clause
"""
Distill rows with a continuous target
=====================================

For regression, the budget is the total number of rows. The distilled targets are less
noisy than the real ones: k-means averages the targets of each cluster, and methods that
learn rows move each target toward the mean target around the learned row.
"""

# %%
# The first data set is a noisy curve. The target of a centroid is the mean over its
# cluster, which averages out the noise of single rows.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_distill import KernelInducingPoints, KMeansSelection, RandomSelection

rng = np.random.RandomState(0)
x = rng.uniform(0, 10, size=1_000)
y = np.sin(x) + 0.3 * x + rng.normal(scale=0.6, size=len(x))

common = {"budget": 15, "random_state": 0}
methods = {
    "random": RandomSelection(**common),
    "k-means centroids": KMeansSelection(representative="centroid", **common),
    "kernel inducing points": KernelInducingPoints(max_iter=150, **common),
}

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), sharey=True, layout="constrained")
grid = np.linspace(0, 10, 200)
for ax, (name, method) in zip(axes, methods.items(), strict=True):
    small = method.fit_distill(x[:, None], y)
    ax.scatter(x, y, s=4, c="lightgray")
    ax.plot(grid, np.sin(grid) + 0.3 * grid, c="gray", lw=1, label="without noise")
    ax.scatter(small.X[:, 0], small.y, s=36, c="tab:orange", edgecolors="black")
    ax.set(title=name, xlabel="x")
axes[0].set_ylabel("y")
axes[0].legend(loc="upper left")
plt.show()

# %%
# The second data set is a table. Fifty of its 442 rows train ridge regression and
# nearest neighbors, over five folds. ``DistilledRegressor`` combines distiller and
# learner into one estimator.

from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import DistilledRegressor

X, y = load_diabetes(return_X_y=True)
folds = KFold(5, shuffle=True, random_state=0)
learners = {
    "ridge": make_pipeline(StandardScaler(), Ridge()),
    "neighbors": make_pipeline(StandardScaler(), KNeighborsRegressor()),
}
rows = {}
for label, learner in learners.items():
    rows["all rows", label] = cross_val_score(learner, X, y, cv=folds)
    for name in ("random", "k-means centroids"):
        method = methods[name]
        model = DistilledRegressor(method.set_params(budget=50), learner)
        rows[name, label] = cross_val_score(model, X, y, cv=folds)
pd.DataFrame(rows).T.agg(["mean", "std"], axis=1).round(2).rename_axis(
    ["rows", "R^2 of"]
)
