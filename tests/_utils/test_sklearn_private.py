"""The private names of scikit-learn work as the package expects."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_distill._utils._sklearn_private import trees_of_boosting


def test_trees_of_boosting_returns_a_tree_per_iteration_and_class():
    rng = np.random.RandomState(0)
    X, y = rng.randn(90, 2), np.repeat([0, 1, 2], 30)
    model = HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=3).fit(X, y)
    trees = trees_of_boosting(model)
    assert len(trees) == 4 * 3
    assert all(tree["is_leaf"].sum() <= 3 for tree in trees)


def test_trees_of_boosting_is_empty_for_other_estimators():
    assert trees_of_boosting(LogisticRegression()) == []
