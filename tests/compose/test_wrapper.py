"""The fit of the wrappers: soft labels, metadata routing, memory and callbacks."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.callback import ProgressBar
from sklearn.ensemble import AdaBoostClassifier, VotingClassifier
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    RandomSelection,
    make_distill_pipeline,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class WithoutWeights(KNeighborsClassifier):
    """A classifier without sample_weight that stores its training data."""

    def fit(self, X, y):
        self.trained_on_ = X, y
        return super().fit(X, y)


class WithWeights(GaussianNB):
    """A classifier with sample_weight that stores its training data."""

    def fit(self, X, y, sample_weight=None):
        self.trained_on_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


def test_soft_labels_are_passed_as_weighted_rows(iris):
    X, y = iris
    distiller = HerdingSelection(4, soft_labels=GaussianNB(), random_state=0)
    model = DistilledClassifier(distiller, WithWeights()).fit(X, y)
    distilled = model.distiller_.distilled_
    rows, labels, weights = model.estimator_.trained_on_
    assert len(rows) > 12
    assert weights.mean() == pytest.approx(1)
    for got, expected in zip((rows, labels, weights), distilled.expand(), strict=True):
        np.testing.assert_array_equal(got, expected)
    in_pipeline = DistilledClassifier(
        distiller, make_pipeline(StandardScaler(), WithWeights())
    ).fit(X, y)
    np.testing.assert_array_equal(in_pipeline.estimator_[-1].trained_on_[2], weights)
    # An estimator without sample_weight is fitted on the hard labels.
    hard = DistilledClassifier(distiller, WithoutWeights(1)).fit(X, y)
    np.testing.assert_array_equal(hard.estimator_.trained_on_[0], distilled.X)
    np.testing.assert_array_equal(hard.estimator_.trained_on_[1], distilled.y)


@pytest.mark.parametrize("routing", [False, True])
def test_sample_weight_is_passed_only_to_the_distiller(
    iris, three_rows_per_class, routing
):
    X, y = iris
    with sklearn.config_context(enable_metadata_routing=routing):
        distiller = RandomSelection(2, random_state=0)
        if routing:
            distiller.set_fit_request(sample_weight=True)
        model = DistilledClassifier(distiller, WithWeights())
        model.fit(X, y, sample_weight=three_rows_per_class(y))
        assert model.estimator_.trained_on_[2] is None
    weighted = {tuple(row) for row in X[three_rows_per_class(y) > 0]}
    assert {tuple(row) for row in model.distiller_.distilled_.X} <= weighted


@pytest.mark.parametrize(
    "ensemble",
    [
        lambda model: AdaBoostClassifier(model, n_estimators=3, random_state=0),
        CalibratedClassifierCV,
        lambda model: VotingClassifier([("one", model), ("two", GaussianNB())]),
    ],
)
def test_ensembles_that_pass_sample_weight_accept_the_wrapper(iris, ensemble):
    X, y = iris
    model = ensemble(DistilledClassifier(HerdingSelection(5), GaussianNB()))
    assert model.fit(X, y, sample_weight=np.arange(len(y)) + 1.0).score(X, y) > 0.85


def test_routing_raises_if_the_distiller_does_not_request_weights(
    iris, three_rows_per_class
):
    X, y = iris
    weights = three_rows_per_class(y)
    with sklearn.config_context(enable_metadata_routing=True):
        model = DistilledClassifier(RandomSelection(2), GaussianNB())
        with pytest.raises(UnsetMetadataPassedError, match=r"RandomSelection\.fit"):
            model.fit(X, y, sample_weight=weights)
        declined = RandomSelection(2, random_state=0)
        declined.set_fit_request(sample_weight=False)
        with pytest.raises(TypeError, match="sample_weight"):
            DistilledClassifier(declined, GaussianNB()).fit(X, y, sample_weight=weights)


def test_metadata_that_the_distiller_does_not_accept_raises_an_error(iris):
    X, y = iris
    model = DistilledClassifier(RandomSelection(2), GaussianNB())
    with pytest.raises(
        TypeError, match=r"RandomSelection.fit does not accept \['groups'\]"
    ):
        model.fit(X, y, groups=y)


def test_routing_through_pipelines_and_searches(iris, three_rows_per_class):
    """Weights are passed to the fit of the distiller, and to score if requested."""
    X, y = iris
    weights = np.where(three_rows_per_class(y), 1.0, 1e-6)
    with sklearn.config_context(enable_metadata_routing=True):
        distiller = RandomSelection(2, random_state=0)
        model = DistilledClassifier(
            distiller.set_fit_request(sample_weight=True), WithWeights()
        ).set_score_request(sample_weight=True)
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False), model
        ).fit(X, y, sample_weight=weights)
        assert pipeline[-1].estimator_.trained_on_[2] is None
        kept = pipeline[0].inverse_transform(pipeline[-1].distiller_.distilled_.X)
        heavy = X[weights == 1]
        distances = np.abs(kept[:, None] - heavy[None]).max(axis=2).min(axis=1)
        assert distances.max() < 1e-6
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


@pytest.mark.parametrize("steps", ["wrapped", "flat"])
def test_memory_distills_once_per_fold(iris, tmp_path, counting, steps):
    """A grid search over the estimator distills for each of 3 folds and the refit."""
    X, y = iris
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


def test_memory_distills_again_if_an_input_changes(iris, tmp_path, counting):
    X, y = iris
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


class Listener:
    """A callback that records the tasks of inner estimators, too."""

    max_propagation_depth = None

    def __init__(self):
        self.started, self.ended, self.n_set_up = [], [], 0

    def setup(self, estimator, context):
        self.n_set_up += 1

    def teardown(self, estimator, context):
        self.n_set_up -= 1

    def on_fit_task_begin(self, estimator, context):
        self.started.append((context.estimator_name, context.task_name))

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        self.ended.append((context.estimator_name, context.task_name))


def test_callbacks_are_passed_to_the_distiller(iris):
    X, y = iris
    distiller = KernelInducingPoints(2, max_iter=4, random_state=0)
    model = DistilledClassifier(distiller, GaussianNB())
    listener = Listener()
    model.set_callbacks(listener).fit(X, y)
    assert listener.ended.count(("KernelInducingPoints", "iteration")) == 4
    assert listener.ended.count(("KernelInducingPoints", "fit")) == 1
    assert listener.ended[-1] == ("DistilledClassifier", "fit")
    assert sorted(listener.started) == sorted(listener.ended)
    assert listener.n_set_up == 0
    assert not hasattr(model.distiller_, "_parent_callback_ctx")


def test_callbacks_are_passed_to_the_distiller_through_a_search(iris):
    X, y = iris
    model = DistilledClassifier(RandomSelection(random_state=0), GaussianNB())
    listener = Listener()
    search = GridSearchCV(model, {"distiller__budget": [2, 3]}, cv=2)
    search.set_callbacks(listener).fit(X, y)
    assert listener.ended.count(("RandomSelection", "fit")) == 5


def test_progress_bar_shows_wrapper_and_distiller(iris, capsys):
    X, y = iris
    model = DistilledClassifier(
        KernelInducingPoints(2, max_iter=3, random_state=0), GaussianNB()
    )
    model.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    drawn = capsys.readouterr().out
    assert "DistilledClassifier - fit" in drawn
    assert "KernelInducingPoints - fit" in drawn


def test_memory_caches_the_distiller_if_callbacks_are_set(iris, tmp_path, counting):
    """A cached distiller does not report to callbacks."""
    X, y = iris
    model = DistilledClassifier(
        counting(5, random_state=0), GaussianNB(), memory=str(tmp_path)
    )
    listener = Listener()
    model.set_callbacks(listener)
    model.fit(X, y)
    model.fit(X, y)
    assert counting.n_fits == 1
    assert listener.ended.count(("DistilledClassifier", "fit")) == 2
    assert sorted(listener.started) == sorted(listener.ended)
