"""Rows with missing values, for estimators that accept them."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils import get_tags

from sklearn_distill import (
    KnowledgeDistillationClassifier,
    KnowledgeDistillationRegressor,
)

BOOSTING = HistGradientBoostingClassifier(max_iter=20, random_state=0)


TREE = DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)


LINEAR = LogisticRegression(max_iter=500)


@pytest.fixture(scope="module")
def iris():
    """Return iris in random order, with a fifth of the values missing."""
    X, y = load_iris(return_X_y=True)
    rng = np.random.RandomState(0)
    order = rng.permutation(len(y))
    X, y = X[order], y[order]
    X[rng.random_sample(X.shape) < 0.2] = np.nan
    return X, y


@pytest.mark.parametrize("student", [TREE, make_pipeline(SimpleImputer(), LINEAR)])
@pytest.mark.parametrize("teacher", [BOOSTING, FrozenEstimator(BOOSTING), "self"])
def test_student_is_trained_on_rows_with_missing_values(iris, teacher, student):
    X, y = iris
    if isinstance(teacher, FrozenEstimator):
        teacher = FrozenEstimator(teacher.estimator.fit(X[:80], y[:80]))
    model = KnowledgeDistillationClassifier(
        teacher, student, check_teacher=False, random_state=0
    )
    model.fit(X[:80], y[:80], X_unlabeled=X[80:110])
    assert model.score(X[110:], y[110:]) > 0.8
    np.testing.assert_array_equal(model.transfer_set_.X, X[80:110])


def test_table_with_missing_values_in_columns_of_all_types(iris):
    """Text holds None, categories hold NaN, and one column holds no value at all."""
    X, y = iris
    rng = np.random.RandomState(0)
    table = pd.DataFrame(X, columns=list("abcd"))
    table["text"] = np.where(rng.rand(150) < 0.2, None, rng.choice(["x", "y"], 150))
    table["category"] = pd.Categorical(table["text"])
    table["whole"] = pd.array(np.where(rng.rand(150) < 0.1, None, 1), dtype="Int64")
    table["nothing"] = np.nan
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["text", "category"]),
        (SimpleImputer(keep_empty_features=True), ["a", "b", "c", "d", "nothing"]),
    )
    model = KnowledgeDistillationClassifier(
        make_pipeline(columns, RandomForestClassifier(20, random_state=0)),
        make_pipeline(columns, LINEAR),
        random_state=0,
    )
    model.fit(table[:80], y[:80], X_unlabeled=table[80:110])
    assert model.score(table[110:], y[110:]) > 0.8
    added = model.transfer_set_.X
    pd.testing.assert_frame_equal(added, table[80:110])


def test_regression_with_missing_values():
    X, y = load_diabetes(return_X_y=True)
    X[np.random.RandomState(0).random_sample(X.shape) < 0.1] = np.nan
    model = KnowledgeDistillationRegressor(
        HistGradientBoostingRegressor(max_iter=30, random_state=0),
        DecisionTreeRegressor(max_leaf_nodes=16, random_state=0),
        check_teacher=False,
    )
    model.fit(X[:200], y[:200], X_unlabeled=X[200:300])
    assert model.score(X[300:], y[300:]) > 0.0


class NeverFitted(HistGradientBoostingClassifier):
    """An estimator that must not be fitted."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("an estimator was trained before the rows were rejected")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"student": LINEAR}, "which the student, LogisticRegression, does not accept"),
        ({"teacher": LINEAR}, "which the teacher, LogisticRegression, does not accept"),
        ({"teacher": [BOOSTING, LINEAR]}, "the teacher, LogisticRegression"),
        (
            {"student": make_pipeline(StandardScaler(), LINEAR)},
            "which LogisticRegression, a step of the student, Pipeline, does not",
        ),
    ],
)
def test_error_names_the_estimator_before_training(iris, params, message):
    X, y = iris
    fit_nothing = {"teacher": NeverFitted(), "student": TREE}
    if "teacher" in params:
        fit_nothing["student"] = NeverFitted()
    model = KnowledgeDistillationClassifier(**{**fit_nothing, **params})
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    gaps_below = np.nan_to_num(X[:80]), y[:80]
    with pytest.raises(ValueError, match=message):
        model.fit(*gaps_below, X_unlabeled=X[80:])


@pytest.mark.parametrize("transfer", ["munge", "noise", "mixup", "gaussian_mixture"])
def test_transfer_makes_rows_that_lack_values_as_often_as_the_data(iris, transfer):
    X, y = iris
    X = pd.DataFrame(X, columns=list("abcd")).assign(kind=np.where(y == 1, "u", None))
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["kind"]), remainder="passthrough"
    )
    model = KnowledgeDistillationClassifier(
        make_pipeline(columns, BOOSTING),
        make_pipeline(columns, TREE),
        transfer=transfer,
        n_transfer=1.0,
        check_teacher=False,
        random_state=0,
    )
    made = model.fit(X, y).transfer_set_.X
    assert len(made) == len(X)
    shares = made.isna().mean() - X.isna().mean()
    assert shares[list("abcd")].abs().max() < 0.005
    # The shares of categories vary, because single categories are drawn.
    assert abs(shares["kind"]) < 0.15
    observed, of_data = made[list("abcd")], X[list("abcd")]
    assert (observed.min() >= of_data.min()).all()
    assert (observed.max() <= of_data.max()).all()
    assert model.score(X, y) > 0.8


def test_infinity_raises(iris):
    X, y = iris
    model = KnowledgeDistillationClassifier(BOOSTING, TREE)
    with pytest.raises(ValueError, match="infinity"):
        model.fit(np.where(np.isnan(X), np.inf, X), y)


def test_predict_accepts_missing_values_if_all_estimators_do(iris):
    X, y = iris
    full = np.nan_to_num(X)
    model = KnowledgeDistillationClassifier(BOOSTING, TREE, random_state=0)
    assert model.fit(full, y).predict(X).shape == y.shape
    model.set_params(student=LINEAR).fit(full, y)
    with pytest.raises(ValueError, match="the student, LogisticRegression"):
        model.predict(X)
    model.set_params(student=TREE, transfer="munge").fit(full, y)
    assert model.predict(X).shape == y.shape


def test_tag_allow_nan_depends_on_all_estimators():
    def tag(**params):
        model = KnowledgeDistillationClassifier(
            **{"teacher": BOOSTING, "student": TREE, **params}
        )
        return get_tags(model).input_tags.allow_nan

    assert tag()
    assert tag(teacher="self")
    assert not tag(student=LINEAR)
    assert not tag(teacher=[BOOSTING, LINEAR])
    assert tag(transfer="munge")


def test_missing_values_in_rows_of_a_callable_transfer_raise(iris):
    X, y = iris

    def with_gaps(X_given, y_given, n_rows, random_state):
        return X[:20]

    model = KnowledgeDistillationClassifier(
        NeverFitted(), LINEAR, transfer=with_gaps, check_teacher=False
    )
    with pytest.raises(ValueError, match="which the student, LogisticRegression"):
        model.fit(np.nan_to_num(X), y)


def test_object_array_with_huge_integers(iris):
    X, y = np.nan_to_num(iris[0]).astype(object), iris[1]
    X[3, 0] = 10**30
    model = KnowledgeDistillationClassifier(BOOSTING, TREE, check_teacher=False)
    assert model.fit(X, y).score(X, y) > 0.8
    X[3, 0] = 10**400
    with pytest.raises(ValueError, match="too large for a float"):
        model.fit(X, y)
