"""Comparisons of calibrated probabilities under the class shares of the data."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from sklearn_distill import (
    DistilledClassifier,
    HerdingSelection,
    KMeansSelection,
    compare_distillers,
)

LEARNERS = {
    "naive Bayes": GaussianNB(),
    "forest": RandomForestClassifier(20, random_state=0),
    "SVC": SVC(),
}


@pytest.fixture(scope="module")
def rare():
    return make_classification(
        1_200, 6, n_informative=4, weights=[0.9], class_sep=0.7, random_state=0
    )


def compared(X, y, **params):
    return compare_distillers(
        X, y, [HerdingSelection(20)], learners=LEARNERS, cv=2, full_data=False, **params
    ).results


def test_calibration_changes_only_the_columns_of_the_data_prior(rare):
    plain, calibrated = compared(*rare), compared(*rare, calibrate=True)
    for column in ("score", "accuracy", "auc", "log_loss"):
        np.testing.assert_array_equal(plain[column], calibrated[column])
    loss = "log_loss_data_prior"
    means = [r.groupby("learner")[loss].mean() for r in (plain, calibrated)]
    assert means[1]["naive Bayes"] < means[0]["naive Bayes"] - 0.02
    assert means[1]["forest"] < means[0]["forest"]
    svc = [r[r["learner"] == "SVC"]["accuracy_data_prior"] for r in (plain, calibrated)]
    np.testing.assert_array_equal(*svc)


def test_scores_are_those_of_distilled_classifier(rare):
    X, y = rare
    X = StandardScaler().fit_transform(X)
    folds = list(StratifiedKFold(2).split(X, y))
    results = compare_distillers(
        X,
        y,
        [HerdingSelection(20)],
        learners={"naive Bayes": GaussianNB()},
        cv=folds[:1],
        full_data=False,
        calibrate=True,
    ).results
    train, test = folds[0]
    distiller = HerdingSelection(20, random_state=0)
    model = DistilledClassifier(distiller, GaussianNB()).fit(X[train], y[train])
    accuracy = results["accuracy_data_prior"].iloc[0]
    assert accuracy == pytest.approx(model.score(X[test], y[test]), abs=0.005)


def test_a_score_file_without_calibration_is_not_reused(rare, tmp_path):
    path = tmp_path / "scores.csv"
    compared(*rare, path=path)
    with pytest.warns(UserWarning, match="computed from other rows or with other set"):
        compared(*rare, path=path, calibrate=True)


def test_grown_rows_are_compared_with_soft_labels(rare):
    X, y = rare
    distiller = KMeansSelection(10, representative="centroid")
    settings = {"learners": LEARNERS, "cv": 2, "full_data": False, "calibrate": True}
    results = compare_distillers(X, y, {"grown": distiller}, densify=400, **settings)
    means = results.results.groupby("learner")["log_loss_data_prior"].mean()
    assert means["forest"] < 0.35
    assert (results.results["rows"] == 20).all()


def test_regression_ignores_calibration():
    X = np.random.RandomState(0).randn(200, 3)
    results = compare_distillers(
        X,
        X[:, 0] + 0.1 * X[:, 1],
        [HerdingSelection(30)],
        task="regression",
        learners=["ridge"],
        cv=2,
        full_data=False,
        calibrate=True,
    ).results
    assert (results["score"] > 0.5).all()
