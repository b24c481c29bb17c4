"""The attribute `sample_indices_`: positions of distilled rows in the X of `fit`."""

import numpy as np
import pandas as pd
import pytest

from sklearn_distill import (
    ForgettingSelection,
    GradientNormSelection,
    HerdingSelection,
    KCenterSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    SubmodularSelection,
    UncertaintySelection,
)

SELECTIONS = [
    ForgettingSelection(3, n_networks=1, max_epochs=2, random_state=0),
    GradientNormSelection(3, n_networks=1, max_epochs=1, random_state=0),
    HerdingSelection(3, random_state=0),
    KCenterSelection(3, random_state=0),
    KMeansSelection(3, random_state=0),
    RandomSelection(3, random_state=0),
    SubmodularSelection(3, random_state=0),
    UncertaintySelection(3, random_state=0),
]


@pytest.fixture
def frame():
    """A DataFrame of 90 distinct rows with names as its index, and two classes."""
    rng = np.random.RandomState(0)
    index = [f"patient-{i:03d}" for i in range(90)]
    X = pd.DataFrame(rng.randn(90, 3), columns=list("abc"), index=index)
    return X, np.array(["sick", "well"])[(X["a"] > 0).to_numpy().astype(int)]


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda s: type(s).__name__)
def test_sample_indices_are_positions_of_the_distilled_rows(frame, selection):
    X, y = frame
    selection.fit(X, y)
    indices = selection.sample_indices_
    assert indices.dtype.kind == "i"
    assert indices.shape == (6,)
    distilled = selection.distilled_
    assert X.iloc[indices].to_numpy().tolist() == distilled.X.to_numpy().tolist()
    assert y[indices].tolist() == distilled.y.tolist()
    assert distilled.X.index.tolist() == list(range(6))


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda s: type(s).__name__)
def test_sample_indices_count_rows_of_weight_0(frame, selection):
    X, y = frame
    weights = (np.arange(90) % 3 == 2).astype(float)
    selection.fit(X, y, sample_weight=weights)
    indices = selection.sample_indices_
    assert (indices % 3 == 2).all()
    assert X.iloc[indices].to_numpy().tolist() == selection.distilled_.X.values.tolist()


def test_sample_indices_for_regression():
    rng = np.random.RandomState(0)
    X = rng.randn(50, 2)
    for selection in (HerdingSelection(8), KMeansSelection(8), RandomSelection(0.2)):
        selection.set_params(random_state=0).fit(X, X[:, 0] / 3)
        kept = X[selection.sample_indices_]
        np.testing.assert_array_equal(kept, selection.distilled_.X)


def test_sample_indices_without_labels():
    X = np.random.RandomState(0).randn(40, 2)
    herding = HerdingSelection(5).fit(X)
    np.testing.assert_array_equal(X[herding.sample_indices_], herding.distilled_.X)


@pytest.mark.filterwarnings("ignore:budget=1000 covers all")
def test_sample_indices_when_the_budget_covers_all_rows(frame):
    X, y = frame
    weights = np.arange(90) % 2
    kept = HerdingSelection(1000).fit(X, y).sample_indices_
    assert kept.tolist() == list(range(90))
    points = KernelInducingPoints(1000).fit(X, y, sample_weight=weights)
    assert points.sample_indices_.tolist() == list(range(1, 90, 2))


def test_sample_indices_of_unlabeled_rows_count_on_from_the_length_of_X(frame):
    """Rows of weight 0 are part of this length."""
    X, y = frame
    X_unlabeled = X + 0.01
    weights = np.r_[0.0, np.ones(89)]
    selection = RandomSelection(20, random_state=0)
    selection.fit(X, y, sample_weight=weights, X_unlabeled=X_unlabeled)
    indices = selection.sample_indices_
    assert {0, 1} == set((indices >= 90).tolist())
    both = np.concatenate([X, X_unlabeled])
    np.testing.assert_array_equal(both[indices], selection.distilled_.X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_learned_rows_have_no_sample_indices(frame, make_points):
    X, y = frame
    with pytest.warns(UserWarning, match="covers all"):
        points = make_points(budget=1000).fit(X, y)
    assert len(points.sample_indices_) == 90
    points.set_params(budget=3).fit(X, y)
    assert not hasattr(points, "sample_indices_")
    centroids = KMeansSelection(3, random_state=0).fit(X, y)
    assert hasattr(centroids, "sample_indices_")
    centroids.set_params(representative="centroid").fit(X, y)
    assert not hasattr(centroids, "sample_indices_")
