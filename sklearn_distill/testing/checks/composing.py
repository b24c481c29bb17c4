"""Checks of a distiller as a part of files, pipelines and searches."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ...distilled_set.distilled_array import distilled_labels
from ...distilled_set.distilled_set import DistilledSet
from .common import blobs, fit, import_pandas, parameter_names, quick


def check_pickle_and_files(estimator: Any) -> None:
    """A fitted distiller can be pickled, and its distilled set can be saved."""
    X, y = blobs()
    fitted = fit(quick(estimator), X, y)
    unpickled = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        unpickled.distilled_.X,
        fitted.distilled_.X,
        err_msg="Pickling a fitted distiller must not change its distilled rows.",
    )
    assert unpickled.score(X, y) == fitted.score(X, y), (
        "Pickling a fitted distiller must not change its score."
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "set.npz")
        fitted.distilled_.save(path)
        loaded = DistilledSet.load(path)
    for name in ("X", "y"):
        np.testing.assert_array_equal(
            getattr(loaded, name),
            getattr(fitted.distilled_, name),
            err_msg=f"DistilledSet.save and load must not change {name}.",
        )
    assert loaded.info == fitted.distilled_.info, (
        "DistilledSet.save and load must not change info. All values in info must be "
        "of types that JSON can represent."
    )


def check_rows_carry_labels(estimator: Any) -> None:
    """The result of fit_transform carries its labels; arrays made from it do not."""
    X, y = blobs()
    rows = _fit_transform(quick(estimator), X, y)
    expected = fit(quick(estimator), X, y).distilled_
    np.testing.assert_array_equal(
        rows, expected.X, err_msg="fit_transform must return the rows of distilled_."
    )
    for carrier in (rows, pickle.loads(pickle.dumps(rows))):
        _assert_carries(carrier, expected.y)
    assert distilled_labels(rows[::-1]) is None, (
        "A slice of the distilled rows must not carry labels, because the labels would "
        "be in another order."
    )
    assert distilled_labels(rows * 1.0) is None, (
        "An array computed from the distilled rows must not carry labels."
    )


def check_dataframes(estimator: Any) -> None:
    """fit_transform returns DataFrames with column names, a new index and labels.

    The result is a DataFrame for a DataFrame and under ``set_output("pandas")``.
    """
    pd = import_pandas()
    X, y = blobs()
    names = ["b", "a", "d", "c"]
    table = pd.DataFrame(X, columns=names, index=np.arange(len(X)) + 1_000)
    for given, distiller in (
        (table, quick(estimator)),
        (X, quick(estimator).set_output(transform="pandas")),
    ):
        rows = _fit_transform(distiller, given, y)
        assert hasattr(rows, "iloc"), (
            f"fit_transform must return a DataFrame; got {type(rows).__name__}."
        )
        assert list(rows.index) == list(range(len(rows))), (
            f"The index of the distilled rows must count from 0; got {rows.index}."
        )
        expected = list(distiller.get_feature_names_out())
        assert list(rows.columns) == expected, (
            "The columns of the distilled rows must be those of get_feature_names_out, "
            f"{expected}; got {list(rows.columns)}."
        )
        assert given is X or expected == names, (
            f"The distilled rows must have the columns of X, {names}; got {expected}."
        )
        _assert_carries(rows, distiller.distilled_.y)


def check_pipelines(estimator: Any) -> None:
    """A Pipeline that ends with a distiller distills the output of its other steps.

    A Pipeline with a distiller before an estimator that does not read the labels of the
    distilled rows raises an error.
    """
    X, y = blobs()
    rows = _fit_transform(make_pipeline(StandardScaler(), quick(estimator)), X, y)
    scaled = StandardScaler().fit_transform(X)
    np.testing.assert_array_equal(
        rows,
        _fit_transform(quick(estimator), scaled, y),
        err_msg="The last step of a Pipeline must distill the rows that the steps "
        "before it return.",
    )
    try:
        fit(make_pipeline(quick(estimator), GaussianNB()), X, y)
    except ValueError as error:
        expected = "inconsistent", "cannot be followed by"
        if not any(part in str(error) for part in expected):
            raise
    else:
        raise AssertionError(
            "A Pipeline must raise a ValueError if an estimator that does not read "
            "distilled labels follows the distiller. "
            "Check that fit_transform returns fewer rows than X has."
        )


def check_grid_search(estimator: Any) -> None:
    """GridSearchCV can search the parameters of a distiller by its score."""
    X, y = blobs()
    search = GridSearchCV(
        quick(estimator),
        {parameter_names(estimator, "budget")[0]: [1, 4]},
        cv=StratifiedKFold(2),
        error_score="raise",
    )
    fit(search, X, y)
    assert search.best_score_ > 1 / 3, (
        "The score of the distiller must be better than chance, which is 1/3 for three "
        f"classes; got {search.best_score_}."
    )


def _fit_transform(estimator: Any, X: Any, y: Any) -> Any:
    """Call fit_transform without a ConvergenceWarning, which few steps may cause."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return estimator.fit_transform(X, y)


def _assert_carries(rows: Any, y: np.ndarray) -> None:
    """Check that distilled rows carry the labels `y`."""
    labels = distilled_labels(rows)
    assert labels is not None, (
        "The rows that fit_transform returns must carry their labels: "
        "distilled_labels(rows) returned None. Do not copy or convert the result of "
        "BaseDistiller.fit_transform."
    )
    np.testing.assert_array_equal(
        labels.y, y, err_msg="The carried labels must be those of distilled_."
    )
