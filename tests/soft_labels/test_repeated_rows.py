"""Estimators that see a row once with each class that it may be of."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KnowledgeDistillationClassifier,
)
from sklearn_distill.soft_labels.repeated_rows import (
    holds_rows_back,
    scale_counts_of_rows,
    take_balance,
)

BOOSTING, TREE = HistGradientBoostingClassifier(), DecisionTreeClassifier()


def test_what_counts_rows_is_scaled():
    boosting = scale_counts_of_rows(HistGradientBoostingClassifier(), 2.5)
    assert boosting.min_samples_leaf == 50
    assert boosting.early_stopping is False
    inside = BaggingClassifier(DecisionTreeClassifier(min_samples_split=100))
    assert scale_counts_of_rows(inside, 2.5).estimator.min_samples_split == 250


def test_what_asks_for_nothing_stays():
    for tree in (TREE, DecisionTreeClassifier(min_samples_leaf=0.1)):
        scaled = scale_counts_of_rows(clone(tree), 2.5)
        assert scaled.get_params() == tree.get_params()


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (TREE, False),
        (BOOSTING, False),  # "auto"
        (HistGradientBoostingClassifier(early_stopping=True), True),
        (GridSearchCV(TREE, {}), True),
        (make_pipeline(StandardScaler(), LogisticRegressionCV()), True),
        (BaggingClassifier(CalibratedClassifierCV(TREE)), True),
        (SVC(probability=True), True),
        (GradientBoostingClassifier(n_iter_no_change=5), True),
        (MLPClassifier(n_iter_no_change=5), False),
        (Pipeline([("cv", StandardScaler()), ("tree", TREE)]), False),
    ],
)
def test_who_holds_rows_back(estimator, expected):
    assert holds_rows_back(estimator) is expected


def test_the_weights_that_balance_what_the_labels_say():
    shares = np.array([[0.9, 0.1, 0.0]] * 3 + [[0.1, 0.9, 0.0]])
    svc = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    weights = take_balance(svc, shares)
    assert svc[-1].class_weight is None
    mass = shares.sum(axis=0)
    np.testing.assert_allclose(weights[:2] * mass[:2], 2.0)
    assert weights[2] == 1.0  # of what is not there any weight is as good
    given = SVC(class_weight={"a": 1, "b": 5})
    assert (take_balance(given, shares) == 1.0).all()
    assert given.class_weight == {"a": 1, "b": 5}
    inside = BaggingClassifier(SVC(class_weight="balanced"))
    with pytest.warns(UserWarning, match="estimator__class_weight='balanced' counts"):
        take_balance(inside, shares)


@pytest.fixture(scope="module")
def rare():
    """Two classes, one row of twenty in the second."""
    X, y = make_classification(
        1_600,
        8,
        n_informative=4,
        weights=[0.95],
        class_sep=0.7,
        flip_y=0.02,
        random_state=0,
    )
    return X[:800], y[:800], X[800:], y[800:]


@pytest.mark.parametrize(
    ("student", "codes"),
    [
        (SVC(class_weight="balanced"), [0, 1]),
        (LogisticRegression(class_weight="balanced"), [1, 2]),
        # It looks classes up among codes of its own.
        (HistGradientBoostingClassifier(class_weight="balanced"), ["no", "yes"]),
    ],
)
def test_soft_labels_leave_a_balanced_student_in_balance(student, codes, rare):
    """Counted among copies both classes are as frequent, and the rare one is lost."""
    X, y, X_test, y_test = rare
    y, y_test = np.array(codes)[y], np.array(codes)[y_test]

    def score(model):
        return balanced_accuracy_score(y_test, model.fit(X, y).predict(X_test))

    alone = score(clone(student))
    forest = RandomForestClassifier(30, min_samples_leaf=5, random_state=0)
    herding = HerdingSelection(0.2, soft_labels="teacher", random_state=0)
    settings = {"check_teacher": False, "random_state": 0}
    for model in (
        KnowledgeDistillationClassifier(forest, student, **settings),
        KnowledgeDistillationClassifier(forest, student, transfer="munge", **settings),
        DistilledClassifier(herding, student),
    ):
        assert score(model) > alone - 0.1


def test_who_judges_itself_on_copies_sees_none():
    """A calibrator that did would learn to answer the opposite."""
    X, y = make_classification(
        2_000, 20, n_informative=4, flip_y=0.2, class_sep=0.7, random_state=0
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    forest = RandomForestClassifier(100, min_samples_leaf=5, random_state=0)
    student = CalibratedClassifierCV(
        RandomForestClassifier(30, random_state=0), cv=folds
    )
    alone = student.fit(X[:400], y[:400]).score(X[400:], y[400:])
    taught = KnowledgeDistillationClassifier(forest, student, check_teacher=False)
    herding = HerdingSelection(150, soft_labels="teacher", random_state=0)
    assert alone > 0.6
    for model in (taught, DistilledClassifier(herding, student)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.fit(X[:400], y[:400])
        assert model.score(X[400:], y[400:]) > alone - 0.1


def test_a_class_that_is_never_likeliest_is_not_lost(rare):
    """To one that sees each row once, a labelled row shows its own label."""
    X, y, _, _ = rare
    forest = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
    student = CalibratedClassifierCV(LogisticRegression(), cv=3)
    model = KnowledgeDistillationClassifier(
        forest, student, alpha=1.0, check_teacher=False
    )
    assert set(model.fit(X[:300], y[:300]).student_.classes_) == {0, 1}
