"""The parameter densify of distillers, and the rows that models are trained on."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_distill import (
    DistilledArray,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)
from sklearn_distill.base import BaseDistiller, Learned
from sklearn_distill.base.growing import (
    grown_set,
    held_back_rows,
    training_set,
    with_labels_for,
)
from sklearn_distill.testing import expected_failed_checks


class ClassMeans(BaseDistiller):
    """A plugin that learns one row per class, the mean of the class."""

    def __init__(
        self, budget=1, *, allocation="auto", task="auto", soft_labels=None,
        densify=None, evaluator=None, numeric="auto", image_shape=None,
        random_state=None,
    ):  # fmt: skip
        self.budget = budget
        self.allocation = allocation
        self.task = task
        self.soft_labels = soft_labels
        self.densify = densify
        self.evaluator = evaluator
        self.numeric = numeric
        self.image_shape = image_shape
        self.random_state = random_state

    def _distill(self, problem):
        means = [problem.Z[rows].mean(axis=0) for _, rows, _ in problem.groups()]
        return Learned(np.array(means), np.arange(len(means)))


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(150, 3), rng.randn(150, 3) + 2]
    return X, np.repeat(["a", "b"], 150)


@pytest.mark.parametrize(
    "distiller",
    [
        RandomSelection(5, random_state=0),
        HerdingSelection(5, random_state=0),
        KMeansSelection(5, random_state=0),
        KMeansSelection(5, representative="centroid", random_state=0),
        KernelInducingPoints(5, max_iter=3, random_state=0),
        ClassMeans(random_state=0),
    ],
    ids=lambda d: type(d).__name__,
)
def test_densify_adds_a_sampler_and_a_decoder_and_keeps_the_rows(distiller, blobs):
    plain = clone(distiller).fit(*blobs).distilled_
    grows = clone(distiller).set_params(densify="auto").fit(*blobs).distilled_
    assert plain.growth is None
    np.testing.assert_array_equal(grows.X, plain.X)
    np.testing.assert_array_equal(grows.y, plain.y)
    grown = grows.densify(100, random_state=0)
    assert (grows.predict(grown.X[len(plain) :]) == grown.y[len(plain) :]).all()
    assert (grows.predict(blobs[0]) == blobs[1]).mean() > 0.9


def test_centroids_store_the_mass_of_their_clusters(blobs):
    distiller = KMeansSelection(5, representative="centroid", densify="auto")
    mass = distiller.fit(*blobs).distilled_.growth.sampler.mass
    assert mass.sum() == 300
    assert HerdingSelection(5, densify="auto").fit(
        *blobs
    ).distilled_.growth.sampler.mass is None  # fmt: skip


def test_with_an_int_fit_transform_and_score_use_grown_rows(blobs):
    distiller = HerdingSelection(
        3, densify=80, evaluator=DecisionTreeClassifier(random_state=0), random_state=0
    )
    rows = distiller.fit_transform(*blobs)
    assert isinstance(rows, DistilledArray)
    assert rows.shape == (80, 3)
    assert len(rows.y) == 80
    assert len(distiller.distilled_) == 6
    tree = DecisionTreeClassifier(random_state=0).fit(rows, rows.y)
    assert distiller.score(*blobs) == tree.score(*blobs)


def test_with_auto_fit_transform_returns_the_distilled_rows(blobs):
    distiller = HerdingSelection(3, densify="auto")
    assert distiller.fit_transform(*blobs).shape == (6, 3)
    assert training_set(distiller) is distiller.distilled_


def test_grown_rows_as_many_as_the_training_rows_are_checked_like_other_rows(blobs):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(HerdingSelection(3, densify=300), LogisticRegression())
    with pytest.raises(ValueError, match=r"make_distill_pipeline|DistilledClassifier"):
        pipeline.fit(*blobs)


def test_sets_of_all_rows_do_not_grow(blobs):
    distiller = HerdingSelection(150, densify="auto")
    with pytest.warns(UserWarning, match="covers all 300 rows"):
        distiller.fit(*blobs)
    assert distiller.distilled_.growth is None
    assert training_set(distiller) is distiller.distilled_


@pytest.mark.parametrize("densify", [0, -1, 2.5, "yes"])
def test_invalid_values_of_densify_are_errors(densify, blobs):
    with pytest.raises(ValueError, match="'densify' parameter of HerdingSelection"):
        HerdingSelection(3, densify=densify).fit(*blobs)


def test_images_and_rows_without_labels_cannot_grow():
    X = np.random.RandomState(0).rand(40, 1, 4, 4)
    with pytest.raises(ValueError, match=r"supports tables only, but X holds images"):
        RandomSelection(3, densify="auto").fit(X, np.arange(40) % 2)
    with pytest.raises(ValueError, match=r"requires labels, but y is None"):
        KMeansSelection(3, densify="auto").fit(X.reshape(40, 16))


def test_held_back_rows_are_stratified_and_leave_rows_of_weight_zero():
    codes = np.repeat([0, 1, 2], [800, 199, 1])
    weights = np.ones(1_000)
    weights[:400] = 0.0
    rows = held_back_rows(codes, weights, 0)
    np.testing.assert_array_equal(np.bincount(codes[rows]), [80, 39])
    assert rows.min() >= 400
    assert len(held_back_rows(None, np.ones(100_000), 0)) == 2_000
    assert len(held_back_rows(None, np.ones(50), 0)) == 0


def test_grown_rows_have_the_labels_that_suit_an_estimator(blobs):
    X, y = blobs
    distiller = KMeansSelection(
        5, representative="centroid", densify=60, random_state=0
    ).fit(X, y)
    soft = training_set(distiller, soft_labels=True)
    assert soft.soft_labels.shape == (60, 2)
    assert training_set(distiller).soft_labels is None
    assert with_labels_for(DecisionTreeClassifier(), soft) is soft
    hard = with_labels_for(LinearSVC(), soft)
    assert hard.soft_labels is None
    assert soft.soft_labels is not None
    np.testing.assert_array_equal(hard.y, soft.y)
    assert grown_set(distiller).soft_labels.shape == (5_000, 2)


def test_soft_labels_of_a_teacher_remain_for_estimators_without_probabilities(blobs):
    X, y = blobs
    distiller = HerdingSelection(5, soft_labels=GaussianNB(), random_state=0)
    distilled = distiller.fit(X, y).distilled_
    assert with_labels_for(LinearSVC(), distilled) is distilled


def test_grown_rows_of_regression_have_no_soft_labels(blobs):
    X, _ = blobs
    distiller = KMeansSelection(
        20, representative="centroid", densify=60, task="regression", random_state=0
    ).fit(X, X[:, 0] + X[:, 1])
    assert training_set(distiller, soft_labels=True).soft_labels is None
    assert grown_set(distiller).soft_labels is None


@parametrize_with_checks(
    [
        HerdingSelection(2, densify="auto"),
        KMeansSelection(2, representative="centroid", densify=30),
    ],
    expected_failed_checks=expected_failed_checks,
)
def test_checks_of_scikit_learn_with_densify(estimator, check):
    check(estimator)
