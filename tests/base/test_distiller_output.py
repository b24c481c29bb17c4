"""The output of every method: fit_distill, fit_transform, transform and info."""

# SPDX-License-Identifier: BSD-3-Clause

import json

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.exceptions import NotFittedError

from sklearn_distill import (
    DistilledArray,
    HerdingSelection,
    RandomSelection,
    distilled_labels,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_info_describes_the_fit_and_is_json_serializable(make_method, make_classes):
    X, y = make_classes()
    classes, counts = np.unique(y, return_counts=True)
    budget = dict(zip(classes, counts // 6, strict=True))
    distiller = make_method(budget=budget).fit(X, y)
    info = distiller.distilled_.info
    assert json.loads(json.dumps(info)) == info
    assert info["method"] == type(distiller).__name__
    assert info["parameters"]["budget"] == {"0": 10, "1": 5, "2": 2}
    assert info["parameters"]["random_state"] == 0
    assert (info["n_rows_before"], info["n_rows"]) == (102, 17)
    assert info["bytes"] < info["bytes_before"]
    assert info["task"] == "classification"


def test_fit_distill_returns_the_set_of_fit(make_method, make_classes):
    X, y = make_classes()
    Xs, ys = make_method(budget=2).fit_distill(X, y)
    fitted = make_method(budget=2).fit(X, y)
    np.testing.assert_array_equal(Xs, fitted.distilled_.X)
    np.testing.assert_array_equal(ys, fitted.distilled_.y)
    weights = (y > 0).astype(float)
    _, ys = make_method(budget=2).fit_distill(X, y, sample_weight=weights)
    assert set(ys) == {1, 2}


def test_fit_transform_of_an_array_returns_an_array_with_labels(
    make_method, make_classes
):
    X, y = make_classes()
    rows = make_method(budget=2).fit_transform(X, y)
    fitted = make_method(budget=2).fit(X, y)
    assert isinstance(rows, DistilledArray)
    np.testing.assert_array_equal(rows, fitted.distilled_.X)
    np.testing.assert_array_equal(rows.y, fitted.distilled_.y)
    np.testing.assert_array_equal(distilled_labels(rows).classes, [0, 1, 2])
    assert len(fitted.transform(X)) == len(X)


def test_fit_transform_of_a_table_returns_a_table_with_labels(make_method, make_table):
    """The index is new; the dtypes are those of X, and the values are valid in X."""
    X = make_table()
    y = pd.Series(np.where(np.arange(100) % 2, "yes", "no"), X.index, name="answer")
    distiller = make_method(budget=4)
    rows = distiller.fit_transform(X, y)
    assert list(rows.index) == list(range(8))
    pd.testing.assert_series_equal(rows.dtypes, X.dtypes)
    for name in ("color", "size", "flag"):
        assert set(rows[name]) <= set(X[name])
    for name in ("length", "small", "count", "byte", "nullable", "constant"):
        assert rows[name].between(X[name].min(), X[name].max()).all()
    assert set(distilled_labels(rows).y) == {"yes", "no"}
    assert distiller.distilled_.target_name == "answer"
    np.testing.assert_array_equal(distiller.get_feature_names_out(), X.columns)
    # Changing the returned table does not change the distilled set.
    rows.iloc[0, 0] = 99.0
    assert distiller.distilled_.X.iloc[0, 0] != 99.0


def test_set_output_pandas_with_an_array(make_method, make_classes):
    X, y = make_classes()
    distiller = make_method(budget=2).set_output(transform="pandas")
    rows = distiller.fit_transform(X, y)
    assert list(rows.columns) == ["x0", "x1", "x2", "x3"]
    assert list(rows.index) == list(range(6))
    np.testing.assert_array_equal(distilled_labels(rows).y, distiller.distilled_.y)
    assert list(distiller.transform(X[:2]).columns) == ["x0", "x1", "x2", "x3"]


def test_set_output_pandas_with_a_table_that_has_an_index(make_method, make_table):
    """`fit_transform` returns a new index, and `transform` keeps the index."""
    X = make_table()
    distiller = make_method(budget=2).set_output(transform="pandas")
    rows = distiller.fit_transform(X, np.arange(100) % 2)
    assert list(rows.index) == [0, 1, 2, 3]
    assert distilled_labels(rows) is not None
    pd.testing.assert_frame_equal(distiller.transform(X), X)


def test_transform_output_can_be_set_globally(make_classes):
    X, y = make_classes()
    with sklearn.config_context(transform_output="pandas"):
        rows = HerdingSelection(2).fit_transform(X, y)
        transformed = HerdingSelection(2).fit(X, y).transform(X)
    assert isinstance(rows, pd.DataFrame)
    np.testing.assert_array_equal(distilled_labels(rows).y, [0, 0, 1, 1, 2, 2])
    np.testing.assert_array_equal(transformed, X)


def test_transform_returns_new_rows_unchanged(make_method, make_classes, make_table):
    """The container and the dtypes are the same, and distant rows are accepted."""
    X, y = make_classes()
    distiller = make_method(budget=2).fit(X, y)
    distant = X[:5] * 1e6
    np.testing.assert_array_equal(distiller.transform(distant), distant)
    np.testing.assert_array_equal(distiller.transform(distant.tolist()), distant)
    X_table = make_table()
    on_table = make_method(budget=2).fit(X_table, np.arange(100) % 2)
    transformed = on_table.transform(X_table[5:9])
    pd.testing.assert_frame_equal(transformed, X_table[5:9])


def test_transform_raises_when_rows_do_not_match_those_of_fit(
    make_classes, make_table, make_images
):
    X, y = make_table(), np.arange(100) % 2
    distiller = RandomSelection(2).fit(X, y)
    with pytest.raises(NotFittedError):
        RandomSelection(2).transform(X)
    with pytest.raises(ValueError, match=r"'color' has categories .*'mauve'"):
        distiller.transform(X.assign(color="mauve"))
    with pytest.raises(ValueError, match="'length' held numbers in fit"):
        distiller.transform(X.assign(length="long"))
    with pytest.raises(ValueError, match="'length' contains infinity"):
        distiller.transform(X.assign(length=np.inf))
    with pytest.raises(ValueError, match="feature names"):
        distiller.transform(X.drop(columns="color"))
    on_array = RandomSelection(2).fit(*make_classes())
    with pytest.raises(ValueError, match="expecting 4 features"):
        on_array.transform(np.ones((3, 5)))
    with pytest.raises(ValueError, match="infinity"):
        on_array.transform(np.full((3, 4), np.inf))
    on_images = RandomSelection(2).fit(*make_images())
    with pytest.raises(ValueError, match="rows of shape"):
        on_images.transform(np.ones((3, 2, 4, 4)))
