"""Class mass of distilled sets: its way from fit to files, and the weights from it."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris

from sklearn_distill import DistilledSet, HerdingSelection, distilled_labels

X = [[0.0], [1.0], [2.0]]
Y = ["a", "b", "b"]


def make(**changes):
    parts = {"classes": ["a", "b"], "class_mass": [30, 10], **changes}
    return DistilledSet(X, Y, **parts)


def test_prior_weights_restore_the_class_shares_with_mean_1():
    weights = make().prior_weights()
    np.testing.assert_allclose(weights, [2.25, 0.375, 0.375])
    assert weights.mean() == pytest.approx(1.0)


def test_mass_weights_sum_to_the_mass_of_each_class():
    np.testing.assert_allclose(make().mass_weights(), [30, 5, 5])


def test_sample_weights_divide_the_mass_within_a_class():
    made = make(sample_weight=[7.0, 3.0, 1.0])
    np.testing.assert_allclose(made.mass_weights(), [30, 7.5, 2.5])
    np.testing.assert_allclose(made.prior_weights(), np.array([30, 7.5, 2.5]) * 3 / 40)


def test_rows_of_weight_0_keep_weight_0():
    np.testing.assert_allclose(
        make(sample_weight=[1.0, 0.0, 2.0]).mass_weights(), [30, 0, 10]
    )


def test_classes_need_not_be_sorted():
    made = make(classes=["b", "a"], class_mass=[10, 30])
    np.testing.assert_allclose(made.mass_weights(), [30, 5, 5])


def test_weights_without_classes_share_the_total_mass():
    made = DistilledSet(X, [0.1, 0.2, 0.3], sample_weight=[1, 1, 2], class_mass=[8])
    np.testing.assert_allclose(made.mass_weights(), [2, 2, 4])
    np.testing.assert_allclose(made.prior_weights(), [0.75, 0.75, 1.5])


def test_weights_raise_when_the_class_mass_is_unknown():
    made = make(class_mass=None)
    for weights in (made.prior_weights, made.mass_weights):
        with pytest.raises(ValueError, match="class mass of this distilled set is unk"):
            weights()


@pytest.mark.parametrize(
    ("class_mass", "message"),
    [
        ([1.0], r"array of shape \(2,\); got shape \(1,\)"),
        (3.0, r"got shape \(\)"),
        ([1.0, -1.0], "finite and non-negative"),
        ([np.nan, 1.0], "finite and non-negative"),
        ([0.0, 0.0], "positive sum"),
    ],
)
def test_invalid_class_mass_raises(class_mass, message):
    with pytest.raises(ValueError, match=message):
        make(class_mass=class_mass)


def test_fit_counts_the_rows_of_each_class():
    X, y = load_iris(return_X_y=True)
    made = HerdingSelection(2).fit(X[20:], y[20:]).distilled_
    assert made.class_mass.tolist() == [30, 50, 50]


def test_fit_sums_the_weights_and_ignores_rows_of_weight_0():
    X, y = load_iris(return_X_y=True)
    weights = np.full(len(y), 0.5)
    weights[:40] = 0.0
    made = HerdingSelection(2).fit(X, y, sample_weight=weights).distilled_
    assert made.class_mass.tolist() == [5, 25, 25]


def test_fit_does_not_count_unlabeled_rows():
    X, y = load_iris(return_X_y=True)
    distiller = HerdingSelection(2, random_state=0)
    made = distiller.fit(X[::3], y[::3], X_unlabeled=X[1::3]).distilled_
    assert made.class_mass.tolist() == [17, 17, 16]
    assert made.info["n_rows_unlabeled"] == 50


def test_budget_that_covers_all_rows_keeps_the_class_mass():
    X, y = load_iris(return_X_y=True)
    with pytest.warns(UserWarning, match="covers all"):
        made = HerdingSelection(50).fit(X, y).distilled_
    assert made.mass_weights().tolist() == [1.0] * 150


def test_fit_without_classes_counts_all_rows():
    X, y = load_diabetes(return_X_y=True)
    assert HerdingSelection(5).fit(X, y).distilled_.class_mass.tolist() == [442]
    assert HerdingSelection(5).fit(X).distilled_.class_mass.tolist() == [442]


@pytest.mark.parametrize("as_frame", [False, True])
def test_labels_of_distilled_rows_carry_the_class_mass(as_frame):
    X, y = load_iris(return_X_y=True, as_frame=as_frame)
    rows = HerdingSelection(2).fit_transform(X[20:], y[20:])
    assert distilled_labels(rows).class_mass.tolist() == [30, 50, 50]


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_files_keep_the_class_mass_to_the_last_digit(suffix, tmp_path):
    made = make(class_mass=[1 / 3, 1e17])
    made.save(tmp_path / f"set{suffix}")
    loaded = DistilledSet.load(tmp_path / f"set{suffix}")
    assert loaded.class_mass.tolist() == made.class_mass.tolist()


def test_csv_files_do_not_keep_the_class_mass(tmp_path):
    make().save(tmp_path / "set.csv")
    assert DistilledSet.load(tmp_path / "set.csv").class_mass is None


ORDERED = pd.CategoricalDtype(["small", "middle", "large", "huge"], ordered=True)
DTYPES = {
    "ordered categories": ORDERED,
    "categories": pd.CategoricalDtype(["small", "middle", "large"]),
    "strings": pd.StringDtype(),
    "Arrow strings": "string[pyarrow]",
}


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("suffix", [None, ".npz", ".parquet"])
def test_to_frame_has_the_dtype_of_y(dtype, suffix, tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    y = y.map({0: "small", 1: "middle", 2: "large"}).astype(dtype).rename("kind")
    made = HerdingSelection(2).fit(X, y).distilled_
    if suffix is not None:
        made.save(tmp_path / f"set{suffix}")
        made = DistilledSet.load(tmp_path / f"set{suffix}")
    column = made.to_frame()["kind"]
    assert column.dtype == y.dtype
    assert column.astype(str).tolist() == made.y.tolist()


@pytest.mark.parametrize("dtype", ["Int8", "boolean", "category", "int64[pyarrow]"])
@pytest.mark.parametrize("as_bool", [False, True])
def test_to_frame_has_the_dtype_of_numeric_classes(dtype, as_bool, tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    y = (y > 0) if as_bool or dtype == "boolean" else y
    y = y.astype(dtype)
    made = HerdingSelection(2).fit(X, y).distilled_
    made.save(tmp_path / "set.parquet")
    for one in (made, DistilledSet.load(tmp_path / "set.parquet")):
        column = one.to_frame()["target"]
        assert column.dtype == y.dtype
        assert column.astype(int).tolist() == one.y.astype(int).tolist()


def test_csv_files_hold_categories_of_whole_numbers_as_numbers(tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    made = HerdingSelection(2).fit(X, y.astype("category")).distilled_
    made.save(tmp_path / "set.csv")
    assert DistilledSet.load(tmp_path / "set.csv").y.tolist() == made.y.tolist()
