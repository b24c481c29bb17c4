"""Several continuous targets at once, from fit to the distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR

from sklearn_distill import (
    DistilledSet,
    DistributionMatching,
    ForgettingSelection,
    HerdingSelection,
    KernelInducingPoints,
    KMeansSelection,
    MultiLayerDistributionMatching,
    NeuralFeatureRegression,
    RandomSelection,
)
from sklearn_distill.base import BaseDistiller, Kept

X, Y = make_regression(200, 4, n_targets=3, noise=5.0, random_state=0)


def test_kept_rows_keep_all_of_their_targets():
    herding = HerdingSelection(budget=15).fit(X, Y)
    np.testing.assert_array_equal(herding.distilled_.y, Y[herding.sample_indices_])
    assert repr(herding.distilled_) == "<DistilledSet: 15 rows x 4 columns, 3 targets>"


def test_a_column_is_a_single_target():
    small = HerdingSelection(budget=15)
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        column = small.fit_distill(X, Y[:, :1]).y
    np.testing.assert_array_equal(column, small.fit_distill(X, Y[:, 0]).y)


def test_names_and_dtypes_of_the_columns_of_y_are_kept():
    y = pd.DataFrame({"price": Y[:, 0].round(1), "count": Y[:, 1].round().astype(int)})
    frame = RandomSelection(budget=9, random_state=0).fit_distill(X, y).to_frame()
    assert list(frame.columns) == ["x0", "x1", "x2", "x3", "price", "count"]
    unnamed = RandomSelection(budget=9, random_state=0).fit_distill(X, Y).to_frame()
    assert list(unnamed.columns[4:]) == ["target_0", "target_1", "target_2"]


def test_targets_of_clusters_are_the_means_of_each_target():
    X = np.repeat([[0.0], [10.0]], 10, axis=0) + np.linspace(0, 1, 20)[:, None] / 10
    y = np.column_stack([np.arange(20.0) + 0.5, 3 * np.arange(20.0) - 0.5])
    distilled = KMeansSelection(
        budget=2, numeric="standard", random_state=0
    ).fit_distill(X, y)
    order = np.argsort(np.ravel(distilled.X))
    means = [y[:10].mean(axis=0), y[10:].mean(axis=0)]
    np.testing.assert_allclose(distilled.y[order], means, rtol=1e-5)


def test_targets_are_distilled_in_any_unit():
    scale, shift = np.array([1.0, 1e4, 1e-4]), np.array([0.0, -1e5, 3.0])
    points = KernelInducingPoints(
        budget=8, max_iter=20, learn_labels=True, random_state=0
    )
    plain, scaled = points.fit_distill(X, Y), points.fit_distill(X, Y * scale + shift)
    np.testing.assert_allclose(scaled.X, plain.X, atol=1e-3)
    np.testing.assert_allclose((scaled.y - shift) / scale, plain.y, rtol=1e-3, atol=0.1)


@pytest.mark.parametrize(
    "method",
    [
        KernelInducingPoints(learn_labels=True),
        NeuralFeatureRegression(learn_labels=True),
        DistributionMatching(discrepancy="adversarial"),
        DistributionMatching(network_training="queue"),
        MultiLayerDistributionMatching(adversarial=True),
    ],
    ids=lambda method: " ".join(repr(method).split()),
)
def test_learned_targets_lie_in_the_range_of_each_target(method):
    method.set_params(budget=6, max_iter=8, random_state=0, task="regression")
    distilled = method.fit_distill(X, Y * [1.0, 10.0, 0.1])
    low, high = (Y * [1.0, 10.0, 0.1]).min(0), (Y * [1.0, 10.0, 0.1]).max(0)
    assert distilled.y.shape == (6, 3)
    assert ((distilled.y >= low - 1e-4) & (distilled.y <= high + 1e-4)).all()
    assert np.ptp(distilled.y, axis=0).min() > 0


def test_warm_start_continues_from_the_last_targets():
    points = KernelInducingPoints(
        budget=6, max_iter=60, learn_labels=True, warm_start=True, random_state=0
    )
    first = points.fit(X, Y).distilled_.y
    points.set_params(max_iter=1, learning_rate=1e-9)
    with pytest.warns(ConvergenceWarning):
        again = points.fit(X, Y).distilled_.y
    # The targets are float32 numbers of hundreds.
    np.testing.assert_allclose(again, first, rtol=1e-3, atol=0.01)


@pytest.mark.parametrize("teacher", ["teacher", LinearRegression(), SVR(C=100.0)])
def test_a_teacher_predicts_each_target_of_the_kept_rows(teacher):
    kept = HerdingSelection(budget=40, soft_labels=teacher).fit(X, Y)
    own = Y[kept.sample_indices_]
    assert kept.distilled_.y.shape == own.shape
    assert not np.array_equal(kept.distilled_.y, own)
    assert min(r2_score(own, kept.distilled_.y, multioutput="raw_values")) > 0.3


def test_unlabeled_rows_get_all_targets():
    small = HerdingSelection(budget=100, soft_labels=LinearRegression())
    small.fit(X[:120], Y[:120], X_unlabeled=X[120:])
    added = small.sample_indices_ >= 120
    assert 20 < added.sum() < 60
    error = small.distilled_.y[added] - Y[small.sample_indices_[added]]
    assert np.abs(error).max() < 30


def test_score_is_the_mean_r2_of_all_targets():
    small = RandomSelection(budget=50, random_state=0).fit(X[:150], Y[:150])
    neighbors = KNeighborsRegressor(1)
    small.set_params(evaluator=neighbors)
    neighbors.fit(*small.distilled_)
    expected = r2_score(Y[150:], neighbors.predict(X[150:]))
    assert small.score(X[150:], pd.DataFrame(Y[150:])) == pytest.approx(expected)


def test_methods_for_classes_reject_several_targets_by_name():
    with pytest.raises(ValueError, match=r"ForgettingSelection.*y has 3 columns"):
        ForgettingSelection().fit(X, Y)


def test_a_method_that_does_not_declare_support_is_never_trained():
    class FirstRows(BaseDistiller):
        def __init__(self, budget=3, task="auto"):
            self.budget, self.task = budget, task
            self.allocation = self.numeric = "auto"
            self.soft_labels = self.evaluator = self.image_shape = None
            self.random_state = None

        def _distill(self, problem):
            assert problem.y.ndim == 1, "This method assumes a single target."
            return Kept(np.arange(self.budget))

    FirstRows().fit(X, Y[:, 0])
    with pytest.raises(ValueError, match="FirstRows does not support several targets"):
        FirstRows().fit(X, Y)


@pytest.mark.parametrize("suffix", ["npz", "parquet"])
def test_files_restore_several_targets_and_their_names(suffix, tmp_path):
    y = pd.DataFrame(Y.astype(np.float32), columns=["a", "b", "c"])
    small = HerdingSelection(budget=9).fit_distill(pd.DataFrame(X).add_prefix("c"), y)
    small.save(tmp_path / f"set.{suffix}")
    loaded = DistilledSet.load(tmp_path / f"set.{suffix}")
    np.testing.assert_array_equal(loaded.y, small.y)
    assert loaded.y.dtype == np.float32
    assert loaded.target_name == ["a", "b", "c"]
    pd.testing.assert_frame_equal(loaded.to_frame(), small.to_frame())


def test_csv_files_reject_several_targets(tmp_path):
    small = HerdingSelection(budget=9).fit_distill(X, Y)
    with pytest.raises(ValueError, match=r"several targets.*\.npz or \.parquet"):
        small.save(tmp_path / "set.csv")


def test_tables_name_duplicate_target_names():
    small = DistilledSet(X[:5], Y[:5, :2], target_name=["a", "a"])
    with pytest.raises(ValueError, match=r"same name.*\['a', 'a'\]"):
        small.to_frame()


def test_html_shows_each_target():
    html = DistilledSet(X[:5], Y[:5], target_name=["a", "b", "<c>"])._repr_html_()
    assert "<th>a</th><th>b</th><th>&lt;c&gt;</th>" in html
    assert "<dt>Targets</dt><dd>3</dd>" in html
    many = DistilledSet(X[:5], np.ones((5, 30)))._repr_html_()
    assert "target_7" in many
    assert "target_8" not in many
