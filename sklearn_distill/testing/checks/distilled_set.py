"""Checks of the distilled set: the number of rows, their values and their labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .common import (
    SkippedCheck,
    assert_fit_raises,
    blobs,
    fit,
    import_pandas,
    needs_labels,
    quick,
)


def check_budget_forms(estimator: Any) -> None:
    """The number of rows is that of the budget in each of the forms of a budget.

    The forms are an int (rows per class), a float (fraction of the rows) and a dict
    (rows by class).
    """
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
        message = (
            f"With budget={budget!r} and allocation={allocation!r}, the distilled set "
            f"may have {expected} rows of the classes 0, 1 and 2; got {rows.tolist()}."
        )
        assert rows.sum() <= sum(expected), message
        # Rounding may move a row from one class to another.
        assert (rows <= np.array(expected) + 1).all(), message
        _assert_consistent(fitted.distilled_, int(rows.sum()))


def check_every_class_is_kept(estimator: Any) -> None:
    """Every class of y is in the distilled set, even a class with a single row."""
    X, y = blobs()
    X, y = X[:91], np.r_[y[:90], 2]
    fitted = fit(quick(estimator), X, y)
    labels = np.unique(fitted.distilled_.y).tolist()
    assert labels == [0, 1, 2], (
        "The distilled set must contain every class of y: [0, 1, 2]; the labels of the "
        f"distilled rows are {labels}."
    )
    np.testing.assert_array_equal(
        fitted.classes_, [0, 1, 2], err_msg="classes_ must be the sorted classes of y."
    )


def check_table_values(estimator: Any) -> None:
    """The distilled set of a DataFrame has the columns, dtypes and values of X.

    Categories occur in X, and numbers lie between the minimum and the maximum of their
    column.
    """
    pd = import_pandas()
    table, labels = _mixed_table(pd)
    fitted = fit(quick(estimator), table, labels)
    made = fitted.distilled_.X
    assert list(made.columns) == list(table.columns), (
        f"The distilled rows must have the columns of X, {list(table.columns)}; got "
        f"{list(made.columns)}."
    )
    assert (made.dtypes == table.dtypes).all(), (
        f"The distilled rows must have the dtypes of X,\n{table.dtypes}\ngot\n"
        f"{made.dtypes}"
    )
    assert list(made.index) == list(range(len(made))), (
        f"The index of the distilled rows must count from 0; got {made.index}."
    )
    for column in ("color", "size"):
        unknown = set(made[column]) - set(table[column])
        assert not unknown, (
            f"Column {column!r} of the distilled rows must not have categories that do "
            f"not occur in X: {unknown}."
        )
    for column in ("number", "count", "constant"):
        _assert_in_range(made[column], table[column], f"column {column!r}")
    assert fitted.distilled_.target_name == "species", (
        "target_name of the distilled set must be the name of y, 'species'; got "
        f"{fitted.distilled_.target_name!r}."
    )
    np.testing.assert_array_equal(
        fitted.feature_names_in_,
        table.columns,
        err_msg="feature_names_in_ must be the column names of X.",
    )
    assert fitted.transform(table) is not None, (
        "transform must return the rows of X; got None."
    )


def check_images(estimator: Any) -> None:
    """Images of shape (n, C, H, W) and flat rows with `image_shape` are equivalent."""
    rng = np.random.RandomState(0)
    X = rng.randint(0, 256, size=(40, 1, 4, 4)).astype(np.uint8)
    y = np.repeat([0, 1], 20)
    images = fit(quick(estimator), X, y).distilled_.X
    assert images.shape == (6, 1, 4, 4), (
        "The distilled set of images of shape (1, 4, 4) must have the shape "
        f"(6, 1, 4, 4) with 3 images per class of 2 classes; got {images.shape}."
    )
    assert images.dtype == np.uint8, (
        f"The distilled images must have the dtype of X, uint8; got {images.dtype}."
    )
    flat = fit(quick(estimator, image_shape=(1, 4, 4)), X.reshape(40, 16), y)
    np.testing.assert_array_equal(
        flat.distilled_.X,
        images.reshape(6, 16),
        err_msg="Flat rows with image_shape=(1, 4, 4) must give the same distilled "
        "images as X of shape (n, 1, 4, 4).",
    )


def check_array_values(estimator: Any) -> None:
    """The distilled set of an array has the dtype of X and values in the range of X."""
    X, y = blobs()
    for dtype in (np.float32, np.float64, np.int64):
        given = X.astype(dtype)
        made = fit(quick(estimator), given, y).distilled_.X
        assert made.dtype == dtype, (
            f"The distilled rows must have the dtype of X, {np.dtype(dtype)}; got "
            f"{made.dtype}."
        )
        _assert_in_range(made, given, f"X with dtype {np.dtype(dtype)}")


def check_scaling_of_columns(estimator: Any) -> None:
    """Scaling and shifting the columns of X scales and shifts the distilled rows."""
    X, y = blobs()
    scale, shift = np.array([1e3, 0.5, 1e-4, 7.0]), np.array([5.0, -2.0, 0.0, 1e2])
    plain = fit(quick(estimator), X, y).distilled_.X
    scaled = fit(quick(estimator), X * scale + shift, y).distilled_.X
    spread = np.abs(scale) * X.std(axis=0)
    np.testing.assert_allclose(
        (scaled - (plain * scale + shift)) / spread,
        0.0,
        atol=1e-4,
        err_msg="Scaling and shifting the columns of X must scale and shift the "
        "distilled rows. Compute distances from the encoded rows problem.Z, not from "
        "X. The compared values are the differences in standard deviations.",
    )


def check_label_types(estimator: Any) -> None:
    """Labels of type str, int and bool keep their values and their dtype."""
    X, y = blobs()
    for labels in (np.array(["a", "bc", "d"])[y], y * 10 - 5, y == 0):
        fitted = fit(quick(estimator), X, labels)
        made = fitted.distilled_.y
        assert made.dtype == labels.dtype, (
            f"The distilled labels must have the dtype of y, {labels.dtype}; got "
            f"{made.dtype}."
        )
        assert set(made) == set(labels), (
            f"The distilled labels must be the classes of y, {set(labels)}; got "
            f"{set(made)}."
        )
        score = fitted.score(X, labels)
        assert 0.0 <= score <= 1.0, (
            f"score must return an accuracy between 0 and 1; got {score}."
        )


def check_regression(estimator: Any) -> None:
    """A continuous y gives distilled rows with targets in the range of y.

    The check is skipped for a method that raises a ValueError about classes.
    """
    X, _ = blobs()
    y = X @ [1.0, -2.0, 0.5, 0.0]
    try:
        fitted = fit(quick(estimator, budget=10), X, y)
    except ValueError as error:
        if "classes" not in str(error):
            raise
        raise SkippedCheck(f"The method requires classes: {error}") from error
    distilled = fitted.distilled_
    _assert_consistent(distilled, 10)
    assert distilled.classes is None, (
        "classes of the distilled set must be None for a continuous y; got "
        f"{distilled.classes}."
    )
    assert not hasattr(fitted, "classes_"), (
        "A distiller that was fitted with a continuous y must not have classes_."
    )
    _assert_in_range(distilled.y, y, "y")
    score = fitted.score(X, y)
    assert np.isfinite(score), f"score must return a finite R^2; got {score}."


def check_without_labels(estimator: Any) -> None:
    """A distiller accepts y=None, unless its tags say that y is required."""
    X, _ = blobs()
    if needs_labels(estimator):
        assert_fit_raises(
            estimator,
            X,
            None,
            match="requires y to be passed",
            problem="y is None and the tags of the distiller require y",
        )
        return
    distilled = fit(quick(estimator, budget=5), X).distilled_
    assert distilled.y is None, (
        f"Without y, the distilled set must not have labels; got {distilled.y}."
    )
    assert len(distilled) == 5, (
        "Without y, budget=5 is the total number of distilled rows; got "
        f"{len(distilled)}."
    )


def check_soft_labels(estimator: Any) -> None:
    """Soft labels are the predicted probabilities of all classes, which sum to 1."""
    from sklearn.naive_bayes import GaussianNB

    X, y = blobs()
    teacher = quick(estimator, soft_labels=GaussianNB(), learn_labels=False)
    fitted = fit(teacher, X, y)
    made = [fitted.distilled_]
    if "learn_labels" in fitted.get_params(deep=False):
        made.append(fit(quick(estimator, learn_labels=True), X, y).distilled_)
    for distilled in made:
        soft = distilled.soft_labels
        assert soft is not None, (
            "The distilled set must have soft labels if soft_labels is an estimator or "
            "learn_labels=True; got None."
        )
        assert soft.shape == (len(distilled), 3), (
            "soft_labels must have one row per distilled row and one column per class, "
            f"{(len(distilled), 3)}; got {soft.shape}."
        )
        assert (soft >= 0).all(), "soft_labels must not be negative."
        np.testing.assert_allclose(
            soft.sum(axis=1),
            1.0,
            atol=1e-6,
            err_msg="Each row of soft_labels must sum to 1.",
        )


def _mixed_table(pd: Any) -> tuple[Any, Any]:
    """Return a DataFrame with columns of all kinds, and labels as a Series."""
    X, y = blobs()
    rng = np.random.RandomState(0)
    table = pd.DataFrame(
        {
            "number": X[:, 0],
            "count": rng.poisson(4, len(X)),
            "flag": rng.rand(len(X)) < 0.3,
            "color": rng.choice(["red", "green", "blue"], len(X)),
            "size": pd.Categorical(
                rng.choice(["S", "L"], len(X)), categories=["S", "M", "L"], ordered=True
            ),
            "constant": 7.5,
        },
        index=rng.permutation(len(X)) + 1_000,
    )
    return table, pd.Series(y, index=table.index, name="species")


def _assert_in_range(made: Any, given: Any, name: str) -> None:
    """Check that distilled values lie between the extremes of the given values."""
    low, high = given.min(axis=0), given.max(axis=0)
    assert np.all((made >= low) & (made <= high)), (
        f"The distilled values of {name} must lie between the minimum and the maximum "
        f"of the training data, {low} and {high}; they lie between {made.min(axis=0)} "
        f"and {made.max(axis=0)}."
    )


def _assert_consistent(distilled: Any, n_rows: int) -> None:
    """Check the length and the numbers of all parts of a distilled set."""
    for name in ("X", "y", "soft_labels", "sample_weight"):
        part = getattr(distilled, name)
        assert part is None or len(part) == n_rows, (
            f"{name} of the distilled set must have {n_rows} rows; got {len(part)}."
        )
    assert np.isfinite(np.asarray(distilled.X, dtype=float)).all(), (
        "The distilled rows must be finite."
    )
    if distilled.sample_weight is not None:
        weights = distilled.sample_weight
        assert np.all(np.isfinite(weights) & (weights >= 0)), (
            "The sample weights of the distilled set must be finite and must not be "
            "negative, because scikit-learn's estimators reject such weights."
        )
