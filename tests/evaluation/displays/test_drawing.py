"""Tests of the estimators that displays accept, and of text without formulas."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler

from sklearn_distill import (
    DistilledClassifier,
    DistilledRowsDisplay,
    HerdingSelection,
    MarginalsDisplay,
    SoftLabelsDisplay,
    make_distill_pipeline,
)
from sklearn_distill.evaluation.displays.drawing import fitted_distiller, fitted_set


def test_distiller_inside_a_classifier_is_found(iris, herding):
    model = DistilledClassifier(clone(herding), GaussianNB()).fit(*iris)
    assert fitted_distiller(model) is model.distiller_
    assert fitted_distiller(herding) is herding
    assert fitted_set(model) is model.distiller_.distilled_


def test_unfitted_estimators_raise(herding):
    with pytest.raises(NotFittedError, match="This HerdingSelection"):
        fitted_distiller(HerdingSelection())
    with pytest.raises(NotFittedError, match="This DistilledClassifier"):
        fitted_distiller(DistilledClassifier(herding, GaussianNB()))


def test_other_estimators_raise(iris):
    with pytest.raises(TypeError, match=r"GaussianNB\(\) is not a distiller"):
        fitted_distiller(GaussianNB().fit(*iris))


def test_pipeline_raises_and_its_last_step_is_accepted(iris, herding):
    X, y = iris
    scaled = make_distill_pipeline(StandardScaler(), clone(herding), GaussianNB())
    scaled.fit(X, y)
    with pytest.raises(TypeError, match=r"pipeline\[-1\].distiller_, and pass real"):
        DistilledRowsDisplay.from_estimator(scaled, X, y)
    rows = scaled[:-1].transform(X)
    display = DistilledRowsDisplay.from_estimator(scaled[-1], rows, y)
    assert display.distilled.shape == (12, 2)


def test_dollar_signs_are_not_formulas(tmp_path):
    columns = ["$a_", "b$", "c$$"]
    X = pd.DataFrame(np.random.RandomState(0).randn(40, 3), columns=columns)
    y = np.array(["$10%-$20", "b_$^"])[np.arange(40) % 2]
    distiller = HerdingSelection(3, soft_labels="teacher").fit(X, y)
    displays = [
        DistilledRowsDisplay.from_estimator(distiller, X, y),
        MarginalsDisplay.from_estimator(distiller, X),
        SoftLabelsDisplay.from_estimator(distiller),
    ]
    for display in displays:
        display.figure_.savefig(tmp_path / "figure.svg")
    assert displays[1].axes_[0].get_title() == r"\$a_"
