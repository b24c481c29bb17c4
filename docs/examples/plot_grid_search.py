# SPDX-License-Identifier: BSD-3-Clause
"""
How many rows, by which method: a grid search
=============================================

A distiller is an estimator, so the budget and the method are parameters like any other.
Each fold distils its own training rows; its test rows are real ones that the distiller
did not see.
"""

# %%
# A distiller and the model that is trained on its rows, as one estimator.

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
)

X, y = load_digits(return_X_y=True)
svc = make_pipeline(StandardScaler(), SVC())
model = DistilledClassifier(HerdingSelection(), svc)

# %%
# The grid: three methods, four budgets.

methods = {
    "random": RandomSelection(random_state=0),
    "k-means": KMeansSelection(random_state=0),
    "herding": HerdingSelection(),
}
budgets = [2, 5, 10, 20]
folds = StratifiedKFold(4, shuffle=True, random_state=0)
search = GridSearchCV(
    model,
    {"distiller": list(methods.values()), "distiller__budget": budgets},
    cv=folds,
).fit(X, y)
search.best_params_

# %%
# Accuracy by budget, with the deviation over the folds, beside that of all rows.

full = cross_val_score(svc, X, y, cv=folds)
results = pd.DataFrame(search.cv_results_)
figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
for name, method in methods.items():
    mine = results[[type(d) is type(method) for d in results["param_distiller"]]]
    ax.errorbar(
        mine["param_distiller__budget"].astype(int),
        mine["mean_test_score"],
        mine["std_test_score"],
        marker="o",
        capsize=3,
        label=name,
    )
ax.axhline(full.mean(), color="grey", linestyle="--", label=f"all {len(X)} rows")
ax.set(xlabel="rows per class", ylabel="accuracy on unseen digits", xticks=budgets)
ax.legend(loc="lower right")
plt.show()
