"""Errors for compositions of scikit-learn in which a distiller cannot work."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_distill import (
    HerdingSelection,
    KernelInducingPoints,
    RandomSelection,
    distilled_labels,
)

UNION_ERROR = "HerdingSelection cannot be a part of a {}.*make_distill_pipeline"
PIPELINE_ERROR = (
    "HerdingSelection cannot be followed by {} in a Pipeline.*make_distill_pipeline"
)


class LabelReader(BaseEstimator):
    """A last step that reads the labels of the distilled rows."""

    def fit(self, X, y=None):
        self.labels_ = distilled_labels(X).y
        return self


@pytest.fixture(params=["array", "frame", "pandas output"])
def data(request):
    X = np.random.RandomState(0).randn(60, 3)
    y = (X[:, 0] > 0).astype(int)
    if request.param != "array":
        X = pd.DataFrame(X, columns=list("abc"))
    return X, y, request.param == "pandas output"


def unions(distiller):
    return [
        ColumnTransformer([("h", distiller, [0])], remainder="passthrough"),
        ColumnTransformer([("h", distiller, [0, 1])]),
        ColumnTransformer([("h", make_pipeline(StandardScaler(), distiller), [0])]),
        FeatureUnion([("h", distiller), ("s", StandardScaler())]),
        FeatureUnion([("one", distiller), ("other", distiller)]),
        FeatureUnion([("h", distiller)], transformer_weights={"h": 2.0}),
    ]


@pytest.mark.parametrize("index", range(6))
def test_distiller_in_a_union_raises_an_error(data, index):
    """With pandas output, scikit-learn would fill the missing rows with NaN."""
    X, y, wants_pandas = data
    union = unions(HerdingSelection(4))[index]
    if wants_pandas:
        union.set_output(transform="pandas")
    message = UNION_ERROR.format(type(union).__name__)
    with pytest.raises(ValueError, match=message):
        union.fit_transform(X, y)
    with pytest.raises(ValueError, match=message):
        make_pipeline(union, LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("memory", [False, True])
def test_distiller_in_the_middle_of_a_pipeline_raises_an_error(data, memory, tmp_path):
    X, y, wants_pandas = data
    herding, scaler, model = HerdingSelection(4), StandardScaler(), LogisticRegression()
    for steps, following in [
        ((herding, model), "LogisticRegression"),
        ((scaler, herding, scaler, model), "StandardScaler"),
        ((make_pipeline(scaler, herding), model), "LogisticRegression"),
        ((herding, make_pipeline(scaler, model)), "StandardScaler"),
        ((herding, "passthrough", model), "LogisticRegression"),
        ((herding, FunctionTransformer(), model), "LogisticRegression"),
    ]:
        pipeline = make_pipeline(*steps, memory=str(tmp_path) if memory else None)
        if wants_pandas:
            pipeline.set_output(transform="pandas")
        with pytest.raises(ValueError, match=PIPELINE_ERROR.format(following)):
            pipeline.fit(X, y)
    with pytest.raises(ValueError, match=PIPELINE_ERROR.format("LogisticRegression")):
        cross_val_score(make_pipeline(herding, model), X, y, error_score="raise")


def test_learned_rows_in_the_middle_of_a_pipeline_raise_an_error(data, make_points):
    X, y, _ = data
    with pytest.raises(ValueError, match="KernelInducingPoints cannot be followed by"):
        make_pipeline(make_points(budget=2, max_iter=1), LogisticRegression()).fit(X, y)


def test_distiller_before_an_estimator_that_reads_labels(data):
    X, y, _ = data
    for steps in (
        (HerdingSelection(4), LabelReader()),
        (HerdingSelection(4), make_pipeline(LabelReader())),
        (HerdingSelection(4), "passthrough", LabelReader()),
        (make_pipeline(StandardScaler(), HerdingSelection(4)), LabelReader()),
    ):
        last = make_pipeline(*steps).fit(X, y)[-1]
        last = last[-1] if isinstance(last, Pipeline) else last
        assert last.labels_.tolist() == [0] * 4 + [1] * 4


def test_fit_transform_and_a_last_step_do_not_raise(data):
    X, y, _ = data
    assert len(RandomSelection(4).fit_transform(X, y)) == 8
    nested = make_pipeline(make_pipeline(StandardScaler(), RandomSelection(4)))
    assert len(nested.fit_transform(X, y)) == 8


@pytest.mark.filterwarnings("ignore:budget=100 covers all")
def test_budget_that_covers_all_rows_does_not_raise(data):
    """Rows that come back unchanged still belong to the labels of all rows."""
    X, y, _ = data
    for distiller in (HerdingSelection(100), KernelInducingPoints(100)):
        model = make_pipeline(distiller, LogisticRegression()).fit(X, y)
        assert model.score(X, y) > 0.9
