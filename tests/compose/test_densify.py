"""Wrappers that fit their estimator on grown rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    HerdingSelection,
    KCenterSelection,
    KMeansSelection,
    make_distill_pipeline,
)

TREE = DecisionTreeClassifier(random_state=0)


@pytest.fixture(scope="module")
def xor():
    rng = np.random.RandomState(0)
    X = rng.randn(1_500, 3)
    return X, np.where(X[:, 0] * X[:, 1] > 0, "same", "other")


def centroids(**parameters):
    return KMeansSelection(
        8, representative="centroid", random_state=0, **parameters
    )  # fmt: skip


def test_auto_keeps_the_better_fit_on_rows_that_were_not_distilled(xor):
    model = DistilledClassifier(centroids(), TREE, densify="auto").fit(*xor)
    scores = model.densify_scores_
    assert model.n_training_rows_ == 5_000
    assert scores["grown"] > scores["rows"]
    assert model.distilled_.info["n_rows_before"] == 1_201
    assert len(model.distilled_) == 16
    plain = DistilledClassifier(centroids(), TREE).fit(*xor)
    X = np.random.RandomState(5).randn(1_000, 3)
    y = np.where(X[:, 0] * X[:, 1] > 0, "same", "other")
    assert model.score(X, y) > plain.score(X, y)


def test_auto_keeps_the_fit_on_distilled_rows_if_it_is_better():
    # Two far clusters: one row of each class is enough, so that both fits are perfect.
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(100, 2), rng.randn(300, 2) + 40]
    y = np.repeat([0, 1], [100, 300])
    model = DistilledClassifier(
        centroids(), LogisticRegression(), densify="auto"
    ).fit(X, y)  # fmt: skip
    assert model.densify_scores_ == {"rows": 1.0, "grown": 1.0}
    assert model.n_training_rows_ == 16
    # The correction to the data's prior belongs to the fit that was kept.
    np.testing.assert_allclose(model.prior_ratio_, [0.5, 1.5])


def test_prior_set_compares_balanced_accuracies():
    rng = np.random.RandomState(0)
    X = rng.randn(2_000, 2)
    y = (X[:, 0] + rng.randn(2_000) > 2).astype(int)
    model = DistilledClassifier(centroids(), TREE, densify="auto", prior="set")
    scores = model.fit(X, y).densify_scores_
    assert max(scores.values()) < 0.9
    assert scores["grown"] > 0.6


def test_grown_rows_have_soft_labels_for_estimators_with_probabilities():
    rng = np.random.RandomState(0)
    X = rng.randn(3_000, 2)
    y = (X[:, 0] + rng.randn(3_000) > 0.5).astype(int)
    X_test, y_test = X[2_000:], y[2_000:]
    forest = RandomForestClassifier(30, random_state=0)
    parameters = {"densify": 1_000, "calibration": None}
    model = DistilledClassifier(centroids(), forest, **parameters)
    model.fit(X[:2_000], y[:2_000])
    grown = model.distilled_.densify(1_000, random_state=0)
    hard = clone(forest).fit(grown.X, grown.y)
    # Labels overlap, so that hard labels make the forest too certain.
    loss = log_loss(y_test, model.predict_proba(X_test))
    assert loss < log_loss(y_test, hard.predict_proba(X_test)) - 0.05
    svc = DistilledClassifier(centroids(), SVC(), densify=1_000, prior="set")
    svc.fit(X[:2_000], y[:2_000])
    expected = SVC().fit(grown.X, grown.y)
    np.testing.assert_array_equal(svc.predict(X_test), expected.predict(X_test))


def test_int_and_none_are_honored(xor):
    model = DistilledClassifier(centroids(), TREE, densify=200).fit(*xor)
    assert model.n_training_rows_ == 200
    assert not hasattr(model, "densify_scores_")
    assert model.distilled_.info["n_rows_before"] == 1_500
    assert DistilledClassifier(centroids(), TREE).fit(*xor).n_training_rows_ == 16
    own = DistilledClassifier(centroids(densify=150), TREE).fit(*xor)
    assert own.n_training_rows_ == 150


def test_default_is_the_result_without_growing(xor):
    X, y = xor
    model = DistilledClassifier(centroids(), TREE).fit(X, y)
    small = centroids().fit(X, y).distilled_
    tree = clone(TREE).fit(small.X, small.y)
    np.testing.assert_array_equal(
        model.estimator_.predict(X), tree.predict(X)
    )  # fmt: skip


def test_a_distiller_without_the_parameter_is_an_error(xor):
    model = DistilledClassifier(KCenterSelection(5), TREE, densify="auto")
    with pytest.raises(ValueError, match=r"which KCenterSelection does not have"):
        model.fit(*xor)


def test_too_few_rows_for_a_choice_use_the_distilled_rows(xor):
    X, y = xor
    model = DistilledClassifier(HerdingSelection(3), TREE, densify="auto")
    model.fit(X[:60], y[:60])
    assert model.n_training_rows_ == 6
    assert model.distilled_.info["n_rows_before"] == 60


def test_sample_weights_and_their_zeros_remain(xor):
    X, y = xor
    weights = np.ones(len(y))
    weights[:500] = 0.0
    model = DistilledClassifier(HerdingSelection(3), TREE, densify="auto")
    model.fit(X, y, sample_weight=weights)
    assert model.distilled_.info["n_rows_before"] == 801
    assert model.distiller_.sample_indices_.min() >= 500
    assert weights.sum() == 1_000


def test_tables_with_categories_train_a_pipeline(xor):
    X, y = xor
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).round(2)
    frame["kind"] = np.where(frame["a"] > 0, "up", "down")
    model = DistilledClassifier(
        centroids(), HistGradientBoostingClassifier(max_iter=20), densify="auto"
    )
    frame["kind"] = frame["kind"].astype("category")
    assert model.fit(frame, y).score(frame, y) > 0.8
    pickled = clone(model)
    assert pickled.densify == "auto"


def test_grid_search_over_densify(xor):
    X, y = xor
    search = GridSearchCV(
        DistilledClassifier(centroids(), TREE), {"densify": [None, 500]}, cv=2
    ).fit(X, y)
    assert search.best_params_ == {"densify": 500}


def test_make_distill_pipeline_passes_densify_on(xor):
    model = make_distill_pipeline(
        StandardScaler(), centroids(), TREE, densify=300
    ).fit(*xor)  # fmt: skip
    assert model[-1].n_training_rows_ == 300
    with pytest.raises(ValueError, match=r"requires an estimator after the distiller"):
        make_distill_pipeline(StandardScaler(), centroids(), densify=300)


def test_regressor_chooses_by_r2():
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (1_200, 3))
    y = np.sin(2 * X[:, 0]) + X[:, 1]
    distiller = KMeansSelection(40, representative="centroid", random_state=0)
    tree = DecisionTreeRegressor(random_state=0)
    model = DistilledRegressor(distiller, tree, densify="auto").fit(X, y)
    assert model.n_training_rows_ == 5_000
    assert model.densify_scores_["grown"] > model.densify_scores_["rows"] + 0.05


def test_fitting_again_without_auto_removes_the_scores(xor):
    model = DistilledClassifier(centroids(), TREE, densify="auto").fit(*xor)
    model.set_params(densify=None).fit(*xor)
    assert not hasattr(model, "densify_scores_")


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(max_iter=5),
        RandomForestClassifier(5, min_samples_leaf=20),
        make_pipeline(StandardScaler(), DecisionTreeClassifier(min_samples_leaf=20)),
    ],
    ids=lambda e: type(e).__name__,
)
def test_leaves_larger_than_the_smallest_class_are_warned_of(estimator, xor):
    with pytest.warns(UserWarning, match=r"min_samples_leaf=20, but the smallest clas"):
        DistilledClassifier(centroids(), estimator).fit(*xor)


def test_the_parameter_of_lightgbm_is_read_without_importing_lightgbm(xor):
    class Boosting(KNeighborsClassifier):
        def __init__(self, min_child_samples=20):
            self.min_child_samples = min_child_samples
            super().__init__(n_neighbors=1)

        def get_params(self, deep=True):
            return {"min_child_samples": self.min_child_samples}

    with pytest.warns(UserWarning, match=r"Boosting has min_child_samples=20"):
        DistilledClassifier(centroids(), Boosting()).fit(*xor)


def test_leaves_of_regression_trees_need_rows_on_both_sides(xor):
    X = xor[0]
    model = DistilledRegressor(
        KMeansSelection(30, random_state=0), DecisionTreeRegressor(min_samples_leaf=20)
    )
    with pytest.warns(UserWarning, match=r"30 rows cannot be split into two"):
        model.fit(X, X[:, 0] + X[:, 1])


def test_grown_rows_fill_the_leaves(xor):
    # Warnings are errors in this test suite.
    DistilledClassifier(
        centroids(), HistGradientBoostingClassifier(max_iter=5), densify=400
    ).fit(*xor)  # fmt: skip


def test_auto_accepts_sparse_rows():
    from scipy.sparse import csr_array

    rng = np.random.RandomState(0)
    X = rng.rand(300, 4) * (rng.rand(300, 4) > 0.5)
    y = (X[:, 0] > 0.3).astype(int)
    model = DistilledClassifier(centroids(), TREE, densify="auto")
    assert model.fit(csr_array(X), y).score(csr_array(X), y) > 0.9
    assert set(model.densify_scores_) == {"rows", "grown"}


def test_auto_raises_for_empty_data():
    model = DistilledClassifier(HerdingSelection(3), TREE, densify="auto")
    with pytest.raises(ValueError, match="0 sample"):
        model.fit(np.empty((0, 3)), [])


def test_auto_gives_weights_the_effect_of_copies():
    """Fewer than 100 rows are not held back, so that the grown rows are used."""
    rng = np.random.RandomState(0)
    X = rng.randn(40, 2)
    y = (X[:, 0] > 0).astype(int)
    copies = rng.randint(0, 3, 40)
    distiller = HerdingSelection(3, densify=60, random_state=0)
    weighted = DistilledClassifier(distiller, TREE).fit(X, y, sample_weight=copies)
    repeated = DistilledClassifier(distiller, TREE).fit(
        X.repeat(copies, axis=0), y.repeat(copies)
    )
    assert weighted.n_training_rows_ == 60
    np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))
