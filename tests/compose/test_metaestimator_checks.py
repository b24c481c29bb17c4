"""scikit-learn's checks of meta-estimators, on the wrappers and on students.

The checks of scikit-learn are those of `sklearn.tests.test_metaestimators`. Its check
that validation is delegated does not apply, because distillers validate their rows.
"""

# SPDX-License-Identifier: BSD-3-Clause

import functools

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.datasets import make_classification
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.utils.validation import check_is_fitted

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)

X, y = make_classification(60, random_state=0)
DELEGATED = ("predict_proba", "predict_log_proba", "decision_function")


def hides(method):
    """Return a property that hides a method if the estimator is told to hide it."""

    @property
    def wrapper(self):
        if self.hidden_method == method.__name__:
            raise AttributeError(f"{self.hidden_method} is hidden")
        return functools.partial(method, self)

    return wrapper


class SubEstimator(ClassifierMixin, BaseEstimator):
    """A classifier whose methods can be hidden, and whose fit does not return self."""

    def __init__(self, hidden_method=None):
        self.hidden_method = hidden_method

    def fit(self, X, y=None, sample_weight=None):
        self.classes_ = np.unique(y)
        return True

    def predict(self, X):
        check_is_fitted(self)
        return self.classes_[np.zeros(len(X), dtype=int)]

    @hides
    def predict_proba(self, X):
        check_is_fitted(self)
        return np.full((len(X), 2), 0.5)

    @hides
    def predict_log_proba(self, X):
        return np.log(self.predict_proba(X))

    @hides
    def decision_function(self, X):
        check_is_fitted(self)
        return np.zeros(len(X))


def distilled(estimator):
    return DistilledClassifier(HerdingSelection(budget=5), estimator)


def student(estimator):
    return KnowledgeDistillationClassifier(
        LogisticRegression(), estimator, check_teacher=False
    )


CASES = [(distilled, name) for name in DELEGATED]
CASES += [(student, "predict_proba"), (student, "decision_function")]


@pytest.mark.parametrize(("wrap", "method"), CASES)
def test_methods_are_delegated_if_the_estimator_has_them(wrap, method):
    model = wrap(SubEstimator())
    with pytest.raises(NotFittedError):
        getattr(model, method)(X)
    assert len(getattr(model.fit(X, y), method)(X)) == len(X)
    without = wrap(SubEstimator(hidden_method=method))
    assert not hasattr(without, method)
    with pytest.raises(AttributeError, match=method):
        getattr(without, method)
    assert not hasattr(without.fit(X, y), method)
    assert without.predict(X).shape == y.shape


@pytest.mark.parametrize(
    "model",
    [
        distilled(LogisticRegression()),
        student(LogisticRegression()),
        DistilledRegressor(HerdingSelection(budget=5), Ridge()),
        KnowledgeDistillationRegressor(Ridge(), Ridge(), check_teacher=False),
    ],
    ids=lambda model: type(model).__name__,
)
def test_attributes_before_and_after_fit(model):
    targets = y if is_classifier(model) else X[:, 0]
    for method in ("predict", "score"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(*((X, targets) if method == "score" else (X,)))
    assert not hasattr(model, "n_features_in_")
    fitted = clone(model).fit(X, targets)
    assert fitted.n_features_in_ == X.shape[1]
    with pytest.raises(ValueError, match="expecting 20 features"):
        fitted.predict(X[:, :3])
