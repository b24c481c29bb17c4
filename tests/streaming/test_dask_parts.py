"""Dask collections are distilled by partition."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import HerdingSelection, PartitionDistiller, StreamingDistiller

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")


def stream(**params):
    return StreamingDistiller(
        HerdingSelection(3), chunk_size=500, random_state=0, **params
    )


def assert_same(made, other):
    np.testing.assert_array_equal(np.asarray(made.X), np.asarray(other.X))
    np.testing.assert_array_equal(made.y, other.y)
    np.testing.assert_allclose(made.class_mass, other.class_mass)


@pytest.fixture
def arrays():
    rng = np.random.RandomState(0)
    X = rng.randn(3_000, 4)
    return X, (X[:, 0] > 0).astype(int)


def test_arrays_give_the_same_set_as_joblib(arrays):
    X, y = arrays
    local = stream(n_jobs=2).fit(X, y)
    for blocks in ((500, 4), (500, 2)):
        made = stream().fit(da.from_array(X, blocks), da.from_array(y, 500))
        assert_same(made.distilled_, local.distilled_)
        np.testing.assert_array_equal(made.sample_indices_, local.sample_indices_)
        assert made.n_samples_seen_ == 3_000
    assert_same(
        stream().fit(da.from_array(X, (500, 4)), y).distilled_, local.distilled_
    )


def test_frames_give_the_same_set_as_joblib(frame):
    X, y = frame.drop(columns="label"), frame["label"]
    local = stream().fit(X, y).distilled_
    parts = dd.from_pandas(frame, npartitions=6)
    made = stream().fit(parts.drop(columns="label"), parts["label"])
    assert_same(made.distilled_, local)
    assert_same(stream().fit_batches(parts, target="label").distilled_, local)
    assert made.distilled_.X.columns.tolist() == ["a", "b", "color"]


def test_partitions_of_one_class_and_without_rows(frame):
    ordered = dd.from_pandas(frame.sort_values("label"), npartitions=6, sort=False)
    positive = ordered[ordered["a"] > 0]
    made = stream().fit(positive.drop(columns="label"), positive["label"]).distilled_
    expected = frame.loc[frame["a"] > 0, "label"].value_counts()
    np.testing.assert_allclose(made.class_mass, expected[["no", "yes"]])
    empty = ordered[ordered["a"] > 100]
    with pytest.raises(ValueError, match="X has no rows"):
        stream().fit(empty.drop(columns="label"), empty["label"])


def test_partitions_that_do_not_match_raise_errors(arrays):
    X, y = arrays
    unknown = da.from_array(X, (500, 4))[da.from_array(y, 500) == 1]
    with pytest.raises(ValueError, match="lengths of the partitions of X are unknown"):
        stream().fit(unknown, y)
    with pytest.raises(ValueError, match="6 partitions and y has 3"):
        stream().fit(unknown, da.from_array(y, 1000))
    with pytest.raises(ValueError, match="X_unlabeled is not supported"):
        stream().fit(da.from_array(X, (500, 4)), y, X_unlabeled=X)


def test_partition_distiller_in_map_partitions(frame):
    distill = PartitionDistiller(HerdingSelection(4, random_state=0), target="label")
    parts = dd.from_pandas(frame, npartitions=6)
    small = parts.map_partitions(distill, meta=distill.meta(parts._meta)).compute()
    assert small["sample_weight"].sum() == pytest.approx(3_000)
    masses = small.groupby("label")["sample_weight"].sum()
    np.testing.assert_allclose(masses, frame["label"].value_counts()[["no", "yes"]])
    assert len(small) == 6 * 16


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(arrays, tmp_path):
    distributed = pytest.importorskip("distributed")
    X, y = arrays
    local = stream().fit(X, y).distilled_
    marker = tmp_path / "died"

    def dying(block):
        import os

        if block.shape[0] and not marker.exists() and float(block[0, 0]) == X[1000, 0]:
            marker.write_text("")
            os._exit(1)
        return block

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 5}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
        distributed.Client(cluster),
    ):
        blocks = da.from_array(X, (500, 4)).map_blocks(
            dying, dtype=X.dtype, meta=np.empty((0, 4))
        )
        made = stream().fit(blocks, da.from_array(y, 500)).distilled_
    assert marker.exists()
    assert_same(made, local)


def test_several_targets_and_categories_of_unknown_values(frame):
    dd = pytest.importorskip("dask.dataframe")
    frame = frame.assign(color=frame["color"].astype("category"))
    parts = dd.from_pandas(frame, npartitions=4)
    X = parts[["color", "label"]]
    X = X.assign(color=X["color"].cat.as_unknown())
    stream = StreamingDistiller(HerdingSelection(8), chunk_size=500, random_state=0)
    made = stream.fit(X, parts[["a", "b"]]).distilled_
    assert made.y.shape == (8, 2)
    assert made.target_name == ["a", "b"]
    assert set(made.X["color"].cat.categories) == {"red", "green", "blue"}
    sampled = stream.set_params(subsample=50).fit(X, parts[["a", "b"]])
    np.testing.assert_allclose(sampled.distilled_.class_mass, [3_000])
    with pytest.raises(TypeError, match="partial_fit requires rows that are in memory"):
        stream.partial_fit(X, parts["a"])
