"""Knowledge distillation on real tables, if a folder of tables is available."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
)
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_distill import (
    HerdingSelection,
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)
from sklearn_distill.engine.networks import MLP


def prepare():
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (one_hot, make_column_selector(dtype_exclude="number")),
    )


def table(folder, name):
    frame = pd.read_csv(folder / f"{name}.csv.gz", keep_default_na=False)
    return frame.drop(columns="target"), frame["target"]


@pytest.mark.parametrize(
    "transfer", [None, "munge", "noise", "mixup", "gaussian_mixture"]
)
def test_categorical_columns_with_every_transfer(data_folder, transfer):
    """Teacher and student are Pipelines with their own encoders."""
    X, y = table(data_folder, "german")
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    X, X_more = X[:250], X[250:]
    student = DecisionTreeClassifier(max_leaf_nodes=16, random_state=0)
    model = KnowledgeDistillationClassifier(
        make_pipeline(prepare(), ExtraTreesClassifier(50, random_state=0)),
        make_pipeline(prepare(), student),
        transfer=transfer,
        n_transfer=2.0,
        check_teacher=False,
        random_state=0,
    ).fit(X, y[:250], X_unlabeled=X_more)
    assert model.score(X_test, y_test) > 0.65
    assert list(model.feature_names_in_) == list(X.columns)
    added = model.transfer_set_.X
    assert len(added) == 500 + (0 if transfer is None else 500)
    for name in X.columns:
        if X[name].dtype.kind not in "biuf":
            assert set(added[name]) <= set(X[name]) | set(X_more[name])


def test_net_on_distilled_categorical_rows(data_folder):
    X, y = table(data_folder, "german")
    kd = KnowledgeDistillationClassifier(
        make_pipeline(prepare(), HistGradientBoostingClassifier(max_iter=30)),
        make_pipeline(prepare(), MLP),
        random_state=0,
    )
    model = make_pipeline(HerdingSelection(40), kd)
    scores = cross_val_score(model, X, y, cv=3, error_score="raise")
    assert scores.mean() > 0.55


@pytest.mark.parametrize("name", ["phoneme", "satimage", "spambase"])
def test_unlabeled_rows_improve_a_small_tree(data_folder, name):
    X, y = table(data_folder, name)
    gains = []
    for seed in range(2):
        X_few, X_rest, y_few, y_rest = train_test_split(
            X, y, train_size=250, stratify=y, random_state=seed
        )
        X_more, X_test = X_rest[:2_000], X_rest[2_000:]
        student = DecisionTreeClassifier(max_leaf_nodes=32, random_state=seed)
        teacher = ExtraTreesClassifier(100, random_state=seed)
        alone = clone(student).fit(X_few, y_few).score(X_test, y_rest[2_000:])
        model = KnowledgeDistillationClassifier(teacher, student, check_teacher=False)
        model.fit(X_few, y_few, X_unlabeled=X_more)
        gains.append(model.score(X_test, y_rest[2_000:]) - alone)
    assert np.mean(gains) > 0.01


def test_unlabeled_rows_improve_a_regression_tree(data_folder):
    X, y = table(data_folder, "ccpp")
    student = DecisionTreeRegressor(max_leaf_nodes=32, random_state=0)
    teacher = ExtraTreesRegressor(100, random_state=0)
    model = KnowledgeDistillationRegressor(teacher, student, random_state=0)
    model.fit(X[:250], y[:250], X_unlabeled=X[250:2_500])
    alone = clone(student).fit(X[:250], y[:250])
    test = X[2_500:], y[2_500:]
    assert model.score(*test) > alone.score(*test)
    assert model.teacher_gain_.is_clear
