"""Fixtures of the tests of knowledge distillation."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import KnowledgeDistillationClassifier


class Recorder(GaussianNB):
    """Record the training data of an estimator, and count the fits of all clones."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).n_fits += 1
        self.trained_on_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


@pytest.fixture
def recorder():
    """Return the class Recorder, with its counter at 0."""
    Recorder.n_fits = 0
    return Recorder


@pytest.fixture
def iris():
    """Return X and y of iris, with the names of the species as labels."""
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


@pytest.fixture
def overlapping():
    """Return a function that draws overlapping classes, hard for a small tree."""

    def draw(n, seed=0):
        return make_classification(
            n, 10, n_informative=6, n_redundant=0, class_sep=1.2, random_state=seed
        )

    return draw


@pytest.fixture
def kd():
    """Return a function that creates the classifier without check of the teacher."""

    def create(teacher, student, **params):
        params = {"check_teacher": False, "random_state": 0} | params
        return KnowledgeDistillationClassifier(teacher, student, **params)

    return create


@pytest.fixture
def forest():
    """Return a function that creates a random forest of 20 trees."""

    def create(**params):
        return RandomForestClassifier(20, random_state=0, **params)

    return create


@pytest.fixture
def small_tree():
    """Return a function that creates a decision tree with few leaves."""

    def create(leaves=4):
        return DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)

    return create
