"""Distilled rows that hold each category of chosen columns."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklearn_distill import (
    GradientMatching,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    SubmodularSelection,
    UncertaintySelection,
)

# A fit of few steps may not lower its loss, which these tests do not depend on.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def table():
    """Return 300 rows of two classes with rare categories, and their labels."""
    rng = np.random.RandomState(0)
    y = np.repeat(["no", "yes"], [200, 100])
    city = np.array(rng.choice(["Bern", "Oslo"], 300), dtype=object)
    city[[3, 70, 210]] = ["Rome", "Lima", "Rome"]
    job = pd.Series(rng.choice(["cook", "smith"], 300), dtype=object)
    job[[10, 250]] = ["pilot", None]
    X = pd.DataFrame(
        {
            "size": rng.randn(300) + (y == "yes"),
            "city": city,
            "job": job,
            "level": pd.Categorical(rng.choice(list("abc"), 300, p=[0.6, 0.39, 0.01])),
        }
    )
    return X, y


def categories_of(column):
    """Return the categories of a column that rows hold, missing values among them."""
    return set(column.astype(object).where(column.notna(), None))


METHODS = [
    RandomSelection(random_state=0),
    HerdingSelection(),
    KMeansSelection(random_state=0),
    SubmodularSelection(random_state=0),
    UncertaintySelection(proxy=LogisticRegression(), random_state=0),
    KMeansSelection(representative="centroid", random_state=0),
    KernelInducingPoints(max_iter=20, random_state=0),
    GradientMatching(max_iter=20, random_state=0),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: " ".join(repr(m).split()))
def test_every_category_is_held_by_a_distilled_row(method, table):
    X, y = table
    method.set_params(budget=6, cover_categories=True)
    small = method.fit(X, y).distilled_
    for name in ("city", "job", "level"):
        assert categories_of(small.X[name]) == categories_of(X[name])
    assert small.X.dtypes.equals(X.dtypes)
    assert (small.y == np.repeat(["no", "yes"], 6)).all()
    if hasattr(method, "sample_indices_"):
        pd.testing.assert_frame_equal(
            small.X, X.iloc[method.sample_indices_].reset_index(drop=True)
        )
        assert (y[method.sample_indices_] == small.y).all()


def test_only_listed_columns_are_covered_and_few_rows_change(table):
    X, y = table
    plain = HerdingSelection(budget=6).fit(X, y)
    covering = HerdingSelection(budget=6, cover_categories=["city"]).fit(X, y)
    assert categories_of(covering.distilled_.X["city"]) == {
        "Bern",
        "Oslo",
        "Rome",
        "Lima",
    }
    assert "pilot" not in categories_of(covering.distilled_.X["job"])
    assert (plain.sample_indices_ == covering.sample_indices_).sum() == 10
    for same in ([1], np.array(["city"]), [False, True, False, False]):
        other = HerdingSelection(budget=6, cover_categories=same).fit(X, y)
        assert (other.sample_indices_ == covering.sample_indices_).all()


def test_a_set_that_holds_all_categories_does_not_change(table):
    X, y = table
    X = X[["size", "level"]].assign(level=X["level"].replace("c", "a"))
    plain = KernelInducingPoints(budget=5, max_iter=10, random_state=0).fit(X, y)
    covering = KernelInducingPoints(
        budget=5, max_iter=10, random_state=0, cover_categories=True
    ).fit(X, y)
    pd.testing.assert_frame_equal(covering.distilled_.X, plain.distilled_.X)


def test_learned_rows_get_the_category_in_the_class_where_it_occurs(table):
    X, y = table
    points = KernelInducingPoints(
        budget=6, max_iter=20, random_state=0, cover_categories=True
    )
    Xs, ys = points.fit_distill(X, y)
    assert ys[(Xs["city"] == "Lima").to_numpy()].tolist() == ["no"]


def test_learned_rows_hold_categories_that_share_an_encoded_column():
    rng = np.random.RandomState(0)
    codes = [f"c{i:03}" for i in range(90)]
    X = pd.DataFrame({"code": codes * 6, "size": rng.randn(540)})
    y = (X["size"] > 0).astype(int)
    points = KernelInducingPoints(
        budget=60, max_iter=3, random_state=0, cover_categories=True
    )
    with pytest.warns(UserWarning, match="merged into one"):
        small = points.fit(X, y).distilled_
    assert set(small.X["code"]) == set(codes)


def test_arrays_with_categorical_features_are_covered():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.randn(200), rng.choice([1.0, 2.0], 200)])
    X[7, 1] = 9.0
    settings = {"categorical_features": [1], "cover_categories": True}
    for method in (
        HerdingSelection(budget=4, task="regression", **settings),
        KernelInducingPoints(
            budget=4, task="regression", max_iter=5, random_state=0, **settings
        ),
        HerdingSelection(budget=4, **settings),
    ):
        y = X[:, 0] if "task" in repr(method) else None
        assert set(method.fit(X, y).distilled_.X[:, 1]) == {1.0, 2.0, 9.0}


def test_rows_are_chosen_anew_if_no_single_exchange_helps():
    """Each row holds a category of each column that no other row of its class has."""
    X = pd.DataFrame(
        {
            "a": list("ppqqrr") + ["p"] * 4,
            "b": list("uvuvuw") + ["u"] * 4,
            "size": [9.0, 8, 9, 8, 9, 8, 0, 0.1, 0.2, 0.3],
        }
    )
    herding = HerdingSelection(budget=3, cover_categories=True)
    small = herding.fit(X, np.arange(10) + 0.5).distilled_
    assert set(small.X["a"]) == set("pqr")
    assert set(small.X["b"]) == set("uvw")
    assert (small.y == herding.sample_indices_ + 0.5).all()


def test_the_smallest_budget_of_the_error_is_enough(table):
    X, y = table
    X = X.assign(city=[f"{i // 15:02}" for i in range(300)])
    with pytest.raises(ValueError, match=r"at least 20 distilled rows.*'city' has 20"):
        HerdingSelection(budget=5, cover_categories=True).fit(X, y)
    message = r"13 real rows of each class, but the budget gives .*\[10, 10\] rows"
    with pytest.raises(ValueError, match=message):
        HerdingSelection(budget=10, cover_categories=["city"]).fit(X, y)
    small = HerdingSelection(budget=13, cover_categories=["city"]).fit_distill(X, y)
    assert small.X["city"].nunique() == 20
    points = KernelInducingPoints(
        budget=10, max_iter=5, random_state=0, cover_categories=["city"]
    )
    assert points.fit_distill(X, y).X["city"].nunique() == 20


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["size"], "'size', which does not hold categories"),
        (["country"], "cover_categories contains 'country', which is not the name"),
        ([9], "cover_categories must contain names of columns of X, or positions"),
        ([True, False], r"one entry for each of the 4 columns of X; got shape \(2,\)"),
    ],
)
def test_columns_that_cannot_be_covered_raise(columns, message, table):
    with pytest.raises(ValueError, match=message):
        HerdingSelection(cover_categories=columns).fit(*table)


def test_images_have_no_categories_to_cover():
    X = np.random.RandomState(0).rand(40, 1, 4, 4)
    y = np.arange(40) % 2
    assert len(HerdingSelection(budget=2, cover_categories=True).fit_distill(X, y)) == 4
    with pytest.raises(ValueError, match="does not hold categories"):
        HerdingSelection(budget=2, cover_categories=[0]).fit(X, y)


def test_an_encoder_behind_the_distiller_knows_all_categories(table):
    X, y = table
    X = X[["city"]]
    model = make_pipeline(OneHotEncoder(), LogisticRegression())
    with pytest.raises(ValueError, match="unknown categories"):
        model.fit(*RandomSelection(budget=4, random_state=0).fit_distill(X, y)).predict(
            X
        )
    covering = RandomSelection(budget=4, cover_categories=True, random_state=0)
    small = covering.fit_distill(X, y)
    assert model.fit(*small).predict(X).shape == (300,)
