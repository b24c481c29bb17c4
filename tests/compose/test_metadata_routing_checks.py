"""scikit-learn's checks of metadata routing and delegation, on our meta-estimators.

The checks are those of `sklearn.tests.test_metaestimators_metadata_routing` and, for
DistilledSearchCV, of `sklearn.tests.test_metaestimators`. A distiller takes the place
of the sub-estimator of `fit`, and the estimator that of `predict`.
"""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.tests.metadata_routing_common import (
    ConsumingSplitter,
    NonConsumingClassifier,
    NonConsumingRegressor,
    _Registry,
    assert_request_is_empty,
    check_recorded_metadata,
    record_metadata_not_default,
)
from sklearn.utils.metadata_routing import MetadataRouter
from sklearn.utils.validation import check_is_fitted

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    DistilledSearchCV,
    HerdingSelection,
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)

RNG = np.random.RandomState(0)
N = 60
X, y = RNG.randn(N, 3), np.arange(N) % 2
METADATA, WEIGHTS = RNG.randint(10, size=N), RNG.rand(N) + 0.1


class ConsumingDistiller(HerdingSelection):
    """A distiller that records the metadata of `fit`."""

    def __init__(self, budget=4, *, registry=None, task="auto", random_state=0):
        super().__init__(budget, task=task, random_state=random_state)
        self.registry = registry

    def fit(self, X, y=None, sample_weight="default", metadata="default"):
        self.registry.append(self)
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        return super().fit(X, y)


class ConsumingClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that records the metadata of `predict`."""

    def __init__(self, registry=None):
        self.registry = registry

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X, metadata="default"):
        self.registry.append(self)
        record_metadata_not_default(self, metadata=metadata)
        return np.zeros(len(X))


def wrapper(registry, prior="set"):
    return DistilledClassifier(
        ConsumingDistiller(registry=registry),
        ConsumingClassifier(registry),
        prior=prior,
    )


@config_context(enable_metadata_routing=True)
def test_the_default_request_is_empty():
    for model in (
        wrapper(_Registry()),
        DistilledRegressor(HerdingSelection(4), Ridge()),
        DistilledSearchCV(
            GridSearchCV(LogisticRegression(), {"C": [1.0]}), HerdingSelection(4)
        ),
    ):
        routing = model.get_metadata_routing()
        assert isinstance(routing, MetadataRouter)
        assert_request_is_empty(routing)


@pytest.mark.parametrize(
    ("key", "value"), [("sample_weight", WEIGHTS), ("metadata", METADATA)]
)
@config_context(enable_metadata_routing=True)
def test_metadata_of_fit_reach_the_distiller_if_it_requests_them(key, value):
    registry = _Registry()
    model = wrapper(registry)
    with pytest.raises(
        UnsetMetadataPassedError,
        match=rf"\[{key}\] are passed but are not explicitly set as requested or not "
        r"requested for ConsumingDistiller\.fit",
    ):
        model.fit(X, y, **{key: value})
    assert not registry
    model.distiller.set_fit_request(**{key: True})
    model.fit(X, y, **{key: value})
    assert len(registry) == 1
    check_recorded_metadata(registry[0], method="fit", parent="fit", **{key: value})


@config_context(enable_metadata_routing=True)
def test_metadata_of_predict_reach_the_estimator_if_it_requests_them():
    registry = _Registry()
    model = wrapper(registry).fit(X, y)
    registry.clear()
    with pytest.raises(
        UnsetMetadataPassedError,
        match=r"\[metadata\] are passed but are not explicitly set as requested or not "
        r"requested for ConsumingClassifier\.predict",
    ):
        model.predict(X, metadata=METADATA)
    model.estimator.set_predict_request(metadata=True)
    model.predict(X, metadata=METADATA)
    check_recorded_metadata(
        registry[-1], method="predict", parent="predict", metadata=METADATA
    )


@config_context(enable_metadata_routing=True)
def test_estimators_that_consume_no_metadata_need_no_requests():
    classifier = DistilledClassifier(HerdingSelection(4), NonConsumingClassifier())
    assert classifier.fit(X, y).predict(X).shape == (N,)
    regressor = DistilledRegressor(HerdingSelection(4), NonConsumingRegressor())
    assert regressor.fit(X, X[:, 0]).predict(X).shape == (N,)


@config_context(enable_metadata_routing=True)
def test_metadata_pass_a_pipeline_and_cross_validation():
    registry = _Registry()
    model = wrapper(registry)
    model.distiller.set_fit_request(metadata=True)
    make_pipeline(model).fit(X, y, metadata=METADATA)
    check_recorded_metadata(registry[0], method="fit", parent="fit", metadata=METADATA)
    registry.clear()
    cross_validate(model, X, y, cv=2, params={"metadata": METADATA})
    for distiller in [one for one in registry if isinstance(one, ConsumingDistiller)]:
        check_recorded_metadata(
            distiller,
            method="fit",
            parent="cross_validate",
            split_params=("metadata",),
            metadata=METADATA,
        )


@pytest.mark.parametrize(
    ("make", "target"),
    [
        (KnowledgeDistillationClassifier, y),
        (KnowledgeDistillationRegressor, X[:, 0]),
    ],
)
@config_context(enable_metadata_routing=True)
def test_students_request_sample_weight_themselves(make, target):
    inner = LogisticRegression() if target is y else Ridge()
    model = make(inner, inner, check_teacher=False)
    pipeline = make_pipeline(model)
    with pytest.raises(
        UnsetMetadataPassedError, match=r"KnowledgeDistillation\w+\.fit"
    ):
        pipeline.fit(X, target, sample_weight=WEIGHTS)
    model.set_fit_request(sample_weight=True)
    assert pipeline.fit(X, target, sample_weight=WEIGHTS).predict(X).shape == (N,)


@config_context(enable_metadata_routing=True)
def test_search_passes_metadata_to_scorer_and_splitter():
    weights, splits = [], _Registry()

    def metric(y_true, y_pred, sample_weight=None):
        weights.append(sample_weight)
        return 1.0

    scorer = make_scorer(metric).set_score_request(sample_weight=True)
    splitter = ConsumingSplitter(registry=splits)
    splitter.set_split_request(groups=True, metadata=True)
    estimator = LogisticRegression().set_fit_request(sample_weight=False)
    grid = GridSearchCV(estimator, {"C": [1.0]}, scoring=scorer, cv=splitter)
    distiller = HerdingSelection(4).set_fit_request(sample_weight=False)
    groups = np.arange(N) // 15
    DistilledSearchCV(grid, distiller).fit(
        X, y, sample_weight=WEIGHTS, groups=groups, metadata=METADATA
    )
    assert splits
    for recorded in splits:
        check_recorded_metadata(
            recorded, method="split", parent="fit", groups=groups, metadata=METADATA
        )
    # Two folds of the search on distilled rows and of the confirmation on all rows.
    half = N // 2
    expected = [WEIGHTS[:half], WEIGHTS[half:]] * 2
    np.testing.assert_array_equal(weights, expected)


@config_context(enable_metadata_routing=True)
def test_group_splitter_inside_cross_validate():
    grid = GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=GroupKFold(2))
    found = cross_validate(
        DistilledSearchCV(grid, HerdingSelection(4)),
        X,
        y,
        params={"groups": np.arange(N) // 15},
        cv=GroupKFold(2),
        error_score="raise",
    )
    assert found["test_score"].shape == (2,)


METHODS = [
    "decision_function",
    "inverse_transform",
    "predict",
    "predict_log_proba",
    "predict_proba",
    "transform",
]


class HidingClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that lacks one of its methods."""

    def __init__(self, param=1, hidden_method=None):
        self.param = param
        self.hidden_method = hidden_method

    def fit(self, X, y=None):
        self.classes_ = np.unique(y)
        return True

    def score(self, X, y):
        return 1.0

    def __getattr__(self, name):
        if name in METHODS and name != self.__dict__.get("hidden_method", name):
            return self._first_column
        raise AttributeError(f"{name!r} is hidden")

    def _first_column(self, X):
        check_is_fitted(self)
        return X[:, 0]


@pytest.mark.parametrize("method", METHODS)
def test_search_has_the_methods_of_its_estimator(method):
    def search(hidden):
        grid = GridSearchCV(
            HidingClassifier(hidden_method=hidden), {"param": [5]}, cv=2
        )
        return DistilledSearchCV(grid, HerdingSelection(4))

    model = search("none")
    assert hasattr(model, method)
    with pytest.raises(NotFittedError):
        getattr(model, method)(X)
    np.testing.assert_array_equal(getattr(model.fit(X, y), method)(X), X[:, 0])
    without = search(method)
    assert not hasattr(without, method)
    assert not hasattr(without.fit(X, y), method)
