"""Distillers, their wrappers and their scores with missing values and dates."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    UncertaintySelection,
)
from sklearn_distill.evaluation import invalid_share


@pytest.fixture
def gappy():
    rng = np.random.RandomState(0)
    X = rng.normal(size=(200, 3))
    y = (X[:, 0] > 0).astype(int)
    X[rng.rand(*X.shape) < 0.05] = np.nan
    return X, y


@pytest.fixture
def table():
    rng = np.random.RandomState(0)
    n = 300
    X = pd.DataFrame(
        {
            "wind": rng.normal(size=n),
            "n": pd.array(rng.randint(0, 9, n), dtype="Int64"),
            "color": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "hour": pd.date_range("2013-01-01", periods=n, freq="h", tz="US/Eastern"),
            "price": [Decimal(int(cents)) / 100 for cents in rng.randint(0, 999, n)],
        }
    )
    y = (X["wind"] > 0).to_numpy()
    for name, share in {"wind": 0.1, "n": 0.4, "color": 0.2, "hour": 0.05}.items():
        X.loc[rng.rand(n) < share, name] = None
    return X, y


def test_selection_keeps_rows_with_missing_values(gappy):
    X, y = gappy
    kept = RandomSelection(20, random_state=0).fit(X, y).distilled_.X
    assert len(kept) == 40
    assert {tuple(row) for row in np.nan_to_num(kept)} <= {
        tuple(row) for row in np.nan_to_num(X)
    }
    assert np.isnan(kept).any()


@pytest.mark.parametrize(
    "distiller",
    [RandomSelection(20, random_state=0), HerdingSelection(20), KMeansSelection(20)],
)
def test_histogram_boosting_is_trained_on_distilled_rows_with_gaps(gappy, distiller):
    model = DistilledClassifier(distiller, HistGradientBoostingClassifier())
    assert model.fit(*gappy).score(*gappy) > 0.8


def test_predict_passes_missing_values_to_an_estimator_that_imputes(gappy):
    X, y = gappy
    whole = np.nan_to_num(X)
    estimator = make_pipeline(SimpleImputer(), LogisticRegression())
    model = DistilledClassifier(
        RandomSelection(20, random_state=0), estimator, prior="set"
    )
    predicted = model.fit(whole, y).predict(X)
    distilled = model.distiller_.distilled_
    expected = estimator.fit(distilled.X, distilled.y).predict(X)
    np.testing.assert_array_equal(predicted, expected)


def test_learned_table_has_the_dtypes_dates_and_gaps_of_the_data(table):
    X, y = table
    points = KernelInducingPoints(
        25, learning_rate=0.01, max_iter=40, random_state=0, device="cpu"
    )
    made = points.fit(X, y).distilled_.X
    assert made.dtypes.equals(X.dtypes)
    assert invalid_share(X, made) == 0.0
    assert {type(price) for price in made["price"]} == {Decimal}
    difference = (made.isna().mean() - X.isna().mean()).abs()
    assert difference.max() <= 0.02


def test_soft_labels_and_score_accept_missing_values(table):
    X, y = table
    fitted = KMeansSelection(10, soft_labels="teacher", random_state=0).fit(X, y)
    assert np.isfinite(fitted.distilled_.soft_labels).all()
    assert fitted.score(X, y) > 0.6


def test_unlabeled_rows_may_lack_values(gappy):
    X, y = gappy
    selection = UncertaintySelection(5, random_state=0)
    fitted = selection.fit(np.nan_to_num(X[:100]), y[:100], X_unlabeled=X[100:])
    assert len(fitted.distilled_) == 10


@pytest.mark.parametrize("missing_class", [0, 1])
def test_column_without_any_value_in_one_class(missing_class):
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(80, 2)), np.arange(80) % 2
    X[y == missing_class, 1] = np.nan
    points = KernelInducingPoints(10, max_iter=5, random_state=0, device="cpu")
    distilled = points.fit(X, y).distilled_
    assert np.isnan(distilled.X[:, 1]).mean() == 0.5


def test_rows_and_columns_without_any_value(gappy):
    X, y = gappy
    X[:10], X[:, 2] = np.nan, np.nan
    for method in (HerdingSelection(5), KMeansSelection(5, random_state=0)):
        made = method.fit(X, y).distilled_.X
        assert np.isnan(made[:, 2]).all()
        assert not np.isnan(made[:, 0]).all()


def test_tags_say_that_missing_values_are_accepted():
    assert get_tags(RandomSelection()).input_tags.allow_nan


def test_fit_raises_for_missing_pixels_of_images():
    X = np.zeros((6, 4))
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="Images must not contain missing values"):
        RandomSelection(1, image_shape=(1, 2, 2)).fit(X, [0, 1] * 3)
