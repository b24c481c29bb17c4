"""The estimators that a search trains with weights and soft labels."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted

from sklearn_distill import DistilledSearchCV, HerdingSelection
from sklearn_distill.model_selection.distilled_candidate import (
    ROWS,
    DistilledCandidate,
)
from sklearn_distill.model_selection.training_rows import RowLabels

CLASSES = np.array(["a", "b"])
SOFT = np.array([[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [0.6, 0.4]])
X = np.array([[0.0], [1.0], [2.0], [0.5]])


def candidate(estimator):
    """Return a candidate with four soft labels."""
    labels = RowLabels(None, SOFT)
    return DistilledCandidate(estimator, labels, labels, CLASSES)


def test_fit_uses_the_soft_labels_at_the_given_positions():
    fitted = candidate(LogisticRegression())
    hard = np.array(["a", "b", "b", "a"])
    fitted.fit(X, hard, **{ROWS: np.arange(4)})
    # The labels of the rows are those at other positions of the table.
    other = candidate(LogisticRegression())
    other.fit(X, hard, **{ROWS: np.array([1, 0, 3, 2])})
    assert fitted.coef_[0, 0] > 0 > other.coef_[0, 0]


def test_candidate_behaves_like_its_estimator():
    made = candidate(make_pipeline(StandardScaler(), LogisticRegression(C=3)))
    assert is_classifier(made)
    assert made.get_params()["logisticregression__C"] == 3
    assert made.set_params(logisticregression__C=2) is made
    assert isinstance(made[-1], LogisticRegression)
    assert not hasattr(made, "partial_fit")
    copied = pickle.loads(pickle.dumps(clone(made)))
    assert copied.named_steps["logisticregression"].C == 2
    with pytest.raises(ValueError, match="not fitted"):
        check_is_fitted(copied)
    y = CLASSES[[0, 1, 1, 0]]
    copied.fit(X, y, **{ROWS: np.arange(4)})
    check_is_fitted(copied)
    assert get_scorer("accuracy")(copied, X, y) == 1.0


def test_weights_depend_on_the_parameters_of_the_candidate():
    """The tree has a leaf with two rows of each class, weighted 3 to 1."""
    shares = RowLabels(np.array([3.0, 3.0, 1.0, 1.0]))
    made = DistilledCandidate(DecisionTreeClassifier(), shares, RowLabels(), None)
    rows, y = np.zeros((4, 1)), np.array([0, 0, 1, 1])
    proba = {}
    for class_weight in (None, "balanced"):
        made.set_params(class_weight=class_weight)
        proba[class_weight] = made.fit(rows, y, **{ROWS: np.arange(4)}).predict_proba
        proba[class_weight] = proba[class_weight](rows[:1])[0].tolist()
    assert proba == {None: [0.75, 0.25], "balanced": [0.5, 0.5]}


def test_estimator_that_does_not_accept_weights_is_fitted_without():
    tables = RowLabels(np.array([3.0, 3.0, 1.0, 1.0]), SOFT)
    made = DistilledCandidate(KNeighborsClassifier(1), tables, tables, CLASSES)
    y = CLASSES[[1, 0, 0, 1]]
    made.fit(X, y, **{ROWS: np.arange(4), "sample_weight": np.ones(4)})
    assert made.predict(X).tolist() == y.tolist()


def test_partial_fit_without_soft_labels_uses_weights():
    weights = np.array([5.0, 0.1, 0.1, 5.0])
    tables = RowLabels(weights)
    made = DistilledCandidate(SGDClassifier(random_state=0), tables, tables, None)
    y = CLASSES[[0, 1, 1, 0]]
    made.partial_fit(X, y, classes=CLASSES, **{ROWS: np.arange(4)})
    expected = SGDClassifier(random_state=0)
    expected.partial_fit(X, y, CLASSES, sample_weight=weights)
    assert made.coef_.tolist() == expected.coef_.tolist()


def test_partial_fit_trains_on_weighted_copies():
    made = candidate(SGDClassifier("log_loss", random_state=0))
    made.partial_fit(X, CLASSES[[0, 1, 1, 0]], classes=CLASSES, **{ROWS: np.arange(4)})
    assert made.t_ == 9.0


def test_cached_search_distinguishes_estimators_with_equal_parameters(tmp_path):
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(120, 3))
    y = (rows[:, 0] + 0.7 * rng.normal(size=120) > 0).astype(int)
    soft = HerdingSelection(8, soft_labels=LogisticRegression(), random_state=0)

    class OtherForest(RandomForestClassifier):
        """A forest of another class."""

    found = []
    for estimator in (RandomForestClassifier(5, random_state=0), OtherForest(5)):
        grid = GridSearchCV(estimator, {"max_depth": [1, 3]}, cv=2)
        search = DistilledSearchCV(grid, soft, memory=str(tmp_path), confirm=False)
        search.fit(rows, y)
        found.append(type(search.search_.estimator))
    assert found == [RandomForestClassifier, OtherForest]


def test_halving_search_on_soft_labels():
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(120, 3))
    y = (rows[:, 0] + 0.7 * rng.normal(size=120) > 0).astype(int)
    soft = HerdingSelection(8, soft_labels=LogisticRegression(), random_state=0)
    halving = HalvingGridSearchCV(
        RandomForestClassifier(random_state=0),
        {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 3]},
        resource="n_estimators",
        max_resources=9,
        cv=2,
    )
    search = DistilledSearchCV(halving, soft, top_k=2).fit(rows, y)
    assert search.best_params_["n_estimators"] == 9
    assert search.score(rows, y) > 0.7
