"""Data and searches that the tests of this folder share."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC


@pytest.fixture
def rows():
    """Return 300 rows of three classes with unequal shares."""
    return make_classification(
        300,
        6,
        n_informative=4,
        n_classes=3,
        weights=[0.6, 0.3],
        class_sep=0.8,
        random_state=0,
    )


@pytest.fixture
def grid():
    """Return a search over six support vector machines, on three folds."""
    return GridSearchCV(SVC(), {"C": [0.1, 1, 10], "gamma": [0.01, 0.1]}, cv=3)


@pytest.fixture
def table():
    """Return a table with a category, words, integers and missing numbers."""
    rng = np.random.RandomState(0)
    X = pd.DataFrame(
        {
            "number": rng.randn(240),
            "count": rng.randint(0, 9, 240),
            "word": rng.choice(["red", "green", "blue"], 240),
            "size": pd.Categorical(
                rng.choice(["s", "m", "l"], 240), categories=["s", "m", "l", "xl"]
            ),
        },
        index=np.arange(240) * 7,
    )
    y = pd.Series(
        np.where(X["number"] + (X["word"] == "red") > 0.4, "yes", "no"), index=X.index
    )
    X.loc[X.index[::9], "number"] = np.nan
    return X, y
