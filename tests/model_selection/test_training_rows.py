"""The rows, labels and weights on which candidates are trained."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from sklearn_distill import DistilledSet
from sklearn_distill.model_selection.training_rows import restores_prior, training_rows


def small_set(**more):
    """Return a set of two classes that stand for 30 and 10 rows."""
    return DistilledSet(
        [[0.0], [1.0]], ["a", "b"], classes=["a", "b"], class_mass=[30, 10], **more
    )


def test_prior_weights_have_mean_one_and_restore_class_shares():
    rows = training_rows(small_set(), LogisticRegression(), prior=True)
    np.testing.assert_allclose(rows.sample_weight, [1.5, 0.5])


def test_without_prior_the_weights_are_those_of_the_set():
    assert training_rows(small_set(), LogisticRegression(), False).sample_weight is None
    rows = training_rows(small_set(sample_weight=[2, 5]), LogisticRegression(), False)
    np.testing.assert_array_equal(rows.sample_weight, [2, 5])


def test_estimator_that_does_not_accept_weights_gets_none():
    rows = training_rows(small_set(), KNeighborsClassifier(), prior=True)
    assert rows.sample_weight is None


def test_soft_labels_have_the_shares_of_the_data():
    soft = small_set(soft_labels=[[0.5, 0.5], [0.5, 0.5]])
    rows = training_rows(soft, LogisticRegression(), prior=True)
    assert rows.y.tolist() == ["a", "b"]
    np.testing.assert_allclose(rows.soft_labels, [[0.75, 0.25], [0.75, 0.25]])
    np.testing.assert_allclose(rows.sample_weight, [1, 1])


def test_estimator_that_does_not_accept_weights_gets_no_soft_labels():
    soft = small_set(soft_labels=[[0.5, 0.5], [0.5, 0.5]])
    rows = training_rows(soft, KNeighborsClassifier(), prior=True)
    assert rows.soft_labels is None


@pytest.mark.parametrize(
    ("weights", "estimator", "metric", "expected"),
    [
        ("auto", LogisticRegression(), None, True),
        ("auto", LogisticRegression(), "accuracy", True),
        ("auto", LogisticRegression(), "balanced_accuracy", False),
        ("auto", LogisticRegression(), "f1_macro", False),
        ("auto", LogisticRegression(class_weight="balanced"), None, False),
        ("prior", LogisticRegression(), "balanced_accuracy", True),
        (None, LogisticRegression(), "accuracy", False),
    ],
)
def test_when_the_prior_is_restored(weights, estimator, metric, expected):
    assert restores_prior(weights, estimator, metric) is expected


def test_negligible_weights_are_omitted():
    nearly = DistilledSet([[0.0], [1.0]], [0, 1], classes=[0, 1], class_mass=[50, 49])
    assert training_rows(nearly, LogisticRegression(), prior=True).sample_weight is None
    uneven = DistilledSet([[0.0], [1.0]], [0, 1], classes=[0, 1], class_mass=[50, 45])
    rows = training_rows(uneven, LogisticRegression(), prior=True)
    assert rows.sample_weight is not None
