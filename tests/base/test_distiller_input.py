"""The input that every method accepts or rejects: targets, tables, images."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_regression

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
    distilled_labels,
)

# A fit of a few steps may not lower the validation loss.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_budget_without_y_is_the_total_number_of_rows(make_selection, make_classes):
    X, _ = make_classes()
    distiller = make_selection(budget=7).fit(X)
    assert distiller.distilled_.y is None
    assert distiller.distilled_.classes is None
    assert distiller.distilled_.X.shape == (7, 4)
    assert distilled_labels(make_selection(budget=7).fit_transform(X)).y is None


def test_fit_raises_when_y_is_missing_but_required(make_classes, make_points):
    X, _ = make_classes()
    with pytest.raises(ValueError, match="requires y to be passed"):
        make_points().fit(X)


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["ham", "spam", "eggs"]),
        np.array(["ham", "spam", "eggs"], dtype=object),
        np.array([-5, 30, 7], dtype=np.int16),
        np.array([0.0, 1.0, 2.0]),
        np.array([True, False, True]),
    ],
    ids=lambda labels: f"{labels.dtype}",
)
def test_labels_keep_their_dtype_and_values(make_method, make_classes, labels):
    X, y = make_classes()
    distiller = make_method(budget=2).fit(X, labels[y])
    assert distiller.distilled_.y.dtype == labels.dtype
    np.testing.assert_array_equal(distiller.classes_, np.unique(labels))
    assert set(distiller.distilled_.y) == set(labels.tolist())
    assert list(distiller.fit(X, list(labels[y])).classes_) == sorted(set(labels))


def test_task_decides_whether_y_contains_classes(make_classes):
    """Whole numbers are classes, unless `task` says otherwise."""
    X, y = make_classes()
    assert len(RandomSelection(5).fit(X, y * 1.0).classes_) == 3
    as_numbers = RandomSelection(5, task="regression").fit(X, y)
    assert not hasattr(as_numbers, "classes_")
    assert len(as_numbers.distilled_) == 5
    with pytest.raises(ValueError, match="Set task="):
        RandomSelection(5).fit(X, np.arange(102))
    with pytest.raises(ValueError, match="requires y"):
        RandomSelection(5, task="classification").fit(X)
    # A fit without classes deletes the classes of the previous fit.
    distiller = RandomSelection(5).fit(X, y).fit(X)
    assert not hasattr(distiller, "classes_")


def test_continuous_targets_of_real_rows_are_unchanged_to_the_last_bit(make_method):
    """Continuous targets of other rows are in the range of y."""
    X, y = make_regression(80, 3, random_state=0)
    distiller = make_method(budget=10).fit(X, y * 1e-7)
    distilled = distiller.distilled_
    if not isinstance(distiller, (KMeansSelection, KernelInducingPoints)):
        assert np.isin(distilled.y, y * 1e-7).all()
    assert distilled.y.dtype == np.float64
    assert (y * 1e-7).min() <= distilled.y.min() <= distilled.y.max()


def test_images_and_flat_images_give_the_same_set(make_method, make_images):
    X, y = make_images()
    four = make_method(budget=3).fit(X, y)
    flat = make_method(budget=3, image_shape=(2, 3, 3)).fit(X.reshape(40, 18), y)
    assert four.distilled_.X.shape == (6, 2, 3, 3)
    assert four.distilled_.X.dtype == np.uint8
    np.testing.assert_array_equal(flat.distilled_.X, four.distilled_.X.reshape(6, 18))
    np.testing.assert_array_equal(four.fit_transform(X, y).y, four.distilled_.y)
    assert four.score(X, y) == flat.score(X.reshape(40, 18), y)


def test_sparse_matrices_and_lists_give_the_same_set_as_arrays(
    make_method, make_classes
):
    X, y = make_classes()
    X = X * (np.abs(X) > 2)
    expected = make_method(budget=2).fit(X, y).distilled_.X
    for given_X in (sparse.csr_matrix(X), sparse.csc_array(X), X.tolist()):
        distiller = make_method(budget=2).fit(given_X, y.tolist())
        found, transformed = distiller.distilled_.X, distiller.transform(given_X)
        if sparse.issparse(given_X):
            found, transformed = found.toarray(), transformed.toarray()
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(transformed, X)


def test_object_arrays_can_mix_numbers_and_categories(make_method):
    rng = np.random.RandomState(0)
    X = np.empty((60, 3), dtype=object)
    X[:, 0] = rng.randn(60)
    X[:, 1] = rng.choice(["u", "v"], 60)
    X[:, 2] = rng.randint(0, 5, 60)
    distilled = make_method(budget=4).fit(X, np.arange(60) % 2).distilled_
    assert distilled.X.dtype == object
    assert set(distilled.X[:, 1]) <= {"u", "v"}
    assert set(distilled.X[:, 2]) <= {0, 1, 2, 3, 4}
    assert all(X[:, 0].min() <= v <= X[:, 0].max() for v in distilled.X[:, 0])


@settings(max_examples=25)
@given(
    dtypes=st.lists(
        st.sampled_from(
            ["float64", "float32", "int64", "uint8", "bool", "Int8", "boolean"]
            + ["Float32", "category", "str", "object"]
        ),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 1_000),
    centroid=st.booleans(),
)
def test_tables_keep_their_dtypes(dtypes, seed, centroid):
    """All values are values that the columns can hold."""
    rng = np.random.RandomState(seed)
    X = pd.DataFrame(
        {
            f"column {j}": pd.Series(
                rng.randint(0, 2 if dtype.startswith("bool") else 9, 40)
            ).astype(dtype)
            for j, dtype in enumerate(dtypes)
        }
    )
    representative = "centroid" if centroid else "nearest"
    distiller = KMeansSelection(3, representative=representative, random_state=seed)
    made = distiller.fit(X, np.arange(40) % 2).distilled_.X
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    for name in X:
        # Columns of Python integers are numeric, too.
        if X[name].dtype.kind in "biuf" or X[name].dtype == object:
            assert made[name].isin(np.arange(9)).all()
            assert made[name].between(X[name].min(), X[name].max()).all()
        else:
            assert set(made[name]) <= set(X[name])


@pytest.mark.parametrize(
    "method",
    [HerdingSelection(20), KernelInducingPoints(20, max_iter=3, random_state=0)],
)
@pytest.mark.parametrize("name", ["german", "crx", "mushroom"])
def test_distilled_rows_of_real_tables_are_valid(method, name, data_folder):
    """Categories occur in X, numbers are in the range of X, and dtypes are equal."""
    X = pd.read_csv(data_folder / f"{name}.csv.gz", keep_default_na=False)
    y = X.pop("target")
    made = clone(method).fit(X, y).distilled_.X
    pd.testing.assert_series_equal(made.dtypes, X.dtypes)
    for column in X:
        if X[column].dtype.kind in "if":
            assert made[column].between(X[column].min(), X[column].max()).all()
        else:
            assert set(made[column]) <= set(X[column])


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.ones((5, 2, 2)), np.arange(5) % 2, "dim 3"),
        (np.ones(5), np.arange(5) % 2, "1D array"),
        (np.ones((0, 2)), [], "0 sample"),
        (np.ones((1, 2)), [1], "1 sample|1 class"),
        (np.ones((6, 2)), np.zeros(6, int), "1 class"),
        (np.full((6, 2), np.inf), np.arange(6) % 2, "infinity"),
        (np.full((6, 2), 1e200), np.arange(6) % 2, "1e\\+200"),
        (np.ones((6, 2)) * 1j, np.arange(6) % 2, "[Cc]omplex"),
        (np.ones((6, 2)), [0, 1, 0, 1, np.nan, 1], "NaN"),
        (np.ones((6, 2)), np.ones((6, 2)), "2 columns"),
        (np.ones((6, 2)), np.arange(5), "inconsistent"),
        (pd.DataFrame({"a": [(1,)] * 6}), [0, 1] * 3, "'a' contains tuple"),
    ],
)
def test_fit_raises_when_input_is_invalid(make_method, X, y, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make_method(budget=1).fit(X, y)


def test_fit_raises_when_channels_are_last():
    X = np.zeros((20, 8, 8, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"np\.moveaxis"):
        RandomSelection(2).fit(X, np.arange(20) % 2)
    flat = np.random.RandomState(0).rand(20, 192)
    with pytest.raises(ValueError, match="channels last"):
        RandomSelection(2, image_shape=(8, 8, 3)).fit(flat, np.arange(20) % 2)


def test_fit_warns_about_columns_with_many_categories():
    table = pd.DataFrame({"id": [f"u{i}" for i in range(100)], "x": np.arange(100.0)})
    with pytest.warns(UserWarning, match="column 'id' has 100 categories"):
        RandomSelection(3).fit(table, np.arange(100) % 2)
