"""The rows, labels and weights on which candidates are trained."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklearn_distill import DistilledSet
from sklearn_distill.model_selection.training_rows import restores_prior, training_rows


def small_set(**more):
    """Return a set of two classes that stand for 30 and 10 rows."""
    return DistilledSet(
        [[0.0], [1.0]], ["a", "b"], classes=["a", "b"], class_mass=[30, 10], **more
    )


def test_prior_weights_have_mean_one_and_restore_class_shares():
    rows = training_rows(small_set(), LogisticRegression(), prior=True)
    np.testing.assert_allclose(rows.labels.sample_weight, [1.5, 0.5])
    np.testing.assert_allclose(rows.own_labels.sample_weight, [1.5, 0.5])


def test_candidates_that_set_the_prior_keep_the_weights_of_the_set():
    rows = training_rows(small_set(), LogisticRegression(), prior="auto")
    np.testing.assert_allclose(rows.labels.sample_weight, [1.5, 0.5])
    assert rows.own_labels.sample_weight is None


def test_without_prior_the_weights_are_those_of_the_set():
    rows = training_rows(small_set(), LogisticRegression(), False)
    assert rows.labels == rows.own_labels == (None, None)
    rows = training_rows(small_set(sample_weight=[2, 5]), LogisticRegression(), False)
    np.testing.assert_array_equal(rows.labels.sample_weight, [2, 5])


def test_soft_labels_have_the_shares_of_the_data():
    soft = small_set(soft_labels=[[0.5, 0.5], [0.5, 0.5]])
    rows = training_rows(soft, LogisticRegression(), prior="auto")
    assert rows.y.tolist() == ["a", "b"]
    np.testing.assert_allclose(rows.labels.soft_labels, [[0.75, 0.25], [0.75, 0.25]])
    np.testing.assert_allclose(rows.labels.sample_weight, [1, 1])
    np.testing.assert_allclose(rows.own_labels.soft_labels, 0.5)
    assert rows.classes.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("weights", "metric", "expected"),
    [
        ("auto", None, "auto"),
        ("auto", "accuracy", "auto"),
        ("auto", "balanced_accuracy", False),
        ("auto", "f1_macro", False),
        ("prior", "balanced_accuracy", True),
        (None, "accuracy", False),
    ],
)
def test_when_the_prior_is_restored(weights, metric, expected):
    assert restores_prior(weights, metric) == expected


def test_negligible_weights_are_omitted():
    nearly = DistilledSet([[0.0], [1.0]], [0, 1], classes=[0, 1], class_mass=[50, 49])
    rows = training_rows(nearly, LogisticRegression(), prior=True)
    assert rows.labels.sample_weight is None
    uneven = DistilledSet([[0.0], [1.0]], [0, 1], classes=[0, 1], class_mass=[50, 45])
    rows = training_rows(uneven, LogisticRegression(), prior=True)
    assert rows.labels.sample_weight is not None
