"""DistilledRegressor, pipelines and the sampler with several continuous targets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_regressor_multioutput

from sklearn_distill import (
    DistillationSampler,
    DistilledRegressor,
    ForgettingSelection,
    HerdingSelection,
    make_distill_pipeline,
)

X, y = make_regression(200, 4, n_targets=3, noise=5.0, random_state=0)
Y = pd.DataFrame(y, columns=["a", "b", "c"])
HERDING = HerdingSelection(budget=40)


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(),
        MultiOutputRegressor(SVR(C=100.0)),
        # Its regressor does not accept the weights that a distilled set may have.
        MultiOutputRegressor(KNeighborsRegressor(2)),
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=2),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_predictions_are_those_of_the_estimator_fitted_on_the_distilled_set(estimator):
    model = DistilledRegressor(HERDING, estimator).fit(X, Y)
    alone = clone(estimator).fit(*model.distilled_)
    np.testing.assert_allclose(model.predict(X), alone.predict(X))
    assert model.predict(X).shape == (200, 3)
    assert model.score(X, Y) == pytest.approx(r2_score(y, alone.predict(X)))
    assert model.score(X, Y) > 0.5


@pytest.mark.parametrize(
    "estimator",
    [SVR(), make_pipeline(StandardScaler(), SVR()), GridSearchCV(SVR(), {})],
)
def test_estimators_for_a_single_target_raise_before_the_distillation(estimator):
    class Untouched(HerdingSelection):
        def fit(self, *args, **kwargs):
            raise AssertionError("The distiller must not be fitted.")

    model = DistilledRegressor(Untouched(), estimator)
    with pytest.raises(ValueError, match=r"a single target.*MultiOutputRegressor"):
        model.fit(X, Y)


def test_the_tag_is_that_of_distiller_and_estimator():
    def tag(distiller, estimator):
        model = DistilledRegressor(distiller, estimator)
        return get_tags(model).target_tags.multi_output

    assert tag(HERDING, Ridge())
    assert not tag(HERDING, SVR())
    assert not tag(ForgettingSelection(), Ridge())
    model = DistilledRegressor(HerdingSelection(budget=8), Ridge())
    check_regressor_multioutput("DistilledRegressor", model)


def test_budgets_and_pipelines_are_searched_with_several_targets():
    model = make_distill_pipeline(StandardScaler(), HERDING, StandardScaler(), Ridge())
    grid = {"distilledregressor__distiller__budget": [5, 50]}
    search = GridSearchCV(model, grid, cv=3).fit(X, Y)
    assert search.best_params_ == {"distilledregressor__distiller__budget": 50}
    assert search.predict(X).shape == (200, 3)


def test_sampler_returns_targets_in_their_container():
    sampler = DistillationSampler(HERDING)
    mixed = Y.assign(b=Y["b"].round().astype(int))
    _, frame = sampler.fit_resample(X, mixed)
    pd.testing.assert_series_equal(frame.dtypes, mixed.dtypes)
    np.testing.assert_array_equal(frame, mixed.iloc[sampler.sample_indices_])
    _, nested = sampler.fit_resample(X.tolist(), y.tolist())
    assert nested == y[sampler.sample_indices_].tolist()
