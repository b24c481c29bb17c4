# SPDX-License-Identifier: BSD-3-Clause
"""
Distilled digits
================

Five images of each digit replace a hundred and thirty-five: random, selected and
learned ones.
"""

# %%
# The data are 1,797 images of 8 by 8 pixels. With an ``image_shape``, flat rows are
# encoded as images, not as rows of a table.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sklearn_distill import HerdingSelection, KernelInducingPoints, RandomSelection

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

common = {"budget": 5, "image_shape": (1, 8, 8)}
sets = {
    "random": RandomSelection(random_state=0, **common),
    "herding": HerdingSelection(**common),
    "learned": KernelInducingPoints(max_iter=60, random_state=0, **common),
}
sets = {name: method.fit_distill(X_train, y_train) for name, method in sets.items()}

# %%
# All distilled images, five of each digit:

figure = plt.figure(figsize=(9, 4.4), layout="constrained")
for part, (name, small) in zip(
    figure.subfigures(1, 3, wspace=0.1), sets.items(), strict=True
):
    part.suptitle(name)
    axes = part.subplots(10, 5)
    for digit in range(10):
        for ax, image in zip(axes[digit], small.X[small.y == digit], strict=True):
            ax.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
            ax.set_axis_off()
plt.show()

# %%
# The accuracy of two learners on test images, for a single split:

from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

learners = {
    "logistic regression": make_pipeline(
        MinMaxScaler(), LogisticRegression(max_iter=1_000)
    ),
    "nearest neighbor": KNeighborsClassifier(1),
}
pd.DataFrame(
    {
        name: {
            title: learner.fit(*rows).score(X_test, y_test)
            for title, learner in learners.items()
        }
        for name, rows in {f"all {len(X_train)}": (X_train, y_train), **sets}.items()
    }
).round(3)
