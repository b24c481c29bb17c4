"""Comparisons of distilled rows with rows grown from them."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from sklearn_distill import (
    DistillationReport,
    HerdingSelection,
    KCenterSelection,
    KMeansSelection,
    compare_distillers,
)

LEARNERS = {
    "tree": DecisionTreeClassifier(random_state=0),
    "1-NN": KNeighborsClassifier(1),
}


@pytest.fixture(scope="module")
def xor():
    X = np.random.RandomState(0).randn(1_200, 3)
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def scores(compared, method):
    rows = compared.results[compared.results["method"] == method]
    return rows.groupby("learner")["score"].mean()


def test_densify_of_each_distiller_and_of_the_comparison_agree(xor):
    centroids = KMeansSelection(8, representative="centroid")
    settings = {"learners": LEARNERS, "cv": 2, "full_data": False}
    given = {
        "rows": centroids,
        "grown": KMeansSelection(8, representative="centroid", densify=1_000),
    }
    compared = compare_distillers(*xor, given, **settings)
    assert scores(compared, "grown")["tree"] > scores(compared, "rows")["tree"] + 0.05
    again = compare_distillers(*xor, {"grown": centroids}, densify=1_000, **settings)
    np.testing.assert_allclose(scores(again, "grown"), scores(compared, "grown"))
    # The size is that of the stored set.
    assert (again.results["rows"] == 16).all()


def test_auto_chooses_for_each_learner_on_rows_that_are_held_back(xor):
    compared = compare_distillers(
        *xor,
        {"auto": KMeansSelection(8, representative="centroid")},
        densify="auto",
        learners=LEARNERS,
        cv=2,
        full_data=False,
    )
    assert (compared.results["rows"] == 16).all()
    assert scores(compared, "auto")["tree"] > 0.8


def test_densify_needs_a_distiller_that_has_the_parameter(xor):
    with pytest.raises(ValueError, match=r"requires a distiller with the parameter"):
        compare_distillers(*xor, [KCenterSelection(5)], densify="auto")


def test_reports_show_grown_rows_beside_distilled_rows(xor):
    X, y = xor
    herding = HerdingSelection(8, densify=500, random_state=0).fit(X[:800], y[:800])
    report = DistillationReport.from_estimator(
        herding, X[800:], y[800:], X[:800], y[:800], learners=LEARNERS, n_seeds=1
    )
    table = report.to_frame()
    assert table.loc["grown", "tree"] > table.loc["distilled", "tree"]
    growth = herding.distilled_.growth
    assert report.cost["numbers of sampler and decoder"] == growth.n_numbers
    assert "grown" in report._repr_html_()
