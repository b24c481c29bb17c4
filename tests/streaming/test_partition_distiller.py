"""PartitionDistiller: a function from frame to frame."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledClassifier,
    DistilledRegressor,
    ForgettingSelection,
    HerdingSelection,
    KMeansSelection,
    PartitionDistiller,
    make_distill_pipeline,
)
from sklearn_distill.testing import parametrize_with_distiller_checks


def test_frame_to_frame_with_weights_after_pickling(frame):
    distill = pickle.loads(
        pickle.dumps(PartitionDistiller(HerdingSelection(5), "label"))
    )
    small = distill(frame)
    assert small.columns.tolist() == [*frame.columns, "sample_weight"]
    assert (small.dtypes.iloc[:-1] == frame.dtypes).all()
    assert small["label"].value_counts().tolist() == [10, 10]
    assert small["sample_weight"].sum() == pytest.approx(3_000)


def test_weights_are_taken_from_the_column_and_kept(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    weighted = frame.assign(sample_weight=0.5)
    assert distill(weighted)["sample_weight"].sum() == pytest.approx(1_500)
    twice = distill(distill(frame))
    assert twice["sample_weight"].sum() == pytest.approx(3_000)


def test_empty_frames_one_class_and_no_target(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    empty = distill(frame.iloc[:0])
    assert len(empty) == 0
    assert (empty.dtypes == distill(frame).dtypes).all()
    assert len(distill(frame[frame["label"] == "yes"])) == 10
    plain = PartitionDistiller(HerdingSelection(5))(frame)
    assert len(plain) == 10


def test_batches_yields_one_frame_for_each_frame_with_rows(frame):
    distill = PartitionDistiller(HerdingSelection(5), "label")
    frames = [frame.iloc[:1000], frame.iloc[:0], frame.iloc[1000:]]
    lengths = [len(small) for small in distill.batches(frames)]
    assert lengths == [20, 20]
    with pytest.raises(ValueError, match="no column 'price'"):
        PartitionDistiller(HerdingSelection(5), "price")(frame)
    seeded = PartitionDistiller(HerdingSelection(5, random_state=0), "label")
    np.testing.assert_array_equal(seeded(frame)["a"], seeded(frame)["a"])


@parametrize_with_distiller_checks(
    [PartitionDistiller(HerdingSelection(), n_partitions=3)]
)
def test_distiller_checks(estimator, check):
    check(estimator)


def test_fit_distills_partitions_like_the_function(frame):
    X, y = frame.drop(columns="label"), frame["label"]
    distill = PartitionDistiller(
        HerdingSelection(5, random_state=0), "label", n_partitions=4
    )
    fitted = distill.fit(X, y)
    made = fitted.distilled_
    assert len(made) == 10
    assert made.info["n_rows_before"] == 3_000
    np.testing.assert_array_equal(
        made.class_mass, y.value_counts().sort_index().to_numpy()
    )
    # Every distilled row is one of those that the function keeps of some partition.
    kept = pd.concat([distill(frame[i : i + 750]) for i in range(0, 3_000, 750)])
    assert set(made.X["a"]) <= set(X["a"])
    assert len(kept) == len(fitted._stream.parts.items) * 20
    pd.testing.assert_frame_equal(
        X.iloc[fitted.sample_indices_].reset_index(drop=True), made.X
    )


@pytest.mark.parametrize("n_partitions", [1, 4, 500])
def test_wrappers_pipelines_and_searches(frame, n_partitions):
    X, y = frame[["a", "b"]].to_numpy(), frame["label"].to_numpy()
    X, y = X[:300], y[:300]
    parts = PartitionDistiller(
        HerdingSelection(8, random_state=0), n_partitions=n_partitions
    )
    model = DistilledClassifier(parts, LogisticRegression()).fit(X, y)
    again = pickle.loads(pickle.dumps(clone(model).fit(X, y)))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    pipeline = make_distill_pipeline(StandardScaler(), parts, LogisticRegression())
    assert pipeline.fit(X, y).score(X, y) == pytest.approx(model.score(X, y), abs=0.1)
    rows = make_pipeline(StandardScaler(), parts).fit_transform(X, y)
    assert len(rows) == 16


def test_searches_over_the_parameters(frame):
    X, y = frame[["a", "b"]][:600], frame["label"][:600]
    parts = PartitionDistiller(HerdingSelection(8, random_state=0))
    model = DistilledClassifier(parts, LogisticRegression())
    grid = {
        "distiller__n_partitions": [1, 5],
        "distiller__budget": [2, 20],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    budget = search.best_params_["distiller__budget"]
    assert len(search.best_estimator_.distilled_) == 2 * budget
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_regression_with_grown_rows():
    rng = np.random.RandomState(0)
    X = rng.randn(1_500, 3)
    y = X[:, 0] + np.sin(2 * X[:, 1])
    parts = PartitionDistiller(KMeansSelection(30, random_state=0), n_partitions=3)
    forest = RandomForestRegressor(20, random_state=0)
    scores = []
    for densify in (None, 800, "auto"):
        model = DistilledRegressor(parts, forest, densify=densify).fit(X, y)
        assert len(model.distilled_) == 30
        scores.append(model.score(X, y))
    assert scores[1] > scores[0]
    assert set(model.densify_scores_) == {"rows", "grown"}
    set_on_itself = PartitionDistiller(parts.distiller, densify=800, n_partitions=3)
    assert len(set_on_itself.fit_transform(X, y)) == 800


def test_errors_name_what_to_do(frame):
    parts = PartitionDistiller(HerdingSelection(5), densify=100)
    with pytest.raises(TypeError, match="is called with a pandas DataFrame; got a nd"):
        parts(frame[["a", "b"]].to_numpy())
    learned = PartitionDistiller(ForgettingSelection(5), densify=100)
    with pytest.raises(ValueError, match="which ForgettingSelection does not have"):
        learned.fit(frame[["a"]], frame["label"])
    with pytest.raises(ValueError, match="n_partitions"):
        PartitionDistiller(HerdingSelection(), n_partitions=0).fit(frame[["a"]])
