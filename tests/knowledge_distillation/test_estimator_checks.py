"""scikit-learn's checks on both estimators, without exception."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)

tree = DecisionTreeClassifier(max_depth=3, random_state=0)
small_tree = DecisionTreeRegressor(max_depth=3, random_state=0)


@pytest.mark.filterwarnings(
    # The data of scikit-learn's checks are too simple for a teacher to help.
    "ignore:The teacher is not clearly better",
    "ignore:The number of unique classes is greater than 50",
)
@parametrize_with_checks(
    [
        KnowledgeDistillationClassifier(GaussianNB(), tree, random_state=0),
        KnowledgeDistillationClassifier(
            [tree, GaussianNB()], GaussianNB(), check_teacher=False, random_state=0
        ),
        KnowledgeDistillationRegressor(small_tree, Ridge(), random_state=0),
        KnowledgeDistillationRegressor(
            [Ridge(), small_tree], Ridge(), check_teacher=False, random_state=0
        ),
    ]
)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
