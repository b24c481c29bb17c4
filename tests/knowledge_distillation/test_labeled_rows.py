"""Labeled rows: sample weights, and distilled rows that carry their labels."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import sklearn
import torch
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
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

# With few steps, a distiller may not lower its loss, which causes a warning.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


KD = "knowledgedistillationclassifier"


class CountingSelection(RandomSelection):
    """A distiller that counts the fits of all its clones."""

    plugin_api = 1
    n_fits = 0

    def _distill(self, problem):
        type(self).n_fits += 1
        return super()._distill(problem)


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


def test_rows_of_weight_0_and_their_predictions_are_dropped(iris, kd, small_tree):
    X, y = iris
    predicted = GaussianNB().fit(X, y).predict_proba(X)
    weights = (np.arange(150) % 3 > 0).astype(float)
    there = weights > 0
    weighted = kd(None, small_tree()).fit(X, y, weights, teacher_proba=predicted)
    without = kd(None, small_tree()).fit(
        X[there], y[there], teacher_proba=predicted[there]
    )
    np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))


def test_part_of_a_distilled_table_requires_its_own_labels(forest, kd, small_tree):
    """pandas copies the labels of the whole table to each part."""
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


def test_pipeline_and_grid_search_over_distiller_and_student():
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
def test_pipeline_memory_caches_the_distilled_rows(tmp_path, output):
    X, y = data()
    CountingSelection.n_fits = 0
    outputs = []
    for C in (1.0, 0.1, 1.0):
        model = pipeline(CountingSelection(20, random_state=0), memory=str(tmp_path))
        model.set_params(**{f"{KD}__student__C": C}).set_output(transform=output)
        outputs.append(model.fit(X, y).predict_proba(X))
    assert CountingSelection.n_fits == 1
    np.testing.assert_array_equal(outputs[0], outputs[2])
    assert not np.array_equal(outputs[0], outputs[1])


def test_set_output_pandas_passes_column_names_to_the_student():
    X, y = data()
    model = pipeline(HerdingSelection(20)).set_output(transform="pandas").fit(X, y)
    student = model[-1].student_
    assert list(student.feature_names_in_) == list(model[:-1].get_feature_names_out())
    assert model.score(X, y) > 0.9


def test_carried_labels_replace_y(recorder):
    """The y of the pipeline belongs to the rows before distillation."""
    X, y = data()
    model = pipeline(HerdingSelection(20), recorder(), alpha=0.0).fit(X, y)
    rows, labels, _ = model[-1].student_.trained_on_
    expected = model[2].distilled_
    np.testing.assert_array_equal(rows, expected.X)
    np.testing.assert_array_equal(labels, expected.y)
    np.testing.assert_array_equal(model[-1].teacher_.classes_, expected.classes)


def test_carried_soft_labels_replace_y(recorder):
    X, y = data()
    distiller = HerdingSelection(20, soft_labels=GaussianNB(), random_state=0)
    for teacher in (None, "given"):
        kd = KnowledgeDistillationClassifier(
            None if teacher is None else GaussianNB(), recorder(), alpha=0.0
        )
        model = make_pipeline(StandardScaler(), distiller, kd).fit(X, y)
        soft = model[1].distilled_.soft_labels
        rows, labels, weights = model[-1].student_.trained_on_
        first = (rows == model[1].distilled_.X[0]).all(axis=1)
        given = dict(zip(labels[first], weights[first], strict=True))
        for label, share in zip(model[1].distilled_.classes, soft[0], strict=True):
            assert given.get(label, 0.0) == pytest.approx(share, abs=0.01)


def test_rows_are_added_to_distilled_rows():
    X, y = data()
    model = pipeline(HerdingSelection(20), transfer="munge", n_transfer=5.0).fit(X, y)
    assert len(model[-1].transfer_set_) == 200
    assert model.score(X, y) > 0.9


def test_frozen_teacher_of_all_rows_labels_distilled_rows():
    """The teacher was fitted on the output of the steps before the distiller."""
    X, y = data()
    before = make_pipeline(StandardScaler(), SelectKBest(k=20)).fit(X, y)
    teacher = RandomForestClassifier(20, random_state=0).fit(before.transform(X), y)
    model = pipeline(HerdingSelection(20), teacher=FrozenEstimator(teacher)).fit(X, y)
    assert model[-1].teacher_.n_features_in_ == 20
    assert model.score(X, y) > 0.9


def test_net_is_trained_on_distilled_rows():
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


def test_transform_input_transforms_unlabeled_rows():
    """The distiller returns the unlabeled rows unchanged."""
    X, y = data()
    with sklearn.config_context(enable_metadata_routing=True):
        kd = KnowledgeDistillationClassifier(
            ExtraTreesClassifier(20, random_state=0),
            DecisionTreeClassifier(random_state=0),
        ).set_fit_request(X_unlabeled=True)
        # Distillers also accept X_unlabeled, so that the request must be declined.
        herding = HerdingSelection(20).set_fit_request(X_unlabeled=False)
        model = make_pipeline(
            StandardScaler(), herding, kd, transform_input=["X_unlabeled"]
        )
        model.fit(X[:300], y[:300], X_unlabeled=X[300:])
    added = model[-1].transfer_set_.X
    np.testing.assert_allclose(added, model[0].transform(X[300:]))


def test_estimator_of_distilled_classifier():
    X, y = data()
    kd = KnowledgeDistillationClassifier(
        ExtraTreesClassifier(20, random_state=0),
        DecisionTreeClassifier(max_leaf_nodes=4, random_state=0),
        check_teacher=False,
    )
    model = DistilledClassifier(HerdingSelection(20), kd).fit(X, y)
    assert model.score(X, y) > 0.85


def test_arguments_that_contradict_carried_labels_raise():
    X, y = data()
    rows = HerdingSelection(20).fit_transform(X, y)
    kd = KnowledgeDistillationClassifier(
        GaussianNB(), DecisionTreeClassifier(), check_teacher=False
    )
    with pytest.raises(ValueError, match="y holds different labels"):
        kd.fit(rows, np.roll(rows.y, 1))
    with pytest.raises(ValueError, match="Pass sample_weight to the distiller"):
        kd.fit(rows, sample_weight=np.ones(40))
    kd.fit(rows, rows.y)
    kd.fit(np.asarray(rows), np.roll(rows.y, 1))
    unlabeled = HerdingSelection(20).fit_transform(X)
    with pytest.raises(ValueError, match="were distilled without labels"):
        kd.fit(unlabeled)
    changed = rows.copy()
    with pytest.raises(ValueError, match="requires y"):
        kd.fit(changed)
