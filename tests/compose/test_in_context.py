"""DistilledClassifier with a model that stores its training rows as a context."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_classification
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import DistilledClassifier, HerdingSelection


class ContextClassifier(ClassifierMixin, BaseEstimator):
    """A stand-in for TabPFN: no weights, a stored context, priors from the context."""

    def __init__(self, max_rows=100):
        self.max_rows = max_rows

    def fit(self, X, y):
        if len(X) > self.max_rows:
            raise ValueError(f"The context is limited to {self.max_rows} rows.")
        self.context_ = X
        self.classes_, self.labels_ = np.unique(y, return_inverse=True)
        self.n_features_in_ = X.shape[1]
        return self

    def likelihoods(self, X):
        """Return the mean similarity of X to the rows of each class."""
        one_hot = np.eye(len(self.classes_))[self.labels_]
        return rbf_kernel(X, self.context_, gamma=0.2) @ (one_hot / one_hot.sum(axis=0))

    def predict_proba(self, X):
        shares = np.bincount(self.labels_) / len(self.labels_)
        joint = self.likelihoods(X) * shares
        return joint / joint.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.fixture(scope="module")
def imbalanced():
    """Return training and test rows of two classes with shares of 0.85 and 0.15."""
    X, y = make_classification(600, 6, weights=[0.85], flip_y=0.0, random_state=0)
    y = np.array(["common", "rare"])[y]
    return X[:400], y[:400], X[400:], y[400:]


def test_context_is_the_distilled_set(imbalanced):
    X, y, X_test, y_test = imbalanced
    with pytest.raises(ValueError, match="limited to 100 rows"):
        ContextClassifier().fit(X, y)
    model = DistilledClassifier(HerdingSelection(20), ContextClassifier()).fit(X, y)
    distilled = HerdingSelection(20).fit(X, y).distilled_
    np.testing.assert_array_equal(model.estimator_.context_, distilled.X)
    assert model.score(X_test, y_test) > 0.85


def test_priors_of_the_context_are_replaced_by_those_of_the_data(imbalanced):
    X, y, X_test, _ = imbalanced
    model = DistilledClassifier(
        HerdingSelection(20), ContextClassifier(), calibration=None
    ).fit(X, y)
    shares = np.unique(y, return_counts=True)[1] / len(y)
    joint = model.estimator_.likelihoods(X_test) * shares
    expected = joint / joint.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X_test), expected, rtol=1e-6)
    unchanged = clone(model).set_params(prior="set").fit(X, y)
    np.testing.assert_array_equal(
        unchanged.predict_proba(X_test), unchanged.estimator_.predict_proba(X_test)
    )


@pytest.mark.parametrize("budget", [{"common": 34, "rare": 6}, 0.1])
def test_priors_of_a_proportional_context_are_corrected_by_little(budget, imbalanced):
    X, y, X_test, _ = imbalanced
    model = DistilledClassifier(
        HerdingSelection(budget), ContextClassifier(), calibration=None
    ).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X_test), model.estimator_.predict_proba(X_test), atol=0.05
    )


def test_context_works_in_a_pipeline_and_a_search(imbalanced):
    X, y, X_test, y_test = imbalanced
    model = make_pipeline(
        StandardScaler(), DistilledClassifier(HerdingSelection(), ContextClassifier())
    )
    name = "distilledclassifier__distiller__budget"
    search = GridSearchCV(model, {name: [5, 40]}, cv=3).fit(X, y)
    assert search.score(X_test, y_test) > 0.85
    best = search.best_estimator_[-1]
    assert len(best.estimator_.context_) == 2 * search.best_params_[name]
