"""How distillers compose: wrapped, in plain pipelines, in flat lists, in imblearn."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_iris,
    make_regression,
)
from sklearn.ensemble import (
    AdaBoostClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_distill import (
    DistillationSampler,
    DistilledArray,
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    distilled_labels,
    make_distill_pipeline,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class CountingSelection(RandomSelection):
    """A distiller that counts the fits of all its copies."""

    plugin_api = 1
    n_fits = 0

    def _distill(self, problem):
        type(self).n_fits += 1
        return super()._distill(problem)


@pytest.fixture
def counting():
    CountingSelection.n_fits = 0
    return CountingSelection


class Student(ClassifierMixin, BaseEstimator):
    """Stands last in a plain Pipeline: learns from the labels that its rows carry.

    The y that the pipeline passes on belongs to the rows that came in.
    """

    def __init__(self, n_neighbors=1):
        self.n_neighbors = n_neighbors

    def fit(self, X, y=None):
        labels = distilled_labels(X)
        if labels is None:
            raise ValueError("These rows carry no labels.")
        self.soft_labels_ = labels.soft_labels
        self.rows_ = type(X).__name__
        X = validate_data(self, X)
        self.n_rows_ = len(X)
        self.classes_ = labels.classes
        self.model_ = KNeighborsClassifier(self.n_neighbors).fit(X, labels.y)
        return self

    def predict(self, X):
        check_is_fitted(self)
        return self.model_.predict(validate_data(self, X, reset=False))


def breast_cancer():
    return load_breast_cancer(return_X_y=True)


def iris():
    X, y = load_iris(return_X_y=True)
    return X, np.array(["setosa", "versicolor", "virginica"])[y]


def iris_table(n=150):
    """iris with a category beside the numbers, under an index of its own."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    X["colour"] = np.where(X.iloc[:, 0] > 5.8, "dark", "light")
    X.index = y.index = np.random.RandomState(0).permutation(150) * 3 + 10
    return X[:n], y[:n].map({0: "a", 1: "b", 2: "c"}).astype("str")


def plain_pipeline(distiller, **params):
    return make_pipeline(
        StandardScaler(), SelectKBest(k=5), distiller, Student(), **params
    )


# A plain Pipeline


def test_last_step_of_a_plain_pipeline():
    """The distilled rows, after scaling and feature selection, with their labels."""
    X, y = breast_cancer()
    steps = StandardScaler(), SelectKBest(k=5), RandomSelection(4, random_state=0)
    rows = make_pipeline(*steps).fit_transform(X, y)
    assert isinstance(rows, DistilledArray)
    assert rows.shape == (8, 5)
    selected = make_pipeline(*steps[:2]).fit_transform(X, y)
    expected = RandomSelection(4, random_state=0).fit(selected, y).distilled_
    np.testing.assert_array_equal(rows, expected.X)
    np.testing.assert_array_equal(distilled_labels(rows).y, expected.y)


@pytest.mark.parametrize(
    "distiller",
    [
        RandomSelection(8, random_state=0),
        HerdingSelection(8),
        KMeansSelection(8, random_state=0),
        KernelInducingPoints(8, max_iter=5, random_state=0),
    ],
    ids=lambda d: type(d).__name__,
)
def test_cross_validation_of_a_plain_pipeline_whose_last_step_reads_labels(distiller):
    X, y = breast_cancer()
    scores = cross_val_score(plain_pipeline(distiller), X, y, error_score="raise")
    assert scores.mean() > 0.8


def test_the_last_step_sees_distilled_rows_in_fit_and_all_rows_in_predict():
    X, y = breast_cancer()
    model = plain_pipeline(HerdingSelection(6)).fit(X, y)
    assert model[-1].n_rows_ == 12
    assert model[-1].rows_ == "DistilledArray"
    assert model.predict(X).shape == (569,)


def test_memory_of_a_plain_pipeline_keeps_the_labels(tmp_path, counting):
    """A miss distills; a hit reads the rows, and their labels with them, from disk."""
    X, y = breast_cancer()
    predictions = []
    for k in (1, 3, 1):
        model = plain_pipeline(counting(8, random_state=0), memory=str(tmp_path))
        model.set_params(student__n_neighbors=k).fit(X, y)
        predictions.append(model.predict(X))
        assert model[-1].rows_ == "DistilledArray"
    assert counting.n_fits == 1
    np.testing.assert_array_equal(predictions[0], predictions[2])
    without = plain_pipeline(RandomSelection(8, random_state=0)).fit(X, y)
    np.testing.assert_array_equal(without.predict(X), predictions[0])


def test_memory_keeps_the_labels_of_tables_too(tmp_path):
    X, y = iris_table()
    for _ in ("miss", "hit"):
        model = make_pipeline(
            make_column_transformer(
                (StandardScaler(), [0, 1, 2, 3]), verbose_feature_names_out=False
            ),
            HerdingSelection(5),
            Student(),
            memory=str(tmp_path),
        ).set_output(transform="pandas")
        model.fit(X, y)
        assert model[-1].rows_ == "DataFrame"
        assert model[-1].n_rows_ == 15
        assert model.score(X, y) > 0.85


def test_a_fitted_plain_pipeline_survives_pickling():
    X, y = breast_cancer()
    model = plain_pipeline(HerdingSelection(6)).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_a_plain_pipeline_under_set_output_pandas():
    X, y = iris_table()
    model = make_pipeline(HerdingSelection(5), Student())
    model.set_output(transform="pandas").fit(X.iloc[:, :4], y)
    assert model[-1].rows_ == "DataFrame"
    assert list(model[-1].feature_names_in_) == list(X.columns[:4])
    assert model.score(X.iloc[:, :4], y) > 0.85


def test_soft_labels_are_seen_in_a_plain_pipeline():
    X, y = breast_cancer()
    model = plain_pipeline(HerdingSelection(6, soft_labels=GaussianNB())).fit(X, y)
    assert model[-1].soft_labels_.shape == (12, 2)
    assert plain_pipeline(HerdingSelection(6)).fit(X, y)[-1].soft_labels_ is None


def test_an_estimator_that_knows_nothing_of_this_is_never_fitted_silently():
    """scikit-learn's own error about numbers of rows."""
    X, y = breast_cancer()
    for estimator in (LogisticRegression(), RandomForestClassifier(3), SVC()):
        model = make_pipeline(StandardScaler(), RandomSelection(5), estimator)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            model.fit(X, y)
    # Neither if the budget covers all rows: they come back in their own order.
    with pytest.warns(UserWarning, match="nothing to distill"):
        model = make_pipeline(
            StandardScaler(), RandomSelection(400), LogisticRegression()
        ).fit(X, y)
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    np.testing.assert_allclose(model[-1].coef_, expected[-1].coef_)


def test_a_transformer_in_between_drops_the_labels():
    """Its rows are others: who asks for their labels gets none."""
    X, y = breast_cancer()
    model = make_pipeline(RandomSelection(5), StandardScaler(), Student())
    with pytest.raises(ValueError, match="carry no labels"):
        model.fit(X, y)


# DistilledClassifier


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
def test_any_classifier_can_be_trained_on_the_distilled_set(estimator):
    """It predicts what one trained on the set by hand predicts."""
    X, y = iris()
    distiller = HerdingSelection(8)
    model = DistilledClassifier(distiller, estimator).fit(X, y)
    by_hand = clone(estimator).fit(*clone(distiller).fit_distill(X, y))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))
    np.testing.assert_array_equal(model.classes_, np.unique(y))
    assert model.score(X, y) > 0.85
    assert model.n_features_in_ == 4
    assert not hasattr(distiller, "distilled_")
    for method in ("predict_proba", "predict_log_proba", "decision_function"):
        assert hasattr(model, method) == hasattr(by_hand, method)
        if hasattr(model, method):
            expected = getattr(by_hand, method)(X)
            np.testing.assert_array_equal(getattr(model, method)(X), expected)


def test_a_wrapper_that_is_not_fitted_says_so():
    X, y = iris()
    model = DistilledClassifier(RandomSelection(5), GaussianNB())
    with pytest.raises(NotFittedError):
        model.predict(X)
    with pytest.raises(ValueError, match="'distiller' parameter"):
        DistilledClassifier(GaussianNB(), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match="budget"):
        DistilledClassifier(RandomSelection(0), GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match="requires y"):
        DistilledClassifier(RandomSelection(5), GaussianNB()).fit(X, None)


def test_grid_search_over_the_budget_and_over_the_distiller_itself():
    X, y = iris()
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


def test_cross_validation_and_nesting():
    """A wrapper within a wrapper distills what is distilled already."""
    X, y = iris()
    inner = DistilledClassifier(HerdingSelection(4), KNeighborsClassifier(1))
    outer = DistilledClassifier(RandomSelection(12, random_state=0), inner)
    assert cross_val_score(outer, X, y, error_score="raise").mean() > 0.8
    fitted = outer.fit(X, y)
    assert len(fitted.distiller_.distilled_) == 36
    assert len(fitted.estimator_.distiller_.distilled_) == 12


def test_a_regressor_on_the_distilled_set():
    X, y = make_regression(200, 5, noise=2.0, random_state=0)
    model = DistilledRegressor(KMeansSelection(40, random_state=0), Ridge(0.1))
    assert cross_val_score(model, X, y, error_score="raise").mean() > 0.8
    assert len(model.fit(X, y).distiller_.distilled_) == 40
    assert not hasattr(model, "classes_")
    assert not hasattr(model, "predict_proba")


def test_the_wrapper_says_what_y_holds():
    """Whole numbers are quantities to a regressor and classes to a classifier."""
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


def test_names_and_categories_go_through():
    """The distilled table has X's columns: a ColumnTransformer finds them by name."""
    X, y = iris_table()
    numbers = list(X.columns[:4])
    one_hot = OneHotEncoder(handle_unknown="ignore")
    preprocess = ColumnTransformer(
        [("n", StandardScaler(), numbers), ("c", one_hot, ["colour"])]
    )
    for distiller in (
        HerdingSelection(8),
        KernelInducingPoints(8, max_iter=3, random_state=0),
    ):
        model = DistilledClassifier(
            distiller, make_pipeline(preprocess, LogisticRegression())
        ).fit(X, y)
        assert list(model.feature_names_in_) == [*numbers, "colour"]
        assert model.score(X, y) > 0.85
        # A new category is the encoder's business, not the distiller's.
        assert len(model.predict(X.assign(colour="none"))) == len(X)


def test_a_second_fit_without_names_forgets_them():
    X, y = iris_table()
    model = DistilledClassifier(HerdingSelection(5), GaussianNB())
    model.fit(X.iloc[:, :4], y)
    assert model.n_features_in_ == 4
    model.fit(X.iloc[:, :3].to_numpy(), y)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 3


class NeedsNoWeights(KNeighborsClassifier):
    """Remembers what it was trained on; takes no weights."""

    def fit(self, X, y):
        self.trained_on_ = X, y
        return super().fit(X, y)


class TakesWeights(GaussianNB):
    """Remembers what it was trained on."""

    def fit(self, X, y, sample_weight=None):
        self.trained_on_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


def test_soft_labels_reach_an_estimator_as_weighted_rows():
    """One that takes weights; another gets each row once, with its hard label."""
    X, y = iris()
    distiller = HerdingSelection(4, soft_labels=GaussianNB(), random_state=0)
    model = DistilledClassifier(distiller, TakesWeights()).fit(X, y)
    distilled = model.distiller_.distilled_
    rows, labels, weights = model.estimator_.trained_on_
    assert len(rows) > 12
    assert weights.mean() == pytest.approx(1)
    for got, expected in zip((rows, labels, weights), distilled.expand(), strict=True):
        np.testing.assert_array_equal(got, expected)
    in_pipeline = DistilledClassifier(
        distiller, make_pipeline(StandardScaler(), TakesWeights())
    ).fit(X, y)
    np.testing.assert_array_equal(in_pipeline.estimator_[-1].trained_on_[2], weights)
    hard = DistilledClassifier(distiller, NeedsNoWeights(1)).fit(X, y)
    np.testing.assert_array_equal(hard.estimator_.trained_on_[0], distilled.X)
    np.testing.assert_array_equal(hard.estimator_.trained_on_[1], distilled.y)


# Metadata routing


def half_weights(y):
    """Weights that leave only three rows of each class in sight."""
    weights = np.zeros(len(y))
    for label in np.unique(y):
        weights[np.flatnonzero(y == label)[:3]] = 1.0
    return weights


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_distiller_and_nobody_else(routing):
    """After it the rows that they belong to no longer exist."""
    X, y = iris()
    with sklearn.config_context(enable_metadata_routing=routing):
        distiller = RandomSelection(2, random_state=0)
        if routing:
            distiller.set_fit_request(sample_weight=True)
        model = DistilledClassifier(distiller, TakesWeights())
        model.fit(X, y, sample_weight=half_weights(y))
        assert model.estimator_.trained_on_[2] is None
    weighted = {tuple(row) for row in X[half_weights(y) > 0]}
    assert {tuple(row) for row in model.distiller_.distilled_.X} <= weighted


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda model: AdaBoostClassifier(model, n_estimators=3, random_state=0),
        CalibratedClassifierCV,
        lambda model: VotingClassifier([("one", model), ("two", GaussianNB())]),
    ],
)
def test_ensembles_that_pass_on_weights_take_the_wrapper(ensemble):
    X, y = iris()
    model = ensemble(DistilledClassifier(HerdingSelection(5), GaussianNB()))
    assert model.fit(X, y, sample_weight=np.arange(len(y)) + 1.0).score(X, y) > 0.85


def test_with_routing_the_distiller_has_to_ask():
    X, y = iris()
    weights = half_weights(y)
    with sklearn.config_context(enable_metadata_routing=True):
        model = DistilledClassifier(RandomSelection(2), GaussianNB())
        with pytest.raises(UnsetMetadataPassedError, match=r"RandomSelection\.fit"):
            model.fit(X, y, sample_weight=weights)
        declined = RandomSelection(2, random_state=0)
        declined.set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match="sample_weight"):
            DistilledClassifier(declined, GaussianNB()).fit(X, y, sample_weight=weights)


def test_without_routing_metadata_that_the_distiller_cannot_take_are_refused():
    X, y = iris()
    model = DistilledClassifier(RandomSelection(2), GaussianNB())
    with pytest.raises(TypeError, match=r"RandomSelection.fit takes no \['groups'\]"):
        model.fit(X, y, groups=y)


def test_routing_through_pipelines_and_searches():
    """From the outermost fit to the distiller, and to score where it is asked for."""
    X, y = iris()
    weights = np.where(half_weights(y), 1.0, 1e-6)
    with sklearn.config_context(enable_metadata_routing=True):
        distiller = RandomSelection(2, random_state=0)
        model = DistilledClassifier(
            distiller.set_fit_request(sample_weight=True), TakesWeights()
        ).set_score_request(sample_weight=True)
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False), model
        ).fit(X, y, sample_weight=weights)
        assert pipeline[-1].estimator_.trained_on_[2] is None
        kept = pipeline[0].inverse_transform(pipeline[-1].distiller_.distilled_.X)
        heavy = X[weights == 1]
        away = np.abs(kept[:, None] - heavy[None]).max(axis=2).min(axis=1)
        assert away.max() < 1e-6
        search = GridSearchCV(
            model, {"distiller__budget": [1, 2]}, cv=3, error_score="raise"
        ).fit(X, y, sample_weight=weights)
        assert search.best_score_ > 0.5
        scored = cross_val_score(
            model, X, y, params={"sample_weight": weights}, error_score="raise"
        )
        model.set_score_request(sample_weight=False)
        unweighted = cross_val_score(
            model, X, y, params={"sample_weight": weights}, error_score="raise"
        )
        assert not np.allclose(scored, unweighted)


def test_routing_in_a_plain_pipeline():
    X, y = iris()
    weights = half_weights(y)
    with sklearn.config_context(enable_metadata_routing=True):
        rows = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            RandomSelection(2).set_fit_request(sample_weight=True),
        ).fit_transform(X, y, sample_weight=weights)
    scaled = StandardScaler().fit_transform(X)
    assert len(rows) == 6
    assert {tuple(r) for r in np.asarray(rows)} <= {
        tuple(r) for r in scaled[weights > 0]
    }


# memory


@pytest.mark.parametrize("steps", ["wrapped", "flat"])
def test_memory_distills_once_a_fold(tmp_path, counting, steps):
    """A grid over the estimator's parameters: three folds and the refit."""
    X, y = iris()
    grid = {"estimator__n_neighbors": [1, 2, 3, 4, 5]}
    distiller, estimator = counting(8, random_state=0), KNeighborsClassifier()
    if steps == "wrapped":
        model = DistilledClassifier(distiller, estimator, memory=str(tmp_path))
    else:
        model = make_distill_pipeline(
            StandardScaler(), distiller, estimator, memory=str(tmp_path)
        )
        grid = {f"distilledclassifier__{name}": v for name, v in grid.items()}
    search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y)
    assert counting.n_fits == 4
    assert search.score(X, y) > 0.85
    counting.n_fits = 0
    without = clone(model).set_params(
        **{name.replace("estimator__n_neighbors", "memory"): None for name in grid}
    )
    again = GridSearchCV(without, grid, cv=3, error_score="raise").fit(X, y)
    np.testing.assert_array_equal(
        again.cv_results_["mean_test_score"], search.cv_results_["mean_test_score"]
    )


def test_memory_distills_again_if_anything_changes(tmp_path, counting):
    X, y = iris()
    weights = np.ones(150)
    weights[::3] = 2.0
    model = DistilledClassifier(
        counting(5, random_state=0), GaussianNB(), memory=str(tmp_path)
    )
    model.fit(X, y)
    model.fit(X, y)
    assert counting.n_fits == 1
    model.fit(X, y, sample_weight=weights)
    assert counting.n_fits == 2
    model.set_params(distiller__budget=6).fit(X, y)
    assert counting.n_fits == 3
    model.fit(X[:-1], y[:-1])
    assert counting.n_fits == 4


# Callbacks


class Listener:
    """A callback that reaches inner estimators, and writes down what ends."""

    max_propagation_depth = None

    def __init__(self):
        self.begun, self.ended, self.n_set_up = [], [], 0

    def setup(self, estimator, context):
        self.n_set_up += 1

    def teardown(self, estimator, context):
        self.n_set_up -= 1

    def on_fit_task_begin(self, estimator, context):
        self.begun.append((context.estimator_name, context.task_name))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.ended.append((context.estimator_name, context.task_name))


def test_callbacks_reach_the_distiller():
    """From the wrapper to each iteration, as many ends as beginnings."""
    X, y = iris()
    points = KernelInducingPoints(2, max_iter=4, random_state=0)
    model = DistilledClassifier(points, GaussianNB())
    heard = Listener()
    model.set_callbacks(heard).fit(X, y)
    assert heard.ended.count(("KernelInducingPoints", "iteration")) == 4
    assert heard.ended.count(("KernelInducingPoints", "fit")) == 1
    assert heard.ended[-1] == ("DistilledClassifier", "fit")
    assert sorted(heard.begun) == sorted(heard.ended)
    assert heard.n_set_up == 0
    assert not hasattr(model.distiller_, "_parent_callback_ctx")


def test_callbacks_reach_the_distiller_through_a_search():
    X, y = iris()
    model = DistilledClassifier(RandomSelection(random_state=0), GaussianNB())
    heard = Listener()
    search = GridSearchCV(model, {"distiller__budget": [2, 3]}, cv=2)
    search.set_callbacks(heard).fit(X, y)
    assert heard.ended.count(("RandomSelection", "fit")) == 5


def test_a_progress_bar_on_a_wrapper(capsys):
    X, y = iris()
    model = DistilledClassifier(
        KernelInducingPoints(2, max_iter=3, random_state=0), GaussianNB()
    )
    model.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    drawn = capsys.readouterr().out
    assert "DistilledClassifier - fit" in drawn
    assert "KernelInducingPoints - fit" in drawn


def test_callbacks_and_memory_go_together(tmp_path, counting):
    """A remembered distiller is silent, but it is remembered."""
    X, y = iris()
    model = DistilledClassifier(
        counting(5, random_state=0), GaussianNB(), memory=str(tmp_path)
    )
    heard = Listener()
    model.set_callbacks(heard)
    model.fit(X, y)
    model.fit(X, y)
    assert counting.n_fits == 1
    assert heard.ended.count(("DistilledClassifier", "fit")) == 2
    assert sorted(heard.begun) == sorted(heard.ended)


# make_distill_pipeline


def test_a_flat_list_folds_into_plain_scikit_learn_objects():
    """Steps before the distiller see all rows, those after it the distilled ones."""
    X, y = breast_cancer()
    model = make_distill_pipeline(
        StandardScaler(), HerdingSelection(10), SelectKBest(k=5), LogisticRegression()
    )
    assert isinstance(model, Pipeline)
    assert list(model.named_steps) == ["standardscaler", "distilledclassifier"]
    wrapped = model[-1]
    assert isinstance(wrapped, DistilledClassifier)
    assert isinstance(wrapped.estimator, Pipeline)
    model.fit(X, y)
    assert model[0].n_samples_seen_ == 569
    assert len(model[-1].distiller_.distilled_) == 20
    assert model.score(X, y) > 0.85
    by_hand = make_pipeline(
        StandardScaler(),
        DistilledClassifier(
            HerdingSelection(10), make_pipeline(SelectKBest(k=5), LogisticRegression())
        ),
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


def test_the_forms_of_a_flat_list():
    distiller, scaler, nb = HerdingSelection(3), StandardScaler(), GaussianNB()
    assert isinstance(make_distill_pipeline(distiller, nb), DistilledClassifier)
    assert isinstance(make_distill_pipeline(distiller, Ridge()), DistilledRegressor)
    folded = make_distill_pipeline(distiller, scaler, Ridge())
    assert isinstance(folded, DistilledRegressor)
    assert isinstance(folded.estimator, Pipeline)
    ends_in_it = make_distill_pipeline(scaler, distiller)
    assert [type(step) for _, step in ends_in_it.steps] == [
        StandardScaler,
        HerdingSelection,
    ]
    alone = make_distill_pipeline(distiller)
    assert isinstance(alone, Pipeline)
    remembered = make_distill_pipeline(scaler, distiller, nb, memory="m", verbose=True)
    assert remembered.memory == remembered[-1].memory == "m"
    assert remembered.verbose is True
    assert make_distill_pipeline(distiller, scaler, nb, verbose=True).estimator.verbose
    within = make_distill_pipeline(scaler, distiller, make_pipeline(scaler, nb))
    assert isinstance(within[-1].estimator, Pipeline)


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ((StandardScaler(), GaussianNB()), 0),
        ((), 0),
        ((RandomSelection(), HerdingSelection(), GaussianNB()), 2),
    ],
)
def test_a_flat_list_has_exactly_one_distiller(steps, count):
    with pytest.raises(TypeError, match=f"exactly one distiller, not {count}"):
        make_distill_pipeline(*steps)


# imbalanced-learn


def test_the_sampler_returns_what_came_in():
    """Rows and labels in their containers and dtypes."""
    X, y = iris_table()
    Xs, ys = DistillationSampler(HerdingSelection(2)).fit_resample(X, y)
    assert list(Xs.columns) == list(X.columns)
    assert isinstance(ys, pd.Series)
    assert (ys.name, ys.dtype) == (y.name, y.dtype)
    assert list(ys) == ["a", "a", "b", "b", "c", "c"]
    sampler = DistillationSampler(HerdingSelection(2))
    Xs, ys = sampler.fit_resample(X.iloc[:, :4].to_numpy(), y.to_numpy())
    assert Xs.shape == (6, 4)
    assert isinstance(ys, np.ndarray)
    assert sampler.n_features_in_ == 4
    assert len(sampler.distiller_.distilled_) == 6
    categorical = y.astype("category")
    _, ys = sampler.fit_resample(X, categorical)
    assert ys.dtype == categorical.dtype
    weights = (y == "a").to_numpy() + (y == "b").to_numpy() * 1.0
    _, ys = sampler.fit_resample(X, y, sample_weight=weights)
    assert set(ys) == {"a", "b"}
    with pytest.warns(UserWarning, match="column-vector"):
        _, ys = sampler.fit_resample(X, y.to_frame())
    assert list(ys) == ["a", "a", "b", "b", "c", "c"]


@pytest.mark.parametrize(
    "distiller",
    [
        HerdingSelection(3, soft_labels="teacher"),
        HerdingSelection(3, soft_labels=RandomForestClassifier()),
        KernelInducingPoints(3, learn_labels=True),
    ],
)
def test_the_sampler_refuses_soft_labels_that_it_could_not_return(distiller):
    """Before it distills; rows to train on come from the wrapper."""
    X, y = iris()
    sampler = DistillationSampler(distiller)
    with pytest.raises(ValueError, match=r"_labels=.*use DistilledClassifier"):
        sampler.fit_resample(X, y)
    assert not hasattr(sampler, "distiller_")


def test_the_sampler_returns_quantities_that_a_teacher_gave():
    X, y = load_diabetes(return_X_y=True)
    taught = HerdingSelection(9, soft_labels=Ridge(), task="regression", random_state=0)
    _, ys = DistillationSampler(taught).fit_resample(X, y)
    assert np.array_equal(ys, taught.fit(X, y).distilled_.y)


def test_the_sampler_in_an_imblearn_pipeline():
    """With grid search over what is inside it."""
    imblearn = pytest.importorskip("imblearn.pipeline")
    X, y = breast_cancer()
    pipeline = imblearn.make_pipeline(
        StandardScaler(),
        DistillationSampler(RandomSelection(random_state=0)),
        SelectKBest(k=5),
        DecisionTreeClassifier(random_state=0),
    )
    search = GridSearchCV(
        pipeline,
        {
            "distillationsampler__distiller__budget": [2, 30],
            "decisiontreeclassifier__max_depth": [1, 3],
        },
        cv=3,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["distillationsampler__distiller__budget"] == 30
    assert search.score(X, y) > 0.85
    assert search.predict(X).shape == (569,)


def test_a_sampler_is_no_transformer():
    """imbalanced-learn refuses steps that are both."""
    sampler = DistillationSampler(RandomSelection())
    assert not hasattr(sampler, "transform")
    assert not hasattr(sampler, "fit_transform")
    assert hasattr(sampler, "fit_resample")


def test_distillers_are_no_samplers_without_the_wrapper():
    imblearn = pytest.importorskip("imblearn.pipeline")
    X, y = iris()
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        imblearn.make_pipeline(RandomSelection(2), LinearSVC()).fit(X, y)


def test_a_distiller_of_the_other_task_is_refused():
    X, y = load_iris(return_X_y=True)
    wrong = DistilledClassifier(HerdingSelection(5, task="regression"), GaussianNB())
    with pytest.raises(ValueError, match="has task='regression'"):
        wrong.fit(X, y)


def test_a_clusterer_at_the_end_is_refused():
    with pytest.raises(TypeError, match="neither a classifier nor a regressor"):
        make_distill_pipeline(HerdingSelection(5), StandardScaler(), KMeans(3))


def test_a_global_pandas_output_does_not_reach_predict():
    """Images stay images, and arrays stay arrays, for the wrapped estimator."""
    X, y = load_iris(return_X_y=True)
    model = DistilledClassifier(HerdingSelection(5), GaussianNB())
    with config_context(transform_output="pandas"):
        assert model.fit(X, y).score(X, y) > 0.9


def test_what_names_steps_before_the_distiller_needs_some():
    with pytest.raises(ValueError, match="there are none"):
        make_distill_pipeline(
            HerdingSelection(2), GaussianNB(), transform_input=["sample_weight"]
        )


def test_wrappers_take_estimators_of_their_kind():
    """A stacking ensemble, which has no `predict` before it is fitted, is one."""
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="DistilledClassifier is for classification"):
        DistilledClassifier(HerdingSelection(5), Ridge()).fit(X, y)
    with pytest.raises(ValueError, match="DistilledRegressor is for regression"):
        DistilledRegressor(HerdingSelection(5), SVC()).fit(X, X[:, 0])
    with pytest.raises(TypeError, match="has no predict"):
        DistilledClassifier(HerdingSelection(5), StandardScaler()).fit(X, y)
    stack = StackingClassifier([("tree", DecisionTreeClassifier(random_state=0))])
    assert DistilledClassifier(HerdingSelection(10), stack).fit(X, y).score(X, y) > 0.8
