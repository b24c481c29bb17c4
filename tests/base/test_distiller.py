"""What every method promises: the selectors and KernelInducingPoints keep it."""

import copy
import json
import pickle
import warnings
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_blobs,
    make_regression,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import (
    ConvergenceWarning,
    DataConversionWarning,
    NotFittedError,
)
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics.pairwise import (
    laplacian_kernel,
    polynomial_kernel,
    rbf_kernel,
)
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from sklearn_distill import (
    BaseDistiller,
    DistilledArray,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    distilled_labels,
)
from sklearn_distill.base.problem import hold_back
from sklearn_distill.engine.loop import DivergedError
from sklearn_distill.engine.real_rows import Batches, RealRows
from sklearn_distill.performance_matching.kernel_ridge import kernels
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import (
    mean_discrepancy,
    ridge_weights,
)

# A few steps need not lower a loss; the tests about that say so themselves.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SELECTORS = [
    RandomSelection(random_state=0),
    HerdingSelection(random_state=0),
    KMeansSelection(random_state=0),
    KMeansSelection(representative="centroid", random_state=0),
]
POINTS = KernelInducingPoints(max_iter=3, random_state=0)
METHODS = [*SELECTORS, POINTS]

each_method = pytest.mark.parametrize("method", METHODS, ids=repr)
each_selector = pytest.mark.parametrize("method", SELECTORS, ids=repr)


def blobs(sizes=(60, 30, 12), n_features=4, seed=0):
    return make_blobs(
        list(sizes), n_features=n_features, cluster_std=2.0, random_state=seed
    )


def table(n=100, seed=0):
    """A DataFrame with every kind of column, under an index of its own."""
    rng = np.random.RandomState(seed)
    return pd.DataFrame(
        {
            "length": rng.randn(n).round(3),
            "small": rng.randn(n).astype(np.float32),
            "count": rng.poisson(4, n),
            "byte": rng.randint(0, 200, n).astype(np.uint8),
            "nullable": pd.array(rng.randint(0, 9, n), dtype="Int16"),
            "flag": rng.rand(n) < 0.3,
            "colour": rng.choice(["red", "green", "blue"], n),
            "size": pd.Categorical(
                rng.choice(["S", "L"], n), categories=["S", "M", "L"], ordered=True
            ),
            "constant": 7.5,
        },
        index=rng.permutation(n) * 7 + 1_000,
    )


def images(n=40, seed=0):
    rng = np.random.RandomState(seed)
    return rng.randint(0, 256, (n, 2, 3, 3)).astype(np.uint8), np.arange(n) % 2


def small(method, **params):
    """A fresh copy of a method, with these parameters."""
    return clone(method).set_params(**params)


def digits(n=400):
    """Rows on which learning pays from the first steps on."""
    X, y = load_digits(return_X_y=True)
    return X[:n], y[:n]


def are_real(rows, X):
    """Whether rows are rows of X, but for the rounding of encoding and decoding."""
    away = np.abs(rows[:, None, :] - X[None, :, :]).max(axis=2).min(axis=1)
    return bool((away < 1e-4).all())


def as_rows(distilled):
    """The rows of a set, with their labels, in an order of their own."""
    return sorted(map(tuple, np.column_stack([distilled.X, distilled.y])))


# Budget and allocation


@each_method
@pytest.mark.parametrize(
    ("budget", "allocation", "expected"),
    [
        (3, "auto", [3, 3, 3]),
        (np.int64(3), "equal", [3, 3, 3]),
        (20, "auto", [20, 20, 12]),
        (0.2, "auto", [12, 6, 2]),
        (np.float32(0.25), "equal", [8, 9, 9]),
        (4, "proportional", [7, 4, 1]),
        (4, "sqrt", [6, 4, 2]),
        ({0: 1, 1: 4, 2: 2}, "auto", [1, 4, 2]),
        ({0: 1, 1: 4, 2: 99}, "auto", [1, 4, 12]),
    ],
)
def test_budget_and_allocation(method, budget, allocation, expected):
    """Rows per class, a share of the rows, rows by class; never more than there are."""
    X, y = blobs()
    distiller = small(method, budget=budget, allocation=allocation).fit(X, y)
    rows = np.bincount(distiller.distilled_.y, minlength=3)
    if budget == np.float32(0.25):
        assert rows.sum() == 26
        assert np.ptp(rows) <= 1
    else:
        np.testing.assert_array_equal(rows, expected)


@each_method
def test_every_class_survives(method):
    """Also one of a single row, and whatever the share."""
    X, y = blobs((80, 40, 1))
    for budget in (1, 0.02, {0: 1, 1: 1, 2: 1}):
        distiller = small(method, budget=budget).fit(X, y)
        assert set(distiller.distilled_.y) == {0, 1, 2}
        np.testing.assert_array_equal(distiller.classes_, [0, 1, 2])


@each_method
@pytest.mark.parametrize("budget", [12, 0.1, np.int32(12)])
def test_budget_of_a_regression_is_a_total(method, budget):
    X, y = make_regression(120, 4, noise=1.0, random_state=0)
    distiller = small(method, budget=budget).fit(X, y)
    assert len(distiller.distilled_) == 12
    assert not hasattr(distiller, "classes_")


@each_method
@pytest.mark.parametrize(
    "budget",
    [0, -1, 1.0, 2.5, 0.0, True, "ten", None, [3], {}, {0: 1}, {0: 1, 1: 1, 2: 0}]
    + [{0: 1, 1: 1, 2: 1, 3: 1}, {0: 1, 1: 1, 2: 1.5}, float("nan"), float("inf")],
    ids=repr,
)
def test_a_budget_that_is_none_is_refused(method, budget):
    X, y = blobs()
    with pytest.raises((ValueError, TypeError), match="budget"):
        small(method, budget=budget).fit(X, y)


def test_a_budget_by_class_needs_classes():
    X, y = make_regression(50, 3, random_state=0)
    with pytest.raises(ValueError, match="no classes"):
        RandomSelection({0: 3}).fit(X, y)


@each_method
def test_nothing_to_distill(method):
    """Rows come back as they are, in their own order, and a warning says so."""
    X, y = blobs()
    y_text = np.array(["a", "b", "c"])[y]
    weights = np.linspace(0.5, 2, len(X))
    with pytest.warns(UserWarning, match="covers all 102 rows") as caught:
        distiller = small(method, budget=60).fit(X, y_text, sample_weight=weights)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(distiller.distilled_.X, X)
    np.testing.assert_array_equal(distiller.distilled_.y, y_text)
    np.testing.assert_array_equal(distiller.distilled_.sample_weight, weights)


def test_nothing_to_distill_after_a_real_fit():
    """What the first fit learned on its way is not said of the second."""
    X, y = blobs()
    points = small(POINTS, budget=2).fit(X, y)
    assert points.n_iter_ == 3
    with pytest.warns(UserWarning, match="nothing to distill"):
        points.set_params(budget=60).fit(X, y)
    assert points.n_iter_ == 0
    assert not hasattr(points, "history_")


@each_method
def test_set_says_how_it_was_made(method):
    """`info` goes into files: it holds nothing that JSON cannot."""
    X, y = blobs()
    classes, counts = np.unique(y, return_counts=True)
    budget = dict(zip(classes, counts // 6, strict=True))
    info = small(method, budget=budget).fit(X, y).distilled_.info
    assert json.loads(json.dumps(info)) == info
    assert info["method"] == type(method).__name__
    assert info["parameters"]["budget"] == {"0": 10, "1": 5, "2": 2}
    assert info["parameters"]["random_state"] == 0
    assert (info["n_rows_before"], info["n_rows"]) == (102, 17)
    assert info["bytes"] < info["bytes_before"]
    assert info["task"] == "classification"


# Weights


@each_method
def test_rows_of_weight_zero_are_absent(method):
    """Wherever they stand, and whatever they hold: the same bytes without them."""
    X, y = blobs()
    rng = np.random.RandomState(0)
    at = np.sort(rng.randint(0, len(X), 15))
    X_more = np.insert(X, at, 1e3 * rng.randn(15, 4), axis=0)
    y_more = np.insert(y, at, 9)
    weights = np.insert(np.ones(len(X)), at, 0.0)
    plain = small(method, budget=3).fit(X, y)
    weighted = small(method, budget=3).fit(X_more, y_more, sample_weight=weights)
    assert weighted.distilled_.X.tobytes() == plain.distilled_.X.tobytes()
    np.testing.assert_array_equal(weighted.distilled_.y, plain.distilled_.y)
    np.testing.assert_array_equal(weighted.classes_, [0, 1, 2])


@each_method
def test_zero_weights_in_a_table(method):
    X = table()
    y = pd.Series(np.arange(100) % 2, index=X.index, name="label")
    weights = (np.arange(100) < 80).astype(float)
    plain = small(method, budget=3).fit(X[:80], y[:80]).distilled_
    weighted = small(method, budget=3).fit(X, y, sample_weight=weights).distilled_
    pd.testing.assert_frame_equal(weighted.X, plain.X)
    np.testing.assert_array_equal(weighted.y, plain.y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(102), "[Nn]egative"),
        (np.full(102, np.nan), "NaN"),
        (np.ones(101), "inconsistent|shape"),
        (np.ones((102, 2)), "1D"),
        (np.zeros(102), "zero"),
    ],
)
def test_bad_weights_are_refused(weights, message):
    X, y = blobs()
    with pytest.raises(ValueError, match=message):
        RandomSelection(3).fit(X, y, sample_weight=weights)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    budget=st.integers(1, 4),
    continuous=st.booleans(),
    scale=st.sampled_from([1.0, 0.1, 1e6]),
)
def test_herding_takes_weights_for_repetitions(seed, budget, continuous, scale):
    """A weight of 2 is as good as a row twice, and only ratios of weights matter."""
    rng = np.random.RandomState(seed)
    X = rng.randn(30, 3)
    y = X @ [1.0, 2.0, -1.0] if continuous else np.arange(30) % 3
    weights = rng.randint(1, 4, 30)
    repeated = HerdingSelection(budget).fit(
        np.repeat(X, weights, axis=0), np.repeat(y, weights)
    )
    weighted = HerdingSelection(budget).fit(X, y, sample_weight=scale * weights)
    assert as_rows(weighted.distilled_) == as_rows(repeated.distilled_)


@pytest.mark.parametrize("method", [RandomSelection(), POINTS], ids=repr)
def test_random_draws_follow_the_weights(method):
    """Rows of a millionth of the weight are as good as never drawn."""
    X, y = blobs((50, 50))
    light = np.arange(100) % 2 == 0
    weights = np.where(light, 1e-6, 1.0)
    distiller = small(method, budget=10, random_state=0)
    if "init" in distiller.get_params():
        distiller.set_params(init="random", max_iter=1, learning_rate=1e-9)
    kept = distiller.fit(X, y, sample_weight=weights).distilled_.X
    nearest = [np.abs(X - row).sum(axis=1).argmin() for row in kept]
    assert not light[nearest].any()


# fit_distill, fit_transform, transform


@each_method
def test_fit_distill_is_fit_then_the_set(method):
    X, y = blobs()
    Xs, ys = small(method, budget=2).fit_distill(X, y)
    fitted = small(method, budget=2).fit(X, y)
    np.testing.assert_array_equal(Xs, fitted.distilled_.X)
    np.testing.assert_array_equal(ys, fitted.distilled_.y)
    weights = (y > 0).astype(float)
    _, ys = small(method, budget=2).fit_distill(X, y, sample_weight=weights)
    assert set(ys) == {1, 2}


@each_method
def test_fit_transform_of_an_array(method):
    """An ndarray of the distilled rows, which carries their labels."""
    X, y = blobs()
    rows = small(method, budget=2).fit_transform(X, y)
    fitted = small(method, budget=2).fit(X, y)
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, fitted.distilled_.X)
    np.testing.assert_array_equal(rows.y, fitted.distilled_.y)
    np.testing.assert_array_equal(distilled_labels(rows).classes, [0, 1, 2])
    assert len(fitted.transform(X)) == len(X)


@each_method
def test_fit_transform_of_a_table(method):
    """A DataFrame with a fresh index, in the dtypes and with the values that came."""
    X = table()
    y = pd.Series(np.where(np.arange(100) % 2, "yes", "no"), X.index, name="answer")
    distiller = small(method, budget=4)
    rows = distiller.fit_transform(X, y)
    assert list(rows.index) == list(range(8))
    pd.testing.assert_series_equal(rows.dtypes, X.dtypes)
    for name in ("colour", "size", "flag"):
        assert set(rows[name]) <= set(X[name])
    for name in ("length", "small", "count", "byte", "nullable", "constant"):
        assert rows[name].between(X[name].min(), X[name].max()).all()
    assert set(distilled_labels(rows).y) == {"yes", "no"}
    assert distiller.distilled_.target_name == "answer"
    np.testing.assert_array_equal(distiller.get_feature_names_out(), X.columns)
    # What was handed out is not what the estimator keeps.
    rows.iloc[0, 0] = 99.0
    assert distiller.distilled_.X.iloc[0, 0] != 99.0


@each_method
def test_set_output_pandas_on_an_array(method):
    X, y = blobs()
    distiller = small(method, budget=2).set_output(transform="pandas")
    rows = distiller.fit_transform(X, y)
    assert list(rows.columns) == ["x0", "x1", "x2", "x3"]
    assert list(rows.index) == list(range(6))
    np.testing.assert_array_equal(distilled_labels(rows).y, distiller.distilled_.y)
    assert list(distiller.transform(X[:2]).columns) == ["x0", "x1", "x2", "x3"]


@each_method
def test_set_output_pandas_on_a_table_with_an_odd_index(method):
    """scikit-learn's wrapper would give the few rows X's index; transform keeps it."""
    X = table()
    distiller = small(method, budget=2).set_output(transform="pandas")
    rows = distiller.fit_transform(X, np.arange(100) % 2)
    assert list(rows.index) == [0, 1, 2, 3]
    assert distilled_labels(rows) is not None
    pd.testing.assert_frame_equal(distiller.transform(X), X)


def test_global_output_configuration():
    X, y = blobs()
    with sklearn.config_context(transform_output="pandas"):
        rows = HerdingSelection(2).fit_transform(X, y)
        passed = HerdingSelection(2).fit(X, y).transform(X)
    assert isinstance(rows, pd.DataFrame)
    np.testing.assert_array_equal(distilled_labels(rows).y, [0, 0, 1, 1, 2, 2])
    assert passed.shape == X.shape


@each_method
def test_transform_passes_new_rows_through(method):
    """Unchanged, in their container and dtype, also rows that lie far outside."""
    X, y = blobs()
    distiller = small(method, budget=2).fit(X, y)
    far = X[:5] * 1e6
    np.testing.assert_array_equal(distiller.transform(far), far)
    np.testing.assert_array_equal(distiller.transform(far.tolist()), far)
    X_table = table()
    on_table = small(method, budget=2).fit(X_table, np.arange(100) % 2)
    passed = on_table.transform(X_table[5:9])
    pd.testing.assert_frame_equal(passed, X_table[5:9])


def test_transform_refuses_rows_that_do_not_fit():
    X, y = table(), np.arange(100) % 2
    distiller = RandomSelection(2).fit(X, y)
    with pytest.raises(NotFittedError):
        RandomSelection(2).transform(X)
    with pytest.raises(ValueError, match=r"'colour' has categories .*'mauve'"):
        distiller.transform(X.assign(colour="mauve"))
    with pytest.raises(ValueError, match="'length' held numbers in fit"):
        distiller.transform(X.assign(length="long"))
    with pytest.raises(ValueError, match="'length' has 100 missing values"):
        distiller.transform(X.assign(length=np.nan))
    with pytest.raises(ValueError, match="feature names"):
        distiller.transform(X.drop(columns="colour"))
    on_array = RandomSelection(2).fit(*blobs())
    with pytest.raises(ValueError, match="expecting 4 features"):
        on_array.transform(np.ones((3, 5)))
    with pytest.raises(ValueError, match="NaN"):
        on_array.transform(np.full((3, 4), np.nan))
    on_images = RandomSelection(2).fit(*images())
    with pytest.raises(ValueError, match="rows of shape"):
        on_images.transform(np.ones((3, 2, 4, 4)))


# score


@each_method
def test_score_of_a_nearest_neighbour(method):
    """The default evaluator: accuracy for classes, R^2 for quantities."""
    X, y = blobs()
    distiller = small(method, budget=5).fit(X, y)
    nearest = KNeighborsClassifier(1).fit(
        distiller.encoder_.encode(distiller.distilled_.X), distiller.distilled_.y
    )
    expected = nearest.score(distiller.encoder_.encode(X), y)
    assert distiller.score(X, y) == pytest.approx(expected)
    assert expected > 0.7
    X, y = make_regression(200, 2, random_state=0)
    assert small(method, budget=60).fit(X, y).score(X, y) > 0.6


def test_score_with_an_evaluator_and_weights():
    """It is trained on the rows as they are in `distilled_`, and left unfitted."""
    X, y = blobs()
    evaluator = GaussianNB()
    distiller = HerdingSelection(6, evaluator=evaluator).fit(X, y)
    expected = GaussianNB().fit(*distiller.distilled_)
    assert distiller.score(X, y) == expected.score(X, y)
    assert not hasattr(evaluator, "classes_")
    only = (np.arange(len(X)) < 20).astype(float)
    for fitted in (distiller, HerdingSelection(6).fit(X, y)):
        weighted = fitted.score(X, y, sample_weight=only)
        assert weighted == pytest.approx(fitted.score(X[:20], y[:20]))


def test_score_of_an_evaluator_sees_soft_labels():
    """As weighted rows, where it takes weights."""
    X, y = blobs()
    distiller = HerdingSelection(
        6, evaluator=GaussianNB(), soft_labels=GaussianNB()
    ).fit(X, y)
    rows, labels, weights = distiller.distilled_.expand()
    expected = GaussianNB().fit(rows, labels, sample_weight=weights).score(X, y)
    assert distiller.score(X, y) == expected


def test_score_without_labels_is_refused():
    X, y = blobs()
    with pytest.raises(ValueError, match="distilled without"):
        RandomSelection(3).fit(X).score(X, y)


@each_method
def test_grid_search_over_a_method_itself(method):
    X, y = blobs()
    search = GridSearchCV(
        clone(method), {"budget": [1, 6]}, cv=3, error_score="raise"
    ).fit(X, y)
    assert search.cv_results_["mean_test_score"].min() > 0.7
    assert search.score(X, y) == search.best_estimator_.score(X, y)


# Soft labels


@each_method
@pytest.mark.parametrize(
    "teacher", ["teacher", RandomForestClassifier(5, random_state=0), GaussianNB()]
)
def test_soft_labels_for_classes(method, teacher):
    """Probabilities in the order of `classes`, beside the hard labels."""
    X, y = blobs()
    names = np.array(["c", "a", "b"])[y]
    distiller = small(method, budget=3, soft_labels=teacher).fit(X, names)
    distilled = distiller.distilled_
    assert distilled.soft_labels.shape == (9, 3)
    np.testing.assert_allclose(distilled.soft_labels.sum(axis=1), 1.0)
    assert list(distilled.classes) == ["a", "b", "c"]
    plain = small(method, budget=3).fit(X, names).distilled_
    np.testing.assert_array_equal(distilled.X, plain.X)
    np.testing.assert_array_equal(distilled.y, plain.y)
    likeliest = distilled.classes[distilled.soft_labels.argmax(axis=1)]
    assert (likeliest == distilled.y).mean() > 0.5


@each_method
@pytest.mark.parametrize("teacher", ["teacher", LinearRegression()])
def test_soft_labels_for_quantities(method, teacher):
    """They are the teacher's y, in the units of y and within its range."""
    X, y = make_regression(150, 3, noise=5.0, random_state=0)
    distilled = small(method, budget=20, soft_labels=teacher).fit(X, y).distilled_
    assert distilled.soft_labels is None
    assert distilled.y.min() >= y.min()
    assert distilled.y.max() <= y.max()
    truth = LinearRegression().fit(X, y).predict(distilled.X)
    assert np.corrcoef(distilled.y, truth)[0, 1] > 0.8


@pytest.mark.parametrize("method", [RandomSelection(), POINTS], ids=repr)
def test_a_teacher_that_cannot_teach_is_refused_before_anything_is_learned(method):
    X, y = blobs()
    distiller = small(method, budget=3, soft_labels=LinearSVC())
    with pytest.raises(ValueError, match="no predict_proba"):
        distiller.fit(X, y)
    assert not hasattr(distiller, "n_iter_")
    with pytest.raises(ValueError, match="is a classifier, but y holds quantities"):
        small(method, soft_labels=GaussianNB()).fit(X, X[:, 0])
    with pytest.raises(ValueError, match="soft_labels need labels"):
        RandomSelection(3, soft_labels="teacher").fit(X)
    with pytest.raises(ValueError, match="soft_labels"):
        small(method, soft_labels="tutor").fit(X, y)


def test_learned_soft_labels():
    """`learn_labels`: probabilities for classes, moved numbers for quantities."""
    X, y = blobs()
    # One column of four does not tell the classes apart: there is doubt to learn.
    points = small(POINTS, budget=3, learn_labels=True, max_iter=20).fit(X[:, :1], y)
    soft = points.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    assert (soft.argmax(axis=1) == points.distilled_.y).all()
    assert soft.max(axis=1).min() < 1.0
    X, y = make_regression(150, 3, noise=5.0, random_state=0)
    learned = small(POINTS, budget=9, learn_labels=True, max_iter=20).fit(X, y)
    assert not np.isin(learned.distilled_.y, y).all()


# Targets


@each_selector
def test_rows_without_labels(method):
    """y=None: the budget is a total."""
    X, _ = blobs()
    distiller = small(method, budget=7).fit(X)
    assert distiller.distilled_.y is None
    assert distiller.distilled_.classes is None
    assert distiller.distilled_.X.shape == (7, 4)
    assert distilled_labels(small(method, budget=7).fit_transform(X)).y is None


def test_a_method_that_needs_labels_says_so():
    X, _ = blobs()
    with pytest.raises(ValueError, match="requires y to be passed"):
        POINTS.fit(X)


@each_method
@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ham", "spam", "eggs"]),
        np.array(["ham", "spam", "eggs"], dtype=object),
        np.array([-5, 30, 7], dtype=np.int16),
        np.array([0.0, 1.0, 2.0]),
        np.array([True, False, True]),
    ],
    ids=lambda labels: f"{labels.dtype}",
)
def test_labels_come_back_as_they_came(method, labels):
    X, y = blobs()
    distiller = small(method, budget=2).fit(X, labels[y])
    assert distiller.distilled_.y.dtype == labels.dtype
    np.testing.assert_array_equal(distiller.classes_, np.unique(labels))
    assert set(distiller.distilled_.y) == set(labels.tolist())
    assert list(distiller.fit(X, list(labels[y])).classes_) == sorted(set(labels))


def test_what_y_holds_can_be_said():
    """Whole numbers are classes unless `task` says otherwise, and the other way."""
    X, y = blobs()
    assert len(RandomSelection(5).fit(X, y * 1.0).classes_) == 3
    as_numbers = RandomSelection(5, task="regression").fit(X, y)
    assert not hasattr(as_numbers, "classes_")
    assert len(as_numbers.distilled_) == 5
    with pytest.raises(ValueError, match="Say task="):
        RandomSelection(5).fit(X, np.arange(102))
    with pytest.raises(ValueError, match="requires y"):
        RandomSelection(5, task="classification").fit(X)
    # A second fit forgets the classes of the first.
    assert not hasattr(as_numbers.set_params(task="auto").fit(X, y).fit(X), "classes_")


@each_method
def test_kept_quantities_are_unchanged_to_the_last_bit(method):
    """Regression targets of real rows; made ones stay in the range of y."""
    X, y = make_regression(80, 3, random_state=0)
    distilled = small(method, budget=10).fit(X, y * 1e-7).distilled_
    if not isinstance(method, KMeansSelection) and method is not POINTS:
        assert np.isin(distilled.y, y * 1e-7).all()
    assert distilled.y.dtype == np.float64
    assert (y * 1e-7).min() <= distilled.y.min() <= distilled.y.max()


# Input containers


@each_method
def test_images(method):
    """(n, C, H, W), and flat rows with their shape told: the same set."""
    X, y = images()
    four = small(method, budget=3).fit(X, y)
    flat = small(method, budget=3, image_shape=(2, 3, 3)).fit(X.reshape(40, 18), y)
    assert four.distilled_.X.shape == (6, 2, 3, 3)
    assert four.distilled_.X.dtype == np.uint8
    np.testing.assert_array_equal(flat.distilled_.X, four.distilled_.X.reshape(6, 18))
    np.testing.assert_array_equal(four.fit_transform(X, y).y, four.distilled_.y)
    assert four.score(X, y) == flat.score(X.reshape(40, 18), y)


@each_method
def test_sparse_rows_and_lists(method):
    """They come back dense, and give what the dense array gives."""
    X, y = blobs()
    X = X * (np.abs(X) > 2)
    expected = small(method, budget=2).fit(X, y).distilled_.X
    for given_X in (sparse.csr_matrix(X), sparse.csc_array(X), X.tolist()):
        distiller = small(method, budget=2).fit(given_X, y.tolist())
        np.testing.assert_array_equal(distiller.distilled_.X, expected)
        np.testing.assert_array_equal(distiller.transform(given_X), X)


@each_method
def test_object_arrays(method):
    """Numbers and categories side by side, each column for itself."""
    rng = np.random.RandomState(0)
    X = np.empty((60, 3), dtype=object)
    X[:, 0] = rng.randn(60)
    X[:, 1] = rng.choice(["u", "v"], 60)
    X[:, 2] = rng.randint(0, 5, 60)
    distilled = small(method, budget=4).fit(X, np.arange(60) % 2).distilled_
    assert distilled.X.dtype == object
    assert set(distilled.X[:, 1]) <= {"u", "v"}
    assert set(distilled.X[:, 2]) <= {0, 1, 2, 3, 4}
    assert all(X[:, 0].min() <= v <= X[:, 0].max() for v in distilled.X[:, 0])


@settings(max_examples=25)
@given(
    dtypes=st.lists(
        st.sampled_from(
            ["float64", "float32", "int64", "uint8", "bool", "Int8", "boolean"]
            + ["Float32", "category", "str", "object"]
        ),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 1_000),
    centroid=st.booleans(),
)
def test_tables_keep_their_dtypes(dtypes, seed, centroid):
    """And hold values only that the columns could hold, made rows too."""
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(
        {
            f"column {j}": pd.Series(
                rng.randint(0, 2 if dtype.startswith("bool") else 9, 40)
            ).astype(dtype)
            for j, dtype in enumerate(dtypes)
        }
    )
    how = "centroid" if centroid else "nearest"
    distiller = KMeansSelection(3, representative=how, random_state=seed)
    made = distiller.fit(X, np.arange(40) % 2).distilled_.X
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    for name in X:
        if X[name].dtype.kind in "biuf":
            assert made[name].isin(np.arange(9)).all()
            assert made[name].between(X[name].min(), X[name].max()).all()
        else:
            assert set(made[name]) <= set(X[name])


@pytest.mark.parametrize("method", [HerdingSelection(20), small(POINTS, budget=20)])
@pytest.mark.parametrize("name", ["german", "crx", "mushroom"])
def test_real_tables_stay_valid(data_folder, method, name):
    """Known categories, integers and ranges, in the columns as they came."""
    X = pd.read_csv(data_folder / f"{name}.csv.gz", keep_default_na=False)
    y = X.pop("target")
    made = clone(method).fit(X, y).distilled_.X
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    for column in X:
        if X[column].dtype.kind in "if":
            assert made[column].between(X[column].min(), X[column].max()).all()
        else:
            assert set(made[column]) <= set(X[column])


# Symmetries


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), continuous=st.booleans())
def test_the_order_of_rows_does_not_matter_to_herding(seed, continuous):
    rng = np.random.RandomState(seed)
    X = rng.randn(40, 3)
    y = X @ [1.0, 2.0, -1.0] if continuous else np.arange(40) % 3
    order = rng.permutation(40)
    plain = HerdingSelection(4).fit(X, y).distilled_
    shuffled = HerdingSelection(4).fit(X[order], y[order]).distilled_
    assert as_rows(shuffled) == as_rows(plain)


UNIT_METHODS = [
    HerdingSelection(4),
    KMeansSelection(4, random_state=0),
    KMeansSelection(4, representative="centroid", random_state=0),
    KernelInducingPoints(4, max_iter=3, random_state=0),
]


@pytest.mark.parametrize("method", UNIT_METHODS, ids=repr)
@settings(max_examples=12)
@given(
    seed=st.integers(0, 10_000),
    scale=st.lists(
        st.floats(1e-6, 1e6).flatmap(lambda s: st.sampled_from([s, -s])),
        min_size=3,
        max_size=3,
    ),
    shift=st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3),
)
def test_scaling_and_shifting_columns_scales_and_shifts_the_set(
    method, seed, scale, shift
):
    """Units do not matter, nor the sign of a column."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((45, 3)) * [1.0, 3.0, 1.0]
    X[:, 2] **= 3
    y = np.arange(45) % 3
    scale = np.array(scale)
    shift = np.array(shift) * np.abs(scale)
    plain = clone(method).fit(X, y).distilled_
    moved = clone(method).fit(X * scale + shift, y).distilled_
    away = (moved.X - (plain.X * scale + shift)) / (np.abs(scale) * X.std(axis=0))
    assert np.abs(away).max() < 1e-4
    np.testing.assert_array_equal(moved.y, plain.y)


@pytest.mark.parametrize(
    "method",
    [RandomSelection(4, random_state=0), *UNIT_METHODS[2:]],
    ids=lambda m: type(m).__name__,
)
@pytest.mark.parametrize(
    "load", [load_iris, load_wine, load_breast_cancer, load_digits]
)
@pytest.mark.parametrize(
    ("scale", "shift"), [(10.0, 3.0), (0.3048, 0.0), (1e-3, -273.15)]
)
def test_units_of_real_data_do_not_matter(method, load, scale, shift):
    """The set of X * a + b is the set of X, * a + b, to float32 accuracy."""
    X, y = load(return_X_y=True)
    plain = clone(method).fit(X, y).distilled_
    moved = clone(method).fit(X * scale + shift, y).distilled_
    expected = plain.X * scale + shift
    rounding = np.abs(expected) * np.finfo(np.float32).eps
    away = np.abs(moved.X - expected) - rounding
    assert (away <= 1e-4 * X.std(axis=0) * scale).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), names=st.permutations(["a", "b", "c"]))
def test_renaming_the_classes_renames_the_set(seed, names):
    X, y = blobs((20, 15, 10), n_features=3, seed=seed)
    plain = HerdingSelection(3).fit(X, np.array(["a", "b", "c"])[y]).distilled_
    renamed = HerdingSelection(3).fit(X, np.array(names)[y]).distilled_
    new_name = dict(zip("abc", names, strict=True))
    expected = {(*row, new_name[label]) for row, label in zip(*plain, strict=True)}
    assert {(*row, label) for row, label in zip(*renamed, strict=True)} == expected


@each_method
def test_same_seed_same_bytes(method):
    """The global generators neither matter nor move; another seed may differ."""
    X, y = blobs()
    np.random.seed(1)
    torch.manual_seed(1)
    before = np.random.get_state()[1].copy(), torch.get_rng_state()
    first = small(method, budget=3, random_state=5).fit(X, y).distilled_.X
    assert (np.random.get_state()[1] == before[0]).all()
    assert (torch.get_rng_state() == before[1]).all()
    np.random.seed(2)
    second = small(method, budget=3, random_state=5).fit(X, y).distilled_.X
    assert first.tobytes() == second.tobytes()
    generator = np.random.RandomState(5)
    third = small(method, budget=3, random_state=generator).fit(X, y).distilled_.X
    assert third.tobytes() == first.tobytes()


@each_method
def test_fitting_leaves_the_input_alone(method):
    X, y = blobs()
    weights = np.ones(len(X))
    X_before, y_before = X.copy(), y.copy()
    X.flags.writeable = y.flags.writeable = weights.flags.writeable = False
    rows = small(method, budget=3).fit_transform(X, y, sample_weight=weights)
    rows += 1.0
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)


@each_method
def test_pickles_and_copies_of_fitted_methods_work(method):
    X, y = blobs()
    distiller = small(method, budget=3).fit(X, y)
    for again in (pickle.loads(pickle.dumps(distiller)), copy.deepcopy(distiller)):
        assert again.score(X, y) == distiller.score(X, y)
        np.testing.assert_array_equal(again.transform(X), X)


# Bad input


@each_method
@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones((5, 2, 2)), np.arange(5) % 2, "dim 3"),
        (np.ones(5), np.arange(5) % 2, "1D array"),
        (np.ones((0, 2)), [], "0 sample"),
        (np.ones((1, 2)), [1], "1 sample|1 class"),
        (np.ones((6, 2)), np.zeros(6, int), "1 class"),
        (np.full((6, 2), np.nan), np.arange(6) % 2, "NaN"),
        (np.full((6, 2), np.inf), np.arange(6) % 2, "infinity"),
        (np.full((6, 2), 1e200), np.arange(6) % 2, "1e\\+200"),
        (np.ones((6, 2)) * 1j, np.arange(6) % 2, "[Cc]omplex"),
        (np.ones((6, 2)), [0, 1, 0, 1, np.nan, 1], "NaN"),
        (np.ones((6, 2)), np.ones((6, 2)), "2 columns"),
        (np.ones((6, 2)), np.arange(5), "inconsistent"),
        (pd.DataFrame({"day": pd.date_range("2020", periods=6)}), [0, 1] * 3, "'day'"),
        (pd.DataFrame({"a": [1, None] * 3}), [0, 1] * 3, "'a' has 3 missing"),
        (pd.DataFrame({"a": [(1,)] * 6}), [0, 1] * 3, "'a' holds tuple"),
    ],
)
def test_bad_input_is_refused_with_what_is_wrong(method, X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        small(method, budget=1).fit(X, y)


def test_bad_parameters_are_refused_by_name():
    X, y = blobs()
    for name, value in {
        "allocation": "fair",
        "task": "clustering",
        "numeric": "log",
        "evaluator": "svc",
        "random_state": "zero",
        "image_shape": 3,
    }.items():
        with pytest.raises(ValueError, match=f"'{name}' parameter"):
            RandomSelection(**{name: value}).fit(X, y)
    with pytest.raises(ValueError, match="18 pixels, but rows of X have 4"):
        RandomSelection(image_shape=(2, 3, 3)).fit(X, y)


# Representation


@each_method
def test_html_representation_links_to_the_page_of_the_method(method):
    page = "https://sklearn-distill.readthedocs.io/en/latest/methods/"
    name = {"KernelInducingPoints": "kernel-inducing-points"}.get(
        type(method).__name__, type(method).__name__.removesuffix("Selection").lower()
    )
    name = name.replace("kmeans", "k-means")
    assert f"{page}{name}.html" in method._repr_html_()


def test_a_method_of_somebody_else_does_not_link_to_our_pages():
    class Elsewhere(RandomSelection):
        plugin_api = 1

    assert "sklearn-distill.readthedocs.io" not in Elsewhere()._repr_html_()


def test_the_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        BaseDistiller()


# Callbacks


class Listener:
    """A callback that writes down what it hears, and may act on an iteration."""

    def __init__(self, at=None, act=None):
        self.at, self.act = at, act
        self.begun, self.ended, self.torn_down = [], [], 0
        self.fitted = []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context, *, X, y):
        self.begun.append(context.task_name)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.ended.append(context.task_name)
        self.fitted.append(fitted_estimator)
        if context.task_name == "iteration" and len(self.ended) == self.at:
            return self.act()
        return False


def interrupt():
    raise KeyboardInterrupt


@each_method
def test_callbacks_hear_of_the_fit_and_of_each_iteration(method):
    """As many beginnings as ends, and what they are handed is a fitted method."""
    X, y = blobs()
    heard = Listener()
    distiller = small(method, budget=2).set_callbacks(heard).fit(X, y)
    assert Counter(heard.begun) == Counter(heard.ended)
    assert heard.ended.count("fit") == 1
    assert heard.ended[-1] == "fit"
    assert heard.ended.count("iteration") == getattr(distiller, "n_iter_", 0)
    assert heard.torn_down == 1
    for fitted in heard.fitted:
        assert len(fitted.distilled_) == 6
        assert 0.0 <= fitted.score(X, y) <= 1.0
    np.testing.assert_array_equal(heard.fitted[-1].distilled_.X, distiller.distilled_.X)


def test_callbacks_are_torn_down_when_a_fit_fails():
    X, y = blobs()
    heard = Listener()
    with pytest.raises(ValueError, match="NaN"):
        RandomSelection().set_callbacks(heard).fit(np.full_like(X, np.nan), y)
    assert heard.torn_down == 1


def test_a_callback_can_end_the_fit():
    """The last steps count: they are looked at before the best rows are taken."""
    X, y = digits()
    points = small(POINTS, budget=1, max_iter=50)
    points.set_callbacks(Listener(at=14, act=lambda: True)).fit(X, y)
    assert points.n_iter_ == 14
    assert len(points.history_) == 2
    assert all(np.isfinite(points.history_[:, "valid_loss"]))
    losses = points.history_[:, "valid_loss"]
    assert losses[1] < losses[0]
    assert points.distilled_.info["loss"] == pytest.approx(losses[1])


def test_progress_bars_inside_a_grid_search(capsys):
    from sklearn.callback import ProgressBar

    X, y = blobs()
    search = GridSearchCV(
        small(POINTS, max_iter=2), {"budget": [1, 2]}, cv=2, error_score="raise"
    )
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    drawn = capsys.readouterr().out
    assert drawn.count("KernelInducingPoints - fit") == 5


def test_interrupting_keeps_the_best_rows():
    """Ctrl-C: the method is fitted, and a warning says after how many steps."""
    X, y = digits()
    points = small(POINTS, budget=1, max_iter=200)
    points.set_callbacks(Listener(at=25, act=interrupt))
    with pytest.warns(UserWarning, match="Interrupted after 25 of 200") as caught:
        points.fit(X, y)
    assert caught[0].filename == __file__
    assert points.n_iter_ == 25
    assert not are_real(points.distilled_.X, X)
    assert points.distilled_.info["loss"] == min(points.history_[:2, "valid_loss"])


def test_interrupting_within_a_step_keeps_the_best_rows():
    """Wherever it strikes."""
    X, y = blobs()
    n_calls = 0

    def kernel(a, b):
        nonlocal n_calls
        n_calls += 1
        if n_calls == 60:
            raise KeyboardInterrupt
        return torch.exp(-torch.cdist(a, b))

    points = KernelInducingPoints(3, kernel=kernel, max_iter=200, random_state=0)
    with pytest.warns(UserWarning, match="Interrupted after"):
        points.fit(X, y)
    assert 10 < points.n_iter_ < 60
    assert np.isfinite(points.distilled_.X).all()


# Learning rows


def test_learning_lowers_the_loss_on_held_back_rows():
    X, y = digits()
    points = KernelInducingPoints(2, max_iter=40, random_state=0).fit(X, y)
    losses = points.history_[:, "valid_loss"]
    assert losses[-1] < losses[0]
    assert points.distilled_.info["loss"] == pytest.approx(min(losses), rel=1e-6)
    herding = HerdingSelection(2, random_state=0).fit(X, y)
    assert points.score(X, y) > herding.score(X, y)
    assert points.n_iter_ == 40
    assert len(points.history_) == 4


def test_max_time_ends_the_fit():
    """Seconds of steps; what was reached by then is kept."""
    X, y = blobs()
    points = small(POINTS, budget=3, max_iter=1_000_000, max_time=0.2)
    points.set_params(n_iter_no_change=None).fit(X, y)
    assert 1 <= points.n_iter_ < 100_000
    assert points.distilled_.info["seconds"] < 60


def test_training_ends_without_improvement():
    X, y = blobs()
    points = small(POINTS, budget=3, max_iter=5_000, n_iter_no_change=20, tol=0.5)
    assert points.fit(X, y).n_iter_ <= 100


def test_warm_start_goes_on_from_the_rows():
    """The first loss of the second fit is the last of the first."""
    X, y = digits()
    names = np.array(list("abcdefghij"))[y]
    points = KernelInducingPoints(1, max_iter=30, random_state=0).fit(X, names)
    first = points.distilled_
    points.set_params(warm_start=True, max_iter=1, learning_rate=1e-12).fit(X, names)
    np.testing.assert_allclose(points.distilled_.X, first.X, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(points.distilled_.y, first.y)
    points.set_params(warm_start=False).fit(X, names)
    assert np.abs(points.distilled_.X - first.X).max() > 1e-2


def test_warm_start_refuses_rows_that_do_not_fit():
    """Another budget, other shares of it, other columns, other classes."""
    X, y = blobs()
    points = small(POINTS, budget=3, warm_start=True).fit(X, y)
    for refused, message, new_X, new_y in [
        ({"budget": 4}, "Keep the budget", X, y),
        ({"budget": {0: 2, 1: 3, 2: 4}}, "Keep the budget", X, y),
        ({"budget": 3}, "Keep columns and classes", X[:, :3], y),
        ({"budget": 3}, "Keep columns and classes", X, y + 1),
        ({"budget": 3}, "Keep columns and classes", X, np.array(["a", "b", "c"])[y]),
        ({"budget": 9}, "Keep columns and classes", X, X[:, 0]),
    ]:
        again = copy.deepcopy(points).set_params(**refused)
        with pytest.raises(ValueError, match=message):
            again.fit(new_X, new_y)
    as_text = pd.DataFrame(X, columns=list("abcd")).assign(d="new")
    on_table = small(POINTS, budget=3, warm_start=True)
    on_table.fit(as_text.assign(d=np.where(X[:, 3] > 0, "up", "down")), y)
    with pytest.raises(ValueError, match="'d' has categories"):
        on_table.fit(as_text, y)


def test_a_device_that_is_not_there_is_refused_before_training():
    X, y = blobs()
    for device in ("nonsense", "cuda:99", "meta"):
        points = KernelInducingPoints(3, device=device)
        with pytest.raises(ValueError, match=f"device='{device}' cannot be used"):
            points.fit(X, y)
        assert points.n_iter_ == 0
    assert small(POINTS, budget=3, device="cpu").fit(X, y).device_ == "cpu"


@pytest.mark.parametrize("learn_labels", [False, True])
def test_the_guard_against_doing_nothing(learn_labels):
    """A kernel through which no gradient reaches the rows does not move them."""
    X, y = blobs()
    points = KernelInducingPoints(
        3,
        kernel=lambda a, b: a.detach() @ b.detach().T + 1.0,
        mmd_weight=0.0,
        learn_labels=learn_labels,
        max_iter=10,
        random_state=0,
    )
    with pytest.warns(ConvergenceWarning, match="did not move the rows") as caught:
        points.fit(X, y)
    assert caught[0].filename == __file__
    assert are_real(points.distilled_.X, X)


def test_the_guard_against_making_it_worse():
    """Steps that only raise the loss are undone, and a warning says so."""
    X, y = blobs()
    points = KernelInducingPoints(3, learning_rate=100.0, max_iter=10, random_state=0)
    with pytest.warns(ConvergenceWarning, match="without lowering the loss"):
        points.fit(X, y)
    assert are_real(points.distilled_.X, X)


def some_calls_give(value, calls):
    """A kernel that is not finite at some of its calls."""
    n_calls = 0

    def kernel(a, b):
        nonlocal n_calls
        n_calls += 1
        return torch.exp(-torch.cdist(a, b) / 8.0) * (value if calls(n_calls) else 1.0)

    return kernel


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize(
    "calls", [lambda n: n in (7, 31, 32), lambda n: n == 1], ids=["some", "first"]
)
def test_a_loss_that_is_not_finite_is_rolled_back(value, calls):
    """The fit goes on from the best rows, with half the step, and gets somewhere."""
    X, y = digits()
    kernel = some_calls_give(value, calls)
    points = KernelInducingPoints(1, kernel=kernel, max_iter=40, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points.fit(X, y)
    assert points.n_iter_ == 40
    assert np.isfinite(points.distilled_.info["loss"])
    assert not are_real(points.distilled_.X, X)


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_a_loss_that_is_never_finite_is_an_error(value):
    """NaN everywhere, or a kernel so degenerate that its system has no solution."""
    X, y = blobs()
    kernel = some_calls_give(value, lambda n: True)
    with pytest.raises(DivergedError, match="not finite 6 times"):
        KernelInducingPoints(3, kernel=kernel, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    "bandwidths", [(), (0.0,), (-1.0, 1.0), ("wide",), ((1.0,),), (float("nan"),)]
)
def test_bandwidths_that_are_none_are_refused(bandwidths):
    X, y = blobs()
    with pytest.raises(ValueError, match=r"bandwidths|could not convert"):
        KernelInducingPoints(3, bandwidths=bandwidths).fit(X, y)


@pytest.mark.parametrize(
    "kernel", ["portfolio", "linear", "rbf", "laplacian", "ntk", "nngp"]
)
@pytest.mark.parametrize("continuous", [False, True])
def test_each_kernel_lowers_its_own_loss(kernel, continuous):
    X, y = (
        make_regression(900, 4, noise=3.0, random_state=0) if continuous else digits()
    )
    points = KernelInducingPoints(
        9 if continuous else 1,
        kernel=kernel,
        mmd_weight=0.0,
        max_iter=40,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        points.fit(X, y)
    losses = points.history_[:, "train_loss"]
    assert losses[-1] < losses[0]


def test_a_row_that_is_returned_is_one_that_was_judged():
    """Held-back rows judge the rows as the user gets them: decoded to valid values."""
    X = table()
    points = small(POINTS, budget=4, max_iter=10).fit(X, np.arange(100) % 2)
    made = points.distilled_.X
    again = points.encoder_.decode(points.encoder_.encode(made))
    pd.testing.assert_frame_equal(again, made)


# Kernels and the objective


def two_batches(d=5):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(7, d, generator=rng), torch.randn(4, d, generator=rng)


def test_kernels_are_what_scikit_learn_computes():
    a, b = two_batches()
    for ours, theirs in [
        (kernels.gaussian(3.0), rbf_kernel(a, b, gamma=1 / 3)),
        (kernels.laplacian(3.0), laplacian_kernel(a, b, gamma=1 / 3)),
        (kernels.linear, polynomial_kernel(a, b, degree=1)),
    ]:
        np.testing.assert_allclose(ours(a, b), theirs, rtol=1e-5, atol=1e-6)


def covariance_and_tangent(X, depth, width, rng):
    """Of one random network at its start: outputs over the last layer's weights, and
    dot products of the gradients of its output."""
    layers = list(pairwise([X.shape[1], *[width] * depth, 1]))
    weights = [torch.randn(i, o, generator=rng).requires_grad_() for i, o in layers]
    biases = [torch.randn(o, generator=rng).requires_grad_() for _, o in layers]
    inputs = outputs = X
    for n, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        inputs = outputs.relu() if n else outputs
        outputs = inputs @ weight * (2.0 / len(weight)) ** 0.5 + 0.1 * bias
    gradients = [
        torch.autograd.grad(output, [*weights, *biases], retain_graph=True)
        for output in outputs[:, 0]
    ]
    flat = torch.stack([torch.cat([g.flatten() for g in row]) for row in gradients])
    covariance = 2.0 * inputs @ inputs.T / width + 0.01
    return covariance.detach(), flat @ flat.T


@pytest.mark.parametrize("depth", [1, 2])
def test_wide_network_kernels_are_limits_of_wide_networks(depth):
    X, _ = two_batches(d=3)
    rng = torch.Generator().manual_seed(0)
    networks = [covariance_and_tangent(X, depth, 1_000, rng) for _ in range(20)]
    for tangent in (False, True):
        found = torch.stack([pair[tangent] for pair in networks]).mean(0)
        limit = kernels.wide_network(depth, tangent)(X, X)
        assert float((found - limit).abs().max() / limit.abs().max()) < 0.05


def test_ridge_weights_are_those_of_kernel_ridge_regression():
    """With a penalty that is relative to the mean of the diagonal."""
    a = two_batches()[0].double()
    y = a[:, :2] ** 2
    K = kernels.linear(a, a)
    alpha = 0.2 * float(K.diagonal().mean())
    expected = KernelRidge(alpha=alpha, kernel="precomputed").fit(K, y).dual_coef_
    np.testing.assert_allclose(ridge_weights(K, y, 0.2), expected, rtol=1e-9)


def test_the_discrepancy_is_that_of_each_class():
    """Up to the part that does not depend on synthetic rows, the same for all S."""
    a, b = two_batches()
    classes_a, classes_b = np.arange(7) % 2, np.arange(4) % 2
    kernel = kernels.gaussian(4.0)
    like_SS = torch.tensor(classes_b[:, None] == classes_b).float()
    like_SR = torch.tensor(classes_b[:, None] == classes_a).float()
    found = mean_discrepancy(kernel(b, b), kernel(b, a), like_SS, like_SR)
    expected = 0.0
    for label in (0, 1):
        S, R = b[classes_b == label], a[classes_a == label]
        term = kernel(S, S).mean() - 2.0 * kernel(S, R).mean()
        expected += float(term) / 2
    assert float(found) == pytest.approx(expected, rel=1e-5)


# The engine's real rows


def real_rows(groups, weights=None):
    groups = np.asarray(groups)
    Z = np.arange(len(groups), dtype=np.float32)[:, None]
    weights = np.ones(len(groups)) if weights is None else np.asarray(weights)
    return RealRows(Z, groups[:, None].astype(np.float32), groups, weights, "cpu")


def drawn(real, batch_size=300, seed=0):
    rows, targets = real.draw(batch_size, torch.Generator().manual_seed(seed))
    return rows[:, 0].numpy().astype(int), targets[:, 0].numpy().astype(int)


def test_batches_hold_equally_many_rows_of_each_class():
    groups = np.repeat([0, 1, 2], [500, 20, 1])
    rows, targets = drawn(real_rows(groups))
    np.testing.assert_array_equal(np.bincount(targets), [100, 100, 100])
    np.testing.assert_array_equal(groups[rows], targets)
    assert len(set(rows[targets == 1])) == 20


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_class_without_rows_takes_no_part_in_batches(missing):
    """A class too small to hold rows back is not judged by another class's rows."""
    groups = np.repeat(np.setdiff1d([0, 1, 2], [missing]), 30)
    rows, targets = drawn(real_rows(groups))
    np.testing.assert_array_equal(groups[rows], targets)
    assert set(targets) == {0, 1, 2} - {missing}
    for group in set(targets):
        assert len(set(rows[targets == group])) == 30


def test_rows_are_drawn_by_their_weights():
    weights = np.array([1.0, 3.0, 4.0, 1e-9])
    rows, _ = drawn(real_rows([0, 0, 0, 0], weights), batch_size=1_000)
    shares = np.bincount(rows, minlength=4) / 1_000
    np.testing.assert_allclose(shares, weights / weights.sum(), atol=0.06)


def test_batches_end_when_they_are_told_to():
    real = real_rows([0, 1] * 10)
    batches = Batches(real, 4, n_batches=3, seed=0, n_total=5)
    assert [len(list(batches)) for _ in range(3)] == [3, 2, 0]
    batches = Batches(real, 4, n_batches=3, seed=0)
    passes = iter(batches)
    next(passes)
    batches.end()
    assert list(passes) == []
    fixed = Batches(real, 4, n_batches=2, seed=0, fixed=True)
    first, second = ([rows for rows, _ in fixed] for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_held_back_rows_leave_enough_to_learn_from():
    """Of each class as many as the set is to have; if none can be spared, all serve."""

    class Stub(RandomSelection):
        plugin_api = 1

        def _distill(self, problem):
            self.parts_ = hold_back(problem, 0.4)
            return super()._distill(problem)

    X, y = blobs((50, 10, 3))
    stub = Stub(budget={0: 5, 1: 8, 2: 3}, random_state=0).fit(X, y)
    train, held = stub.parts_
    np.testing.assert_array_equal(np.sort(np.r_[train, held]), np.arange(63))
    np.testing.assert_array_equal(np.bincount(y[train]), [30, 8, 3])
    stub = Stub(budget={0: 49, 1: 10, 2: 3}, random_state=0).fit(X, y)
    assert len(stub.parts_[1]) == 1
    X, y = blobs((4, 4))
    stub = Stub(budget={0: 4, 1: 3}, random_state=0).fit(X, y)
    assert len(stub.parts_[0]) == 7


def test_score_says_so_if_a_fold_misses_a_class():
    """Unshuffled folds of sorted classes: a warning, and what to do, not a silent 0."""
    X, y = load_iris(return_X_y=True)
    distiller = HerdingSelection(3).fit(X[:100], y[:100])
    with pytest.warns(UserWarning, match=r"not there in fit: \[2\].*StratifiedKFold"):
        assert distiller.score(X[100:], y[100:]) == 0.0


def test_score_takes_new_categories_and_checks_its_evaluator():
    """A new category is far from all others; a regressor scores no classes."""
    pd = pytest.importorskip("pandas")
    X, y = load_iris(return_X_y=True)
    table = pd.DataFrame(X).assign(c=np.where(y == 0, "a", "b"))
    table.columns = [str(c) for c in table.columns]
    distiller = HerdingSelection(5).fit(table, y)
    assert distiller.score(table.assign(c="new"), y) > 0.8
    with pytest.raises(ValueError, match="does not fit the task, classification"):
        HerdingSelection(5, evaluator=Ridge()).fit(X, y)


def test_the_users_estimators_check_their_own_parameters():
    X, y = load_iris(return_X_y=True)
    teacher = LogisticRegression(C=-1.0)
    with pytest.raises(ValueError, match="'C' parameter of LogisticRegression"):
        HerdingSelection(3, soft_labels=teacher).fit(X, y)


def test_learned_labels_and_a_teacher_exclude_each_other():
    X, y = load_iris(return_X_y=True)
    points = KernelInducingPoints(3, learn_labels=True, soft_labels="teacher")
    for target in (y, X[:, 0]):
        with pytest.raises(ValueError, match="Choose one"):
            points.fit(X, target)


def test_many_categories_are_warned_of():
    """Identifiers would come out as one and the same."""
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame({"id": [f"u{i}" for i in range(100)], "x": np.arange(100.0)})
    with pytest.warns(UserWarning, match="column 'id' has 100 categories"):
        RandomSelection(3).fit(table, np.arange(100) % 2)


# Numbers as labels


def test_means_of_whole_numbers_are_not_rounded():
    """A rate of one in five stays that; without means whole numbers stay whole."""
    rng = np.random.RandomState(0)
    X = rng.randn(600, 3)
    y = (rng.rand(600) < 0.2).astype(int)
    kwargs = {"task": "regression", "random_state": 0}
    cells = KMeansSelection(20, representative="centroid", **kwargs).fit(X, y)
    assert cells.distilled_.y.mean() == pytest.approx(0.2, abs=0.05)
    said = HerdingSelection(20, soft_labels="teacher", **kwargs).fit(X, y)
    assert ((said.distilled_.y > 0) & (said.distilled_.y < 1)).any()
    kept = HerdingSelection(20, **kwargs).fit(X, y).distilled_.y
    assert kept.dtype == y.dtype


@pytest.mark.parametrize("made", [lambda y: y[:, None], lambda y: y.astype(object)])
def test_score_takes_labels_in_every_form_that_fit_takes(made):
    X, y = blobs()
    distiller = HerdingSelection(3, random_state=0)
    expected = distiller.fit(X, y).score(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataConversionWarning)
        assert distiller.fit(X, made(y)).score(X, made(y)) == expected


def test_images_with_channels_last_are_refused():
    X = np.zeros((20, 8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"np\.moveaxis"):
        RandomSelection(2).fit(X, np.arange(20) % 2)
    flat = np.random.RandomState(0).rand(20, 192)
    with pytest.raises(ValueError, match="channels stood last"):
        RandomSelection(2, image_shape=(8, 8, 3)).fit(flat, np.arange(20) % 2)


def test_a_batch_is_no_larger_than_all_rows():
    """A number that stands for "all of them" costs no more than that."""
    y = np.arange(3_000) % 3
    Z, targets = np.zeros((3_000, 2), np.float32), np.eye(3, dtype=np.float32)[y]
    rows = RealRows(Z, targets, y, np.ones(3_000), "cpu")
    drawn, _ = rows.draw(10**9, torch.Generator().manual_seed(0))
    assert len(drawn) == 3_000


def test_a_method_without_the_common_parameters_is_told_which():
    class Bare(BaseDistiller):
        plugin_api = 1

        def __init__(self, budget=10):
            self.budget = budget

        def _distill(self, problem):
            raise AssertionError("nothing to distill with")

    with pytest.raises(TypeError, match="Bare has no allocation, task"):
        Bare().fit(np.eye(4), [0, 0, 1, 1])
