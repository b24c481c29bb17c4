"""Estimators that accept or reject missing values."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill.validation.missing_values import (
    check_accepts_missing,
    rejecting_part,
)

LINEAR = LogisticRegression()


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingClassifier(),
        DecisionTreeClassifier(),
        make_pipeline(SimpleImputer(), LINEAR),
        make_pipeline(StandardScaler(), SimpleImputer(), LINEAR),
        make_pipeline("passthrough", DecisionTreeClassifier()),
        make_pipeline(make_pipeline(StandardScaler(), SimpleImputer()), LINEAR),
        make_pipeline(make_column_transformer((SimpleImputer(), [0])), LINEAR),
        make_pipeline(OrdinalEncoder(encoded_missing_value=-1), LINEAR),
        GridSearchCV(make_pipeline(SimpleImputer(), LINEAR), {}),
        pytest.param(object(), id="not an estimator"),
    ],
    ids=lambda estimator: " ".join(repr(estimator).split())[:60],
)
def test_parts_accept_missing_values_or_this_is_unknown(estimator):
    assert rejecting_part(estimator) is None
    check_accepts_missing(estimator, [[float("nan")], [1.0]])


@pytest.mark.parametrize(
    "estimator",
    [
        LINEAR,
        make_pipeline(LINEAR),
        make_pipeline(StandardScaler(), LINEAR),
        make_pipeline(None, StandardScaler(), "passthrough", LINEAR),
        make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LINEAR)),
    ],
)
def test_the_rejecting_step_is_found(estimator):
    assert rejecting_part(estimator) is LINEAR


def test_the_error_names_the_step():
    message = r"which Ridge, a step of the estimator Pipeline, does not accept"
    with pytest.raises(ValueError, match=message):
        check_accepts_missing(
            make_pipeline(StandardScaler(), Ridge()), [[float("nan")], [1.0]]
        )
