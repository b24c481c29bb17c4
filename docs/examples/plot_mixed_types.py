# SPDX-License-Identifier: BSD-3-Clause
"""
Distill a table with categories, integers and booleans
======================================================

A distilled table has the same types of columns as the original one, even if its rows
are learned: the categories are known ones, columns of integers stay integers, and no
value lies outside the observed range.
"""

# %%
# A generated table of bicycle hires. The label tells whether a bicycle is returned
# late.

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_distill import KernelInducingPoints

rng = np.random.RandomState(0)
n = 3_000
table = pd.DataFrame(
    {
        "weather": rng.choice(["dry", "rain", "snow"], n, p=[0.6, 0.3, 0.1]),
        "size": pd.Categorical(
            rng.choice(["S", "M", "L"], n), categories=["S", "M", "L"], ordered=True
        ),
        "earlier_hires": rng.poisson(4, n),
        "electric": rng.rand(n) < 0.4,
        "price": rng.lognormal(2.5, 0.4, n).round(2),
    }
)
hours = (
    3.0
    - 1.2 * table["weather"].eq("dry")
    - 0.25 * table["earlier_hires"]
    + 0.8 * table["electric"]
    + rng.logistic(scale=0.5, size=n)
)
late = pd.Series(np.where(hours > 1.5, "late", "in time"), name="returned")
table.dtypes

# %%
# Learn eight rows per class. Categories are learned as relaxed one-hot vectors and
# decoded to the most probable category. The dtypes are those of the original table.

distiller = KernelInducingPoints(budget=8, max_iter=150, random_state=0)
small = distiller.fit_distill(table, late)
assert (small.X.dtypes == table.dtypes).all()
small.to_frame()

# %%
# The columns that distinguish the classes are the same in the large and the small
# table.

figure, axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")
large = table.assign(returned=late)
for shift, (name, rows) in enumerate(
    {"all": large, "distilled": small.to_frame()}.items()
):
    by_class = rows.groupby("returned")
    shares = {
        "dry weather": by_class["weather"].apply(lambda w: w.eq("dry").mean()),
        "electric": by_class["electric"].mean(),
        "mean earlier hires": by_class["earlier_hires"].mean(),
    }
    for ax, (title, share) in zip(axes, shares.items(), strict=True):
        ax.bar(np.arange(2) + 0.4 * shift, share, width=0.36, label=name)
        ax.set(title=title, xticks=np.arange(2) + 0.2, xticklabels=share.index)
axes[0].set_ylabel("share, or mean, by class")
axes[-1].legend()
plt.show()

# %%
# A pipeline that accepts the original table also accepts the distilled one.

from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_distill import DistilledClassifier

encode = make_column_transformer(
    (StandardScaler(), make_column_selector(dtype_include="number")),
    remainder=OneHotEncoder(handle_unknown="ignore"),
)
model = make_pipeline(encode, LogisticRegression())
pd.DataFrame(
    {
        name: cross_val_score(estimator, table, late, cv=3)
        for name, estimator in {
            "all rows": model,
            "16 rows": DistilledClassifier(distiller, model),
        }.items()
    }
).agg(["mean", "std"]).round(3)
