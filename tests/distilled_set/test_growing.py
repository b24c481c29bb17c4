"""Distilled sets that grow: valid rows, labels, containers and files."""

import pickle
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_distill import (
    DistilledSet,
    HerdingSelection,
    KMeansSelection,
    RandomSelection,
)


@pytest.fixture(scope="module")
def table():
    """Return a table of many kinds of columns, two of which decide the class."""
    rng = np.random.RandomState(0)
    n = 400
    size = rng.gamma(2.0, 10.0, n)
    color = rng.choice(["red", "green", "blue"], n, p=[0.6, 0.3, 0.1])
    X = pd.DataFrame(
        {
            "size": np.where(rng.uniform(size=n) < 0.1, np.nan, size.round(2)),
            "count": rng.randint(0, 5, n),
            "color": color,
            "grade": pd.Categorical(
                rng.choice(["low", "high"], n), ["low", "mid", "high"], ordered=True
            ),
            "day": pd.Timestamp("2024-01-01")
            + pd.to_timedelta(rng.randint(0, 60, n), unit="D"),
            "flag": rng.uniform(size=n) < 0.2,
            "number": pd.array(rng.randint(0, 3, n), dtype="Int64"),
            "price": [Decimal(int(v)) / 100 for v in rng.randint(100, 900, n)],
        }
    )
    X.loc[::7, "number"] = pd.NA
    X.loc[::9, "color"] = None
    X.index = X.index + 5
    y = pd.Series(np.where((size > 15) ^ (color == "red"), "yes", "no"), name="kind")
    return X, y.set_axis(X.index)


@pytest.fixture(scope="module")
def small(table):
    return KMeansSelection(
        8, representative="centroid", densify="auto", random_state=0
    ).fit(*table).distilled_  # fmt: skip


def numeric_set(n=300):
    """Return the distilled set of numbers with two classes."""
    rng = np.random.RandomState(1)
    X = rng.randn(n, 3)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    return X, y, HerdingSelection(
        10, densify="auto", random_state=0
    ).fit(X, y).distilled_  # fmt: skip


def test_densify_starts_with_the_distilled_rows(small):
    grown = small.densify(500, random_state=0)
    assert isinstance(grown, DistilledSet)
    assert len(grown) == 500
    pd.testing.assert_frame_equal(grown.X.iloc[:16], small.X)
    np.testing.assert_array_equal(grown.y[:16], small.y)
    assert grown.growth is None
    assert grown.info["n_rows_grown_from"] == 16
    assert grown.info["bytes"] == grown.nbytes
    np.testing.assert_array_equal(grown.class_mass, small.class_mass)


def test_densify_returns_only_values_that_the_columns_could_hold(small, table):
    X, _ = table
    grown = small.densify(500, random_state=0).X
    pd.testing.assert_series_equal(grown.dtypes, X.dtypes)
    assert set(grown["color"].dropna()) == {"red", "green", "blue"}
    assert set(grown["grade"]) <= {"low", "high"}
    assert grown["count"].isin(range(5)).all()
    assert grown["day"].isin(pd.date_range("2024-01-01", periods=60)).all()
    assert grown["size"].dropna().between(X["size"].min(), X["size"].max()).all()
    cents = 100 * grown["size"].dropna()
    np.testing.assert_allclose(cents, cents.round(), atol=1e-6)
    assert grown["number"].dropna().isin([0, 1, 2]).all()
    assert {type(value) for value in grown["price"]} == {Decimal}
    assert all(value == round(value, 2) for value in grown["price"])


def test_densify_keeps_the_shares_of_categories_and_missing_values(small, table):
    X, _ = table
    grown = small.densify(2_000, allocation="proportional", random_state=0).X
    assert abs((grown["color"] == "red").mean() - (X["color"] == "red").mean()) < 0.1
    assert abs(grown["size"].isna().mean() - X["size"].isna().mean()) < 0.05
    assert abs(grown["number"].isna().mean() - X["number"].isna().mean()) < 0.05


def test_densify_draws_equal_numbers_of_each_class_or_by_class_mass():
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(180, 2), rng.randn(20, 2) + 6]
    y = np.repeat([0, 1], [180, 20])
    small = HerdingSelection(4, densify="auto").fit(X, y).distilled_
    equal = small.densify(1_000, random_state=0)
    assert (equal.y == 1).mean() == pytest.approx(0.5, abs=0.02)
    shares = small.densify(1_000, allocation="proportional", random_state=0)
    assert (shares.y == 1).mean() == pytest.approx(0.1, abs=0.02)


def test_densify_depends_on_random_state_only(small):
    one, two = (small.densify(100, random_state=3) for _ in range(2))
    pd.testing.assert_frame_equal(one.X, two.X)
    assert not one.X.equals(small.densify(100, random_state=4).X)


def test_grown_rows_train_a_tree_better_than_the_distilled_rows():
    from sklearn.tree import DecisionTreeClassifier

    small = numeric_set(2_000)[2]
    X_test = np.random.RandomState(7).randn(1_000, 3)
    y_test = (X_test[:, 0] * X_test[:, 1] > 0).astype(int)
    tree = DecisionTreeClassifier(random_state=0)
    own = tree.fit(small.X, small.y).score(X_test, y_test)
    grown = small.densify(2_000, random_state=0)
    assert tree.fit(grown.X, grown.y).score(X_test, y_test) > own + 0.1


def test_predict_follows_the_training_labels():
    small = numeric_set(2_000)[2]
    X_test = np.random.RandomState(7).randn(1_000, 3)
    y_test = (X_test[:, 0] * X_test[:, 1] > 0).astype(int)
    assert (small.predict(X_test) == y_test).mean() > 0.9
    proba = small.predict_proba(X_test)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    np.testing.assert_array_equal(proba.argmax(axis=1), small.predict(X_test))


def test_predict_assumes_the_class_shares_of_the_chosen_prior():
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(950, 2), rng.randn(50, 2) + 1.5]
    y = np.repeat(["a", "b"], [950, 50])
    small = HerdingSelection(5, densify="auto").fit(X, y).distilled_
    assert (small.predict(X, prior="data") == "b").mean() < 0.08
    assert (small.predict(X, prior="set") == "b").mean() > 0.12


def test_predict_matches_columns_by_name_and_accepts_unknown_categories(small, table):
    X, y = table
    assert (small.predict(X) == y.to_numpy()).mean() > 0.7
    shuffled = X[X.columns[::-1]]
    np.testing.assert_array_equal(small.predict(shuffled), small.predict(X))
    small.predict(X.assign(color="violet"))


def test_soft_labels_of_grown_rows_are_probabilities(small):
    grown = small.densify(300, soft_labels=True, random_state=0)
    assert grown.soft_labels.shape == (300, 2)
    np.testing.assert_array_equal(grown.soft_labels[:16].argmax(1), small.y == "yes")
    labels = grown.classes[grown.soft_labels.argmax(axis=1)]
    np.testing.assert_array_equal(labels, grown.y)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_files_restore_sampler_and_decoder_exactly(small, table, tmp_path, suffix):
    path = tmp_path / f"set{suffix}"
    small.save(path)
    loaded = DistilledSet.load(path)
    assert loaded.growth.n_numbers == small.growth.n_numbers
    one, two = (s.densify(200, random_state=0) for s in (small, loaded))
    pd.testing.assert_frame_equal(one.X, two.X)
    np.testing.assert_array_equal(one.y, two.y)
    np.testing.assert_array_equal(
        small.predict_proba(table[0]), loaded.predict_proba(table[0])
    )


def test_csv_files_reject_sampler_and_decoder(tmp_path):
    _, _, small = numeric_set()
    with pytest.raises(ValueError, match=r"cannot store the sampler and the decoder"):
        small.save(tmp_path / "set.csv")
    small.densify(50).save(tmp_path / "set.csv")
    assert len(DistilledSet.load(tmp_path / "set.csv")) == 50


def test_pickles_restore_sampler_and_decoder():
    X, _, small = numeric_set()
    loaded = pickle.loads(pickle.dumps(small))
    np.testing.assert_array_equal(loaded.predict(X), small.predict(X))


def test_sizes_count_the_numbers_of_sampler_and_decoder():
    _, _, small = numeric_set()
    growth = small.growth
    plain = DistilledSet(small.X, small.y, classes=small.classes)
    assert small.nbytes == plain.nbytes + growth.nbytes
    assert small.info["n_numbers"] == growth.n_numbers
    assert small.info["bytes"] == small.nbytes
    assert repr(small).startswith(
        f"<DistilledSet: 20 rows x 3 columns + {growth.n_numbers} numbers"
    )
    assert f"3 columns + {growth.n_numbers} numbers" in small._repr_html_()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n": 3}, "n must be an int of at least 20"),
        ({"n": 50.0}, "n must be an int"),
        ({"allocation": "sqrt"}, "allocation must be 'equal' or 'proportional'"),
        ({"label_noise": True}, "label_noise=True requires continuous targets"),
    ],
)
def test_densify_rejects_invalid_parameters(changes, message):
    _, _, small = numeric_set()
    with pytest.raises(ValueError, match=message):
        small.densify(**{"n": 50, **changes})


def test_sets_without_sampler_and_decoder_say_how_to_get_them():
    X, y, _ = numeric_set()
    small = HerdingSelection(5).fit(X, y).distilled_
    for call in (small.densify, lambda: small.predict(X)):
        with pytest.raises(ValueError, match=r"Set densify='auto' on the distiller"):
            call()


def test_a_part_of_the_rows_cannot_have_the_sampler_of_all_rows(small):
    with pytest.raises(ValueError, match=r"pass growth=None for a part of the rows"):
        DistilledSet(
            small.X[:4], small.y[:4], classes=small.classes, growth=small.growth
        )


def test_predict_rejects_other_columns_and_priors():
    X, _, small = numeric_set()
    with pytest.raises(ValueError, match=r"X must have the 3 columns of the set"):
        small.predict(X[:, :2])
    with pytest.raises(ValueError, match=r"prior must be 'data' or 'set'"):
        small.predict(X, prior="equal")


def test_regression_grows_with_targets_of_the_decoder():
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (1_000, 6))
    y = 10 + np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * rng.randn(1_000)
    small = KMeansSelection(
        60, representative="centroid", densify="auto", random_state=0
    ).fit(X[:800], y[:800]).distilled_  # fmt: skip
    missed = small.predict(X[800:]) - y[800:]
    assert 1 - missed.var() / y[800:].var() > 0.85
    # Four of the six columns are irrelevant.
    relevance = small.growth.decoder.relevance
    assert relevance[:2].min() > 3 * relevance[2:].max()
    grown = small.densify(400, random_state=0)
    assert y.min() <= grown.y[60:].min() <= grown.y[60:].max() <= y.max()
    np.testing.assert_allclose(grown.y[60:], small.predict(grown.X[60:]))
    noisy = small.densify(400, label_noise=True, random_state=0)
    spread = (noisy.y - grown.y)[60:].std()
    decoder = small.growth.decoder
    residual = (decoder.residual * decoder.target[1]).item()
    assert spread == pytest.approx(residual, rel=0.15)
    assert 0.1 < residual < 0.6
    with pytest.raises(ValueError, match=r"soft_labels=True requires classes"):
        small.densify(400, soft_labels=True)
    with pytest.raises(ValueError, match=r"predict_proba requires classes"):
        small.predict_proba(X)


def test_several_targets_grow(tmp_path):
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, (600, 2))
    y = np.c_[X[:, 0] ** 2, 100 * X[:, 1]]
    small = KMeansSelection(
        40, representative="centroid", densify="auto", random_state=0
    ).fit(X, y).distilled_  # fmt: skip
    small.save(tmp_path / "set.npz")
    small = DistilledSet.load(tmp_path / "set.npz")
    missed = ((small.predict(X) - y) ** 2).mean(axis=0) / y.var(axis=0)
    assert (missed < 0.05).all()
    grown = small.densify(200, random_state=0)
    assert grown.y.shape == (200, 2)
    np.testing.assert_allclose(grown.y[40:], small.predict(grown.X[40:]))
    noisy = small.densify(200, label_noise=True, random_state=0)
    spread = (noisy.y - grown.y)[40:].std(axis=0)
    assert spread[1] > 5 * spread[0]


def test_containers_come_back():
    polars = pytest.importorskip("polars")
    X, y, _ = numeric_set()
    frame = polars.DataFrame(X, schema=["a", "b", "c"])
    grown = HerdingSelection(5, densify="auto").fit(frame, y).distilled_.densify(40)
    assert isinstance(grown.X, polars.DataFrame)
    assert grown.X.schema == frame.schema
    rows = sparse.csr_matrix(np.where(np.abs(X) < 1, 0.0, X))
    grown = HerdingSelection(5, densify="auto").fit(rows, y).distilled_.densify(40)
    assert sparse.issparse(grown.X)
    assert grown.X.shape == (40, 3)


def test_whole_numbers_and_single_precision_stay_what_they_are():
    X, y, _ = numeric_set()
    for dtype in (np.float32, np.int16):
        rows = (10 * X).astype(dtype)
        small = HerdingSelection(5, densify="auto").fit(rows, y).distilled_
        assert small.densify(60).X.dtype == dtype


def test_constant_columns_stay_constant():
    X = np.c_[np.random.RandomState(0).randn(50, 1), np.full(50, 3.0)]
    small = RandomSelection(5, densify="auto", random_state=0).fit(X, X[:, 0] > 0)
    grown = small.distilled_.densify(30, random_state=0)
    assert (grown.X[:, 1] == 3.0).all()


def test_a_class_of_a_single_row_grows():
    X = np.random.RandomState(0).randn(60, 2)
    y = np.r_[np.zeros(30), np.ones(29), 2].astype(int)
    small = HerdingSelection(5, densify="auto").fit(X, y).distilled_
    assert set(small.y) == {0, 1, 2}
    assert len(small.densify(40, random_state=0)) == 40


def test_sample_weights_of_grown_rows_are_those_of_their_distilled_rows():
    small = numeric_set()[2]
    weighted = DistilledSet(
        small.X,
        small.y,
        sample_weight=np.where(small.y == 0, 1.0, 2.0),
        classes=small.classes,
        growth=small.growth,
    )
    grown = weighted.densify(200, random_state=0)
    assert set(grown.sample_weight) == {1.0, 2.0}
    assert grown.sample_weight.mean() == pytest.approx(1.5, abs=0.05)
