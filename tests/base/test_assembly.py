"""The labels of distilled sets: soft labels of a teacher, and means of targets."""

# SPDX-License-Identifier: BSD-3-Clause

import time

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize(
    "teacher", ["teacher", RandomForestClassifier(5, random_state=0), GaussianNB()]
)
def test_soft_labels_are_probabilities_in_the_order_of_the_classes(
    make_method, make_classes, teacher
):
    """The rows and the hard labels are the same as without a teacher."""
    X, y = make_classes()
    names = np.array(["c", "a", "b"])[y]
    distiller = make_method(budget=3, soft_labels=teacher).fit(X, names)
    distilled = distiller.distilled_
    assert distilled.soft_labels.shape == (9, 3)
    np.testing.assert_allclose(distilled.soft_labels.sum(axis=1), 1.0)
    assert list(distilled.classes) == ["a", "b", "c"]
    plain = make_method(budget=3).fit(X, names).distilled_
    np.testing.assert_array_equal(distilled.X, plain.X)
    np.testing.assert_array_equal(distilled.y, plain.y)
    most_probable = distilled.classes[distilled.soft_labels.argmax(axis=1)]
    assert (most_probable == distilled.y).mean() > 0.5


@pytest.mark.parametrize("teacher", ["teacher", LinearRegression()])
def test_teacher_of_a_regression_predicts_the_continuous_targets(make_method, teacher):
    """The targets are in the units and in the range of y."""
    X, y = make_regression(150, 3, noise=5.0, random_state=0)
    distilled = make_method(budget=20, soft_labels=teacher).fit(X, y).distilled_
    assert distilled.soft_labels is None
    assert distilled.y.min() >= y.min()
    assert distilled.y.max() <= y.max()
    truth = LinearRegression().fit(X, y).predict(distilled.X)
    assert np.corrcoef(distilled.y, truth)[0, 1] > 0.8


@pytest.mark.parametrize(
    "method", [RandomSelection, KernelInducingPoints], ids=lambda m: m.__name__
)
def test_fit_raises_before_learning_when_the_teacher_is_unsuitable(
    make_classes, method
):
    X, y = make_classes()
    distiller = method(budget=3, soft_labels=LinearSVC())
    with pytest.raises(ValueError, match="lacks predict_proba"):
        distiller.fit(X, y)
    assert not hasattr(distiller, "n_iter_")
    with pytest.raises(ValueError, match="is a classifier, but y is continuous"):
        method(soft_labels=GaussianNB()).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="soft_labels requires labels"):
        RandomSelection(3, soft_labels="teacher").fit(X)
    with pytest.raises(ValueError, match="soft_labels"):
        method(soft_labels="unknown").fit(X, y)


def test_mean_targets_of_whole_numbers_are_not_rounded():
    """Mean targets may be fractions, whereas targets of real rows keep their dtype."""
    rng = np.random.RandomState(0)
    X = rng.randn(600, 3)
    y = (rng.rand(600) < 0.2).astype(int)
    kwargs = {"task": "regression", "random_state": 0}
    clusters = KMeansSelection(20, representative="centroid", **kwargs).fit(X, y)
    assert clusters.distilled_.y.mean() == pytest.approx(0.2, abs=0.05)
    predicted = HerdingSelection(20, soft_labels="teacher", **kwargs).fit(X, y)
    assert ((predicted.distilled_.y > 0) & (predicted.distilled_.y < 1)).any()
    selected = HerdingSelection(20, **kwargs).fit(X, y)
    assert selected.distilled_.y.dtype == y.dtype


def test_soft_labels_and_learned_labels_cannot_be_combined():
    X, y = load_iris(return_X_y=True)
    points = KernelInducingPoints(3, learn_labels=True, soft_labels="teacher")
    for target in (y, X[:, 0]):
        with pytest.raises(ValueError, match="both determine the labels"):
            points.fit(X, target)


def test_soft_labels_of_a_regression_take_at_most_five_times_the_fit():
    X, y = make_regression(8192, 21, noise=10, random_state=0)
    seconds = {}
    for soft_labels in (None, "teacher"):
        # The shortest of several runs is least affected by other processes.
        runs = []
        for _ in range(2):
            started = time.process_time()
            HerdingSelection(50, soft_labels=soft_labels, task="regression").fit(X, y)
            runs.append(time.process_time() - started)
        seconds[soft_labels] = min(runs)
    assert seconds["teacher"] < 5 * seconds[None]
