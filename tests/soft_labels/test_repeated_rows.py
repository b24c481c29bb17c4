"""Estimators are adapted to rows that occur once with each likely class."""

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
    balanced_class_weights,
    holds_out_rows,
    restore_parameters,
    scaled_row_counts,
)

BOOSTING, TREE = HistGradientBoostingClassifier(), DecisionTreeClassifier()


def test_row_counts_are_scaled():
    changed = scaled_row_counts(HistGradientBoostingClassifier(), 2.5)
    assert changed == {"min_samples_leaf": 50, "early_stopping": False}
    nested = BaggingClassifier(DecisionTreeClassifier(min_samples_split=100))
    changed = scaled_row_counts(nested, 2.5)
    assert changed == {"estimator__min_samples_split": 250}


def test_row_counts_without_effect_and_shares_are_kept():
    for tree in (TREE, DecisionTreeClassifier(min_samples_leaf=0.1)):
        assert scaled_row_counts(tree, 2.5) == {}


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
def test_holds_out_rows(estimator, expected):
    assert holds_out_rows(estimator) is expected


def test_balanced_class_weights_are_computed_from_soft_labels():
    soft = np.array([[0.9, 0.1, 0.0]] * 3 + [[0.1, 0.9, 0.0]])
    svc = make_pipeline(StandardScaler(), SVC(class_weight="balanced"))
    changed, weights = balanced_class_weights(svc, soft)
    assert changed == {"svc__class_weight": None}
    mass = soft.sum(axis=0)
    np.testing.assert_allclose(weights[:2] * mass[:2], 2.0)
    assert weights[2] == 1.0  # the weight of a class without rows has no effect
    changed, weights = balanced_class_weights(SVC(class_weight={"a": 1, "b": 5}), soft)
    assert changed == {}
    np.testing.assert_array_equal(weights, 1.0)


def test_balanced_nested_estimator_warns():
    nested = BaggingClassifier(SVC(class_weight="balanced"))
    with pytest.warns(UserWarning, match="estimator__class_weight='balanced' has"):
        changed, weights = balanced_class_weights(nested, np.full((4, 2), 0.5))
    assert changed == {}
    np.testing.assert_array_equal(weights, 1.0)


def test_restore_parameters_of_nested_estimators():
    tree = DecisionTreeClassifier(min_samples_leaf=7)
    model = make_pipeline(StandardScaler(), BaggingClassifier(tree))
    restore_parameters(model, {"baggingclassifier__estimator__min_samples_leaf": 3})
    assert tree.min_samples_leaf == 3


class Locked(DecisionTreeClassifier):
    """A classifier that rejects `set_params` once it is fitted."""

    def set_params(self, **params):
        if hasattr(self, "tree_"):
            raise RuntimeError("fitted models cannot be changed")
        return super().set_params(**params)


def test_restore_parameters_keeps_a_model_that_rejects_set_params():
    model = Locked(min_samples_leaf=7).fit([[0], [1]], [0, 1])
    restore_parameters(model, {"min_samples_leaf": 3})
    assert model.min_samples_leaf == 7


@pytest.fixture(scope="module")
def rare():
    """Return training and test rows, one in twenty of the second class."""
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


@pytest.mark.filterwarnings("ignore:HistGradientBoostingClassifier has min_samples")
@pytest.mark.parametrize(
    ("student", "codes"),
    [
        (SVC(class_weight="balanced"), [0, 1]),
        (LogisticRegression(class_weight="balanced"), [1, 2]),
        # Its class weights refer to internal class codes.
        (
            HistGradientBoostingClassifier(max_iter=30, class_weight="balanced"),
            ["no", "yes"],
        ),
    ],
)
def test_balanced_student_keeps_its_balanced_accuracy(student, codes, rare):
    """The copies that soft labels make contain both classes equally often."""
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


@pytest.mark.slow
def test_estimator_that_holds_rows_out_sees_each_row_once():
    """Held-out copies of training rows would invert the calibration."""
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


def test_labeled_rows_keep_their_label_if_rows_are_held_out(rare):
    """A class that is never the likeliest one would be lost otherwise."""
    X, y, _, _ = rare
    forest = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
    student = CalibratedClassifierCV(LogisticRegression(), cv=3)
    model = KnowledgeDistillationClassifier(
        forest, student, alpha=1.0, check_teacher=False
    )
    assert set(model.fit(X[:300], y[:300]).student_.classes_) == {0, 1}
