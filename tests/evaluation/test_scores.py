"""The panel's scores against scikit-learn's own, and against counting."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine, make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import balanced_accuracy_score, log_loss, r2_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import DistilledSet, HerdingSelection
from sklearn_distill.evaluation import (
    learner_scores,
    panel_learners,
    preprocessor,
    utility,
    weighted_full_data,
)
from sklearn_distill.evaluation.panel import as_numbers, resolve_learners


@pytest.fixture(scope="module")
def wine():
    X, y = load_wine(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    small = HerdingSelection(budget=5, random_state=0).fit_distill(X_train, y_train)
    return small, X_test, y_test, preprocessor(X_train), X_train


def test_classification_metrics_are_scikit_learns(wine):
    small, X_test, y_test, prepare, X_train = wine
    scaler = StandardScaler().fit(X_train)
    model = LogisticRegression().fit(scaler.transform(small.X), small.y)
    predicted = model.predict(scaler.transform(X_test))
    proba = model.predict_proba(scaler.transform(X_test))
    (row,) = learner_scores(
        small, X_test, y_test, prepare=prepare, learners={"lr": LogisticRegression()}
    )
    assert row["score"] == pytest.approx(balanced_accuracy_score(y_test, predicted))
    assert row["accuracy"] == pytest.approx(np.mean(predicted == y_test))
    assert row["auc"] == pytest.approx(roc_auc_score(y_test, proba, multi_class="ovr"))
    assert row["log_loss"] == pytest.approx(log_loss(y_test, proba))
    assert row["recall"][1] == np.mean(predicted[y_test == 1] == 1)


def test_scores_without_probabilities(wine):
    """Support vectors rank, but give no probabilities; a dummy knows nothing."""
    small, X_test, y_test, prepare, _ = wine
    rows = learner_scores(
        small, X_test, y_test, prepare=prepare,
        learners={"svc": SVC(), "dummy": DummyClassifier()},
    )  # fmt: skip
    svc, dummy = rows
    assert svc["auc"] > 0.9
    assert math.isnan(svc["log_loss"])
    assert dummy["auc"] == 0.5
    assert dummy["log_loss"] == pytest.approx(math.log(3))
    assert dummy["score"] == pytest.approx(1 / 3)


def test_two_classes_of_a_binary_decision_function():
    X, y = make_classification(300, random_state=0)
    train = DistilledSet(X[:200], y[:200], classes=[0, 1])
    (row,) = learner_scores(
        train, X[200:], y[200:], prepare=preprocessor(X[:200]), learners={"svc": SVC()}
    )
    Z = StandardScaler().fit(X[:200]).transform(X)
    svc = SVC().fit(Z[:200], y[:200])
    assert row["auc"] == pytest.approx(
        roc_auc_score(y[200:], svc.decision_function(Z[200:]))
    )


def test_classes_that_no_learner_was_shown_count_as_wrong(wine):
    small, X_test, y_test, prepare, _ = wine
    some = small.y < 2
    seen = DistilledSet(small.X[some], small.y[some], classes=[0, 1])
    (row,) = learner_scores(
        seen, X_test, y_test, prepare=prepare,
        learners={"one": KNeighborsClassifier(n_neighbors=1)},
    )  # fmt: skip
    assert row["recall"][2] == 0.0
    assert row["score"] <= 2 / 3
    assert np.isfinite(row["log_loss"])


def test_regression_metrics_are_scikit_learns():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(80, 3))
    y = X @ [1.0, 2.0, 3.0] + rng.normal(size=80)
    (row,) = learner_scores(
        DistilledSet(X[:50], y[:50]), X[50:], y[50:], prepare=preprocessor(X[:50]),
        learners={"ridge": Ridge()},
    )  # fmt: skip
    scaler = StandardScaler().fit(X[:50])
    model = Ridge().fit(scaler.transform(X[:50]), y[:50])
    predicted = model.predict(scaler.transform(X[50:]))
    assert row["score"] == pytest.approx(r2_score(y[50:], predicted))
    assert row["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - y[50:]) ** 2)))


def test_utility_is_the_scores_and_their_mean(wine):
    small, X_test, y_test, prepare, _ = wine
    scores = utility(small, X_test, y_test, prepare=prepare)
    mean = scores.pop("mean")
    assert list(scores) == list(panel_learners("classification", 15))
    assert mean == np.mean(list(scores.values()))
    assert min(scores.values()) > 0.7


def test_full_data_weigh_classes_equally():
    y = np.repeat(["a", "b"], [900, 100])
    X = np.arange(1_000.0).reshape(-1, 1)
    full = weighted_full_data(X, y, classes=np.array(["a", "b"]), max_rows=500)
    assert len(full) == 500
    assert full.sample_weight[full.y == "a"].sum() == pytest.approx(250)
    assert full.sample_weight[full.y == "b"].sum() == pytest.approx(250)
    assert weighted_full_data(X, X[:, 0], classes=None).sample_weight is None


@pytest.mark.parametrize(("max_rows", "n_rows"), [(50, 50), (2, 4)])
def test_full_data_are_drawn_with_a_row_of_each_class(max_rows, n_rows):
    """A class of one row, and more classes than rows to draw."""
    y = np.repeat(["a", "b", "c", "d"], [600, 300, 99, 1])
    X = np.arange(1_000.0).reshape(-1, 1)
    full = weighted_full_data(X, y, classes=np.unique(y), max_rows=max_rows)
    labels, counts = np.unique(full.y, return_counts=True)
    assert labels.tolist() == ["a", "b", "c", "d"]
    assert len(full) == n_rows
    assert counts == pytest.approx(np.array([0.6, 0.3, 0.1, 0.0]) * max_rows, abs=1)
    assert (y[full.X[:, 0].astype(int)] == full.y).all()


def test_quantities_are_drawn_without_classes():
    X = np.arange(100.0).reshape(-1, 1)
    full = weighted_full_data(X, X[:, 0], classes=None, max_rows=30)
    assert len(np.unique(full.y)) == 30
    assert (full.X[:, 0] == full.y).all()


def test_a_failing_learner_is_recorded_or_raised(wine):
    small, X_test, y_test, prepare, _ = wine
    failing = {"knn": KNeighborsClassifier(n_neighbors=1_000)}
    with pytest.raises(ValueError, match="n_neighbors"):
        learner_scores(small, X_test, y_test, prepare=prepare, learners=failing)
    (row,) = learner_scores(
        small, X_test, y_test, prepare=prepare, learners=failing, on_error="record"
    )
    assert math.isnan(row["score"])
    assert row["error"].startswith("ValueError: Expected n_neighbors")


def test_learners_by_name_by_dict_and_by_list():
    assert list(resolve_learners(["boosting", "logistic"], "classification", 5)) == [
        "boosting",
        "logistic",
    ]
    assert list(resolve_learners([SVC(), "boosting"], "classification", 5)) == [
        "SVC",
        "boosting",
    ]
    assert list(resolve_learners(SVC(), "classification", 5)) == ["SVC"]
    with pytest.raises(ValueError, match=r"no learner 'ridge'.*There are: logistic"):
        resolve_learners(["ridge"], "classification", 5)
    with pytest.raises(ValueError, match="two learners 'SVC'"):
        resolve_learners([SVC(), SVC(C=2)], "classification", 5)
    with pytest.raises(ValueError, match="nobody to train"):
        resolve_learners([], "classification", 5)


def test_categories_are_one_hot_and_unknown_ones_are_nothing():
    X = pd.DataFrame({"n": [0.0, 2.0], "c": ["a", "b"]})
    prepared = preprocessor(X).transform(pd.DataFrame({"n": [4.0], "c": ["z"]}))
    assert prepared.tolist() == [[3.0, 0.0, 0.0]]


def test_integer_names_of_columns_are_no_places():
    X = pd.DataFrame({1: [0.0, 2.0], 0: ["a", "b"]})
    prepared = preprocessor(X).transform(X)
    assert prepared.tolist() == [[-1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]


def test_an_array_of_objects_is_prepared_as_a_table_is():
    X = pd.DataFrame({"n": [0.0, 2.0], "c": ["a", "b"]})
    expected = as_numbers(preprocessor(X), X)
    rows = X.to_numpy(dtype=object)
    assert as_numbers(preprocessor(rows), rows).tolist() == expected.tolist()
    words = np.array([["a"], ["b"]])
    assert as_numbers(preprocessor(words), words).tolist() == [[1, 0], [0, 1]]
