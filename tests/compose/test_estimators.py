"""DistilledClassifier and DistilledRegressor."""

import warnings

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris, make_regression
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.exceptions import (
    DataConversionWarning,
    NotFittedError,
    UnsetMetadataPassedError,
)
from sklearn.feature_selection import RFE, SelectFromModel
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetRegressor

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    make_distill_pipeline,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.filterwarnings("ignore:divide by zero encountered in log")
@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(max_iter=1_000),
        KNeighborsClassifier(1),
        SVC(),
        GaussianNB(),
        RandomForestClassifier(10, random_state=0),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda e: type(e).__name__,
)
def test_classifier_predicts_like_one_fitted_on_the_distilled_set(iris, estimator):
    X, y = iris
    distiller = HerdingSelection(8)
    model = DistilledClassifier(distiller, estimator, calibration=None).fit(X, y)
    expected_model = clone(estimator).fit(*clone(distiller).fit_distill(X, y))
    np.testing.assert_array_equal(model.predict(X), expected_model.predict(X))
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    assert model.score(X, y) > 0.85
    assert model.n_features_in_ == 4
    assert not hasattr(distiller, "distilled_")
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert hasattr(model, method) == hasattr(expected_model, method)
        if hasattr(model, method):
            expected = getattr(expected_model, method)(X)
            np.testing.assert_array_equal(getattr(model, method)(X), expected)


def test_invalid_parameters_and_unfitted_wrappers_raise_errors(iris):
    X, y = iris
    model = DistilledClassifier(RandomSelection(5), GaussianNB())
    with pytest.raises(NotFittedError):
        model.predict(X)
    with pytest.raises(ValueError, match="'distiller' parameter"):
        DistilledClassifier(GaussianNB(), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match="budget"):
        DistilledClassifier(RandomSelection(0), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match="requires y"):
        DistilledClassifier(RandomSelection(5), GaussianNB()).fit(X, None)


def test_grid_search_over_the_budget_and_the_distiller(iris):
    X, y = iris
    pipeline = make_pipeline(
        StandardScaler(),
        DistilledClassifier(RandomSelection(random_state=0), KNeighborsClassifier(1)),
    )
    name = "distilledclassifier"
    methods = [HerdingSelection(), KMeansSelection(random_state=0)]
    search = GridSearchCV(
        pipeline,
        [
            {f"{name}__distiller__budget": [1, 8]},
            {f"{name}__distiller": methods, f"{name}__estimator__n_neighbors": [1, 3]},
        ],
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert len(search.cv_results_["params"]) == 6
    assert search.best_score_ > 0.85
    assert search.predict_proba(X).shape == (150, 3)


def test_wrappers_can_be_nested(iris):
    """The inner wrapper distills the distilled set of the outer wrapper."""
    X, y = iris
    inner = DistilledClassifier(HerdingSelection(4), KNeighborsClassifier(1))
    outer = DistilledClassifier(RandomSelection(12, random_state=0), inner)
    assert cross_val_score(outer, X, y, error_score="raise").mean() > 0.8
    fitted = outer.fit(X, y)
    assert len(fitted.distiller_.distilled_) == 36
    assert len(fitted.estimator_.distiller_.distilled_) == 12


def test_regressor_is_fitted_on_the_distilled_set():
    X, y = make_regression(200, 5, noise=2.0, random_state=0)
    model = DistilledRegressor(KMeansSelection(40, random_state=0), Ridge(0.1))
    assert cross_val_score(model, X, y, error_score="raise").mean() > 0.8
    assert len(model.fit(X, y).distiller_.distilled_) == 40
    assert not hasattr(model, "classes_")
    assert not hasattr(model, "predict_proba")


def test_wrapper_sets_the_task_of_the_distiller():
    """Whole numbers are continuous for a regressor and classes for a classifier."""
    X, y = make_regression(200, 3, random_state=0)
    whole = np.rint(y / 20).astype(int)
    distiller = RandomSelection(20, random_state=0)
    assert len(np.unique(whole)) < 50
    regressor = DistilledRegressor(distiller, LinearRegression()).fit(X, whole)
    assert regressor.distiller_.task == "regression"
    assert len(regressor.distiller_.distilled_) == 20
    many = np.arange(200) // 2
    classifier = DistilledClassifier(distiller.set_params(budget=1), GaussianNB())
    assert len(classifier.fit(X, many).classes_) == 100
    assert distiller.task == "auto"


def test_distiller_of_another_task_raises_an_error():
    X, y = load_iris(return_X_y=True)
    wrong = DistilledClassifier(HerdingSelection(5, task="regression"), GaussianNB())
    with pytest.raises(ValueError, match="has task='regression'"):
        wrong.fit(X, y)


def test_estimator_of_another_kind_raises_an_error():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="DistilledClassifier is for classification"):
        DistilledClassifier(HerdingSelection(5), Ridge()).fit(X, y)
    with pytest.raises(ValueError, match="DistilledRegressor is for regression"):
        DistilledRegressor(HerdingSelection(5), SVC()).fit(X, X[:, 0])
    with pytest.raises(TypeError, match="does not define predict"):
        DistilledClassifier(HerdingSelection(5), StandardScaler()).fit(X, y)
    # Before it is fitted, a stacking ensemble does not define predict.
    stack = StackingClassifier([("tree", DecisionTreeClassifier(random_state=0))])
    assert DistilledClassifier(HerdingSelection(10), stack).fit(X, y).score(X, y) > 0.8


def test_column_names_and_categories_reach_the_estimator(iris_frame):
    """A ColumnTransformer can select columns of the distilled rows by name."""
    X, y = iris_frame
    numbers = list(X.columns[:4])
    one_hot = OneHotEncoder(handle_unknown="ignore")
    preprocess = ColumnTransformer(
        [("n", StandardScaler(), numbers), ("c", one_hot, ["color"])]
    )
    for distiller in (
        HerdingSelection(8),
        KernelInducingPoints(8, max_iter=3, random_state=0),
    ):
        model = DistilledClassifier(
            distiller, make_pipeline(preprocess, LogisticRegression())
        ).fit(X, y)
        assert list(model.feature_names_in_) == [*numbers, "color"]
        assert model.score(X, y) > 0.85
        # The wrapper accepts a new category, because the OneHotEncoder does.
        assert len(model.predict(X.assign(color="none"))) == len(X)


def test_second_fit_without_names_removes_feature_names(iris_frame):
    X, y = iris_frame
    model = DistilledClassifier(HerdingSelection(5), GaussianNB())
    model.fit(X.iloc[:, :4], y)
    assert model.n_features_in_ == 4
    model.fit(X.iloc[:, :3].to_numpy(), y)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 3


def test_global_pandas_output_does_not_change_predict():
    X, y = load_iris(return_X_y=True)
    model = DistilledClassifier(HerdingSelection(5), GaussianNB())
    with config_context(transform_output="pandas"):
        assert model.fit(X, y).score(X, y) > 0.9


def test_predict_passes_parameters_to_the_estimator():
    rng = np.random.RandomState(0)
    X = rng.randn(100, 3)
    y = X[:, 0] + 0.1 * rng.randn(100)
    process = GaussianProcessRegressor(alpha=0.1)
    distiller = KMeansSelection(20, random_state=0)
    model = DistilledRegressor(distiller, process).fit(X, y)
    by_hand = process.fit(*distiller.fit(X, y).distilled_)
    for name in ("return_std", "return_cov"):
        mean, spread = model.predict(X[:5], **{name: True})
        expected = by_hand.predict(X[:5], **{name: True})
        np.testing.assert_allclose(mean, expected[0])
        np.testing.assert_allclose(spread, expected[1])
    nested = make_distill_pipeline(StandardScaler(), distiller, MinMaxScaler(), process)
    mean, deviation = nested.fit(X, y).predict(X[:5], return_std=True)
    assert mean.shape == deviation.shape == (5,)
    with pytest.raises(TypeError, match="no_such"):
        model.predict(X, no_such=1)


def test_metadata_routing_passes_parameters_of_predict():
    X = np.random.RandomState(0).randn(60, 3)
    process = GaussianProcessRegressor(alpha=0.1)
    with sklearn.config_context(enable_metadata_routing=True):
        process.set_predict_request(return_std=True)
        model = make_distill_pipeline(StandardScaler(), RandomSelection(9), process)
        mean, deviation = model.fit(X, X[:, 0]).predict(X, return_std=True)
        assert mean.shape == deviation.shape == (60,)
        process.set_predict_request(return_std=None)
        model = DistilledRegressor(RandomSelection(9), process).fit(X, X[:, 0])
        assert model.predict(X).shape == (60,)
        with pytest.raises(UnsetMetadataPassedError, match="return_std"):
            model.predict(X, return_std=True)


def test_wrappers_have_the_distilled_set_and_attributes_of_the_estimator(iris):
    X, y = iris
    linear = DistilledClassifier(HerdingSelection(5), LogisticRegression())
    for name in ("distilled_", "coef_", "intercept_", "feature_importances_"):
        assert not hasattr(linear, name)
    linear.fit(X, y)
    assert linear.distilled_ is linear.distiller_.distilled_
    assert linear.coef_ is linear.estimator_.coef_
    assert linear.intercept_ is linear.estimator_.intercept_
    assert not hasattr(linear, "feature_importances_")
    forest = DistilledClassifier(
        HerdingSelection(5), RandomForestClassifier(5, random_state=0)
    )
    assert forest.fit(X, y).feature_importances_.shape == (4,)
    assert not hasattr(forest, "coef_")
    for model in (linear, forest):
        assert SelectFromModel(model).fit(X, y).get_support().any()
        assert RFE(model, n_features_to_select=2).fit(X, y).support_.sum() == 2


class Linear(torch.nn.Module):
    """A module whose output has the shape (n, 1)."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def forward(self, X):
        return self.layer(X)


@pytest.mark.parametrize("kind", ["array", "list", "frame"])
@pytest.mark.parametrize("place", ["alone", "pipeline", "search"])
def test_column_of_targets_reaches_a_net_as_a_column(kind, place):
    """A net whose targets are not a column would predict the mean target."""
    X = np.random.RandomState(0).randn(200, 2).astype(np.float32)
    y = (X[:, :1] - 2 * X[:, 1:]).astype(np.float32)
    target = {"array": y, "list": y.tolist(), "frame": pd.DataFrame(y)}[kind]
    torch.manual_seed(0)
    model = NeuralNetRegressor(
        Linear, max_epochs=60, lr=0.1, verbose=0, train_split=None
    )
    if place == "pipeline":
        model = make_pipeline("passthrough", model)
    elif place == "search":
        model = GridSearchCV(model, {"max_epochs": [60]}, cv=2)
    wrapper = DistilledRegressor(KMeansSelection(50, random_state=0), model)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataConversionWarning)
        wrapper.fit(X, target)
    assert wrapper.score(X, y) > 0.95


def test_column_of_targets_reaches_other_regressors_as_before():
    X = np.random.RandomState(0).randn(50, 2)
    with pytest.warns(DataConversionWarning, match="column-vector"):
        model = DistilledRegressor(RandomSelection(9), Ridge()).fit(X, X[:, :1])
    assert model.predict(X).shape == (50,)
