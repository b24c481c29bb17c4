"""The warning about categories that an encoder behind a distiller will reject."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KnowledgeDistillationClassifier,
    RandomSelection,
    make_distill_pipeline,
)

RANDOM = RandomSelection(budget=4, random_state=0)


def table(n_rare=1):
    """Return rows with `n_rare` rare categories of one column, and their labels."""
    rng = np.random.RandomState(0)
    city = np.array(rng.choice(["Bern", "Oslo"], 100), dtype=object)
    city[:n_rare] = [f"rare {i}" for i in range(n_rare)]
    X = pd.DataFrame({"size": rng.randn(100), "city": city})
    return X, (X["size"] > 0).map({True: "yes", False: "no"})


def model_with(encoder):
    """Return a classifier behind an encoder of one column."""
    columns = make_column_transformer((encoder, ["city"]), remainder="passthrough")
    return make_pipeline(columns, LogisticRegression())


def test_the_warning_names_column_category_and_cure():
    X, y = table()
    message = (
        r"'rare 0' of column 'city'\. OneHotEncoder\(handle_unknown='error'\).* Set "
        r"cover_categories=True on RandomSelection, or another handle_unknown"
    )
    model = DistilledClassifier(RANDOM, model_with(OneHotEncoder()))
    with pytest.warns(UserWarning, match=message) as caught:
        model.fit(X, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with pytest.raises(ValueError, match="unknown categories"):
        model.predict(X)


def test_cover_categories_is_a_cure():
    X, y = table()
    covering = RandomSelection(budget=4, random_state=0, cover_categories=True)
    model = DistilledClassifier(covering, model_with(OneHotEncoder()))
    assert model.fit(X, y).predict(X).shape == (100,)


def test_a_categorical_dtype_is_no_cure_for_one_hot_encoding():
    """OneHotEncoder does not read the categories of the dtype."""
    X, y = table()
    X["city"] = X["city"].astype("category")
    with pytest.warns(UserWarning, match="'rare 0' of column 'city'"):
        DistilledClassifier(RANDOM, model_with(OneHotEncoder())).fit(X, y)


def test_missing_values_are_a_category():
    X, y = table()
    X.loc[0, "city"] = None
    with pytest.warns(UserWarning, match="None of column 'city'"):
        DistilledClassifier(RANDOM, model_with(OneHotEncoder())).fit(X, y)


@pytest.mark.parametrize(
    "estimator",
    [
        model_with(OneHotEncoder(handle_unknown="ignore")),
        model_with(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        ),
        model_with(OneHotEncoder(categories=[["Bern", "Oslo", "rare 0"]])),
        model_with(TargetEncoder(target_type="binary", cv=2)),
    ],
    ids=lambda estimator: repr(estimator[0].transformers[0][1]),
)
def test_no_warning_if_the_encoder_accepts_all_rows(estimator):
    X, y = table()
    model = DistilledClassifier(RANDOM, estimator).fit(X, y)
    assert model.predict(X).shape == (100,)


def test_no_warning_without_an_encoder():
    X, y = table()
    RANDOM.fit_transform(X, y)
    boosting = HistGradientBoostingClassifier(min_samples_leaf=1)
    X["city"] = X["city"].astype("category")
    DistilledClassifier(RANDOM, boosting).fit(X, y).predict(X)


def test_the_warning_is_short():
    X, y = table(n_rare=40)
    for j in range(8):
        X[f"city {j}"] = X["city"]
    model = make_pipeline(OrdinalEncoder(), LogisticRegression())
    with pytest.warns(UserWarning, match="and 6 more columns") as caught:
        make_distill_pipeline(RANDOM, *[step for _, step in model.steps]).fit(X, y)
    assert "'rare 0', 'rare 1', 'rare 10' and 3" in str(caught[0].message)
    assert len(str(caught[0].message)) < 600


def test_knowledge_distillation_in_a_plain_pipeline_warns():
    X, y = table()
    student = KnowledgeDistillationClassifier(
        model_with(OneHotEncoder()), model_with(OneHotEncoder()), check_teacher=False
    )
    with pytest.warns(UserWarning, match="'rare 0' of column 'city'"):
        make_pipeline(RANDOM, student).fit(X, y)
    covering = HerdingSelection(budget=4, cover_categories=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_pipeline(covering, student).fit(X, y).predict(X)
