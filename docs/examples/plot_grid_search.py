# SPDX-License-Identifier: BSD-3-Clause
"""
Choose the method and the budget by grid search
===============================================

A distiller is an estimator, so a grid search can choose the method and the budget (the
number of rows per class) like any other parameter. Each fold distills its own training
rows. The test rows are real rows that take no part in the distillation.
"""

# %%
# One estimator contains the distiller and the model that is trained on its rows.

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
model = DistilledClassifier(HerdingSelection(random_state=0), svc)
model

# %%
# The grid consists of three methods and four budgets.

methods = {
    "random": RandomSelection(random_state=0),
    "k-means": KMeansSelection(random_state=0),
    "herding": HerdingSelection(random_state=0),
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
# Accuracy by budget, with the deviation over the folds, and the accuracy on all rows:

full = cross_val_score(svc, X, y, cv=folds)
results = pd.DataFrame(search.cv_results_)
figure, ax = plt.subplots(figsize=(6, 3.8), layout="constrained")
for name, method in methods.items():
    of_method = results[[type(d) is type(method) for d in results["param_distiller"]]]
    ax.errorbar(
        of_method["param_distiller__budget"].astype(int),
        of_method["mean_test_score"],
        of_method["std_test_score"],
        marker="o",
        capsize=3,
        label=name,
    )
ax.axhline(full.mean(), color="gray", linestyle="--", label=f"all {len(X)} rows")
ax.set(xlabel="rows per class", ylabel="accuracy on test digits", xticks=budgets)
ax.legend(loc="lower right")
plt.show()
