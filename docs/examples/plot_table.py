# SPDX-License-Identifier: BSD-3-Clause
"""
Distill a table and plot the rows
=================================

Twenty rows replace four hundred. This example shows the distilled rows, plots them
among the real ones, and trains a support vector classifier on them.
"""

# %%
# Load the table and hold out test rows.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from sklearn_distill import HerdingSelection, KernelInducingPoints, RandomSelection

data = load_breast_cancer(as_frame=True)
X, y = data.data, pd.Series(data.target_names[data.target], name="diagnosis")
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
X_train.shape

# %%
# Distill ten rows per class by three methods. The result has the columns of the table,
# and a notebook shows its size, its cost and its first rows.

sets = {
    "random": RandomSelection(budget=10, random_state=0),
    "herding": HerdingSelection(budget=10),
    "kernel inducing points": KernelInducingPoints(
        budget=10, max_iter=150, random_state=0
    ),
}
sets = {name: method.fit_distill(X_train, y_train) for name, method in sets.items()}
sets["kernel inducing points"]

# %%
# Every set becomes a table with its labels in the last column.

sets["herding"].to_frame().iloc[:, [0, 1, 2, -1]].groupby("diagnosis").head(3)

# %%
# Plot the rows in two of the thirty columns. Herding selects rows that together
# resemble their class. Learned rows start from the herded ones and are moved such that
# a model trained on them predicts the real rows well, so they do not exist in the data.

figure, axes = plt.subplots(1, 3, figsize=(9, 3.4), sharey=True, layout="constrained")
columns = ["mean radius", "mean texture"]
colors = {"malignant": "tab:red", "benign": "tab:blue"}
for ax, (name, small) in zip(axes, sets.items(), strict=True):
    for label, color in colors.items():
        rows = X_train.loc[y_train == label, columns]
        ax.scatter(*rows.to_numpy().T, s=6, c=color, alpha=0.15, linewidths=0)
        few = small.X.loc[small.y == label, columns]
        ax.scatter(*few.to_numpy().T, s=36, c=color, edgecolors="black", label=label)
    ax.set(title=name, xlabel=columns[0])
axes[0].set_ylabel(columns[1])
axes[0].legend(loc="upper right")
plt.show()

# %%
# Train a support vector classifier on each set and score it on the test rows. A single
# split is not reliable; :ref:`sphx_glr_gallery_plot_grid_search.py` uses
# cross-validation.

from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

model = make_pipeline(StandardScaler(), SVC())
scores = {f"all {len(X_train)} rows": model.fit(X_train, y_train).score(X_test, y_test)}
for name, small in sets.items():
    scores[name] = model.fit(*small).score(X_test, y_test)
pd.Series(scores, name="accuracy").round(3).to_frame()
