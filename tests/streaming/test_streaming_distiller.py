"""StreamingDistiller: the contract, streams, files and their failures."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

from sklearn_distill import (
    DistilledClassifier,
    DistilledSearchCV,
    HerdingSelection,
    KCenterSelection,
    KMeansSelection,
    StreamingDistiller,
)
from sklearn_distill.testing import parametrize_with_distiller_checks

CHUNKED = [
    StreamingDistiller(distiller, chunk_size=25, fan_in=2, subsample=subsample)
    for distiller, subsample in (
        (HerdingSelection(), None),
        (KCenterSelection(), 20),
    )
]


@parametrize_with_distiller_checks([StreamingDistiller(HerdingSelection()), *CHUNKED])
def test_distiller_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data():
    """6,000 rows of 6 columns with different scales, in three unequal classes."""
    rng = np.random.RandomState(0)
    y = rng.choice(3, 6_000, p=[0.6, 0.3, 0.1])
    X = rng.randn(6_000, 6) + 2 * np.eye(3, 6)[y]
    return X * [1, 10, 100, 1, 1, 1] + [0, 5, 0, 0, 0, 0], y


def in_batches(distiller, X, y, size=250):
    for start in range(0, len(X), size):
        distiller.partial_fit(X[start : start + size], y[start : start + size])
    return distiller


def assert_same(one, other):
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(one.y, other.y)


def test_rows_of_one_chunk_give_the_set_of_the_distiller_alone(data):
    X, y = data[0][:900], data[1][:900]
    alone = HerdingSelection(4, random_state=0).fit(X, y)
    for stream in (
        StreamingDistiller(HerdingSelection(4, random_state=0)).fit(X, y),
        in_batches(StreamingDistiller(HerdingSelection(4, random_state=0)), X, y),
    ):
        assert_same(stream.distilled_, alone.distilled_)
        np.testing.assert_array_equal(stream.sample_indices_, alone.sample_indices_)


@pytest.mark.parametrize("order", ["shuffled", "by class", "by feature"])
def test_score_is_within_two_points_of_one_machine_in_any_order(data, order):
    X, y = data
    keys = {"shuffled": np.arange(len(X)), "by class": y, "by feature": X[:, 0]}
    rows = np.argsort(keys[order], kind="stable")
    one = HerdingSelection(20, random_state=0).fit(X[:5000], y[:5000])
    rows = rows[rows < 5000]
    stream = StreamingDistiller(HerdingSelection(20), chunk_size=400, fan_in=3)
    in_batches(stream, X[rows], y[rows])
    difference = stream.score(X[5000:], y[5000:]) - one.score(X[5000:], y[5000:])
    assert difference > -0.02


def test_weights_of_every_set_sum_to_the_rows_of_each_class(data):
    X, y = data
    stream = in_batches(
        StreamingDistiller(HerdingSelection(3), chunk_size=300, fan_in=2), X, y
    )
    assert stream.n_samples_seen_ == 6_000
    np.testing.assert_allclose(stream.class_count_, np.bincount(y))
    made = stream.distilled_
    np.testing.assert_allclose(made.class_mass, np.bincount(y))
    assert made.mass_weights().sum() == pytest.approx(6_000)
    assert made.info["n_rows_before"] == 6_000


def test_positions_are_those_of_the_rows_in_the_stream(data):
    X, y = data
    stream = StreamingDistiller(HerdingSelection(5), chunk_size=500)
    for made in (in_batches(stream, X, y), stream.fit(X, y)):
        np.testing.assert_array_equal(made.distilled_.X, X[made.sample_indices_])


def test_memory_stays_flat_over_a_hundred_chunks():
    rng = np.random.RandomState(0)
    stream = StreamingDistiller(HerdingSelection(2), chunk_size=50, fan_in=4)
    sizes = []
    for _ in range(100):
        X = rng.randn(50, 3)
        stream.partial_fit(X, (X[:, 0] > 0).astype(int))
        sizes.append(stream.nbytes_)
    assert stream.n_levels_ == 4
    assert max(sizes[50:]) < 1.5 * max(sizes[:50])
    assert max(sizes) < 100_000


def test_n_jobs_does_not_change_the_set(data):
    X, y = data
    one = StreamingDistiller(KMeansSelection(3), chunk_size=900, random_state=0)
    two = StreamingDistiller(
        KMeansSelection(3), chunk_size=900, random_state=0, n_jobs=2
    )
    assert_same(one.fit(X, y).distilled_, two.fit(X, y).distilled_)


def test_batch_size_does_not_change_the_set(data):
    X, y = data
    streams = [
        in_batches(StreamingDistiller(HerdingSelection(3), chunk_size=700), X, y, size)
        for size in (40, 1000)
    ]
    assert_same(streams[0].distilled_, streams[1].distilled_)


def test_classes_and_categories_that_occur_late_are_kept():
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    stream = StreamingDistiller(HerdingSelection(3), chunk_size=50)
    for label, color in (("a", "red"), ("b", "green"), ("c", "blue"), ("d", "red")):
        frame = pd.DataFrame(
            {"x": rng.randn(120), "color": pd.Categorical([color] * 120)}
        )
        stream.partial_fit(frame, pd.Series([label] * 120, name="kind"))
    made = stream.distilled_
    assert stream.classes_.tolist() == ["a", "b", "c", "d"]
    assert made.target_name == "kind"
    assert set(made.X["color"]) == {"red", "green", "blue"}
    assert made.X["color"].dtype == "category"
    assert stream.transform(frame) is frame
    np.testing.assert_array_equal(made.class_mass, [120] * 4)


def test_a_column_that_changes_from_numbers_to_text_is_named():
    pd = pytest.importorskip("pandas")
    stream = StreamingDistiller(HerdingSelection(2), chunk_size=20)
    y = np.arange(20) % 2
    stream.partial_fit(pd.DataFrame({"size": np.arange(20.0)}), y)
    with pytest.raises(ValueError, match="column 'size' holds"):
        stream.partial_fit(pd.DataFrame({"size": ["big", "small"] * 10}), y)


def test_integers_that_become_floats_and_gaps_are_kept():
    pd = pytest.importorskip("pandas")
    stream = StreamingDistiller(HerdingSelection(4), chunk_size=20)
    y = np.arange(20) % 2
    stream.partial_fit(pd.DataFrame({"size": np.arange(20)}), y)
    later = pd.DataFrame({"size": np.r_[np.full(10, np.nan), np.arange(10) + 0.5]})
    stream.partial_fit(later, y)
    values = stream.distilled_.X["size"]
    assert values.dtype == np.float64
    assert values.isna().any()


def test_regression_and_rows_without_labels(data):
    X, _ = data
    target = X @ np.arange(6.0)
    regression = StreamingDistiller(KMeansSelection(40), chunk_size=800, random_state=0)
    regression.fit(X[:5000], target[:5000])
    alone = KMeansSelection(40, random_state=0).fit(X[:5000], target[:5000])
    own, other = (d.score(X[5000:], target[5000:]) for d in (regression, alone))
    assert own > other - 0.02
    assert regression.distilled_.class_mass.tolist() == [5000.0]
    assert not hasattr(regression, "classes_")
    plain = StreamingDistiller(HerdingSelection(10), chunk_size=800).fit(X)
    assert plain.distilled_.y is None
    assert len(plain.distilled_) == 10


def test_budget_as_a_share_refers_to_all_rows(data):
    X, y = data
    stream = StreamingDistiller(HerdingSelection(0.01), chunk_size=500)
    assert len(in_batches(stream, X, y).distilled_) == 60
    counts = np.bincount(stream.distilled_.y)
    assert np.abs(counts - 0.01 * np.bincount(y)).max() <= 1


def test_budget_by_class_may_name_classes_that_a_part_lacks(data):
    X, y = data
    rows = np.argsort(y, kind="stable")
    stream = StreamingDistiller(HerdingSelection({0: 2, 1: 3, 2: 4}), chunk_size=500)
    made = stream.fit(X[rows], y[rows]).distilled_
    assert np.bincount(made.y).tolist() == [2, 3, 4]


def test_decay_lets_older_rows_count_less():
    rng = np.random.RandomState(0)
    y = np.arange(200) % 2
    streams = {}
    for decay in (1.0, 0.3):
        stream = StreamingDistiller(HerdingSelection(10), chunk_size=100)
        for center in (0.0, 0.0, 0.0, 5.0):
            X = rng.randn(200, 2) + center
            stream.partial_fit(X, y, decay=decay)
        streams[decay] = stream
    share = {d: (s.distilled_.X[:, 0] > 2.5).mean() for d, s in streams.items()}
    assert share[1.0] == pytest.approx(0.25, abs=0.1)
    assert share[0.3] > 0.6
    expected = 200 * (1 + 0.3 + 0.09 + 0.027)
    assert streams[0.3].class_count_.sum() == pytest.approx(expected)


def test_merged_streams_are_like_one_stream(data):
    X, y = data
    one, other = (
        in_batches(StreamingDistiller(HerdingSelection(20), chunk_size=500), *half)
        for half in ((X[:2500], y[:2500]), (X[2500:5000], y[2500:5000]))
    )
    whole = in_batches(
        StreamingDistiller(HerdingSelection(20), chunk_size=500), X[:5000], y[:5000]
    )
    before = other.distilled_
    one.merge(other)
    assert one.n_samples_seen_ == 5000
    np.testing.assert_allclose(one.class_count_, whole.class_count_)
    np.testing.assert_array_equal(one.distilled_.X, X[one.sample_indices_])
    scores = [s.score(X[5000:], y[5000:]) for s in (one, whole)]
    assert abs(scores[0] - scores[1]) < 0.03
    assert_same(other.distilled_, before)


def test_merge_rejects_other_columns_and_other_objects(data):
    X, y = data
    one = StreamingDistiller(HerdingSelection(2)).fit(X[:100], y[:100])
    narrow = StreamingDistiller(HerdingSelection(2)).fit(X[:100, :3], y[:100])
    with pytest.raises(ValueError, match="columns of the streams differ"):
        one.merge(narrow)
    with pytest.raises(TypeError, match="requires a StreamingDistiller"):
        one.merge(HerdingSelection())


def test_parameters_of_the_distiller_can_be_set_directly():
    stream = StreamingDistiller(HerdingSelection()).set_params(budget=3)
    assert (stream.budget, stream.distiller.budget) == (3, 3)


def test_weights_of_k_center_multiply_distances_in_chunks(data):
    X, y = data
    stream = StreamingDistiller(KCenterSelection(6), chunk_size=500, fan_in=3)
    weights = np.where(X[:, 3] > 0, 10.0, 0.1)
    made = stream.fit(X, y, sample_weight=weights)
    assert (made.distilled_.X[:, 3] > 0).mean() > 0.8
    mass = [weights[y == label].sum() for label in range(3)]
    np.testing.assert_allclose(made.class_count_, mass)
    equal = clone(stream).fit(X, y, sample_weight=np.full(len(X), 3.0))
    np.testing.assert_array_equal(
        equal.sample_indices_, clone(stream).fit(X, y).sample_indices_
    )


def test_k_center_radius_is_within_four_times_the_optimum():
    from sklearn.metrics import pairwise_distances

    X = np.random.RandomState(0).rand(3000, 2)
    stream = StreamingDistiller(
        KCenterSelection(20, numeric="standard"), chunk_size=300
    )
    Z = stream.fit(X).encoder_.encode(X)
    kept = stream.sample_indices_
    alone = KCenterSelection(21, numeric="standard").fit(X).sample_indices_
    between = pairwise_distances(Z[alone])
    lower_bound = between[~np.eye(21, dtype=bool)].min() / 2
    radius = pairwise_distances(Z, Z[kept]).min(axis=1).max()
    assert radius <= 4 * lower_bound


def test_learned_methods_and_those_that_need_labels_distill_the_union(data):
    from sklearn_distill import KernelInducingPoints, UncertaintySelection

    X, y = data
    rows = np.argsort(y, kind="stable")
    for distiller in (
        KernelInducingPoints(2, max_iter=20, random_state=0),
        UncertaintySelection(2, random_state=0),
    ):
        stream = StreamingDistiller(distiller, chunk_size=500).fit(X[rows], y[rows])
        assert np.bincount(stream.distilled_.y).tolist() == [2, 2, 2]
        np.testing.assert_allclose(stream.distilled_.class_mass, np.bincount(y))
    assert not hasattr(StreamingDistiller(HerdingSelection()), "distilled_")


def test_first_batches_of_one_row_and_of_no_rows():
    stream = StreamingDistiller(HerdingSelection(2), chunk_size=10)
    stream.partial_fit(np.empty((0, 3)), np.empty(0, dtype=int))
    X = np.random.RandomState(0).randn(30, 3)
    in_batches(stream, X, np.arange(30) % 2, size=1)
    assert stream.n_samples_seen_ == 30
    assert len(stream.distilled_) == 4


def test_batches_that_do_not_match_raise_errors(data):
    X, y = data
    stream = StreamingDistiller(HerdingSelection(2)).partial_fit(X[:50], y[:50])
    with pytest.raises(ValueError, match="expecting 6 features"):
        stream.partial_fit(X[:50, :4], y[:50])
    with pytest.raises(ValueError, match="have labels y and others do not"):
        stream.partial_fit(X[:50])
    with pytest.raises(ValueError, match="Set task='regression'"):
        stream.partial_fit(X[:50], X[:50, 0])
    with pytest.raises(ValueError, match=r"decay must be in \(0, 1\]"):
        stream.partial_fit(X[:50], y[:50], decay=0.0)
    with pytest.raises(ValueError, match="are numbers in some batches"):
        stream.partial_fit(X[:50], y[:50].astype(str)).distilled_  # noqa: B018


def test_several_targets_in_chunks_are_like_those_of_one_machine(data):
    pd = pytest.importorskip("pandas")
    X, _ = data
    targets = pd.DataFrame({"sum": X.sum(axis=1), "first": X[:, 0] * 50})
    train, test = slice(0, 5_000), slice(5_000, None)
    alone = KMeansSelection(40, random_state=0).fit(X[train], targets[train])
    stream = StreamingDistiller(KMeansSelection(40), chunk_size=800, random_state=0)
    for made in (
        stream.fit(X[train], targets[train]),
        clone(stream).fit_batches(
            (X[i : i + 300], targets[i : i + 300]) for i in range(0, 4_800, 300)
        ),
    ):
        assert made.distilled_.y.shape == (40, 2)
        assert made.distilled_.target_name == ["sum", "first"]
        own, other = (d.score(X[test], targets[test]) for d in (made, alone))
        assert own > other - 0.05
    parts = [clone(stream).fit(X[i::2], targets[i::2]) for i in range(2)]
    assert parts[0].merge(parts[1]).distilled_.y.shape == (40, 2)
    with pytest.raises(ValueError, match="y has 1 columns, but the first batch has 2"):
        stream.partial_fit(X[:10], X[:10, 0])


def test_several_targets_raise_an_error_if_the_method_supports_one(data):
    from sklearn_distill import UncertaintySelection

    X, _ = data
    stream = StreamingDistiller(UncertaintySelection(2), chunk_size=500)
    with pytest.raises(ValueError, match="does not support several targets"):
        stream.fit(X, X[:, :2])


def rare_categories():
    """Return 6,000 rows of two classes in which each of 12 categories is rare."""
    pd = pytest.importorskip("pandas")
    rng = np.random.RandomState(0)
    color = np.full(6_000, "common", dtype=object)
    for k, place in enumerate(rng.choice(6_000, 12, replace=False)):
        color[place] = f"rare {k}"
    frame = pd.DataFrame({"x": rng.randn(6_000), "color": color})
    return frame, (frame["x"] > 0).map({True: "yes", False: "no"})


@pytest.mark.parametrize("subsample", [None, 60])
@pytest.mark.parametrize("distiller", [HerdingSelection(12), KMeansSelection(12)])
def test_rare_categories_are_covered_in_chunks(distiller, subsample):
    frame, y = rare_categories()
    stream = StreamingDistiller(
        clone(distiller), chunk_size=500, fan_in=2, subsample=subsample
    )
    batches = [(frame[i : i + 250], y[i : i + 250]) for i in range(0, 6_000, 250)]
    stream.set_params(random_state=0)
    assert stream.fit_batches(batches).distilled_.X["color"].nunique() < 13
    stream.set_params(cover_categories=True)
    for made in (stream.fit_batches(batches), clone(stream).fit(frame, y)):
        assert set(made.distilled_.X["color"]) == set(frame["color"])
        assert len(made.distilled_) == 24
        np.testing.assert_allclose(
            made.distilled_.class_mass, y.value_counts().sort_index()
        )
    stream.set_params(budget=5)
    with pytest.raises(ValueError, match="cover_categories requires at least 13"):
        stream.fit_batches(batches)


def test_sets_of_streams_grow(data):
    X, y = data
    stream = StreamingDistiller(
        HerdingSelection(10, densify=400), chunk_size=500, random_state=0
    )
    made = stream.fit(X[:5_000], y[:5_000]).distilled_
    assert (len(made), made.growth is None) == (30, False)
    assert len(stream.fit_transform(X[:5_000], y[:5_000])) == 400
    assert (made.predict(X[5_000:]) == y[5_000:]).mean() > 0.7
    assert made.info["n_numbers"] == made.growth.n_numbers
    alone = HerdingSelection(10, densify=400, random_state=0).fit(X[:5_000], y[:5_000])
    own, other = (d.score(X[5_000:], y[5_000:]) for d in (stream, alone))
    assert own > other - 0.05


def test_densify_of_a_stream_replaces_that_of_its_distiller(data):
    X, y = data[0][:1_000], data[1][:1_000]
    herding = HerdingSelection(5, random_state=0)
    stream = StreamingDistiller(herding, chunk_size=300, densify=200)
    assert len(stream.fit_transform(X, y)) == 200
    assert herding.densify is None
    in_it = StreamingDistiller(clone(herding).set_params(densify=200), chunk_size=300)
    np.testing.assert_array_equal(in_it.fit_transform(X, y), stream.fit_transform(X, y))
    for made in (in_it, stream):
        model = DistilledClassifier(made, GaussianNB()).fit(X, y)
        assert model.n_training_rows_ == 200
        model = DistilledClassifier(made, GaussianNB(), densify="auto")
        assert set(model.fit(X, y).densify_scores_) == {"rows", "grown"}
        search = DistilledSearchCV(
            GridSearchCV(GaussianNB(), {"var_smoothing": [1e-9, 1e-3]}, cv=2),
            made,
            top_k=1,
        )
        assert {len(s) for s in search.fit(X, y).distilled_} == {200}
    with pytest.raises(ValueError, match="which KCenterSelection does not have"):
        StreamingDistiller(KCenterSelection(5), densify="auto").fit(X, y)
    with pytest.raises(ValueError, match="'densify' parameter"):
        StreamingDistiller(herding, densify=0).fit(X, y)


def test_subsample_keeps_the_mass_and_the_rows_of_rare_classes(data):
    X, y = data
    rng = np.random.RandomState(0)
    y = y.copy()
    y[rng.choice(len(y), 6, replace=False)] = 7
    weights = rng.rand(len(y)) + 0.5
    stream = StreamingDistiller(
        HerdingSelection(20), chunk_size=1_500, subsample=200, random_state=0
    )
    order = np.argsort(y, kind="stable")
    for rows in (np.arange(len(y)), order):
        stream.fit(X[rows], y[rows], weights[rows])
        expected = [weights[y == c].sum() for c in np.unique(y)]
        np.testing.assert_allclose(stream.class_count_, expected)
        assert stream.n_samples_seen_ == 6_000
        assert np.bincount(stream.distilled_.y).tolist() == [20, 20, 20, 0, 0, 0, 0, 6]
        np.testing.assert_array_equal(
            stream.distilled_.X, X[rows][stream.sample_indices_]
        )
        mean = np.average(X[y == 1], axis=0, weights=weights[y == 1])
        part = stream.distilled_.X[stream.distilled_.y == 1].mean(axis=0)
        assert (np.abs(part - mean) < 0.6 * X.std(axis=0)).all()


def test_fit_after_a_stream_forgets_it(data):
    X, y = data
    stream = in_batches(StreamingDistiller(HerdingSelection(2), chunk_size=500), X, y)
    stream.fit(X[:100], y[:100])
    assert stream.n_samples_seen_ == 100
    stream.partial_fit(X[100:150], y[100:150])
    assert stream.n_samples_seen_ == 150


def test_sparse_rows_and_polars_tables_come_back_in_their_container(data):
    from scipy.sparse import csr_array

    X, y = data
    stream = StreamingDistiller(HerdingSelection(3), chunk_size=500)
    dense = stream.fit(X, y).distilled_
    sparse = stream.fit(csr_array(X), y).distilled_
    assert isinstance(sparse.X, csr_array)
    np.testing.assert_array_equal(sparse.X.toarray(), dense.X)
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(X, schema=list("abcdef"))
    table = stream.fit(frame, polars.Series("y", y)).distilled_
    assert isinstance(table.X, polars.DataFrame)
    np.testing.assert_array_equal(table.X.to_numpy(), dense.X)


def test_images_in_chunks():
    rng = np.random.RandomState(0)
    y = np.arange(600) % 3
    X = rng.randint(0, 60, (600, 1, 4, 4)).astype(np.uint8)
    X[np.arange(600), 0, y] += 180
    stream = StreamingDistiller(HerdingSelection(3), chunk_size=100, fan_in=3)
    made = stream.fit(X[:500], y[:500]).distilled_
    assert made.X.shape == (9, 1, 4, 4)
    assert made.X.dtype == np.uint8
    assert stream.score(X[500:], y[500:]) == 1.0


def test_unlabeled_rows_are_distilled_in_chunks(data):
    X, y = data
    stream = StreamingDistiller(HerdingSelection(3), chunk_size=400, random_state=0)
    stream.fit(X[:300], y[:300], X_unlabeled=X[300:1200])
    assert stream.n_samples_seen_ == 1200
    assert len(stream.distilled_) == 9


def test_a_pickle_goes_on_where_the_stream_stopped(data):
    import pickle

    X, y = data
    make = StreamingDistiller(KMeansSelection(3), chunk_size=300, random_state=0)
    half = in_batches(make, X[:3000], y[:3000])
    resumed = pickle.loads(pickle.dumps(half))
    whole = in_batches(half, X[3000:], y[3000:])
    in_batches(resumed, X[3000:], y[3000:])
    assert_same(resumed.distilled_, whole.distilled_)
