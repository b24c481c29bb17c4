"""A teacher's opinion, class priors, and soft labels for estimators with weights."""

import numpy as np
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import DistilledSet, HerdingSelection
from sklearn_distill.soft_labels.expansion import LEAST_SHARE, weighted_hard_rows
from sklearn_distill.soft_labels.fitting import fit_on_set, weight_parameter
from sklearn_distill.soft_labels.prior import correct_prior, soft_labels_of_set
from sklearn_distill.soft_labels.teacher import (
    N_FOLDS,
    cross_fitted_predictions,
    seeded,
    teacher_or_forest,
)


def opinion(teacher, Z, y, *, kept=None, Z_new=None, weights=None, n_classes=None):
    """Ask a teacher about training rows, or about new ones."""
    if Z_new is None:
        kept = np.arange(len(Z)) if kept is None else kept
        Z_new = Z[kept]
    return cross_fitted_predictions(
        teacher,
        Z,
        y,
        np.ones(len(Z)) if weights is None else weights,
        Z_new,
        kept,
        n_classes=n_classes,
        seed=0,
    )


def noise(n=200, n_classes=2, seed=0):
    rng = np.random.RandomState(seed)
    return rng.standard_normal((n, 3)), rng.randint(0, n_classes, n)


def test_the_opinion_of_a_row_comes_from_a_fold_without_it():
    Z, y = noise()
    one_nn = KNeighborsClassifier(n_neighbors=1)
    assert one_nn.fit(Z, y).score(Z, y) == 1.0
    said = opinion(one_nn, Z, y, n_classes=2).argmax(axis=1)
    assert 0.3 < (said == y).mean() < 0.7


def test_the_same_holds_for_numbers():
    Z, _ = noise()
    y = np.random.RandomState(1).standard_normal(len(Z))
    said = opinion(KNeighborsRegressor(n_neighbors=1), Z, y)
    assert said.shape == y.shape
    assert np.abs(said - y).min() > 0
    assert abs(np.corrcoef(said, y)[0, 1]) < 0.3


def test_a_row_that_nobody_trained_on_gets_the_mean_of_all_folds():
    Z, y = noise(50)
    Z_new = np.random.RandomState(1).standard_normal((7, 3))
    said = opinion(KNeighborsClassifier(n_neighbors=1), Z, y, Z_new=Z_new, n_classes=2)
    fifths = said * N_FOLDS
    np.testing.assert_allclose(fifths, np.rint(fifths), atol=1e-12)
    np.testing.assert_allclose(said.sum(axis=1), 1)
    assert ((said > 0) & (said < 1)).any()


def test_only_the_kept_rows_are_judged_in_the_order_asked_for():
    Z, y = noise(60)
    kept = np.array([40, 3, 3, 17])
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    everyone = opinion(teacher, Z, y, n_classes=2)
    np.testing.assert_array_equal(
        opinion(teacher, Z, y, kept=kept, n_classes=2), everyone[kept]
    )


def test_a_class_that_a_fold_lacks_gets_probability_0_from_it():
    Z, y = noise(40)
    y[:3] = 2
    said = opinion(RandomForestClassifier(10, random_state=0), Z, y, n_classes=3)
    assert said.shape == (40, 3)
    np.testing.assert_allclose(said.sum(axis=1), 1)


@pytest.mark.parametrize(
    "teacher", [LogisticRegression(), RandomForestClassifier(5, random_state=0)]
)
def test_a_class_of_one_row_keeps_its_own_label(teacher):
    Z, y = noise(40)
    y[7] = 2
    said = opinion(teacher, Z, y, n_classes=3)
    np.testing.assert_array_equal(said[7], [0, 0, 1])
    assert (said[np.arange(40) != 7].max(axis=1) < 1).any()


@pytest.mark.parametrize(
    "teacher", [LogisticRegression(), RandomForestClassifier(5, random_state=0)]
)
def test_a_fold_of_a_single_class_says_that_class(teacher):
    Z, y = noise(20)
    y[:] = 0
    y[4] = 1
    said = opinion(teacher, Z, y, n_classes=2)
    np.testing.assert_array_equal(said[4], [0, 1])
    assert said[np.arange(20) != 4, 0].mean() > 0.8
    new = opinion(teacher, Z, y, Z_new=Z + 0.1, n_classes=2)
    np.testing.assert_allclose(new.sum(axis=1), 1)


def test_classes_of_one_row_each_keep_their_labels():
    Z, y = np.eye(4), np.array([2, 0, 3, 1])
    said = opinion(RandomForestClassifier(5), Z, y, n_classes=4)
    np.testing.assert_array_equal(said, np.eye(4)[y])


def test_two_rows_are_enough_for_an_opinion_on_numbers():
    said = opinion(LinearRegression(), np.eye(2), np.array([0.1, 0.2]))
    np.testing.assert_allclose(said, [0.2, 0.1])


@pytest.mark.parametrize(
    "teacher",
    [LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())],
    ids=["estimator", "pipeline"],
)
def test_the_teacher_learns_with_the_weights(teacher):
    Z, y = noise()
    weights = np.where(y == 1, 1.0, 1e-6)
    unweighted = opinion(teacher, Z, y, n_classes=2)
    weighted = opinion(teacher, Z, y, weights=weights, n_classes=2)
    assert unweighted[:, 1].mean() < 0.7
    assert weighted[:, 1].mean() > 0.99


def test_the_teacher_itself_stays_unfitted():
    teacher = LogisticRegression()
    opinion(teacher, *noise(), n_classes=2)
    assert not hasattr(teacher, "coef_")


def test_the_same_seed_gives_the_same_opinion():
    Z, y = noise()
    teacher = DecisionTreeClassifier(random_state=0)
    one, two = (opinion(teacher, Z, y, n_classes=2) for _ in range(2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("teacher", [None, "teacher"])
def test_a_forest_stands_in_for_a_teacher(teacher):
    assert isinstance(teacher_or_forest(teacher, 0), RandomForestClassifier)
    forest = teacher_or_forest(teacher, 7, is_regression=True)
    assert isinstance(forest, RandomForestRegressor)
    assert forest.random_state == 7


def test_a_teacher_without_probabilities_is_refused():
    with pytest.raises(ValueError, match=r"no predict_proba.*or calibrate this one"):
        teacher_or_forest(LinearRegression(), 0)
    regressor = LinearRegression()
    assert teacher_or_forest(regressor, 0, is_regression=True) is regressor


shares = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        *(
            st.lists(st.floats(1e-6, 1), min_size=k, max_size=k).map(np.array)
            for _ in range(4)
        )
    )
)


@given(shares)
def test_no_change_of_balance_is_no_change(parts):
    weight, prior = parts[:2]
    proba = (weight / weight.sum())[None]
    np.testing.assert_allclose(correct_prior(proba, prior, prior), proba, rtol=1e-12)


@given(shares)
def test_a_corrected_opinion_sums_to_1_and_follows_bayes_rule(parts):
    weight, before, after = parts[:3]
    proba = (weight / weight.sum())[None]
    moved = correct_prior(proba, before, after)
    np.testing.assert_allclose(moved.sum(axis=1), 1)
    odds = (moved / moved[:, :1]) / (proba / proba[:, :1])
    expected = (after / after[0]) / (before / before[0])
    np.testing.assert_allclose(odds[0], expected, rtol=1e-9)


@given(shares)
def test_corrections_can_be_chained_and_taken_back(parts):
    weight, first, second, third = parts
    proba = (weight / weight.sum())[None]
    there = correct_prior(proba, first, second)
    np.testing.assert_allclose(correct_prior(there, second, first), proba, rtol=1e-9)
    np.testing.assert_allclose(
        correct_prior(there, second, third),
        correct_prior(proba, first, third),
        rtol=1e-9,
    )


@given(shares, st.floats(1e-3, 1e3))
def test_priors_may_be_counts(parts, scale):
    weight, before, after = parts[:3]
    proba = (weight / weight.sum())[None]
    np.testing.assert_allclose(
        correct_prior(proba, before * scale, after),
        correct_prior(proba, before, after),
        rtol=1e-9,
    )


def test_a_correct_teacher_stays_correct_in_another_balance():
    """Two normal classes: Bayes' rule gives the posterior under either prior."""
    x = np.linspace(-3, 3, 31)
    density = np.exp(-0.5 * (x[:, None] - [-1, 1]) ** 2)

    def posterior(prior):
        joint = density * prior
        return joint / joint.sum(axis=1, keepdims=True)

    rare, even = np.array([0.99, 0.01]), np.array([0.5, 0.5])
    np.testing.assert_allclose(
        correct_prior(posterior(rare), rare, even), posterior(even)
    )


SOFT = st.tuples(
    st.integers(1, 8), st.integers(2, 5), st.booleans(), st.integers(0, 2**32 - 1)
)


def some_opinions(m, n_classes, seed, spread=0.2):
    rng = np.random.RandomState(seed)
    return rng, rng.dirichlet(np.full(n_classes, spread), m)


@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_soft_labels_of_a_set_have_its_balance(per_class, n_classes, seed):
    """Whatever the teacher's prior, if it rules nothing out; and rows sum to 1."""
    m = per_class * n_classes
    rng, proba = some_opinions(m, n_classes, seed, spread=3.0)
    codes = np.repeat(np.arange(n_classes), per_class)
    soft = soft_labels_of_set(proba, codes, rng.uniform(0.01, 1, n_classes))
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    np.testing.assert_allclose(soft.sum(axis=0), per_class, rtol=2e-3)
    assert (soft[np.arange(m), codes] >= 0.5).all()


def test_soft_labels_are_halfway_between_teacher_and_own_label():
    """A teacher whose opinion has the set's balance already is only mixed in."""
    proba = np.array([[0.8, 0.2], [0.2, 0.8]])
    soft = soft_labels_of_set(proba, np.array([0, 1]), np.array([7.0, 7.0]))
    np.testing.assert_allclose(soft, [[0.9, 0.1], [0.1, 0.9]])


def test_the_order_of_a_class_by_the_teacher_survives_the_balance():
    """Corrections scale the odds of a class by one factor for all rows."""
    _, proba = some_opinions(12, 2, 0, spread=2.0)
    codes = np.repeat([0, 1], 6)
    soft = soft_labels_of_set(proba, codes, np.array([0.9, 0.1]))
    teacher = 2 * soft - np.eye(2)[codes]
    odds = (teacher[:, 0] / teacher[:, 1]) / (proba[:, 0] / proba[:, 1])
    np.testing.assert_allclose(odds, odds[0], rtol=1e-9)


@pytest.mark.parametrize("sure", [0, 1, 2])
def test_soft_labels_when_the_teacher_sees_one_class_only(sure):
    """The third class has no rows; still every row has probabilities."""
    proba = np.eye(3)[[sure] * 4]
    soft = soft_labels_of_set(proba, np.array([0, 0, 1, 1]), np.array([5.0, 5.0, 1.0]))
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    assert (soft[:, 2] == 0).all()


@given(SOFT)
def test_weighted_hard_rows_are_in_proportion_to_the_soft_labels(case):
    """Row by row; unlikely classes are left out; the mean weight stays what it was."""
    m, n_classes, weighted, seed = case
    rng, soft = some_opinions(m, n_classes, seed)
    soft[rng.rand(m, n_classes) < 0.2] = 0
    soft[soft.sum(axis=1) == 0, 0] = 1
    soft /= soft.sum(axis=1, keepdims=True)
    sample_weight = rng.uniform(0, 5, m) if weighted else np.ones(m)
    rows, codes, weights = weighted_hard_rows(soft, sample_weight if weighted else None)
    assert weights.sum() == pytest.approx(len(rows) * sample_weight.mean())
    summed = np.zeros((m, n_classes))
    np.add.at(summed, (rows, codes), weights)
    likely = (soft > 0) & (soft >= LEAST_SHARE * soft.max(axis=1, keepdims=True))
    np.testing.assert_array_equal(likely[rows, codes], True)
    assert len(rows) == likely.sum()
    expected = np.where(likely, soft, 0.0)
    expected *= (sample_weight / expected.sum(axis=1))[:, None] * len(rows) / m
    np.testing.assert_allclose(summed, expected, rtol=1e-9)


def test_weighted_log_loss_is_the_cross_entropy_with_the_soft_labels():
    """Up to the factor that keeps the mean weight at 1."""
    rng = np.random.RandomState(0)
    soft = rng.dirichlet(np.full(3, 5.0), 10)
    predicted = rng.dirichlet(np.ones(3), 10)
    rows, codes, weights = weighted_hard_rows(soft)
    log_loss = -(weights * np.log(predicted[rows, codes])).mean()
    assert log_loss == pytest.approx(-(soft * np.log(predicted)).sum() / 10)


def test_hard_labels_as_soft_ones_change_nothing():
    """The same rows, classes and weights, as without soft labels."""
    rows, codes, weights = weighted_hard_rows(np.eye(3)[[2, 0, 1]])
    np.testing.assert_array_equal(rows, [0, 1, 2])
    np.testing.assert_array_equal(codes, [2, 0, 1])
    np.testing.assert_array_equal(weights, 1.0)


def test_support_vectors_are_not_weakened_by_soft_labels():
    """On digits soft labels are worth something to them; weights that add up to 1 a
    row, of which copies with other labels take some away, would cost a fifth."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    teacher = RandomForestClassifier(50, max_depth=6, random_state=0)
    small = HerdingSelection(2, soft_labels=teacher, random_state=0).fit_distill(X, y)
    hard = SVC().fit(small.X, small.y).score(X_test, y_test)
    rows, labels, weights = small.expand()
    assert fit_on_set(SVC(), small).score(X_test, y_test) > hard
    light = weights * (len(small) / len(rows))
    weakened = SVC().fit(rows, labels, sample_weight=light)
    assert weakened.score(X_test, y_test) < hard - 0.1


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on."""

    def fit(self, X, y, sample_weight=None):
        self.seen_ = X, y, sample_weight
        self.classes_ = np.unique(y)
        return self


class WithoutWeights(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on, and takes no weights."""

    def fit(self, X, y):
        self.seen_ = X, y
        return self


class Checked(StandardScaler):
    """A scaler that remembers whether it got weights."""

    def fit(self, X, y=None, sample_weight=None):
        self.weighted_ = sample_weight is not None
        return super().fit(X, y, sample_weight)


def a_set(*, soft=True, weighted=True):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((20, 3))
    y = (X[:, 0] > 0).astype(int)
    return DistilledSet(
        X,
        y,
        soft_labels=np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y]) if soft else None,
        sample_weight=rng.uniform(0.5, 2, 20) if weighted else None,
        classes=[0, 1],
    )


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (LogisticRegression(), "sample_weight"),
        (KNeighborsClassifier(), None),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            "logisticregression__sample_weight",
        ),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None),
        (
            make_pipeline(StandardScaler(), make_pipeline(LogisticRegression())),
            "pipeline__logisticregression__sample_weight",
        ),
    ],
)
def test_weights_are_called_what_the_last_step_calls_them(estimator, name):
    assert weight_parameter(estimator) == name


def test_an_estimator_with_weights_gets_soft_labels_as_weighted_rows():
    distilled = a_set()
    X, y, weights = fit_on_set(Recorder(), distilled).seen_
    for got, expected in zip((X, y, weights), distilled.expand(), strict=True):
        np.testing.assert_array_equal(got, expected)
    assert len(X) == 40


def test_an_estimator_without_weights_gets_hard_labels_each_row_once():
    distilled = a_set()
    X, y = fit_on_set(WithoutWeights(), distilled).seen_
    assert X is distilled.X
    assert y is distilled.y


def test_without_soft_labels_and_weights_nothing_is_passed():
    distilled = a_set(soft=False, weighted=False)
    X, y, weights = fit_on_set(Recorder(), distilled).seen_
    assert X is distilled.X
    assert y is distilled.y
    assert weights is None


def test_weights_alone_are_passed_as_they_are():
    distilled = a_set(soft=False)
    assert fit_on_set(Recorder(), distilled).seen_[2] is distilled.sample_weight


def test_a_set_without_labels_can_train_what_needs_none():
    scaler = fit_on_set(StandardScaler(), DistilledSet(np.eye(3)))
    np.testing.assert_allclose(scaler.mean_, 1 / 3)


@pytest.mark.parametrize("routing", [False, True])
def test_only_the_last_step_of_a_pipeline_gets_the_weights(routing):
    pipeline = make_pipeline(Checked(), Recorder())
    with sklearn.config_context(enable_metadata_routing=routing):
        fit_on_set(pipeline, a_set())
        assert sklearn.get_config()["enable_metadata_routing"] == routing
    assert not pipeline[0].weighted_
    np.testing.assert_array_equal(pipeline[1].seen_[2], a_set().expand()[2])


ESTIMATORS = {
    "classifier": LogisticRegression(),
    "without weights": KNeighborsClassifier(),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "pipeline in a pipeline": make_pipeline(
        StandardScaler(), make_pipeline(MinMaxScaler(), LogisticRegression())
    ),
    "column transformer": make_pipeline(
        make_column_transformer((StandardScaler(), [0, 1]), remainder="passthrough"),
        LogisticRegression(),
    ),
    "union": make_pipeline(
        make_union(StandardScaler(), MinMaxScaler()), LogisticRegression()
    ),
    "bagging": BaggingClassifier(LogisticRegression(), 3, random_state=0),
    "boosting": AdaBoostClassifier(n_estimators=3, random_state=0),
    "calibrated": CalibratedClassifierCV(LogisticRegression(), cv=2),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_metadata_routing_makes_no_difference(kind):
    distilled = a_set()
    plain = fit_on_set(clone(ESTIMATORS[kind]), distilled)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = fit_on_set(clone(ESTIMATORS[kind]), distilled)
    np.testing.assert_allclose(
        routed.predict_proba(distilled.X), plain.predict_proba(distilled.X)
    )


def test_soft_labels_change_what_a_pipeline_learns():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    soft = fit_on_set(clone(pipeline), a_set(weighted=False))
    hard = fit_on_set(clone(pipeline), a_set(soft=False, weighted=False))
    X = a_set().X
    assert soft.predict_proba(X).max() < hard.predict_proba(X).max() - 0.01


def test_every_unset_seed_is_set():
    """Deep ones too; those that were set stay."""
    model = make_pipeline(PCA(random_state=3), RandomForestClassifier())
    made = seeded(model, 7)
    assert made[0].random_state == 3
    assert made[1].random_state == 7
    assert model[1].random_state is None


def test_frozen_teachers_are_refused():
    X, y = load_iris(return_X_y=True)
    teacher = FrozenEstimator(GaussianNB().fit(X, y))
    with pytest.raises(ValueError, match="is fitted already"):
        HerdingSelection(5, soft_labels=teacher).fit(X, y)
