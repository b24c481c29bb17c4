# SPDX-License-Identifier: BSD-3-Clause
"""
Search on distilled rows
========================

A search trains dozens of candidates on all rows, although most of them are bad.
``DistilledSearchCV`` ranks the candidates on a few distilled rows, and trains only the
best few on all rows.
"""

# %%
# Twelve support vector machines on the digits. The plain search trains each of them on
# all rows of three folds.

import time

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

from sklearn_distill import DistilledSearchCV, HerdingSelection

X, y = load_digits(return_X_y=True)
grid = GridSearchCV(
    SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.0001, 0.001, 0.01]}, cv=3
)
started = time.perf_counter()
plain = grid.fit(X, y)
plain_seconds = time.perf_counter() - started

# %%
# The same search on ten herded rows per class, of which the best four candidates are
# confirmed on all rows. Each fold distills its own training rows.

started = time.perf_counter()
search = DistilledSearchCV(
    grid, HerdingSelection(budget=10, random_state=0), top_k=4
).fit(X, y)
seconds = time.perf_counter() - started
pd.DataFrame(
    {
        "all rows": [plain.best_params_, plain.best_score_, plain_seconds],
        "distilled": [search.best_params_, search.best_score_, seconds],
    },
    index=["winner", "accuracy", "seconds"],
)

# %%
# ``cv_results_`` contains the scores on distilled rows, and beside them those of the
# confirmed candidates on all rows.

results = pd.DataFrame(search.cv_results_).sort_values("rank_distilled")
results[["params", "mean_test_score", "confirmed_mean_test_score"]].head(6)

# %%
# The scores on distilled rows are lower than those on all rows, but they rank the
# candidates similarly. Small lines mark candidates that were not confirmed.

search.plot()
plt.show()
