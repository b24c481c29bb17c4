# SPDX-License-Identifier: BSD-3-Clause
"""
A memory of a stream
====================

The classes of a stream arrive one after the other: first all zeros, then all ones, and
so on. A model that is trained on the newest rows forgets the earlier classes. This
example keeps five distilled rows per class and compares them with a random sample of
the stream of the same size (reservoir sampling).
"""

# %%
# Sort the digits by class, so that the classes follow each other.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from sklearn_distill import HerdingSelection, StreamingDistiller

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
order = np.argsort(y_train, kind="stable")
X_train, y_train = X_train[order], y_train[order]

# %%
# Read the stream in batches of 50 rows. After each batch, train 1-NN on the distilled
# memory, on the reservoir and on the last 50 rows. The reservoir has the 50 rows of the
# final distilled set from the beginning.

stream = StreamingDistiller(
    HerdingSelection(5, task="classification"), chunk_size=100, random_state=0
)
rng = np.random.default_rng(0)
reservoir = []
scores = {"distilled memory": [], "reservoir": [], "last 50 rows": []}


def accuracy(X_memory, y_memory):
    seen = y_test <= y_train[stream.n_samples_seen_ - 1]
    model = KNeighborsClassifier(1).fit(X_memory, y_memory)
    return model.score(X_test[seen], y_test[seen])


for start in range(0, len(X_train), 50):
    batch = np.arange(start, min(start + 50, len(X_train)))
    stream.partial_fit(X_train[batch], y_train[batch])
    for row in batch:
        place = rng.integers(0, row + 1)
        if len(reservoir) < 50:
            reservoir.append(row)
        elif place < 50:
            reservoir[place] = row
    if len(stream.classes_) < 2:
        continue
    memory = stream.distilled_
    scores["distilled memory"].append(accuracy(memory.X, memory.y))
    scores["reservoir"].append(accuracy(X_train[reservoir], y_train[reservoir]))
    scores["last 50 rows"].append(accuracy(X_train[batch], y_train[batch]))

# %%
# Accuracy on the test rows of the classes seen so far.

fig, ax = plt.subplots(figsize=(7, 3.5), layout="constrained")
for name, values in scores.items():
    ax.plot(values, label=name)
ax.set(xlabel="batch", ylabel="accuracy on seen classes", ylim=(0, 1.02))
ax.legend()
plt.show()

# %%
# The memory besides the 50 rows of the result: the sets in the tree, the rows in the
# buffer, and the statistics of the columns.

stream.n_levels_, stream.nbytes_, X_train.nbytes
