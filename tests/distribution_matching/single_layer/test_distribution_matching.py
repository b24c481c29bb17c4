"""Distribution matching: discrepancies, regression, and the training loop."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_diabetes, make_blobs
from sklearn.linear_model import LinearRegression
from skorch.callbacks import Callback

from sklearn_distill import DistributionMatching

X, y = make_blobs(400, 5, centers=4, cluster_std=2.0, random_state=0)


def fit(*data, **params):
    """Fit with a small budget and few steps."""
    params = {"budget": 3, "max_iter": 40, "random_state": 0, **params}
    return DistributionMatching(**params).fit(*data)


@pytest.mark.parametrize(
    "discrepancy", ["mean", "mmd", "kl", "characteristic", "adversarial"]
)
@pytest.mark.parametrize("task", ["classification", "regression", "unsupervised"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_discrepancies_move_rows_within_the_range_of_the_data(discrepancy, task):
    target = {"classification": y, "regression": X[:, 0] * 2.5, "unsupervised": None}
    matching = fit(X, target[task], discrepancy=discrepancy)
    rows, losses = matching.distilled_.X, matching.history_[:, "valid_loss"]
    assert len(rows) == (12 if task == "classification" else 3)
    assert ((rows >= X.min(axis=0)) & (rows <= X.max(axis=0))).all()
    assert np.isfinite(losses).all()
    # The loss of the returned rows is that of the best epoch or of the initial rows.
    assert matching.distilled_.info["loss"] <= min(losses)


def test_regression_preserves_the_relation_of_columns_and_target():
    X, y = load_diabetes(return_X_y=True)
    matching = fit(X, y, budget=40, max_iter=200)
    Xs, ys = matching.distilled_
    score = LinearRegression().fit(Xs, ys).score(X, y)
    assert score > 0.7 * LinearRegression().fit(X, y).score(X, y)


def test_skorch_callbacks_are_called_after_each_step():
    class Recorder(Callback):
        def on_batch_end(self, net, training=False, **kwargs):
            if training:
                shapes.append(tuple(net.module_.rows.shape))

    shapes = []
    fit(X, y, callbacks=[Recorder()])
    assert shapes == 40 * [(12, 5)]


def test_weights_of_networks_are_not_learnable_parameters():
    distiller = clone(DistributionMatching(2, max_iter=5, random_state=0))
    learned = []

    class Recorder(Callback):
        def on_train_begin(self, net, **kwargs):
            learned.extend(name for name, _ in net.get_all_learnable_params())

    distiller.set_params(callbacks=[Recorder()]).fit(X, y)
    assert learned == ["rows", "targets"]
