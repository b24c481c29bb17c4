"""Uncertainty: scores by definition, and the rows that are selected."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_blobs
from sklearn.linear_model import LogisticRegression

from sklearn_distill import UncertaintySelection
from sklearn_distill.selection.uncertainty import uncertainty


@given(n_classes=st.integers(2, 6), seed=st.integers(0, 1_000))
def test_uncertainty_is_zero_for_certain_and_one_for_uniform_probabilities(
    n_classes, seed
):
    proba = np.random.RandomState(seed).dirichlet(np.ones(n_classes), size=8)
    proba[0], proba[1] = np.eye(n_classes)[0], 1 / n_classes
    for criterion in ("margin", "entropy", "least-confidence"):
        scores = uncertainty(proba, criterion)
        assert scores[0] == pytest.approx(0.0)
        assert scores[1] == pytest.approx(1.0)
        assert ((scores >= 0) & (scores <= 1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        ("margin", 1.0 - (0.6 - 0.3)),
        ("entropy", -np.dot([0.6, 0.3, 0.1], np.log([0.6, 0.3, 0.1])) / np.log(3)),
        ("least-confidence", 0.4 * 3 / 2),
    ],
)
def test_uncertainty_of_one_row_by_hand(criterion, expected):
    scores = uncertainty(np.array([[0.3, 0.6, 0.1]]), criterion)
    assert scores == pytest.approx([expected])


def test_certain_rows_are_farther_from_the_decision_boundary():
    X, y = make_blobs(300, centers=[[-2, 0], [2, 0]], random_state=0)

    def distance(prefer):
        selection = UncertaintySelection(
            10, proxy=LogisticRegression(), prefer=prefer, random_state=0
        )
        return np.abs(selection.fit(X, y).distilled_.X[:, 0]).mean()

    assert distance("certain") > 3 > 1.5 > distance("uncertain")


def test_certain_rows_do_not_include_mislabeled_rows():
    """The classifier is certain of another class than the label of these rows."""
    X, y = make_blobs(300, centers=[[-2, 0], [2, 0]], random_state=0)
    noisy = np.where(np.arange(300) % 10 == 0, 1 - y, y)
    selection = UncertaintySelection(30, proxy=LogisticRegression(), random_state=0)
    Xs, ys = selection.fit_distill(X, noisy)
    assert ((Xs[:, 0] > 0) == (ys == y[X[:, 0].argmax()])).all()


def test_fit_raises_when_y_is_continuous():
    X = np.random.RandomState(0).randn(40, 2)
    with pytest.raises(ValueError, match="needs class labels"):
        UncertaintySelection(5).fit(X, X[:, 0])
