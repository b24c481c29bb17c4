"""The classifier with students of scikit-learn's: what reaches whom, and why."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_distill import (
    HerdingSelection,
    KnowledgeDistillationClassifier,
    RandomSelection,
)
from sklearn_distill.knowledge_distillation.targets import prune

NAMES = np.array(["setosa", "versicolor", "virginica"])


def iris():
    X, y = load_iris(return_X_y=True)
    return X, NAMES[y]


def kd(teacher, student, **params):
    """The estimator without its check of the teacher, which few tests are about."""
    params = {"check_teacher": False, "random_state": 0} | params
    return KnowledgeDistillationClassifier(teacher, student, **params)


def forest(**params):
    return RandomForestClassifier(20, random_state=0, **params)


def small_tree(leaves=4):
    return DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)


class Recorder(GaussianNB):
    """Remembers what it was trained on, and counts the fits of all its copies."""

    n_fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).n_fits += 1
        self.trained_on_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


@pytest.fixture
def recorder():
    Recorder.n_fits = 0
    return Recorder


# What reaches the student


def test_blended_labels_reach_a_student_as_weighted_hard_rows():
    """Half the label, half the teacher; the weights of a row add up to 1."""
    X, y = iris()
    model = kd(GaussianNB(), Recorder()).fit(X, y)
    rows, labels, weights = model.student_.trained_on_
    said = GaussianNB().fit(X, y).predict_proba(X)
    expected = prune(0.5 * said + 0.5 * (y[:, None] == NAMES))
    found = np.zeros_like(expected)
    place = {tuple(row): i for i, row in enumerate(X)}
    copies = np.unique(X, axis=0, return_counts=True)
    lonely = {tuple(row) for row, n in zip(*copies, strict=True) if n == 1}
    for row, label, weight in zip(rows, labels, weights, strict=True):
        found[place[tuple(row)], list(NAMES).index(label)] += weight
    alone = [i for i, row in enumerate(X) if tuple(row) in lonely]
    np.testing.assert_allclose(found[alone], expected[alone])
    assert weights.sum() == pytest.approx(150)


def test_without_a_teachers_share_the_student_is_trained_directly():
    X, y = iris()
    model = kd(forest(), Recorder(), alpha=0.0).fit(X, y)
    rows, labels, weights = model.student_.trained_on_
    np.testing.assert_array_equal(rows, X)
    np.testing.assert_array_equal(labels, y)
    assert weights is None


def test_the_expansion_is_the_soft_cross_entropy():
    """Logistic regression on weighted rows, against torch on the blended labels."""
    X, y = iris()
    X = StandardScaler().fit_transform(X)
    student = LogisticRegression(C=1.0, tol=1e-8, max_iter=10_000)
    # Opinions without tiny shares, which would be left out.
    said = 0.9 * np.eye(3)[np.searchsorted(NAMES, y)] + 0.1 / 3
    said = said[:, [1, 2, 0]]
    model = kd(None, student, alpha=0.4).fit(X, y, teacher_proba=said)
    labels = torch.tensor(0.4 * said + 0.6 * (y[:, None] == NAMES))
    coef = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    rows = torch.tensor(X)
    optimizer = torch.optim.LBFGS(
        [coef, bias], max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        log_p = (rows @ coef + bias).log_softmax(dim=1)
        loss = -(labels * log_p).sum() + 0.5 * coef.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    expected = (rows @ coef + bias).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-5)


def test_a_tree_on_weighted_rows_is_a_regression_tree_on_probabilities():
    """Gini's criterion is the squared error of the labels, summed over the classes."""
    X, y = iris()
    said = GaussianNB().fit(X, y).predict_proba(X)
    classifier = kd(None, small_tree()).fit(X, y, teacher_proba=said)
    regressor = kd(None, DecisionTreeRegressor(max_leaf_nodes=4, random_state=0))
    regressor.fit(X, y, teacher_proba=said)
    # The first leaves shares below 0.01 out.
    difference = classifier.predict_proba(X) - regressor.predict_proba(X)
    assert np.abs(difference).max() < 0.01


def test_a_student_that_is_its_teacher_stays_as_it_is():
    X, y = iris()
    student = LogisticRegression(C=1e4, tol=1e-10, max_iter=50_000)
    alone = clone(student).fit(X, y)
    taught = kd(FrozenEstimator(alone), student, alpha=1.0).fit(X, y)
    assert np.abs(taught.predict_proba(X) - alone.predict_proba(X)).max() < 0.01
    np.testing.assert_array_equal(taught.predict(X), alone.predict(X))


def test_a_student_without_weights_gets_the_most_probable_class():
    X, y = iris()
    said = np.eye(3)[np.searchsorted(NAMES, y)]
    said[0], said[50] = [0.0, 0.9, 0.1], [0.3, 0.5, 0.2]
    model = kd(None, KNeighborsClassifier(1), alpha=0.8)
    model.fit(X, y, teacher_proba=said)
    assert model.student_.predict(X[:1]) == "versicolor"
    assert model.student_.predict(X[50:51]) == "versicolor"


@pytest.mark.parametrize(
    "student",
    [Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0), SVR()],
    ids=lambda s: type(s).__name__,
)
def test_a_regressor_learns_the_probabilities(student):
    """One that has a single output learns them one by one."""
    X, y = iris()
    model = kd(forest(), student).fit(X, y)
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert (proba >= 0).all()
    np.testing.assert_array_equal(model.predict(X), NAMES[proba.argmax(axis=1)])
    assert model.score(X, y) > 0.8
    assert model.predict(X).dtype == y.dtype


def test_students_within_pipelines_get_their_weights():
    X, y = iris()
    model = kd(forest(), make_pipeline(StandardScaler(), Recorder())).fit(X, y)
    assert model.student_[-1].trained_on_[2].sum() == pytest.approx(150)
    assert model.score(X, y) > 0.9


def test_methods_are_there_if_the_student_has_them():
    X, y = iris()
    model = kd(forest(), LinearSVC())
    assert not hasattr(model, "predict_proba")
    model.fit(X, y)
    assert not hasattr(model, "predict_proba")
    assert model.decision_function(X).shape == (150, 3)
    assert model.score(X, y) > 0.9
    assert not hasattr(kd(forest(), small_tree()), "decision_function")


def test_label_smoothing_is_a_teacher_that_knows_nothing():
    X, y = iris()
    smoothed = kd(forest(), Recorder(), loss="label_smoothing").fit(X, y)
    assert isinstance(smoothed.teacher_, DummyClassifier)
    by_hand = kd(DummyClassifier(strategy="uniform"), Recorder(), alpha=0.1).fit(X, y)
    for found, expected in zip(
        smoothed.student_.trained_on_, by_hand.student_.trained_on_, strict=True
    ):
        np.testing.assert_array_equal(found, expected)
    weights = smoothed.student_.trained_on_[2]
    np.testing.assert_allclose(np.unique(weights.round(6)), [0.033333, 0.933333])


def test_shares_that_are_next_to_nothing_are_left_out():
    labels = np.array([[0.985, 0.009, 0.006], [0.5, 0.49, 0.01]])
    np.testing.assert_allclose(prune(labels), [[1, 0, 0], [0.5, 0.49, 0.01]])
    many = np.full((1, 200), 1 / 200)
    assert prune(many).sum() == pytest.approx(1.0)


# Teachers


def test_several_teachers_are_averaged_by_weight():
    X, y = iris()
    teachers = [GaussianNB(), forest(max_depth=2)]
    model = kd(teachers, Ridge(alpha=1e-9), teacher_weights=[3, 1], alpha=1.0)
    model.fit(X, y, X_unlabeled=X)
    said = [clone(t).fit(X, y).predict_proba(X) for t in teachers]
    expected = 0.75 * said[0] + 0.25 * said[1]
    np.testing.assert_allclose(model.transfer_set_.soft_labels, expected)
    assert isinstance(model.teacher_, list)
    assert not hasattr(teachers[0], "classes_")


def test_a_frozen_teacher_is_asked_and_not_trained(recorder):
    X, y = iris()
    teacher = FrozenEstimator(recorder().fit(X[::2], y[::2]))
    model = kd(teacher, small_tree()).fit(X, y)
    assert recorder.n_fits == 1
    assert len(model.teacher_.trained_on_[0]) == 75
    GridSearchCV(model, {"student__max_leaf_nodes": [3, 4]}, cv=3).fit(X, y)
    assert recorder.n_fits == 1


def test_a_teacher_that_is_not_frozen_is_trained_in_each_fold(recorder):
    """So that a cross-validation stays honest."""
    X, y = iris()
    fitted = recorder().fit(X, y)
    cross_val_score(kd(fitted, small_tree()), X, y, cv=3, error_score="raise")
    assert recorder.n_fits == 4


def test_a_teacher_of_more_classes_speaks_of_those_there_are():
    X, y = iris()
    teacher = GaussianNB().fit(X, y)
    some = y != "versicolor"
    model = kd(FrozenEstimator(teacher), Ridge()).fit(X[some], y[some], X_unlabeled=X)
    said = model.transfer_set_.soft_labels
    both = teacher.predict_proba(X)[:, [0, 2]]
    np.testing.assert_allclose(said, both / both.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(model.classes_, ["setosa", "virginica"])


def test_given_answers_need_no_teacher():
    X, y = iris()
    said = GaussianNB().fit(X, y).predict_proba(X)
    given = kd(None, small_tree()).fit(X, y, teacher_proba=said)
    asked = kd(GaussianNB(), small_tree()).fit(X, y)
    np.testing.assert_allclose(given.predict_proba(X), asked.predict_proba(X))
    assert given.teacher_ is None
    # A teacher whose answers are all there is not trained.
    assert kd(forest(), small_tree()).fit(X, y, teacher_proba=said).teacher_ is None
    half = X[::2], y[::2]
    both = np.concatenate([said[::2], said[1::2]])
    given = kd(None, small_tree()).fit(*half, X_unlabeled=X[1::2], teacher_proba=both)
    np.testing.assert_array_equal(given.transfer_set_.soft_labels, said[1::2])


def test_no_fold_is_trained_whose_answers_nobody_hears(recorder):
    """With added rows the labelled ones keep their labels."""
    X, y = iris()
    model = kd(recorder(), small_tree(), teacher_labels="out_of_fold")
    model.set_params(check_teacher=False).fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert recorder.n_fits == 1


def test_out_of_fold_answers_are_others_than_in_sample_ones():
    """A forest that was grown to the end repeats labels that it has seen."""
    X, y = iris()
    y = y.copy()
    wrong = np.arange(0, 150, 15)
    y[wrong] = "virginica"
    params = {"alpha": 1.0}
    tree = DecisionTreeClassifier(random_state=0)
    seen = kd(tree, Recorder(), **params).fit(X, y)
    unseen = kd(tree, Recorder(), teacher_labels="out_of_fold", **params).fit(X, y)
    np.testing.assert_array_equal(seen.student_.trained_on_[1], y)
    assert (unseen.student_.trained_on_[1][wrong] != y[wrong]).mean() > 0.5


def test_a_student_can_teach_its_successors():
    X, y = iris()
    model = kd("self", GaussianNB(), n_generations=3, alpha=0.7).fit(X, y)
    assert isinstance(model.teacher_, GaussianNB)
    assert len(model.generations_) == 3
    assert model.student_ is model.generations_[-1]
    first = kd(GaussianNB(), GaussianNB(), alpha=0.7).fit(X, y)
    np.testing.assert_allclose(
        model.generations_[0].predict_proba(X), first.predict_proba(X), atol=1e-9
    )
    second = kd(FrozenEstimator(first.student_), GaussianNB(), alpha=0.7).fit(X, y)
    np.testing.assert_allclose(
        model.generations_[1].predict_proba(X), second.predict_proba(X), atol=1e-9
    )


@pytest.mark.parametrize("random_state", [0, None])
def test_a_memory_trains_a_teacher_once_for_all_students(
    tmp_path, recorder, random_state
):
    X, y = iris()
    model = kd(recorder(), small_tree(), memory=str(tmp_path))
    model.set_params(random_state=random_state)
    grid = {"student__max_leaf_nodes": [2, 3, 4], "alpha": [0.3, 0.6]}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y)
    assert recorder.n_fits == 4
    assert search.best_score_ > 0.85


# Weights


def test_weights_reach_the_teacher_and_the_student():
    X, y = iris()
    weights = np.linspace(0.1, 2.0, 150)
    model = kd(Recorder(), Recorder()).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(model.teacher_.trained_on_[2], weights)
    assert model.student_.trained_on_[2].sum() == pytest.approx(weights.sum())


def test_rows_of_weight_0_are_absent_and_so_are_their_given_answers():
    X, y = iris()
    said = GaussianNB().fit(X, y).predict_proba(X)
    weights = (np.arange(150) % 3 > 0).astype(float)
    there = weights > 0
    weighted = kd(None, small_tree()).fit(X, y, weights, teacher_proba=said)
    without = kd(None, small_tree()).fit(X[there], y[there], teacher_proba=said[there])
    np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


def test_weights_that_nobody_takes_are_refused():
    X, y = iris()
    weights = np.ones(150)
    with pytest.raises(TypeError, match=r"the student KNeigh.* takes none"):
        kd(forest(), KNeighborsClassifier()).fit(X, y, sample_weight=weights)
    with pytest.raises(TypeError, match=r"the teacher KNeigh.* takes none"):
        kd(KNeighborsClassifier(), forest()).fit(X, y, sample_weight=weights)


# Added rows


def overlapping(n, seed=0):
    """Classes that a tree of few leaves, and few rows, cannot tell apart well."""
    return make_classification(
        n, 10, n_informative=6, n_redundant=0, class_sep=1.2, random_state=seed
    )


def test_unlabeled_rows_make_a_small_tree_better():
    """By construction: the teacher is strong, and there are ten times as many rows."""
    X, y = overlapping(6_000)
    gains = []
    for seed in range(5):
        rows = np.random.RandomState(seed).permutation(6_000)
        few, more, test = rows[:250], rows[250:2_750], rows[2_750:]
        student = DecisionTreeClassifier(max_leaf_nodes=32, random_state=seed)
        teacher = ExtraTreesClassifier(100, random_state=seed)
        alone = clone(student).fit(X[few], y[few]).score(X[test], y[test])
        model = kd(teacher, student).fit(X[few], y[few], X_unlabeled=X[more])
        gains.append(model.score(X[test], y[test]) - alone)
    assert np.mean(gains) > 0.02


def test_labelled_rows_keep_their_labels_where_rows_are_added():
    X, y = iris()
    model = kd(forest(max_depth=1), Recorder()).fit(X[::2], y[::2], X_unlabeled=X[1::2])
    rows, labels, weights = model.student_.trained_on_
    np.testing.assert_array_equal(rows[:75], X[::2])
    np.testing.assert_array_equal(labels[:75], y[::2])
    np.testing.assert_array_equal(weights[:75], 1.0)
    assert weights[75:].sum() == pytest.approx(75)
    lighter = clone(model).set_params(transfer_weight=0.2)
    lighter.fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert lighter.student_.trained_on_[2][75:].sum() == pytest.approx(15)


def test_a_distiller_and_a_callable_make_rows_too():
    X, y = iris()

    def jitter(X, y, n_rows, random_state):
        rows = X[random_state.randint(len(X), size=n_rows)]
        return rows + 0.1 * random_state.standard_normal(rows.shape)

    model = kd(forest(), GaussianNB(), transfer=jitter, n_transfer=2.0).fit(X, y)
    assert model.transfer_set_.X.shape == (300, 4)
    model = kd(forest(), GaussianNB(), transfer=RandomSelection(6)).fit(X, y)
    assert len(model.transfer_set_) == 18
    both = model.fit(X[::2], y[::2], X_unlabeled=X[1::2])
    assert len(both.transfer_set_) == 75 + 18


def test_the_same_seed_gives_the_same_student():
    X, y = iris()
    model = kd(forest(), small_tree(), transfer="munge")
    first, second = (clone(model).fit(X, y).transfer_set_ for _ in range(2))
    np.testing.assert_array_equal(first.X, second.X)
    other = clone(model).set_params(random_state=1).fit(X, y).transfer_set_
    assert not np.array_equal(first.X, other.X)


# Is the teacher any good?


def test_a_teacher_that_is_no_better_is_warned_of():
    X, y = overlapping(300)
    model = KnowledgeDistillationClassifier(small_tree(2), forest(), random_state=0)
    with pytest.warns(UserWarning, match="not clearly better than the student alone"):
        model.fit(X, y)
    gain = model.teacher_gain_
    assert not gain.is_clear
    assert gain.n_rows == 300
    assert gain.difference == pytest.approx(gain.teacher - gain.student)


def test_a_better_teacher_passes_without_a_word():
    X, y = overlapping(600)
    model = KnowledgeDistillationClassifier(forest(), small_tree(2), random_state=0)
    gain = model.fit(X, y).teacher_gain_
    assert gain.is_clear
    # As a cross-validation by hand says.
    teacher = cross_val_predict(forest(), X, y, cv=5)
    assert gain.teacher == pytest.approx((teacher == y).mean(), abs=0.04)
    assert clone(model).set_params(check_teacher=False).fit(X, y).teacher_gain_ is None


def test_the_comparison_changes_nothing_but_the_warning():
    X, y = overlapping(300)
    model = KnowledgeDistillationClassifier(
        forest(), small_tree(), transfer="noise", random_state=0
    )
    compared = model.fit(X, y).predict_proba(X)
    plain = clone(model).set_params(check_teacher=False).fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(compared, plain)


# What is refused, before anything is trained


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"teacher": LinearSVC()}, ValueError, "has no predict_proba"),
        ({"teacher": Ridge()}, ValueError, "is a regressor, but y holds classes"),
        ({"teacher": StandardScaler()}, TypeError, "lacks fit or predict"),
        ({"teacher": []}, ValueError, "nobody to learn from"),
        ({"teacher": "nobody"}, ValueError, "teacher='nobody' is not known"),
        ({"teacher": None}, ValueError, "needs a teacher's answers"),
        ({"teacher": FrozenEstimator(GaussianNB())}, ValueError, "frozen before"),
        ({"teacher_weights": [1, 2]}, ValueError, "one number for each of the 1"),
        ({"student": StandardScaler()}, TypeError, "lacks fit or predict"),
        ({"temperature": 2.0}, ValueError, "cannot be softened while it trains"),
        ({"temperature": 0.0}, ValueError, "temperature"),
        ({"loss": "dkd"}, ValueError, "needs a student that is a net"),
        ({"loss": "alchemy"}, ValueError, "loss='alchemy' is not known"),
        ({"loss": "blended"}, ValueError, "loss='blended' is not known"),
        ({"alpha": 1.5}, ValueError, "from 0 to 1"),
        ({"alpha": lambda t: t}, ValueError, "no epochs to follow"),
        ({"transfer": "alchemy"}, ValueError, "transfer='alchemy' is not known"),
        ({"init": "teacher"}, ValueError, "both nets"),
        ({"hints": {"0": "0"}}, ValueError, "both nets"),
        ({"n_generations": 0}, ValueError, "n_generations"),
        (
            {"n_generations": 2, "teacher_labels": "out_of_fold"},
            ValueError,
            "has seen all rows",
        ),
        ({"loss": "label_smoothing", "transfer": "munge"}, ValueError, "no teacher"),
    ],
)
def test_wrong_input_is_refused_before_anything_is_trained(
    recorder, params, error, message
):
    X, y = iris()
    given = {"teacher": recorder(), "student": recorder()} | params
    with pytest.raises(error, match=message):
        kd(**given).fit(X, y)
    assert recorder.n_fits == 0


def test_a_teacher_of_other_classes_is_refused():
    X, y = iris()
    some = y != "virginica"
    teacher = FrozenEstimator(GaussianNB().fit(X[some], y[some]))
    with pytest.raises(ValueError, match=r"y holds \['virginica'\] too"):
        kd(teacher, small_tree()).fit(X, y)
    codes = FrozenEstimator(GaussianNB().fit(X, np.searchsorted(NAMES, y)))
    with pytest.raises(ValueError, match=r"knows the classes \[0, 1, 2\]"):
        kd(codes, small_tree()).fit(X, y)


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (np.ones((150, 2)), r"shape \(150, 2\), not \(150, 3\)"),
        (np.ones((150, 3)), "must be probabilities"),
        (np.full((150, 3), np.nan), "NaN or infinity"),
    ],
)
def test_given_answers_are_checked(proba, message):
    X, y = iris()
    with pytest.raises(ValueError, match=message):
        kd(None, small_tree()).fit(X, y, teacher_proba=proba)


class Counting(DecisionTreeClassifier):
    n_fits = 0

    def fit(self, *args, **kwargs):
        type(self).n_fits += 1
        return super().fit(*args, **kwargs)


def test_a_frozen_teacher_has_no_opinion_out_of_fold():
    X, y = iris()
    taught = FrozenEstimator(forest().fit(X, y))
    behind = make_pipeline(StandardScaler(), taught)
    for teacher in (taught, [forest(), taught], behind):
        with pytest.raises(ValueError, match="is fitted once and for all"):
            kd(teacher, small_tree(), teacher_labels="out_of_fold").fit(X, y)
    # Nobody asks it about these rows.
    model = kd(taught, small_tree(), teacher_labels="out_of_fold", check_teacher=False)
    model.fit(X, y, teacher_proba=taught.predict_proba(X))
    model.fit(X[:100], y[:100], X_unlabeled=X[100:])


def test_a_part_of_a_distilled_table_is_learned_by_its_own_labels():
    """pandas hands on what belonged to the whole; without y nobody knows."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    herding = HerdingSelection(20)
    rows, labels = herding.fit_transform(X, y), herding.distilled_.y
    part = rows.sample(30, random_state=0)
    model = kd(forest(), small_tree(), check_teacher=False)
    assert model.fit(part, labels[part.index]).score(X, y) > 0.85
    assert cross_val_score(model, rows, labels, cv=3).mean() > 0.85
    with pytest.raises(ValueError, match="changed or reordered since"):
        model.fit(part)
    with pytest.raises(ValueError, match="changed or reordered since"):
        model.fit(rows.sample(frac=1.0, random_state=0), labels)


def test_added_rows_need_somebody_to_label_them():
    X, y = iris()
    said = np.full((150, 3), 1 / 3)
    model = kd(None, small_tree(), transfer="munge")
    with pytest.raises(ValueError, match="nobody to label them"):
        model.fit(X, y, teacher_proba=said)
    counted = Counting()
    with pytest.raises(ValueError, match="nobody to label them"):
        kd(None, counted).fit(X, y, teacher_proba=said, X_unlabeled=X)
    assert Counting.n_fits == 0
    with pytest.raises(ValueError, match="nobody labels X_unlabeled"):
        kd(forest(), small_tree(), loss="label_smoothing").fit(X, y, X_unlabeled=X)
    with pytest.raises(ValueError, match="3 features"):
        kd(forest(), small_tree()).fit(X, y, X_unlabeled=X[:, :3])


# As an estimator


def test_it_is_searched_cross_validated_and_pickled():
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), kd(forest(), small_tree()))
    name = "knowledgedistillationclassifier"
    search = GridSearchCV(
        pipeline,
        {
            f"{name}__student__max_leaf_nodes": [2, 8],
            f"{name}__transfer": [None, "noise"],
            f"{name}__teacher__n_estimators": [5],
        },
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_score_ > 0.85
    again = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))


def test_a_class_that_no_teacher_expects_keeps_its_column():
    """alpha=1 and a teacher without an idea of it: the student never sees the class."""
    X, y = iris()
    said = np.tile([0.6, 0.4, 0.0], (150, 1))
    model = kd(None, GaussianNB(), alpha=1.0).fit(X, y, teacher_proba=said)
    assert list(model.student_.classes_) == ["setosa", "versicolor"]
    proba = model.predict_proba(X)
    assert proba.shape == (150, 3)
    assert (proba[:, 2] == 0).all()


def test_unlabeled_rows_as_an_array_beside_a_table():
    """They take the table's form, with scikit-learn's warning about the names."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = KnowledgeDistillationClassifier(
        GaussianNB(), DecisionTreeClassifier(random_state=0), check_teacher=False
    )
    with pytest.warns(UserWarning, match="valid feature names"):
        model.fit(X[::3], y[::3], X_unlabeled=X[1::3].to_numpy())
    assert model.score(X, y) > 0.9


def test_weights_reach_a_regressor_at_the_end_of_a_pipeline():
    X, y = load_iris(return_X_y=True)
    student = make_pipeline(StandardScaler(), GradientBoostingRegressor(n_estimators=5))
    model = KnowledgeDistillationClassifier(GaussianNB(), student, check_teacher=False)
    everything = model.fit(X, y, sample_weight=np.ones(len(X))).predict_proba(X)
    two = model.fit(X, y, sample_weight=np.where(y == 2, 1e-3, 1.0)).predict_proba(X)
    assert two[:, 2].sum() < everything[:, 2].sum()
