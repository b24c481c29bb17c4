"""What a fitted distiller is part of: files, pipelines, searches."""

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
from .common import blobs, fit, import_pandas, quick


def check_pickle_and_files(estimator: Any) -> None:
    """A fitted distiller survives pickling, and its set survives a file."""
    X, y = blobs()
    fitted = fit(quick(estimator), X, y)
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.distilled_.X, fitted.distilled_.X)
    assert again.score(X, y) == fitted.score(X, y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "set.npz")
        fitted.distilled_.save(path)
        loaded = DistilledSet.load(path)
    np.testing.assert_array_equal(loaded.X, fitted.distilled_.X)
    np.testing.assert_array_equal(loaded.y, fitted.distilled_.y)
    assert loaded.info == fitted.distilled_.info


def check_labels_travel(estimator: Any) -> None:
    """fit_transform's rows carry their labels; slices of them carry none."""
    X, y = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = quick(estimator).fit_transform(X, y)
    expected = fit(quick(estimator), X, y).distilled_
    np.testing.assert_array_equal(rows, expected.X)
    for carrier in (rows, pickle.loads(pickle.dumps(rows))):
        labels = distilled_labels(carrier)
        assert labels is not None, "the rows carry no labels"
        np.testing.assert_array_equal(labels.y, expected.y)
    assert distilled_labels(rows[::-1]) is None
    assert distilled_labels(rows * 1.0) is None


def check_frames(estimator: Any) -> None:
    """fit_transform gives DataFrames: their columns, a fresh index, labels on board."""
    pd = import_pandas()
    X, y = blobs()
    names = ["b", "a", "d", "c"]
    table = pd.DataFrame(X, columns=names, index=np.arange(len(X)) + 1_000)
    for given, distiller in (
        (table, quick(estimator)),
        (X, quick(estimator).set_output(transform="pandas")),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            rows = distiller.fit_transform(given, y)
        assert hasattr(rows, "iloc"), f"fit_transform gave a {type(rows).__name__}"
        assert list(rows.index) == list(range(len(rows))), "the index is not fresh"
        assert list(rows.columns) == list(distiller.get_feature_names_out())
        assert given is X or list(rows.columns) == names
        labels = distilled_labels(rows)
        assert labels is not None, "the rows carry no labels"
        np.testing.assert_array_equal(labels.y, distiller.distilled_.y)


def check_pipelines(estimator: Any) -> None:
    """Last in a Pipeline it distills what comes before it; before an estimator that
    knows nothing of distilled rows, the Pipeline refuses, as it must."""
    X, y = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        rows = make_pipeline(StandardScaler(), quick(estimator)).fit_transform(X, y)
        alone = quick(estimator).fit_transform(StandardScaler().fit_transform(X), y)
        np.testing.assert_array_equal(rows, alone)
        unaware = make_pipeline(quick(estimator), GaussianNB())
        try:
            unaware.fit(X, y)
        except ValueError as error:
            if "inconsistent" not in str(error):
                raise
        else:
            raise AssertionError("a Pipeline fitted distilled rows to all the labels")


def check_grid_search(estimator: Any) -> None:
    """GridSearchCV over the distiller itself works, because it has a score."""
    X, y = blobs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        search = GridSearchCV(
            quick(estimator),
            {"budget": [1, 4]},
            cv=StratifiedKFold(2),
            error_score="raise",
        ).fit(X, y)
    assert search.best_score_ > 1 / 3, "no better than a guess among three classes"
