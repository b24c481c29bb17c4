"""Pseudo-labels: the labels and the weights of unlabeled rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    RandomSelection,
)
from sklearn_distill.base.pseudo_labels import LEAST_WEIGHT, likeliest_labels

X, y = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]
KNOWN = np.r_[0:8, 50:58, 100:108]
UNKNOWN = np.setdiff1d(np.arange(150), KNOWN)


def test_unlabeled_rows_are_distilled_with_labeled_rows():
    herding = HerdingSelection(6, random_state=0)
    few = herding.fit(X[KNOWN], NAMES[KNOWN]).distilled_
    many = herding.fit(X[KNOWN], NAMES[KNOWN], X_unlabeled=X[UNKNOWN]).distilled_
    assert few.info["n_rows_before"] == 24
    assert many.info["n_rows_before"] == 150
    rows = {tuple(row) for row in X[KNOWN]}
    assert not all(tuple(row) in rows for row in many.X)
    assert set(many.y) == set(NAMES)
    true = {tuple(row): name for row, name in zip(X, NAMES, strict=True)}
    right = [true[tuple(row)] for row in many.X] == many.y
    assert right.mean() > 0.85


def test_unlabeled_tables_may_contain_new_categories():
    """The distilled set is a DataFrame with the columns in the order of X."""
    colors = np.where(y == 0, "red", "blue")
    table = pd.DataFrame(X, columns=list("abcd")).assign(e=colors)
    table["e"] = table["e"].astype("category")
    more = table.iloc[UNKNOWN][list("edcba")].copy()
    more["e"] = np.where(np.arange(len(more)) % 2, "green", "red")
    more["e"] = more["e"].astype("category")
    with pytest.raises(ValueError, match="feature names"):
        HerdingSelection(5).fit(table.iloc[KNOWN], y[KNOWN], X_unlabeled=more)
    made = KMeansSelection(8, random_state=0).fit(
        table.iloc[KNOWN], y[KNOWN], X_unlabeled=more[list("abcde")]
    )
    assert list(made.distilled_.X.columns) == list("abcde")
    assert "green" in set(made.distilled_.X["e"])


def test_teacher_of_soft_labels_labels_the_unlabeled_rows():

    class RecordingTeacher(GaussianNB):
        lengths = []

        def predict_proba(self, Z):
            RecordingTeacher.lengths.append(len(Z))
            return super().predict_proba(Z)

    distiller = HerdingSelection(4, soft_labels=RecordingTeacher(), random_state=0)
    distiller.fit(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert RecordingTeacher.lengths[0] == len(X)
    assert distiller.distilled_.soft_labels.shape == (12, 3)


def test_unlabeled_rows_of_a_regression_get_predicted_targets():
    X, y = load_diabetes(return_X_y=True)
    points = KernelInducingPoints(20, max_iter=10, random_state=0)
    small = points.fit(X[:100], y[:100], X_unlabeled=X[100:]).distilled_
    assert small.info["n_rows_before"] == len(X)
    assert y[:100].min() <= small.y.min() < small.y.max() <= y[:100].max()


def test_pseudo_label_weights_are_relative_to_the_labeled_weights():
    """Multiplying all weights by one factor does not change the set."""
    weights = np.linspace(1, 2, len(KNOWN))
    sets = [
        RandomSelection(5, random_state=0)
        .fit(X[KNOWN], y[KNOWN], sample_weight=w, X_unlabeled=X[UNKNOWN])
        .distilled_.X
        for w in (weights, 8 * weights)
    ]
    np.testing.assert_array_equal(*sets)


def test_wrappers_and_searches_pass_unlabeled_rows_to_the_distiller():
    model = DistilledClassifier(HerdingSelection(5), LogisticRegression())
    model.fit(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert model.distiller_.distilled_.info["n_rows_before"] == 150
    assert model.score(X[UNKNOWN], y[UNKNOWN]) > 0.85
    search = GridSearchCV(
        HerdingSelection(), {"budget": [2, 4]}, cv=StratifiedKFold(2)
    ).fit(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert search.best_estimator_.distilled_.info["n_rows_before"] == 150


def test_transform_input_transforms_unlabeled_rows_in_a_pipeline():
    """The scaler of the pipeline also scales the unlabeled rows."""
    with config_context(enable_metadata_routing=True):
        herding = HerdingSelection(5, random_state=0)
        model = make_pipeline(
            StandardScaler(),
            herding.set_fit_request(X_unlabeled=True),
            transform_input=["X_unlabeled"],
        )
        rows = model.fit_transform(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert model[-1].distilled_.info["n_rows_before"] == 150
    assert np.abs(rows).max() < 4


def test_fit_transform_raises_when_set_and_x_have_the_same_length():
    """A Pipeline would fit its next step on labels of other rows."""
    model = make_pipeline(HerdingSelection(8, random_state=0), LogisticRegression())
    with pytest.raises(ValueError, match="24 rows, as many as X"):
        model.fit(X[KNOWN], y[KNOWN], herdingselection__X_unlabeled=X[UNKNOWN])


def test_info_contains_the_number_of_unlabeled_rows():
    herding = HerdingSelection(100, random_state=0)
    with pytest.warns(UserWarning, match="covers all 150 rows"):
        small = herding.fit_distill(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert small.info["n_rows_unlabeled"] == len(UNKNOWN)
    # Uncertain pseudo-labels have smaller weights, also if all rows are returned.
    assert (small.sample_weight[:24] == 1).all()
    assert small.sample_weight[24:].min() < 1
    assert "n_rows_unlabeled" not in herding.set_params(budget=2).fit_distill(X, y).info


def test_checkpoint_resumes_a_fit_with_unlabeled_rows_without_seed(tmp_path):
    class Kill(Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 3:
                raise ZeroDivisionError

    params = {"checkpoint": tmp_path / "fit.ckpt", "max_iter": 60}
    points = KernelInducingPoints(2, callbacks=[Kill()], **params)
    with pytest.raises(ZeroDivisionError):
        points.fit(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    points = KernelInducingPoints(2, **params)
    points.fit(X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN])
    assert not params["checkpoint"].exists()


def test_fit_raises_when_unlabeled_rows_do_not_match_x():
    with pytest.raises(ValueError, match="pass all rows as X"):
        HerdingSelection(5).fit(X, X_unlabeled=X)
    with pytest.raises(ValueError, match="X_unlabeled: X has 3 features, but Herd"):
        HerdingSelection(5).fit(X, y, X_unlabeled=X[:, :3])


def test_fit_raises_when_unlabeled_columns_have_other_types():
    words = X[UNKNOWN].astype(object)
    words[:, 1] = "0.3"
    with pytest.raises(ValueError, match="Column 1 is numeric in X, but not"):
        HerdingSelection(5).fit(X[KNOWN], y[KNOWN], X_unlabeled=words)
    known, more = (pd.DataFrame(X[rows]) for rows in (KNOWN, UNKNOWN))
    more[2] = "long"
    with pytest.raises(ValueError, match="Column 2 is numeric in X, but not"):
        HerdingSelection(5).fit(known, y[KNOWN], X_unlabeled=more)


def test_columns_without_string_names_are_matched_by_position():
    named = pd.DataFrame(X[UNKNOWN], columns=[7, 8, 9, 10])
    by_place = HerdingSelection(5, random_state=0).fit_distill(
        pd.DataFrame(X[KNOWN]), y[KNOWN], X_unlabeled=named
    )
    plain = HerdingSelection(5, random_state=0).fit_distill(
        X[KNOWN], y[KNOWN], X_unlabeled=X[UNKNOWN]
    )
    np.testing.assert_array_equal(by_place.X.to_numpy(), plain.X)
    assert list(by_place.X.columns) == [0, 1, 2, 3]


@given(
    proba=st.lists(st.tuples(*[st.floats(0.01, 1.0)] * 3), min_size=1, max_size=5).map(
        np.array
    ),
    prior=st.tuples(*[st.floats(0.05, 1.0)] * 3).map(np.array),
    order=st.permutations(range(3)),
)
def test_likeliest_labels_are_equivariant_under_permutations_of_classes(
    proba, prior, order
):
    proba /= proba.sum(axis=1, keepdims=True)
    codes, certainty = likeliest_labels(proba, prior)
    moved, same = likeliest_labels(proba[:, order], prior[list(order)])
    gains = proba / prior
    chosen = np.array(order)[moved]
    rows = np.arange(len(proba))
    # The permutation may break ties differently.
    np.testing.assert_allclose(gains[rows, chosen], gains[rows, codes])
    np.testing.assert_allclose(certainty, proba[rows, codes])
    assert (certainty >= LEAST_WEIGHT).all()
    assert same.shape == certainty.shape
