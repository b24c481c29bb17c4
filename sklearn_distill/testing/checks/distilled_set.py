"""What is in the distilled set: how many rows, which values, which labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .common import (
    SkippedCheck,
    assert_refuses,
    blobs,
    fit,
    import_pandas,
    needs_labels,
    quick,
)


def check_budget_forms(estimator: Any) -> None:
    """Rows per class, a share of the rows and rows by label are all kept to."""
    X, y = blobs()
    forms: list[tuple[Any, str, list[int]]] = [
        (3, "auto", [3, 3, 3]),
        (20, "auto", [20, 20, 12]),
        (0.2, "auto", [12, 6, 2]),
        ({0: 1, 1: 4, 2: 2}, "auto", [1, 4, 2]),
        (4, "proportional", [7, 4, 1]),
    ]
    for budget, allocation, expected in forms:
        fitted = fit(quick(estimator, budget=budget, allocation=allocation), X, y)
        rows = np.bincount(fitted.distilled_.y, minlength=3)
        assert rows.sum() <= sum(expected), (budget, allocation, rows)
        assert (rows <= np.array(expected) + 1).all(), (budget, allocation, rows)
        assert_sound(fitted.distilled_, int(rows.sum()))


def check_every_class_survives(estimator: Any) -> None:
    """A class of a single row is in the set, and predict_proba keeps its columns."""
    X, y = blobs()
    X, y = X[:91], np.r_[y[:90], 2]
    fitted = fit(quick(estimator), X, y)
    assert set(fitted.distilled_.y) == set(y)
    np.testing.assert_array_equal(fitted.classes_, np.unique(y))


def check_table_stays_valid(estimator: Any) -> None:
    """Categories, integers, booleans, ranges, dtypes, names: all as they came."""
    pd = import_pandas()
    X, y = blobs()
    rng = np.random.RandomState(0)
    table = pd.DataFrame(
        {
            "number": X[:, 0],
            "whole": rng.poisson(4, len(X)),
            "flag": rng.rand(len(X)) < 0.3,
            "colour": rng.choice(["red", "green", "blue"], len(X)),
            "size": pd.Categorical(
                rng.choice(["S", "L"], len(X)), categories=["S", "M", "L"], ordered=True
            ),
            "constant": 7.5,
        },
        index=rng.permutation(len(X)) + 1_000,
    )
    labels = pd.Series(y, index=table.index, name="species")
    fitted = fit(quick(estimator), table, labels)
    made = fitted.distilled_.X
    assert list(made.columns) == list(table.columns)
    assert (made.dtypes == table.dtypes).all(), made.dtypes
    assert list(made.index) == list(range(len(made))), "the index is not fresh"
    for column in ("colour", "size"):
        assert set(made[column]) <= set(table[column])
    for column in ("number", "whole", "constant"):
        assert made[column].between(table[column].min(), table[column].max()).all()
    assert fitted.distilled_.target_name == "species"
    np.testing.assert_array_equal(fitted.feature_names_in_, table.columns)
    assert fitted.transform(table) is not None


def check_images(estimator: Any) -> None:
    """(n, C, H, W) and flat rows with `image_shape` give the same set."""
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(40, 1, 4, 4)).astype(np.uint8)
    y = np.repeat([0, 1], 20)
    four = fit(quick(estimator), X, y).distilled_
    assert four.X.shape == (6, 1, 4, 4)
    assert four.X.dtype == np.uint8
    flat = fit(quick(estimator, image_shape=(1, 4, 4)), X.reshape(40, 16), y)
    np.testing.assert_array_equal(flat.distilled_.X, four.X.reshape(6, 16))


def check_numbers_stay_valid(estimator: Any) -> None:
    """Arrays of floats and of integers keep their dtype and their range."""
    X, y = blobs()
    for dtype in (np.float32, np.float64, np.int64):
        given = X.astype(dtype)
        made = fit(quick(estimator), given, y).distilled_.X
        assert made.dtype == dtype, f"{dtype.__name__} came back as {made.dtype}"
        assert (made >= given.min(axis=0)).all()
        assert (made <= given.max(axis=0)).all()


def check_units(estimator: Any) -> None:
    """Scaling and shifting the columns scales and shifts the set."""
    X, y = blobs()
    scale, shift = np.array([1e3, 0.5, 1e-4, 7.0]), np.array([5.0, -2.0, 0.0, 1e2])
    plain = fit(quick(estimator), X, y).distilled_.X
    moved = fit(quick(estimator), X * scale + shift, y).distilled_.X
    spread = np.abs(scale) * X.std(axis=0)
    np.testing.assert_allclose(
        (moved - (plain * scale + shift)) / spread, 0.0, atol=1e-4
    )


def check_labels_of_any_kind(estimator: Any) -> None:
    """Strings, booleans and integers come back as they are."""
    X, y = blobs()
    for labels in (np.array(["a", "bc", "d"])[y], y * 10 - 5, y == 0):
        fitted = fit(quick(estimator), X, labels)
        assert fitted.distilled_.y.dtype == labels.dtype
        assert set(fitted.distilled_.y) == set(labels)
        assert 0.0 <= fitted.score(X, labels) <= 1.0


def check_regression(estimator: Any) -> None:
    """A continuous y gives rows with numbers in the range of y."""
    X, _ = blobs()
    y = X @ [1.0, -2.0, 0.5, 0.0]
    try:
        fitted = fit(quick(estimator, budget=10), X, y)
    except ValueError as error:
        if "classes" not in str(error):
            raise
        raise SkippedCheck(f"does not take a continuous y: {error}") from error
    distilled = fitted.distilled_
    assert_sound(distilled, 10)
    assert distilled.classes is None
    assert not hasattr(fitted, "classes_")
    assert distilled.y.min() >= y.min()
    assert distilled.y.max() <= y.max()
    assert np.isfinite(fitted.score(X, y))


def check_without_labels(estimator: Any) -> None:
    """y=None gives rows without labels, or is refused by name."""
    X, _ = blobs()
    if needs_labels(estimator):
        assert_refuses(estimator, X, None, match="requires y to be passed")
        return
    distilled = fit(quick(estimator, budget=5), X).distilled_
    assert distilled.y is None
    assert len(distilled) == 5


def check_soft_labels(estimator: Any) -> None:
    """A teacher gives each row probabilities over the classes that sum to 1."""
    from sklearn.naive_bayes import GaussianNB

    X, y = blobs()
    taught = quick(estimator, soft_labels=GaussianNB(), learn_labels=False)
    fitted = fit(taught, X, y)
    made = [fitted.distilled_]
    if "learn_labels" in fitted.get_params(deep=False):
        made.append(fit(quick(estimator, learn_labels=True), X, y).distilled_)
    for distilled in made:
        soft = distilled.soft_labels
        assert soft.shape == (len(distilled), 3)
        assert (soft >= 0).all()
        np.testing.assert_allclose(soft.sum(axis=1), 1.0, atol=1e-6)


def assert_sound(distilled: Any, n_rows: int) -> None:
    """Every part has so many rows, all numbers are finite, no weight is negative."""
    parts = [distilled.X, distilled.y, distilled.soft_labels, distilled.sample_weight]
    assert {len(part) for part in parts if part is not None} == {n_rows}
    assert np.isfinite(np.asarray(distilled.X, dtype=float)).all()
    if distilled.sample_weight is not None:
        assert np.isfinite(distilled.sample_weight).all()
        assert (distilled.sample_weight >= 0).all()
