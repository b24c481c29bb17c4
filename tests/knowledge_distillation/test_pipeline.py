"""Distilled rows teach students: in plain Pipelines, by the labels that they carry."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import sklearn
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from torch import nn

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    KnowledgeDistillationClassifier,
    RandomSelection,
)
from sklearn_distill.engine.networks import MLP

# Few steps of a distiller need not get anywhere.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

KD = "knowledgedistillationclassifier"


class CountingSelection(RandomSelection):
    """A distiller that counts the fits of all its copies."""

    plugin_api = 1
    n_fits = 0

    def _distill(self, problem):
        type(self).n_fits += 1
        return super()._distill(problem)


class Recorder(GaussianNB):
    """Remembers what it was trained on."""

    def fit(self, X, y, sample_weight=None):
        self.trained_on_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


def data():
    X, y = load_breast_cancer(return_X_y=True)
    return X, np.array(["malignant", "benign"])[y]


def pipeline(distiller, student=None, *, teacher=None, memory=None, **params):
    teacher = teacher or ExtraTreesClassifier(20, random_state=0)
    student = student or LogisticRegression(max_iter=2_000)
    return make_pipeline(
        StandardScaler(),
        SelectKBest(k=20),
        distiller,
        KnowledgeDistillationClassifier(teacher, student, random_state=0, **params),
        memory=memory,
    )


def test_it_fits_predicts_and_searches_over_distiller_and_student():
    X, y = data()
    model = pipeline(KernelInducingPoints(budget=20, max_iter=10, random_state=0))
    model.fit(X[:400], y[:400])
    assert model.score(X[400:], y[400:]) > 0.9
    assert model.predict_proba(X).shape == (569, 2)
    grid = {
        "kernelinducingpoints__budget": [5, 20],
        f"{KD}__student__C": [0.1, 1.0],
        f"{KD}__alpha": [0.5],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.9


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_memory_misses_then_hits_and_says_the_same(tmp_path, output):
    X, y = data()
    CountingSelection.n_fits = 0
    answers = []
    for C in (1.0, 0.1, 1.0):
        model = pipeline(CountingSelection(20, random_state=0), memory=str(tmp_path))
        model.set_params(**{f"{KD}__student__C": C}).set_output(transform=output)
        answers.append(model.fit(X, y).predict_proba(X))
    assert CountingSelection.n_fits == 1
    np.testing.assert_array_equal(answers[0], answers[2])
    assert not np.array_equal(answers[0], answers[1])


def test_under_set_output_pandas_the_student_sees_names():
    X, y = data()
    model = pipeline(HerdingSelection(20)).set_output(transform="pandas").fit(X, y)
    student = model[-1].student_
    assert list(student.feature_names_in_) == list(model[:-1].get_feature_names_out())
    assert model.score(X, y) > 0.9


def test_the_labels_that_the_rows_carry_are_learned():
    """Not the y that the pipeline hands on, which has other rows."""
    X, y = data()
    model = pipeline(HerdingSelection(20), Recorder(), alpha=0.0).fit(X, y)
    rows, labels, _ = model[-1].student_.trained_on_
    expected = model[2].distilled_
    np.testing.assert_array_equal(rows, expected.X)
    np.testing.assert_array_equal(labels, expected.y)
    np.testing.assert_array_equal(model[-1].teacher_.classes_, expected.classes)


def test_soft_labels_of_the_set_count_in_the_place_of_y():
    X, y = data()
    distiller = HerdingSelection(20, soft_labels=GaussianNB(), random_state=0)
    for teacher in (None, "given"):
        kd = KnowledgeDistillationClassifier(
            None if teacher is None else GaussianNB(), Recorder(), alpha=0.0
        )
        model = make_pipeline(StandardScaler(), distiller, kd).fit(X, y)
        soft = model[1].distilled_.soft_labels
        rows, labels, weights = model[-1].student_.trained_on_
        first = (rows == model[1].distilled_.X[0]).all(axis=1)
        given = dict(zip(labels[first], weights[first], strict=True))
        for label, share in zip(model[1].distilled_.classes, soft[0], strict=True):
            assert given.get(label, 0.0) == pytest.approx(share, abs=0.01)


def test_rows_can_be_added_to_distilled_ones():
    X, y = data()
    model = pipeline(HerdingSelection(20), transfer="munge", n_transfer=5.0).fit(X, y)
    assert len(model[-1].transfer_set_) == 200
    assert model.score(X, y) > 0.9


def test_a_teacher_of_all_rows_teaches_on_distilled_ones():
    """Fitted on what the steps before the distiller give, and frozen."""
    X, y = data()
    before = make_pipeline(StandardScaler(), SelectKBest(k=20)).fit(X, y)
    teacher = RandomForestClassifier(20, random_state=0).fit(before.transform(X), y)
    model = pipeline(HerdingSelection(20), teacher=FrozenEstimator(teacher)).fit(X, y)
    assert model[-1].teacher_.n_features_in_ == 20
    assert model.score(X, y) > 0.9


def test_nets_learn_from_distilled_rows():
    X, y = data()
    net = NeuralNetClassifier(
        MLP,
        module__width=16,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=0.01,
        max_epochs=30,
    )
    model = pipeline(HerdingSelection(20), net).fit(X, y)
    assert model.score(X, y) > 0.9


def test_unlabeled_rows_go_through_the_steps_before():
    """By scikit-learn's transform_input; the distiller passes them through."""
    X, y = data()
    with sklearn.config_context(enable_metadata_routing=True):
        kd = KnowledgeDistillationClassifier(
            ExtraTreesClassifier(20, random_state=0),
            DecisionTreeClassifier(random_state=0),
        ).set_fit_request(X_unlabeled=True)
        # It could distill them too.
        herding = HerdingSelection(20).set_fit_request(X_unlabeled=False)
        model = make_pipeline(
            StandardScaler(), herding, kd, transform_input=["X_unlabeled"]
        )
        model.fit(X[:300], y[:300], X_unlabeled=X[300:])
    added = model[-1].transfer_set_.X
    np.testing.assert_allclose(added, model[0].transform(X[300:]))


def test_it_stands_behind_a_wrapped_distiller_too():
    X, y = data()
    kd = KnowledgeDistillationClassifier(
        ExtraTreesClassifier(20, random_state=0),
        DecisionTreeClassifier(max_leaf_nodes=4, random_state=0),
        check_teacher=False,
    )
    model = DistilledClassifier(HerdingSelection(20), kd).fit(X, y)
    assert model.score(X, y) > 0.85


def test_labels_that_contradict_what_the_rows_carry_are_refused():
    X, y = data()
    rows = HerdingSelection(20).fit_transform(X, y)
    kd = KnowledgeDistillationClassifier(
        GaussianNB(), DecisionTreeClassifier(), check_teacher=False
    )
    with pytest.raises(ValueError, match="y holds others"):
        kd.fit(rows, np.roll(rows.y, 1))
    with pytest.raises(ValueError, match="Pass it to the distiller"):
        kd.fit(rows, sample_weight=np.ones(40))
    kd.fit(rows, rows.y)
    kd.fit(np.asarray(rows), np.roll(rows.y, 1))
    unlabelled = HerdingSelection(20).fit_transform(X)
    with pytest.raises(ValueError, match="distilled without labels"):
        kd.fit(unlabelled)
    changed = rows.copy()
    with pytest.raises(ValueError, match="requires y"):
        kd.fit(changed)
